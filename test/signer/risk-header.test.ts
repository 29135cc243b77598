import { AbiCoder, HDNodeWallet, Signature, concat, id, keccak256, recoverAddress, toBeHex, toUtf8Bytes } from "ethers";
import { describe, expect, it } from "vitest";
import { P } from "../../src/math/field.js";
import { Q32 } from "../../src/math/fixed-point.js";
import {
  BelowThresholdError, DuplicateSignerError, HeaderRangeError, SignatureError, combineSignatures, headerDigest, oracleDomain, recoverSigner, signHeader,
  type RiskHeader,
} from "../../src/signer/risk-header.js";
import { IndexRangeError } from "../../src/signer/derive-indices.js";
import { sampleHeader } from "./headers.js";

const ORACLE = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const domain = oracleDomain(31337n, ORACLE);
const header = sampleHeader();
const wallet = (index: number) => HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", undefined, `m/44'/60'/0'/0/${index}`);
const wallets = [0, 1, 2, 3].map(wallet);
const set = { signers: wallets.slice(0, 3).map(({ address }) => address), threshold: 2 };
const sign = (...indexes: readonly number[]) => Promise.all(indexes.map((i) => signHeader(wallets[i]!, domain, header)));

/** EIP-712 by the words of the standard, without the library's encoder of typed data. */
function digestByHand({ epoch, time, riskRoot, assets }: RiskHeader): string {
  const coder = AbiCoder.defaultAbiCoder();
  const assetType = "AssetIndices(uint32 asset,uint64 spot,uint40 fastVolatility,uint40 slowVolatility,int40 openInterestSkew,int40 correlation,uint96 depth,uint40 utilisation,uint40 contagion)";
  const headerType = `RiskHeader(uint64 epoch,uint64 time,uint256 riskRoot,AssetIndices[] assets)${assetType}`;
  const hashes = assets.map((a) => keccak256(coder.encode(
    ["bytes32", "uint256", "uint256", "uint256", "uint256", "int256", "int256", "uint256", "uint256", "uint256"],
    [id(assetType), a.asset, a.spot, a.fastVolatility, a.slowVolatility, a.openInterestSkew, a.correlation, a.depth, a.utilisation, a.contagion],
  )));
  const struct = keccak256(coder.encode(["bytes32", "uint256", "uint256", "uint256", "bytes32"], [id(headerType), epoch, time, riskRoot, keccak256(concat(hashes))]));
  const separator = keccak256(coder.encode(
    ["bytes32", "bytes32", "bytes32", "uint256", "address"],
    [id("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"), id("zkmargin RiskOracle"), id("1"), 31337n, ORACLE],
  ));
  return keccak256(concat(["0x1901", separator, struct]));
}

describe("a header's digest", () => {
  it("is that of EIP-712 by hand", () => {
    expect(headerDigest(domain, header)).toBe(digestByHand(header));
  });
  it("changes with every field, the oracle and the chain", () => {
    const others: RiskHeader[] = [
      { ...header, epoch: header.epoch + 1n }, { ...header, time: header.time + 1n }, { ...header, riskRoot: header.riskRoot + 1n },
      { ...header, assets: header.assets.slice(1) },
      ...Object.keys(header.assets[0]!).filter((field) => field !== "asset").map((field) => ({
        ...header, assets: header.assets.map((a, i) => (i === 0 ? { ...a, [field]: a[field as "spot"] + 1n } : a)),
      })),
      { ...header, assets: header.assets.map((a, i) => (i === 1 ? { ...a, asset: a.asset + 1 } : a)) },
    ];
    const digests = [...others.map((other) => headerDigest(domain, other)), headerDigest(domain, header),
      headerDigest(oracleDomain(1n, ORACLE), header), headerDigest(oracleDomain(31337n, wallets[0]!.address), header)];
    expect(new Set(digests).size).toBe(others.length + 3);
  });
  it.each([
    ["epoch 0", { epoch: 0n }], ["epoch 2^64", { epoch: 1n << 64n }], ["time 0", { time: 0n }], ["time 2^64", { time: 1n << 64n }],
    ["root 0", { riskRoot: 0n }], ["root p", { riskRoot: P }], ["no assets", { assets: [] }],
    ["an asset twice", { assets: [header.assets[0]!, header.assets[0]!] }], ["assets out of order", { assets: [...header.assets].reverse() }],
  ])("is refused with %s", (_, change) => {
    expect(() => headerDigest(domain, { ...header, ...change })).toThrow(HeaderRangeError);
  });
  it("is refused with an index out of range", async () => {
    const wrong = { ...header, assets: [{ ...header.assets[0]!, utilisation: Q32 + 1n }] };
    expect(() => headerDigest(domain, wrong)).toThrow(IndexRangeError);
    await expect(signHeader(wallets[0]!, domain, wrong)).rejects.toThrow(IndexRangeError);
  });
});

describe("signatures of a header", () => {
  it("are 65 bytes that recover to the signer", async () => {
    const [signature] = await sign(0);
    expect(signature).toMatch(/^0x[0-9a-f]{130}$/);
    expect(recoverSigner(domain, header, signature!)).toBe(wallets[0]!.address);
    expect(recoverAddress(digestByHand(header), signature!)).toBe(wallets[0]!.address);
  });
  it("come out in ascending order of the signers' addresses, in whatever order they came", async () => {
    const signatures = await sign(0, 1, 2);
    const orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map((order) => combineSignatures(domain, header, order.map((i) => signatures[i]!), set));
    const addresses = orders[0]!.map((signature) => BigInt(recoverSigner(domain, header, signature)));
    expect(addresses).toEqual([...addresses].sort((a, b) => (a < b ? -1 : 1)));
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[2]).toEqual(orders[0]);
    expect(combineSignatures(domain, header, await sign(2, 0), set)).toHaveLength(2);
  });
  it("of which there are too few, two of one signer, or one of a stranger are refused by name", async () => {
    const [first, second, stranger] = await sign(0, 1, 3);
    const combine = (...signatures: readonly string[]) => () => combineSignatures(domain, header, signatures, set);
    expect(combine(first!)).toThrow(new BelowThresholdError(1, 2));
    expect(combine()).toThrow(BelowThresholdError);
    expect(combine(first!, second!, first!)).toThrow(new DuplicateSignerError(wallets[0]!.address));
    expect(combine(first!, second!, stranger!)).toThrow(new RegExp(`signer ${wallets[3]!.address}: must be one of the oracle's signers`));
  });
  it("of another header or for another oracle are a stranger's", async () => {
    const other = await signHeader(wallets[0]!, domain, { ...header, epoch: header.epoch + 1n });
    const elsewhere = await signHeader(wallets[0]!, oracleDomain(1n, ORACLE), header);
    for (const signature of [other, elsewhere]) expect(() => combineSignatures(domain, header, [signature], { ...set, threshold: 1 })).toThrow(SignatureError);
  });
  it("of 64 bytes are refused, even where the last one could be v", async () => {
    for (let epoch = 1n; ; epoch++) {
      const other = { ...header, epoch };
      const { compactSerialized } = Signature.from(await signHeader(wallets[0]!, domain, other));
      if (!/1[bc]$/.test(compactSerialized)) continue;
      expect(() => recoverSigner(domain, other, compactSerialized)).toThrow(/must be 65 bytes/);
      return;
    }
  });
  it("that the contract would not take are refused", async () => {
    const [good] = await sign(0);
    const { r, s, v, compactSerialized } = Signature.from(good!);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const highS = concat([r, toBeHex(order - BigInt(s), 32), v === 27 ? "0x1c" : "0x1b"]);
    for (const [name, signature] of Object.entries({
      compact: compactSerialized, highS, "v 0": concat([r, s, toBeHex(v - 27)]), "v 29": concat([r, s, "0x1d"]), "r 0": concat([toBeHex(0, 32), s, toBeHex(v)]),
      empty: "0x", text: "signature", bytes: toUtf8Bytes("no").toString(),
    })) {
      expect(() => recoverSigner(domain, header, signature), name).toThrow(SignatureError);
    }
  });
});

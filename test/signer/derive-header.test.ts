import { HDNodeWallet } from "ethers";
import { beforeAll, describe, expect, it } from "vitest";
import { importMarket } from "../../src/market/import-market.js";
import { formatSnapshot, parseSnapshot } from "../../src/market/market-snapshot.js";
import { defaultPolicy, type Policy } from "../../src/policy/policy.js";
import { presetPolicy } from "../../src/policy/presets.js";
import { formatRiskFiles } from "../../src/risk/risk-files.js";
import { aggregateSnapshots, type SourceSnapshot } from "../../src/signer/aggregate-snapshots.js";
import {
  HeaderMismatchError, HeaderOrderError, NoEstimatorsError, checkHeader, deriveHeader, signDerived, type DerivedHeader, type HeaderInputs,
} from "../../src/signer/derive-header.js";
import { ProtocolStateError, deriveIndices } from "../../src/signer/derive-indices.js";
import { combineSignatures, oracleDomain, recoverSigner, type RiskHeader } from "../../src/signer/risk-header.js";
import { dataFile, haveData } from "../market/market-files.js";
import { TIME } from "../policy/synthetic-snapshot.js";
import { PROTOCOL, moved, named, numbersOf, smallMarket } from "./markets.js";

const domain = oracleDomain(31337n, "0x5FbDB2315678afecb367f032d93F642f64180aa3");
const wallets = [0, 1, 2].map((i) => HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", undefined, `m/44'/60'/0'/0/${i}`));
/** Few paths: what they are worth is tested elsewhere. */
const policy: Policy = { ...defaultPolicy, scenarios: { ...defaultPolicy.scenarios, pathsPerBlock: 256 } };
const market = smallMarket();

/** Moves of at most 20 in 1/10000, the same for the same seed. */
function drift(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state % 41) - 20;
  };
}

const sources = named(market, moved(market, drift(1)), moved(market, drift(2)), moved(market, () => 6_000), moved(market, drift(3)));

/** What one signer does: its sources in the order they came, each read from its file. */
function derive(order: readonly number[]): { readonly inputs: HeaderInputs; readonly derived: DerivedHeader } {
  const read = order.map((i): SourceSnapshot => ({ source: sources[i]!.source, snapshot: parseSnapshot(formatSnapshot(sources[i]!.snapshot)) }));
  const { snapshot } = aggregateSnapshots(read, { time: TIME, epoch: TIME });
  const inputs = { snapshot, policy, protocol: PROTOCOL };
  return { inputs, derived: deriveHeader(inputs) };
}

describe("a header derived from the market", () => {
  let signers: readonly ReturnType<typeof derive>[];
  let header: RiskHeader;

  beforeAll(() => {
    signers = [derive([0, 1, 2, 3, 4]), derive([4, 3, 2, 1, 0]), derive([2, 4, 0, 1, 3])];
    header = signers[0]!.derived.header;
  });

  it("is the same at three signers, bit for bit, and so is its payload, with a dishonest source among theirs", () => {
    for (const { derived } of signers) {
      expect(derived.header).toEqual(header);
      expect(formatRiskFiles(derived)).toEqual(formatRiskFiles(signers[0]!.derived));
    }
    // The dishonest source is 60 % off; the honest ones 0.2 % at most.
    expect(header.assets[0]!.spot >= 4_990_000_000_000n && header.assets[0]!.spot <= 5_010_000_000_000n).toBe(true);
  });
  it("has the payload's root and the snapshot's epoch, time and indices", () => {
    const { inputs, derived } = signers[0]!;
    expect(derived.payload).toMatchObject({ epoch: TIME, time: TIME });
    expect(header).toEqual({ epoch: BigInt(TIME), time: BigInt(TIME), riskRoot: derived.tree.riskRoot, assets: deriveIndices(inputs.snapshot, policy, PROTOCOL) });
    expect([...new Set(derived.payload.buckets.map(({ asset }) => asset))]).toEqual(header.assets.map(({ asset }) => asset));
  });
  it("is signed by each of them after rebuilding it, and the signatures are combined", async () => {
    const signatures = await Promise.all(signers.map(({ inputs }, i) => signDerived(wallets[i]!, domain, header, inputs)));
    const set = { signers: wallets.map(({ address }) => address), threshold: 2 };
    const combined = combineSignatures(domain, header, signatures, set);
    expect(combined.map((signature) => recoverSigner(domain, header, signature)).sort()).toEqual([...set.signers].sort());
  });
  it("is not signed if anything in it differs, and the field is named", async () => {
    const { inputs } = signers[0]!;
    await expect(signDerived(wallets[0]!, domain, { ...header, riskRoot: header.riskRoot + 1n }, inputs))
      .rejects.toThrow(new HeaderMismatchError("riskRoot", header.riskRoot + 1n, header.riskRoot));
    for (const field of ["epoch", "time"] as const) {
      expect(() => checkHeader({ ...header, [field]: header[field] + 1n }, header)).toThrow(new HeaderMismatchError(field, header[field] + 1n, header[field]));
    }
    for (const field of Object.keys(header.assets[1]!) as (keyof RiskHeader["assets"][number])[]) {
      const changed = header.assets.map((indices, i) => (i === 1 ? { ...indices, [field]: BigInt(indices[field]) + 1n } : indices));
      expect(() => checkHeader({ ...header, assets: changed as never }, header)).toThrow(`header: assets[1].${field} ${BigInt(header.assets[1]![field]) + 1n}: must be ${header.assets[1]![field]}`);
    }
    expect(() => checkHeader({ ...header, assets: header.assets.slice(1) }, header)).toThrow(/header: assets 1: must be 2/);
    expect(() => checkHeader({ ...header }, header)).not.toThrow();
  });
  it("is not signed by a signer that sees another market, policy or protocol state", async () => {
    const { inputs } = signers[0]!;
    const others: Record<string, Partial<HeaderInputs>> = {
      "assets[0].utilisation": { protocol: { ...PROTOCOL, BTC: { ...PROTOCOL.BTC!, utilisation: "0.63" } } },
      riskRoot: { policy: { ...policy, margin: { ...policy.margin, buffer: "0.11" } } },
    };
    for (const [field, change] of Object.entries(others)) {
      await expect(signDerived(wallets[0]!, domain, header, { ...inputs, ...change }), field).rejects.toMatchObject({ name: "HeaderMismatchError", field });
    }
    await expect(signDerived(wallets[0]!, domain, header, { ...inputs, snapshot: market })).rejects.toThrow(HeaderMismatchError);
  });
  it("is not signed unless it follows the last one that the signer has signed", async () => {
    const { inputs } = signers[0]!;
    const sign = (last: Pick<RiskHeader, "epoch" | "time">) => signDerived(wallets[0]!, domain, header, inputs, last);
    await expect(sign(header)).rejects.toThrow(new HeaderOrderError("epoch", header.epoch, header.epoch));
    await expect(sign({ epoch: 1n, time: header.time })).rejects.toThrow(new HeaderOrderError("time", header.time, header.time));
    expect(await sign({ epoch: header.epoch - 1n, time: header.time - 1n })).toHaveLength(132);
  });
  it("takes its indices from estimators named besides a worst-case policy, which has none", () => {
    const { inputs } = signers[0]!;
    const worstCase = { ...inputs, policy: presetPolicy("derive33") };
    expect(() => deriveHeader(worstCase)).toThrow(NoEstimatorsError);
    const derived = deriveHeader({ ...worstCase, estimators: policy });
    expect(derived.header.assets).toEqual(header.assets);
    expect(derived.header.riskRoot).not.toBe(header.riskRoot);
  });
  it("is refused without the protocol's state", () => {
    expect(() => deriveHeader({ ...signers[0]!.inputs, protocol: {} })).toThrow(ProtocolStateError);
  });
});

describe.runIf(haveData)("a header derived from a real chain (not run where ../shared/data is missing)", () => {
  it("comes of a market within the honest sources' range, and has plausible indices", () => {
    const prices = ["BTC", "ETH"].map((asset) => ({ asset, ...dataFile(`prices/${asset}USDT_1d.csv`) }));
    const { snapshot: real } = importMarket({ chain: dataFile("options/deribit_options_snapshot_20251230T173115Z.csv"), history: prices });
    const honest = [real, moved(real, drift(4)), moved(real, drift(5))];
    const all = named(...honest, moved(real, () => -5_000));
    const at = { time: real.time, epoch: real.epoch };
    const { snapshot, outliers } = aggregateSnapshots(all, at);
    expect(formatSnapshot(aggregateSnapshots([...all].reverse(), at).snapshot)).toBe(formatSnapshot(snapshot));
    expect(new Set(outliers.map(({ source }) => source))).toEqual(new Set(["d"]));
    const ranges = honest.map(numbersOf);
    for (const [place, value] of numbersOf(snapshot)) {
      const own = ranges.map((numbers) => numbers.get(place)!);
      expect(own.some((v) => v <= value) && own.some((v) => v >= value), place).toBe(true);
    }
    const [btc, eth] = deriveIndices(snapshot, policy, PROTOCOL);
    const year = (q32: bigint) => Number(q32) / 2 ** 32;
    for (const indices of [btc!, eth!]) {
      expect(year(indices.slowVolatility)).toBeGreaterThan(0.2);
      expect(year(indices.fastVolatility)).toBeLessThan(1.5);
      expect(year(indices.correlation)).toBeGreaterThan(0.5);
      expect(indices.depth).toBeGreaterThan(10_000_000n * 10n ** 6n);
    }
    expect(btc!.spot).toBeGreaterThan(eth!.spot);
    // Every 20th instrument: the whole payload's hashes take seconds.
    const sparse = { ...snapshot, instruments: snapshot.instruments.filter((_, i) => i % 20 === 0) };
    const { header, tree, payload } = deriveHeader({ snapshot: sparse, policy, protocol: PROTOCOL });
    expect(header).toMatchObject({ epoch: BigInt(payload.epoch), riskRoot: tree.riskRoot });
  });
});

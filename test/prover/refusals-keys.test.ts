/**
 * Damaged and wrong proving keys before both backends and the engine's program: no proof leaves one, unless what was changed takes no part in the proof.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CircuitSource, compileCircuit } from "../../prover/artifacts.js";
import { nativeBackend } from "../../prover/backends/native.js";
import { readNativeBuild } from "../../prover/backends/native-engine.js";
import { snarkjsBackend, startSnarkjs, stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { type DevelopmentKey, developmentKey } from "../../prover/development-setup/development-key.js";
import { loadKey } from "../../prover/keys.js";
import { fromSnarkjsProof, type SnarkjsProof, verifyProof } from "../../prover/proof.js";
import { createProver, type ProvenStatement } from "../../prover/prover.js";
import { parseVerificationKey } from "../../prover/verification-key.js";
import { P } from "../../src/math/field.js";
import { readUint256, uint256 } from "../../prover/bin-file.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { readZkeyLayout, sectionAt, sectionOf, type ZkeyLayout } from "../support/zkey-layout.js";
import { seededRandom } from "../support/random.js";
import { FIXTURE_CIRCUITS, SMALL_CIRCUIT, SMALL_INPUT, SMALL_PUBLIC_SIGNALS, temporaryCache } from "./fixtures/small-circuit.js";

/** Of the same size as the small circuit, wire for wire; only what is hashed first differs. */
const TWIN_CIRCUIT: CircuitSource = variant("twin", "hash.inputs[0] <== secret;\n    hash.inputs[1] <== salt[0];", "hash.inputs[0] <== salt[0];\n    hash.inputs[1] <== secret;");
/** With two bits more, each a wire. */
const OTHER_CIRCUIT: CircuitSource = variant("other", "Num2Bits(8)", "Num2Bits(9)");

const PATHS = ["native", "snarkjs", "program"] as const;
type Path = (typeof PATHS)[number];
type Verdicts = Readonly<Record<Path, string>>;

interface Prepared {
  readonly key: DevelopmentKey;
  readonly witness: Uint8Array;
  readonly wires: number;
}

let cache: ReturnType<typeof temporaryCache>;
let small: Prepared;
let twin: Prepared;
let other: Prepared;
let zkey: Buffer;
let layout: ZkeyLayout;

beforeAll(async () => {
  cache = temporaryCache();
  [small, twin, other] = [await prepare(SMALL_CIRCUIT), await prepare(TWIN_CIRCUIT), await prepare(OTHER_CIRCUIT)];
  zkey = readFileSync(small.key.zkey);
  layout = readZkeyLayout(zkey);
  await startSnarkjs();
});

afterAll(async () => {
  await stopSnarkjs();
  cache.remove();
});

function variant(name: string, from: string, to: string): CircuitSource {
  const text = readFileSync(join(FIXTURE_CIRCUITS, "small.circom"), "utf8");
  const template = text.slice(text.indexOf("template Small()")).replaceAll(from, () => to).replace("Small()", "Variant()");
  if (!template.includes(to)) throw new Error(`the variant ${name} does not fit the circuit`);
  const includes = 'pragma circom 2.2.0;\ninclude "circomlib/circuits/bitify.circom";\ninclude "circomlib/circuits/poseidon.circom";\n';
  return { ...SMALL_CIRCUIT, name, main: `${includes}${template}component main {public [limit]} = Variant();\n` };
}

async function prepare(source: CircuitSource): Promise<Prepared> {
  const circuit = await compileCircuit(source);
  return { key: await developmentKey(circuit), witness: await calculateWitness(circuit.wasm, SMALL_INPUT), wires: circuit.statistics.wires };
}

/** Each path's answer: "proven", after snarkjs has accepted the proof too, or the error's name and words. */
async function verdicts(zkeyPath: string, vkeyPath: string, witness: Uint8Array): Promise<Verdicts> {
  const expected = JSON.parse(readFileSync(vkeyPath, "utf8")) as object;
  const answer = async (prove: () => Promise<Pick<ProvenStatement, "proof" | "publicSignals">>): Promise<string> => {
    try {
      const { proof, publicSignals } = await prove();
      return (await verifyProof(parseVerificationKey(expected), proof, publicSignals)) ? "proven" : "let a wrong proof out";
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  };
  const native = await answer(async () => createProver(nativeBackend({ threads: 1 })).prove(await loadKey(zkeyPath, vkeyPath, SMALL_PUBLIC_SIGNALS), witness));
  const snarkjs = await answer(async () => {
    process.env["ZKMARGIN_BACKEND"] = "snarkjs";
    try {
      return await createProver(snarkjsBackend()).prove(await loadKey(zkeyPath, vkeyPath, SMALL_PUBLIC_SIGNALS), witness);
    } finally {
      delete process.env["ZKMARGIN_BACKEND"];
    }
  });
  return { native, snarkjs, program: await answer(() => program(zkeyPath, witness)) };
}

/** zkmargin-prove knows no verification key but that in the proving key. */
async function program(zkeyPath: string, witness: Uint8Array): Promise<Pick<ProvenStatement, "proof" | "publicSignals">> {
  const build = readNativeBuild();
  const [witnessFile, proofFile, publicFile] = ["witness.wtns", "proof.json", "public.json"].map((name) => join(cache.directory, name)) as [string, string, string];
  writeFileSync(witnessFile, witness);
  for (const file of [proofFile, publicFile]) rmSync(file, { force: true });
  const { code, signal, stderr } = await new Promise<{ code: unknown; signal: unknown; stderr: string }>((resolve) => {
    const files = [zkeyPath, witnessFile, proofFile, publicFile];
    execFile(build.status === "built" ? build.program : "", [...files, "--threads", "1"], (error, _, errors) => resolve({ code: error?.code ?? 0, signal: error?.signal ?? null, stderr: errors }));
  });
  if (code !== 0) {
    const left = [proofFile, publicFile].some((file) => existsSync(file)) ? ", and left a file" : "";
    throw Object.assign(new Error(`${stderr.trim()}${left}`), { name: code === 1 && signal === null ? "refused" : `ended with ${String(code)}, ${String(signal)}` });
  }
  const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
  return { proof: fromSnarkjsProof(json(proofFile) as SnarkjsProof), publicSignals: (json(publicFile) as string[]).map(BigInt) };
}

const changedKey = (bytes: Uint8Array): string => {
  const path = join(cache.directory, "changed.zkey");
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
  return path;
};

const REFUSED = { native: /^(KeyError|ProverError): /, snarkjs: /^(KeyError|ProverError): /, program: /^refused: error: (?!.*left a file)/s } as const;

/** What is expected of each path, in the words of `verdicts` where it is as expected. */
function expectVerdicts(actual: Verdicts, expected: Readonly<Record<Path, "proven" | "refused" | "either">>, what: string): void {
  for (const path of PATHS) {
    if (expected[path] === "proven" || (expected[path] === "either" && actual[path] === "proven")) expect(actual[path], `${what}, ${path}`).toBe("proven");
    else expect(actual[path], `${what}, ${path}`).toMatch(REFUSED[path]);
  }
}

const ALL_REFUSE = { native: "refused", snarkjs: "refused", program: "refused" } as const;
const ALL_PROVE = { native: "proven", snarkjs: "proven", program: "proven" } as const;

describe("a key of another circuit", () => {
  it("is not taken for the one it is not, though both are of one size", () => {
    expect([small.wires, twin.wires]).toEqual([280, 280]);
    expect(other.wires).not.toBe(280);
  });

  it("proves its own witness on every path, and no path proves another circuit's", async () => {
    for (const own of [small, twin, other]) {
      expectVerdicts(await verdicts(own.key.zkey, own.key.vkey, own.witness), ALL_PROVE, "its own");
      for (const foreign of [small, twin, other].filter((each) => each !== own)) {
        const actual = await verdicts(own.key.zkey, own.key.vkey, foreign.witness);
        expectVerdicts(actual, ALL_REFUSE, "another's");
        const sizes = new RegExp(`${foreign.wires} wires, the key is for a circuit of ${own.wires}`);
        for (const path of PATHS) expect(actual[path]).toMatch(own.wires === foreign.wires ? /does not verify/ : sizes);
      }
    }
  });

  it("is refused with the verification key of another, before anything is proven", async () => {
    for (const [zkeyOf, vkeyOf] of [[small, twin], [twin, small], [small, other], [other, small]] as const) {
      const { native, snarkjs } = await verdicts(zkeyOf.key.zkey, vkeyOf.key.vkey, zkeyOf.witness);
      for (const verdict of [native, snarkjs]) expect(verdict).toMatch(/^KeyError: .* it does not belong to the verification key development\.vkey\.json$/);
    }
  });
});

describe("a witness with public signals", () => {
  const start = (wire: number): number => 76 + 32 * wire;
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(small.witness);
    change(bytes);
    return bytes;
  };

  it.each<[string, (bytes: Buffer) => void]>([
    ["reordered", (bytes) => {
      bytes.copy(bytes, start(1), start(2), start(3));
      Buffer.from(small.witness.subarray(start(1), start(2))).copy(bytes, start(2));
    }],
    ["of another statement", (bytes) => void (bytes[start(2)]! ^= 1)],
    ["plus the order, and so above the field", (bytes) => void Buffer.from(uint256(readUint256(bytes, start(2)) + P)).copy(bytes, start(2))],
    ["the largest of 256 bits", (bytes) => void bytes.fill(255, start(1), start(2))],
  ])("%s is proven by no path", async (_, change) => {
    expectVerdicts(await verdicts(small.key.zkey, small.key.vkey, changed(change)), ALL_REFUSE, "witness");
  });

  it("fewer or more than the circuit's is proven by no path, and each names both sizes", async () => {
    for (const more of [-1, 1]) {
      const values = Buffer.concat([small.witness.subarray(start(0), start(small.wires + Math.min(more, 0))), Buffer.alloc(32 * Math.max(more, 0))]);
      const witness = Buffer.concat([small.witness.subarray(0, start(0)), values]);
      witness.writeUInt32LE(small.wires + more, 60);
      witness.writeBigUInt64LE(BigInt(values.length), 68);
      const actual = await verdicts(small.key.zkey, small.key.vkey, witness);
      for (const path of PATHS) expect(actual[path]).toMatch(new RegExp(`${small.wires + more} wires, the key is for a circuit of ${small.wires}`));
    }
  });
});

describe("a truncated key", () => {
  it("is refused by every path wherever it ends, and no proof is begun; its last section takes no part in a proof, but must be whole", async () => {
    const ends = layout.sections.flatMap(({ offset, size }) => [offset - 12, offset - 1, offset, offset + Math.floor(size / 2), offset + size - 1]);
    for (const length of new Set([0, 3, 4, 8, 11, 12, ...ends])) {
      const actual = await verdicts(changedKey(zkey.subarray(0, length)), small.key.vkey, small.witness);
      expectVerdicts(actual, ALL_REFUSE, `${length} bytes`);
      expect([actual.native, actual.snarkjs], `${length} bytes`).toEqual([expect.stringMatching(/^KeyError/), expect.stringMatching(/^KeyError/)]);
    }
  });

  it("is refused by every path when a section is left out, and its place named", async () => {
    for (const { id, offset, size } of layout.sections) {
      const without = Buffer.concat([zkey.subarray(0, offset - 12), zkey.subarray(offset + size)]);
      without.writeUInt32LE(layout.sections.length - 1, 8);
      const actual = await verdicts(changedKey(without), small.key.vkey, small.witness);
      // The contributions' transcript is for those who verify a ceremony.
      expectVerdicts(actual, id === 10 ? ALL_PROVE : ALL_REFUSE, `without section ${id}`);
      if (id !== 10) for (const path of PATHS) expect(actual[path]).toMatch(new RegExp(`section ${id}\\b`));
    }
  });

  it("is refused when a section that begins with a number is empty and the last of the file", async () => {
    for (const id of [1, 4]) {
      const { offset, size } = sectionOf(layout, id);
      const header = Buffer.from(zkey.subarray(offset - 12, offset));
      header.writeBigUInt64LE(0n, 4);
      const moved = Buffer.concat([zkey.subarray(0, offset - 12), zkey.subarray(offset + size), header]);
      expectVerdicts(await verdicts(changedKey(moved), small.key.vkey, small.witness), ALL_REFUSE, `section ${id}`);
    }
  });
});

describe("a key with one bit flipped", () => {
  /** What the bit does, by the meaning of its place alone. */
  function expectation(at: number, bit: number): Readonly<Record<Path, "proven" | "refused" | "either">> {
    const section = layout.sections.find(({ offset, size }) => at < offset + size)!;
    const { id, offset, size } = section;
    const wire = (index: number): bigint => small.witness.subarray(76 + 32 * index, 108 + 32 * index).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    if (at < 12) return ALL_REFUSE;
    if (at < offset) {
      if (id !== 10) return ALL_REFUSE;
      // Of the contributions nothing is read but that the section is once there, and whole.
      const changed = Buffer.from(zkey.subarray(offset - 12, offset));
      changed[at - offset + 12]! ^= 1 << bit;
      const twice = layout.sections.some((each) => each.id === changed.readUInt32LE(0) && each.id !== id);
      return twice || changed.readBigUInt64LE(4) > BigInt(size) ? ALL_REFUSE : ALL_PROVE;
    }
    const zeroWire = (record: number, first: number): boolean => wire(Math.floor((at - offset) / record) + first) === 0n;
    switch (id) {
      case 10: return ALL_PROVE;
      case 4: return coefficientExpectation(at - offset, bit, wire);
      // A wire of value zero takes no point along.
      case 5: case 6: return zeroWire(64, 0) ? ALL_PROVE : ALL_REFUSE;
      case 7: return zeroWire(128, 0) ? ALL_PROVE : ALL_REFUSE;
      case 8: return zeroWire(64, SMALL_PUBLIC_SIGNALS + 1) ? ALL_PROVE : ALL_REFUSE;
      default: return ALL_REFUSE;
    }
  }

  /** A record says: matrix, row, wire, coefficient; what counts is coefficient times wire in that matrix and row. */
  function coefficientExpectation(at: number, bit: number, wire: (index: number) => bigint): ReturnType<typeof expectation> {
    if (at < 4) return ALL_REFUSE;
    const start = sectionOf(layout, 4).offset + 4 + 44 * Math.floor((at - 4) / 44);
    const before = zkey.subarray(start, start + 44);
    const after = Buffer.from(before);
    after[(at - 4) % 44]! ^= 1 << bit;
    const [matrix, row, index] = [0, 4, 8].map((field) => after.readUInt32LE(field)) as [number, number, number];
    const domain = zkey.readUInt32LE(sectionOf(layout, 2).offset + 80);
    const value = (record: Buffer): bigint => readUint256(record, 12);
    const silent = wire(before.readUInt32LE(8)) === 0n;
    if (matrix > 1 || row >= domain || index >= small.wires || value(after) >= P) {
      // snarkjs reads what is there, and may not notice where the wire is zero.
      return { ...ALL_REFUSE, snarkjs: silent ? "either" : "refused" };
    }
    const sameWire = wire(index) === wire(before.readUInt32LE(8));
    if (index !== before.readUInt32LE(8)) return sameWire ? ALL_PROVE : ALL_REFUSE;
    return silent ? ALL_PROVE : ALL_REFUSE;
  }

  async function expectFlip(at: number, bit: number): Promise<{ outcome: "proven" | "refused"; actual: Verdicts }> {
    const bytes = Buffer.from(zkey);
    bytes[at]! ^= 1 << bit;
    const expected = expectation(at, bit);
    const actual = await verdicts(changedKey(bytes), small.key.vkey, small.witness);
    expectVerdicts(actual, expected, `bit ${bit} of byte ${at} (${sectionAt(layout, at)})`);
    return { outcome: expected.native === "proven" ? "proven" : "refused", actual };
  }

  it("in the container, a section's header or the key's header is refused by every path, but for the section of contributions", async () => {
    for (let at = 0; at < 12; at++) await expectFlip(at, at % 8);
    // Version 0, which snarkjs reads like version 1.
    await expectFlip(4, 0);
    for (const { offset } of layout.sections) for (const at of [0, 1, 3, 4, 5, 7, 11]) await expectFlip(offset - 12 + at, (3 * at) % 8);
    const header = sectionOf(layout, 2).offset;
    const numbers = [0, 3, 4, 35, 36, 39, 40, 71, 72, 75, 76, 79, 80, 83];
    const points = [84, 148, 212, 276, 340, 404, 468, 532, 596].flatMap((start) => [start, start + 31, start + 63]);
    for (const at of [...numbers, ...points]) {
      const { outcome, actual } = await expectFlip(header + at, at % 8);
      expect(outcome, `header, byte ${at}`).toBe("refused");
      // Of a field that says how to read the rest, each path names what is wrong before it proves.
      if (at < 84) expect([actual.native, actual.snarkjs]).toEqual([expect.stringMatching(/^KeyError/), expect.stringMatching(/^KeyError/)]);
    }
  });

  it("in the points and coefficients is refused, unless it is of a wire that is zero; in the contributions no proof depends on it", async () => {
    const outcomes = new Map<number, string[]>();
    for (const { id, offset, size } of layout.sections.filter((section) => section.id > 2)) {
      const record = id === 4 ? 44 : id === 7 ? 128 : id === 10 ? size : 64;
      const head = id === 4 ? 4 : 0;
      const records = Math.floor((size - head) / record);
      for (let part = 0; part < 6; part++) {
        const at = offset + head + record * Math.floor((part * (records - 1)) / 5) + Math.floor(((part % 4) * (record - 1)) / 3);
        outcomes.set(id, [...(outcomes.get(id) ?? []), (await expectFlip(at, (5 * part) % 8)).outcome]);
      }
    }
    for (const id of [3, 9]) expect(new Set(outcomes.get(id)), `section ${id}`).toEqual(new Set(["refused"]));
    for (const id of [4, 5, 6, 7, 8]) expect(outcomes.get(id), `section ${id}`).toContain("refused");
    expect(new Set(outcomes.get(10))).toEqual(new Set(["proven"]));
  });

  it("anywhere, drawn by chance, does what the meaning of its place says", async () => {
    const random = seededRandom(51);
    const outcomes: string[] = [];
    for (let count = 0; count < 90; count++) outcomes.push((await expectFlip(random.integer(0, zkey.length - 1), random.integer(0, 7))).outcome);
    expect(new Set(outcomes)).toEqual(new Set(["proven", "refused"]));
  });
});

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zKey } from "snarkjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { P } from "../../src/math/field.js";
import { compileCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { setupEngine } from "../../prover/backends/setup-engine.js";
import { stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { CeremonyError, startCeremony } from "../../prover/ceremony.js";
import { developmentPtau } from "../../prover/development-setup/development-key.js";
import { publicScalar } from "../../prover/development-setup/toxic-waste.js";
import { type Constraint, type Term, writeR1cs } from "./fixtures/r1cs.js";
import { SMALL_CIRCUIT, temporaryCache } from "./fixtures/small-circuit.js";

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;
const file = (name: string): string => join(cache.directory, name);

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
});

afterAll(async () => {
  cache.remove();
  await stopSnarkjs();
});

let next = 0;
const drawn = (below: number): number => Number(publicScalar(`constraint system of a test ${next++}`) % BigInt(below));

/** 0, 1, -1, powers of two and their negatives, small numbers, full-size ones. */
function coefficient(): bigint {
  const full = publicScalar(`coefficient ${next++}`);
  const power = 1n << BigInt(drawn(253));
  return [0n, 1n, P - 1n, power, P - power, BigInt(drawn(100)), full, full][drawn(8)]!;
}

/** Combinations of up to `terms` terms, of which every third row repeats one of the row before, negated or not. */
function mixedConstraints(count: number, wires: number, terms: number): Constraint[] {
  const combination = (): Term[] => Array.from({ length: drawn(terms + 1) }, () => [drawn(wires - 1), coefficient()]);
  const rows: Constraint[] = [];
  for (let row = 0; row < count; row++) {
    const last = rows.at(-1);
    if (row % 3 === 2 && last !== undefined) rows.push([last[0], last[0].map(([wire, value]) => [wire, (P - value) % P]), last[1]]);
    else rows.push([combination(), combination(), combination()]);
  }
  return rows;
}

/** Both keys of the same circuit, and the circuit hashes that were reported. */
async function bothKeys(name: string, r1cs: string, ptau: string): Promise<{ ours: Buffer; theirs: Buffer; ourHash: string; theirHash: string }> {
  expect(setupEngine()).toBeDefined();
  const ourHash = await startCeremony(r1cs, ptau, file(`${name}.zkey`));
  const theirHash = Buffer.from((await zKey.newZKey(r1cs, ptau, file(`${name}.snarkjs.zkey`))) as Uint8Array).toString("hex");
  return { ours: readFileSync(file(`${name}.zkey`)), theirs: readFileSync(file(`${name}.snarkjs.zkey`)), ourHash, theirHash };
}

async function expectSameKeys(name: string, r1cs: string, ptau: string): Promise<void> {
  const { ours, theirs, ourHash, theirHash } = await bothKeys(name, r1cs, ptau);
  expect(ourHash).toBe(theirHash);
  expect(ours.equals(theirs)).toBe(true);
}

describe("the first key by the native engine has the bytes that snarkjs writes", () => {
  it("for a compiled circuit, from powers of tau of its size and from larger ones", async () => {
    const { domainPower } = circuit.statistics;
    await expectSameKeys("exact", circuit.r1cs, await developmentPtau(domainPower));
    await expectSameKeys("larger", circuit.r1cs, await developmentPtau(domainPower + 2));
  });

  it("for coefficients of all kinds, repeated combinations, wires that stand nowhere", async () => {
    const r1cs = writeR1cs(file("mixed.r1cs"), { wires: 40, outputs: 3, publicInputs: 2, constraints: mixedConstraints(200, 40, 9) });
    await expectSameKeys("mixed", r1cs, await developmentPtau(8));
  });

  it("for no public signal, and for one constraint", async () => {
    const r1cs = writeR1cs(file("private.r1cs"), { wires: 5, outputs: 0, publicInputs: 0, constraints: mixedConstraints(20, 5, 3) });
    await expectSameKeys("private", r1cs, await developmentPtau(5));
    const single: Constraint[] = [[[[1, 1n]], [[2, 7n]], [[3, 1n]]]];
    await expectSameKeys("single", writeR1cs(file("single.r1cs"), { wires: 4, outputs: 0, publicInputs: 0, constraints: single }), await developmentPtau(1));
  });

  it("for a domain so large that snarkjs reads past the end of its powers", async () => {
    const wires = 3_000;
    const constraints = Array.from({ length: 2 ** 14 + 5 }, (_, row): Constraint => [[[row % wires, 1n]], [[(7 * row) % wires, P - 1n]], []]);
    const r1cs = writeR1cs(file("large.r1cs"), { wires, outputs: 2, publicInputs: 1, constraints });
    await expectSameKeys("large", r1cs, await developmentPtau(15));
  });
});

describe("the first key of a ceremony", () => {
  it("is the same where snarkjs serves", async () => {
    const ptau = await developmentPtau(circuit.statistics.domainPower);
    const hash = await startCeremony(circuit.r1cs, ptau, file("native.zkey"));
    process.env.ZKMARGIN_BACKEND = "snarkjs";
    try {
      expect(await startCeremony(circuit.r1cs, ptau, file("fallback.zkey"))).toBe(hash);
    } finally {
      delete process.env.ZKMARGIN_BACKEND;
    }
    expect(readFileSync(file("fallback.zkey")).equals(readFileSync(file("native.zkey")))).toBe(true);
  });

  it("passes zkey verify after a contribution by snarkjs", async () => {
    const ptau = await developmentPtau(circuit.statistics.domainPower);
    await startCeremony(circuit.r1cs, ptau, file("verified.zkey"));
    await zKey.contribute(file("verified.zkey"), file("contributed.zkey"), "first", "entropy of a test");
    expect(await zKey.verifyFromR1cs(circuit.r1cs, ptau, file("contributed.zkey"))).toBe(true);
  });

  it("reports progress up to the end", async () => {
    const seen: number[] = [];
    await startCeremony(circuit.r1cs, await developmentPtau(circuit.statistics.domainPower), file("progress.zkey"), (fraction) => seen.push(fraction));
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual([...seen].sort((left, right) => left - right));
    expect(seen.at(-1)).toBe(1);
  });

  it("is refused, with nothing left behind, for a point that is not on the curve", async () => {
    const bytes = readFileSync(await developmentPtau(circuit.statistics.domainPower));
    // The last section holds the points of the last basis, which is the one the circuit takes.
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(file("damaged.ptau"), bytes);
    const before = readdirSync(cache.directory).sort();
    const refused = startCeremony(circuit.r1cs, file("damaged.ptau"), file("damaged.zkey"));
    await expect(refused).rejects.toThrow(CeremonyError);
    await expect(refused).rejects.toThrow(/section 15 .*point \d+ is not on the curve/);
    expect(readdirSync(cache.directory).sort()).toEqual(before);
    expect(existsSync(file("damaged.zkey"))).toBe(false);
  });
});

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { calculateWitness, WitnessError, WitnessInputError } from "../../prover/witness-calculator.js";
import { projectRoot } from "../../prover/project-root.js";
import { loadProgram, prepareProgram, REWRITER, runProgram } from "../../prover/witness-calculator/program.js";
import { SMALL_CIRCUIT, SMALL_INPUT, temporaryCache } from "./fixtures/small-circuit.js";

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;
let copies = 0;

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
});

afterAll(() => cache.remove());

/** The program of circom alone, in a folder of its own. */
function copyProgram(): string {
  const wasm = join(cache.directory, `copy-${copies++}`, "circuit.wasm");
  mkdirSync(dirname(wasm));
  copyFileSync(circuit.wasm, wasm);
  return wasm;
}

function fast(wasm: string): string {
  return wasm.replace(/\.wasm$/, `.fast-${REWRITER}.wasm`);
}

async function memoryOf(wasm: string): Promise<Uint8Array> {
  return new Uint8Array((await loadProgram(wasm)).exports.memory.buffer);
}

describe("the memory of a witness program", () => {
  it("holds something while the program runs, and nothing afterwards", async () => {
    const wasm = copyProgram();
    const program = await loadProgram(wasm);
    runProgram(program, ({ memory }) => expect(new Uint8Array(memory.buffer).some((byte) => byte !== 0)).toBe(true));
    await calculateWitness(wasm, SMALL_INPUT);
    expect((await memoryOf(wasm)).every((byte) => byte === 0)).toBe(true);
  });

  it("holds nothing after an input that fails a constraint, one that is refused, and a fault", async () => {
    const wasm = copyProgram();
    for (const [input, error] of [[{ ...SMALL_INPUT, secret: 54_321n }, WitnessError], [{ ...SMALL_INPUT, other: 1n }, WitnessInputError]] as const) {
      await expect(calculateWitness(wasm, input)).rejects.toThrow(error);
      expect((await memoryOf(wasm)).every((byte) => byte === 0)).toBe(true);
    }
    const program = await loadProgram(wasm);
    const fault = (): never => {
      throw new TypeError("fault");
    };
    expect(() => runProgram(program, fault)).toThrow("fault");
    expect((await memoryOf(wasm)).every((byte) => byte === 0)).toBe(true);
  });

  it("is wiped whole when it has grown during a run", async () => {
    const program = await loadProgram(copyProgram());
    runProgram(program, ({ memory }) => {
      (memory as WebAssembly.Memory).grow(3);
      new Uint8Array(memory.buffer).fill(7);
    });
    expect(new Uint8Array(program.exports.memory.buffer).every((byte) => byte === 0)).toBe(true);
  });

  it("is as at the start in each run: failures leave no trace in later witnesses", async () => {
    const wasm = copyProgram();
    const expected = await calculateWitness(circuit.wasm, SMALL_INPUT);
    for (const secret of [54_321n, 78n, 54_321n]) await calculateWitness(wasm, { ...SMALL_INPUT, secret }).catch(() => undefined);
    expect(Buffer.from(await calculateWitness(wasm, SMALL_INPUT)).equals(Buffer.from(expected))).toBe(true);
  });
});

describe("a prepared program", () => {
  it("comes with a compiled circuit and is what runs: circom's own isn't read", async () => {
    const wasm = copyProgram();
    await prepareProgram(wasm);
    rmSync(wasm);
    const witness = await calculateWitness(wasm, SMALL_INPUT);
    expect(Buffer.from(witness).equals(Buffer.from(await calculateWitness(circuit.wasm, SMALL_INPUT)))).toBe(true);
    expect(readFileSync(fast(circuit.wasm)).equals(readFileSync(fast(wasm)))).toBe(true);
  });

  it("isn't needed, and isn't made by running", async () => {
    const wasm = copyProgram();
    await calculateWitness(wasm, SMALL_INPUT);
    expect(readdirSync(dirname(wasm))).toEqual(["circuit.wasm"]);
    await prepareProgram(wasm);
    expect(existsSync(fast(wasm))).toBe(true);
  });

  it("is named by the sources of its rewriter, so that a change of these leaves it behind", () => {
    const folder = join(projectRoot(), "prover/witness-calculator");
    const hash = createHash("sha256");
    for (const name of readdirSync(folder).filter((file) => file !== "program.ts").sort()) {
      hash.update(`${name}\0${readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n")}\0`);
    }
    expect(REWRITER, "REWRITER in program.ts must name these sources").toBe(hash.digest("hex").slice(0, REWRITER.length));
    expect(REWRITER).toHaveLength(8);
  });

  it("that is damaged is passed over", async () => {
    const expected = Buffer.from(await calculateWitness(circuit.wasm, SMALL_INPUT));
    const whole = readFileSync(fast(circuit.wasm));
    const noCode = Buffer.from(whole).fill(0xff, whole.length / 2, whole.length / 2 + 64);
    for (const bytes of [Buffer.alloc(0), whole.subarray(0, whole.length / 2), noCode, Buffer.from("no program")]) {
      const wasm = copyProgram();
      writeFileSync(fast(wasm), bytes);
      expect(Buffer.from(await calculateWitness(wasm, SMALL_INPUT)).equals(expected)).toBe(true);
    }
  });

  it("fails with the reason when there is no program at all, and is found once there is one", async () => {
    const wasm = copyProgram();
    rmSync(wasm);
    await expect(calculateWitness(wasm, SMALL_INPUT)).rejects.toThrow(/ENOENT/);
    copyFileSync(circuit.wasm, wasm);
    expect((await calculateWitness(wasm, SMALL_INPUT)).length).toBeGreaterThan(0);
  });
});

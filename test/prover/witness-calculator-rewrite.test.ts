import { readFileSync } from "node:fs";
import fc from "fast-check";
import { wtns } from "snarkjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { P } from "../../src/math/field.js";
import { compileCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { joinCopies } from "../../prover/witness-calculator/block-copies.js";
import { createConstantBlocks } from "../../prover/witness-calculator/constant-blocks.js";
import { KNOWN_BODIES, MODULUS_ADDRESS } from "../../prover/witness-calculator/field-functions.js";
import { rewriteProgram } from "../../prover/witness-calculator/rewrite.js";
import { WasmFormatError } from "../../prover/witness-calculator/wasm-code.js";
import { dataSegments, parseModule } from "../../prover/witness-calculator/wasm-module.js";
import { SMALL_CIRCUIT, temporaryCache } from "./fixtures/small-circuit.js";
import { exportFunctions } from "./fixtures/export-functions.js";

/** Every operator of circom on two inputs, with constant arrays, a function that returns one, and loops. */
const OPERATORS = {
  name: "operators",
  main: `pragma circom 2.2.0;
function primes() {
  return [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];
}
template Weighted(w, same) {
  signal input in[16];
  signal output out;
  var sum = 0;
  for (var i = 0; i < 16; i++) {
    sum += w[i] * in[i] + same[i] * 2 ** i + 3 ** (i + 1);
  }
  out <== sum;
}
template Operators() {
  signal input a;
  signal input b;
  signal output out[20];
  signal output bits[254];
  out[0] <-- a + b;
  out[1] <-- a - b;
  out[2] <-- a * b;
  out[3] <-- b != 0 ? a / b : 0;
  out[4] <-- b != 0 ? a \\ b : 0;
  out[5] <-- b != 0 ? a % b : 0;
  out[6] <-- a ** b;
  out[7] <-- 2 ** (b % 300);
  out[8] <-- a & b;
  out[9] <-- a | b;
  out[10] <-- a ^ b;
  out[11] <-- a < b;
  out[12] <-- a <= b;
  out[13] <-- a == b;
  out[14] <-- (a > b) && (a != 5) || (b >= a);
  out[15] <-- a >> (b % 256);
  out[16] <-- a << (b % 256);
  out[17] <-- -a;
  var w[16] = primes();
  component weighted = Weighted(w, [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
  for (var i = 0; i < 16; i++) {
    weighted.in[i] <== a + i * b;
  }
  out[18] <== weighted.out;
  var found = 0;
  for (var i = 0; i < 16; i++) {
    if (w[i] == a) {
      found = i / 2 + w[i] * 100000;
    }
  }
  out[19] <-- found;
  for (var i = 0; i < 254; i++) {
    bits[i] <-- (a >> i) & 1;
    bits[i] * (bits[i] - 1) === 0;
  }
}
component main = Operators();
`,
  includePaths: [],
  flags: ["--O0"],
};

/** Numbers around every change of form, and any others. */
const EDGES = [0n, 1n, 2n, 3n, 4n, 5n, 31n, 32n, 63n, 64n, 253n, 254n, 255n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 31n + 1n, 2n ** 32n, 2n ** 64n, 2n ** 128n - 1n];
const element = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.constantFrom(...EDGES.slice(1)).map((value) => P - value),
  fc.bigInt(0n, 2n ** 31n),
  fc.bigInt(0n, P - 1n),
  fc.constantFrom((P - 1n) / 2n, (P + 1n) / 2n),
);

let cache: ReturnType<typeof temporaryCache>;
let small: CompiledCircuit;
let operators: CompiledCircuit;

beforeAll(async () => {
  cache = temporaryCache();
  small = await compileCircuit(SMALL_CIRCUIT);
  operators = await compileCircuit(OPERATORS);
});

afterAll(() => cache.remove());

async function snarkjsWitness(wasm: string, input: Parameters<typeof calculateWitness>[1]): Promise<Buffer> {
  const file: { type: "mem"; data?: Uint8Array } = { type: "mem" };
  await wtns.calculate(input, wasm, file);
  return Buffer.from(file.data!);
}

describe("a rewritten witness program", () => {
  it("sets constant arrays by blocks: the code of Poseidon's constants shrinks to a fiftieth", () => {
    const bytes = readFileSync(small.wasm);
    const module = parseModule(bytes);
    const { functionNames, firstBody, bodies } = module;
    const constants = [...functionNames].find(([name]) => name.startsWith("POSEIDON_S"))!;
    const { start, end } = bodies[constants[1] - firstBody]!;
    const parts = joinCopies({ bytes, at: start }, end, functionNames.get("Fr_copy")!, createConstantBlocks(dataSegments(module)));
    expect(Buffer.concat(parts!).length).toBeLessThan((end - start) / 50);
  });

  it("gives the witness that snarkjs computes with circom's own program, whatever the operators and their operands", async () => {
    await fc.assert(
      fc.asyncProperty(element, element, async (a, b) => {
        const [ours, theirs] = [await calculateWitness(operators.wasm, { a, b }), await snarkjsWitness(operators.wasm, { a, b })];
        expect(theirs.subarray(0, ours.length).equals(Buffer.from(ours))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("gives that witness again and again, whatever ran before", async () => {
    const first = await calculateWitness(operators.wasm, { a: 7n, b: P - 3n });
    await calculateWitness(operators.wasm, { a: P - 1n, b: 2n });
    expect(Buffer.from(await calculateWitness(operators.wasm, { a: 7n, b: P - 3n })).equals(Buffer.from(first))).toBe(true);
  });

  it("is left as it was when a field function isn't the known one, or the field is another", () => {
    const bytes = readFileSync(small.wasm);
    const { functionNames, firstBody, bodies } = parseModule(bytes);
    for (const name of Object.keys(KNOWN_BODIES)) {
      const other = Uint8Array.from(bytes);
      other[bodies[functionNames.get(name)! - firstBody]!.end - 2]! ^= 1;
      expect(rewriteProgram(other)).toBe(other);
    }
    const other = Uint8Array.from(bytes);
    dataSegments(parseModule(other)).find(({ address }) => address === MODULUS_ADDRESS)!.bytes[31]! ^= 1;
    expect(rewriteProgram(other)).toBe(other);
  });

  it("isn't made from anything but a program of circom", () => {
    for (const bytes of [readFileSync(small.wasm).subarray(0, 50_000), readFileSync(small.r1cs), Buffer.alloc(0)]) {
      expect(() => rewriteProgram(bytes)).toThrow(WasmFormatError);
    }
  });
});

describe("the field functions of a rewritten program", () => {
  const MONTGOMERY = 2n ** 256n % P;
  const [RESULT, X, Y] = [0, 40, 80];
  type Form = "short" | "long" | "montgomery" | "short montgomery";
  const forms = fc.constantFrom<Form>("short", "long", "montgomery", "short montgomery");
  /** Where the result goes: into an element of its own, or one of the operands. */
  type Target = "apart" | "x" | "y";
  type Outcome = { readonly value: bigint; readonly returned: unknown };
  let run: (name: string, x: readonly [bigint, Form], y: readonly [bigint, Form], target?: Target) => Outcome;

  beforeAll(async () => {
    const bytes = readFileSync(small.wasm);
    const { functionNames } = parseModule(bytes);
    const names = ["Fr_copy", "Fr_mul", "Fr_add", "Fr_pow", "Fr_inv", "Fr_band", "Fr_lt", "Fr_toInt", "Fr_toNormal"];
    const exposed = exportFunctions(rewriteProgram(bytes), new Map(names.map((name) => [name, functionNames.get(name)!])));
    const ignore = (): void => undefined;
    const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(exposed), {
      runtime: { exceptionHandler: ignore, printErrorMessage: ignore, writeBufferMessage: ignore, showSharedRWMemory: ignore },
    });
    const memory = (exports["memory"] as WebAssembly.Memory).buffer;
    // Beyond what the program uses: its stack begins at the number at address 0.
    const base = new DataView(memory).getUint32(0, true);
    const view = new DataView(memory, base, 120);
    const writeLong = (at: number, value: bigint): void => [0, 1, 2, 3].forEach((word) => view.setBigUint64(at + 8 + 8 * word, value >> BigInt(64 * word), true));
    const write = (at: number, value: bigint, form: Form): void => {
      const signed = value > P / 2n ? value - P : value;
      const short = BigInt.asIntN(32, signed) === signed && form.startsWith("short");
      view.setInt32(at, short ? Number(signed) : 0x5a5a5a5a, true);
      const montgomery = form.endsWith("montgomery");
      view.setUint32(at + 4, (short ? 0 : 0x80000000) + (montgomery ? 0x40000000 : 0), true);
      writeLong(at, montgomery ? (value * MONTGOMERY) % P : short ? 2n ** 255n - 1n : value);
    };
    const read = (at: number): bigint => {
      const kind = view.getUint32(at + 4, true);
      if (kind < 0x80000000) return (BigInt(view.getInt32(at, true)) + P) % P;
      const long = [3, 2, 1, 0].reduce((value, word) => (value << 64n) | view.getBigUint64(at + 8 + 8 * word, true), 0n);
      expect(long).toBeLessThan(P);
      return kind >= 0xc0000000 ? (long * power(MONTGOMERY, P - 2n)) % P : long;
    };
    run = (name, x, y, target = "apart") => {
      const result = { apart: RESULT, x: X, y: Y }[target];
      write(RESULT, 12_345n, "long");
      write(X, ...x);
      write(Y, ...y);
      const one = name === "Fr_toInt" || name === "Fr_toNormal";
      const returned = (exports[name] as (...addresses: number[]) => unknown)(...(one ? [base + X] : [base + result, base + X, base + Y]));
      if (target !== "x") expect(read(X)).toBe(x[0]);
      if (target !== "y") expect(read(Y)).toBe(y[0]);
      return { value: read(name === "Fr_toNormal" ? X : result), returned };
    };
  });

  const check = (name: string, expected: (x: bigint, y: bigint) => bigint, x = element, targets: readonly Target[] = ["apart", "x", "y"]): void => {
    fc.assert(
      fc.property(x, forms, element, forms, fc.constantFrom(...targets), (a, formOfA, b, formOfB, target) => {
        expect(run(name, [a, formOfA], [b, formOfB], target).value).toBe(expected(a, b));
      }),
      { numRuns: 1_000 },
    );
  };

  it("multiply in every form", () => check("Fr_mul", (x, y) => (x * y) % P));
  it("add in every form", () => check("Fr_add", (x, y) => (x + y) % P));
  it("copy every form", () => check("Fr_copy", (x) => x, element, ["apart", "x"]));
  it("leave a value as it is when they change its form", () => check("Fr_toNormal", (x) => x, element, ["apart"]));
  it("invert in every form", () => check("Fr_inv", (x) => power(x, P - 2n), element.filter((x) => x !== 0n), ["apart", "x"]));
  it("invert each small number", () => {
    for (let x = 1n; x < 300n; x++) expect((run("Fr_inv", [x, "short"], [0n, "short"]).value * x) % P).toBe(1n);
  });
  it("raise to a power in every form", () => check("Fr_pow", power, element, ["apart", "x"]));
  it("raise two to every power up to 260", () => {
    for (let y = 0n; y < 260n; y++) expect(run("Fr_pow", [2n, "long"], [y, "short"]).value).toBe(2n ** y % P);
  });
  it("mask in every form", () => check("Fr_band", (x, y) => x & y));
  it("compare as signed numbers in every form", () => check("Fr_lt", (x, y) => (signedValue(x) < signedValue(y) ? 1n : 0n)));
  it("turn small numbers into ints", () => {
    fc.assert(
      fc.property(fc.integer(), forms, (x, form) => {
        expect(run("Fr_toInt", [(BigInt(x) + P) % P, form], [0n, "short"]).returned).toBe(x);
      }),
      { numRuns: 1_000 },
    );
  });

  function signedValue(x: bigint): bigint {
    return x > (P - 1n) / 2n ? x - P : x;
  }

  function power(base: bigint, exponent: bigint): bigint {
    let result = 1n;
    for (let square = base, rest = exponent; rest > 0n; square = (square * square) % P, rest >>= 1n) if (rest & 1n) result = (result * square) % P;
    return result;
  }
});

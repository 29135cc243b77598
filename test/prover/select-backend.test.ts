import { describe, expect, it } from "vitest";
import { BackendError, chooseBackend, defaultBackend } from "../../prover/backends/select.js";
import { loadNativeEngine, type NativeEngine } from "../../prover/backends/native-engine.js";
import { selfTest } from "../../prover/backends/self-test.js";

describe("the choice of a backend", () => {
  it("is the native engine with its fastest arithmetic", () => {
    const { backend, arithmetic, why } = chooseBackend({}, {});
    expect([backend.name, arithmetic]).toEqual(["native", loadNativeEngine().info().fastest]);
    expect(why).toMatch(/passes its self-test.*fastest arithmetic/);
    expect(defaultBackend().name).toBe(process.env["ZKMARGIN_BACKEND"] ?? "native");
  });

  it("follows the environment, and the caller before that", () => {
    expect(chooseBackend({}, { ZKMARGIN_BACKEND: "snarkjs" })).toMatchObject({ backend: { name: "snarkjs" }, arithmetic: undefined, why: "ZKMARGIN_BACKEND asks for it" });
    expect(chooseBackend({ backend: "native" }, { ZKMARGIN_BACKEND: "snarkjs" })).toMatchObject({ backend: { name: "native" }, why: expect.stringMatching(/^--backend asks for it/) as string });
    expect(chooseBackend({}, { ZKMARGIN_ARITHMETIC: "portable" })).toMatchObject({ arithmetic: "portable", why: expect.stringContaining("ZKMARGIN_ARITHMETIC asks for portable") as string });
    expect(chooseBackend({ threads: 1 }, { ZKMARGIN_BACKEND: "" })).toMatchObject({ backend: { name: "native" }, threads: 1 });
  });

  it.each([
    [{ backend: "rapidsnark" }, {}, "--backend", /must be one of native, snarkjs/],
    [{}, { ZKMARGIN_BACKEND: "constructor" }, "ZKMARGIN_BACKEND", /must be one of/],
    [{ arithmetic: "avx" }, {}, "--arithmetic", /must be one of portable, adx, ifma/],
    [{ threads: 0 }, {}, "threads", /1..256/],
    [{ threads: 2.5 }, {}, "threads", /1..256/],
  ])("refuses %j with environment %j, naming field, value and rule", (request, environment, field, rule) => {
    let error: unknown;
    try {
      chooseBackend(request, environment);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ field, rule: expect.stringMatching(rule) as string });
  });
});

describe("the self-test of an arithmetic", () => {
  const engine = loadNativeEngine();
  /** An engine one of whose functions gives a result with a bit changed. */
  const faulty = (name: keyof NativeEngine["primitives"], at: number): Pick<NativeEngine, "primitives"> => ({
    primitives: {
      ...engine.primitives,
      [name]: (...args: readonly unknown[]) => {
        const result = (engine.primitives[name] as (...args: readonly unknown[]) => Uint8Array)(...args);
        result[at]! ^= 1;
        return result;
      },
    },
  });

  it("passes with the engine as it is", () => {
    for (const { name, available } of engine.info().backends) if (available) expect(selfTest(engine, name), name).toBeUndefined();
  });

  it.each([
    ["fpOperation", 32 * 79, /product of field elements/],
    ["multiplyBaseG1", 0, /first multiple of G1's generator/],
    ["multiplyBaseG1", 64 * 79, /sum of multiples in G1/],
    ["multiplyG1", 5, /sum of multiples in G1/],
    ["multiplyBaseG2", 100, /first multiple of G2's generator/],
    ["multiplyG2", 127, /sum of multiples in G2/],
  ] as const)("finds a wrong bit in the result of %s at byte %i", (name, at, reason) => {
    expect(selfTest(faulty(name, at), engine.info().fastest)).toMatch(reason);
  });
});

import { describe, expect, it } from "vitest";
import type { Samples } from "../../src/bench/measure.js";
import { processMeter, ProverProcessError, rapidsnarkPhase, reportProcesses } from "../../src/bench/processes.js";
import type { Subject } from "../../src/bench/subject.js";

const MIB = 2 ** 20;
const node = (script: string): readonly [string, readonly string[]] => [process.execPath, ["-e", script]];

describe.each([["python3", true], ["no-such-python", false]] as const)("a process measured by %s", (python, tellsMemory) => {
  const measure = processMeter(python);

  it(`has a time${tellsMemory ? ", and as peak memory what it held at once, though it gave that back" : ", and no memory"}`, async () => {
    const small = await measure(...node(""));
    const large = await measure(...node(`let held = Buffer.alloc(${300 * MIB}, 1); held = undefined;`));
    expect(Math.min(small["ms"]!, large["ms"]!)).toBeGreaterThan(0);
    if (!tellsMemory) {
      expect([small["bytes"], large["bytes"]]).toEqual([undefined, undefined]);
      return;
    }
    expect(large["bytes"]! - small["bytes"]!).toBeGreaterThan(250 * MIB);
    expect(large["bytes"]! - small["bytes"]!).toBeLessThan(350 * MIB);
  });

  it("is refused with its exit code when it fails, and with a reason when it is not there", async () => {
    const failure = await measure(...node("process.exit(3)")).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProverProcessError);
    expect(failure).toMatchObject({ program: process.execPath, code: 3 });
    await expect(measure("/no/such/prover", [])).rejects.toMatchObject({ program: "/no/such/prover", code: expect.stringMatching(/No such file|ENOENT/) as string });
  });
});

describe("the report of processes", () => {
  const values: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
    "zkmargin-prove": { ms: [60, 90, 70], bytes: [150 * MIB, 160 * MIB, 155 * MIB] },
    rapidsnark: { ms: [100, 130, 90], bytes: [100 * MIB, 100 * MIB, 100 * MIB] },
    "rapidsnark on one constraint": { ms: [10, 50, 20], bytes: [9 * MIB, 9 * MIB, 9 * MIB] },
    "snarkjs groth16 prove": { ms: [1000, 700, 600], bytes: [400 * MIB, 400 * MIB, 400 * MIB] },
  };
  const samples: Samples = (contender, value) => values[contender]?.[value] ?? [];
  const subject = { engine: { arithmetic: "adx", threads: 2, program: "zkmargin-prove" } } as Subject;

  it("compares time and memory with the targets", () => {
    const [processes, ratios] = reportProcesses(subject, samples).tables;
    expect(processes!.rows[0]).toEqual(["zkmargin-prove", "70.0 ms", "60.0 ms", "90.0 ms", "155 MiB", "3"]);
    expect(ratios!.rows).toEqual([
      ["time: zkmargin / rapidsnark", "0.700", "at most 0.7: met"],
      ["time: zkmargin / snarkjs", "0.100", "at most 0.1: met"],
      ["peak memory: zkmargin / rapidsnark", "1.55", "at most 1.5: missed"],
      ["peak memory: zkmargin / snarkjs", "0.388", ""],
    ]);
  });

  it("takes rapidsnark's start off run by run", () => {
    expect(rapidsnarkPhase(samples)).toEqual([90, 80, 70]);
  });

  it("says what it leaves out: rapidsnark, the engine, memory", () => {
    const { tables, notes } = reportProcesses({ engine: undefined } as Subject, (contender, value) => (contender.startsWith("snarkjs") && value === "ms" ? [5] : []));
    expect(tables.map(({ rows }) => rows)).toEqual([[["snarkjs groth16 prove", "5.00 ms", "5.00 ms", "5.00 ms", "", "1"]]]);
    expect(notes.join("\n")).toMatch(/memory is left out: python3[^]*rapidsnark was not compared[^]*zkmargin-prove was not compared/);
  });
});

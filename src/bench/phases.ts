/**
 * Provers with the key open and the witness in memory, and where the native engine's time goes.
 */
import { wtns } from "snarkjs";
import type { PhaseTimes, ProofCost } from "../../prover/backends/native-engine.js";
import { nativeBackend } from "../../prover/backends/native.js";
import { snarkjsBackend } from "../../prover/backends/snarkjs.js";
import type { ProverBackend } from "../../prover/prover.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { type Contender, duration, type Measurement, median, medianRatio, type Samples, summarize } from "./measure.js";
import { rapidsnarkPhase } from "./processes.js";
import { type Ratio, ratioTables, type Section, timesTable } from "./report.js";
import { describeEngine, requireValid, type Subject } from "./subject.js";

const WITNESS = { ours: "witness, zkmargin", snarkjs: "witness, snarkjs" } as const;
const PROVE = { ours: "prove, zkmargin", snarkjs: "prove, snarkjs" } as const;

/** In the order they run. */
const PHASES = {
  rows: "rows: A and B on the witness",
  quotient: "quotient (NTT)",
  h: "multi-scalar multiplication of h",
  a: "of a",
  b1: "of b in G1",
  b2: "of b in G2",
  c: "of c",
  assemble: "assemble",
  verify: "verify",
} as const satisfies Record<keyof PhaseTimes, string>;

export function phaseContenders(subject: Subject): readonly Contender[] {
  const { key, witness, wasm, input, engine } = subject;
  const timed = (name: string, work: () => Promise<Uint8Array>): Contender => ({
    name,
    async run() {
      const started = performance.now();
      const made = await work();
      const ms = performance.now() - started;
      made.fill(0);
      return { ms };
    },
  });
  const prover = (name: string, backendOf: (onCost: (cost: ProofCost) => void) => ProverBackend): Contender => {
    let phases: PhaseTimes | undefined;
    const backend = backendOf(({ times }) => (phases = times));
    return {
      name,
      async run() {
        const started = performance.now();
        const proven = await backend.prove(key, witness, {});
        const ms = performance.now() - started;
        await requireValid(key, name, proven);
        return { ms, ...phases };
      },
    };
  };
  const witnesses = [
    timed(WITNESS.ours, () => calculateWitness(wasm, input)),
    timed(WITNESS.snarkjs, async () => {
      const theirs: { type: "mem"; data?: Uint8Array } = { type: "mem" };
      await wtns.calculate(input, wasm, theirs);
      return theirs.data!;
    }),
  ];
  const native = engine === undefined ? [] : [prover(PROVE.ours, (onCost) => nativeBackend({ ...engine, onCost }))];
  return [...witnesses, prover(PROVE.snarkjs, snarkjsBackend), ...native];
}

/** Milliseconds of the native engine's proofs: each as a whole, or the sum of some of its phases. */
export function nativeTimes(samples: Samples, phases?: readonly (keyof PhaseTimes)[]): readonly number[] {
  const whole = samples(PROVE.ours, "ms");
  return phases === undefined ? whole : whole.map((_, run) => phases.reduce((sum, phase) => sum + samples(PROVE.ours, phase)[run]!, 0));
}

export function reportWitnesses(samples: Samples): Section {
  const times = [
    { name: "zkmargin, warm", times: samples(WITNESS.ours, "ms") },
    { name: "snarkjs, which compiles the program at every call", times: samples(WITNESS.snarkjs, "ms") },
  ];
  const ratios = [{ name: "witness: zkmargin / snarkjs", value: medianRatio(times[0]!.times, times[1]!.times) }];
  return {
    title: "Witness, in one process",
    tables: [timesTable("witness", times), ...ratioTables(ratios)],
    notes: ["The first witness of a process is among the stages: npm run bench -- stages."],
    data: { times: times.map(summarize), ratios },
  };
}

export function reportProvePhase({ engine }: Subject, samples: Samples): Section {
  const ours = nativeTimes(samples);
  const snarkjs = samples(PROVE.snarkjs, "ms");
  const rapidsnark = rapidsnarkPhase(samples);
  const times = [
    { name: "zkmargin, in process, its verification included", times: ours },
    { name: "snarkjs, in process", times: snarkjs },
    { name: "rapidsnark, difference of processes", times: rapidsnark },
  ].filter((measurement) => measurement.times.length > 0);
  const ratios: readonly Ratio[] = [
    { name: "prove: zkmargin / rapidsnark", value: medianRatio(ours, rapidsnark) },
    { name: "prove: zkmargin / snarkjs", value: medianRatio(ours, snarkjs) },
  ];
  const difference =
    "rapidsnark tells no times of its phases: what stands here is the time of its process less that of its process on a circuit of one constraint, " +
    "run by run. Reading the larger key and witness is therefore in it, the start of the process is not.";
  return {
    title: `Prove phase${engine === undefined ? "" : `, zkmargin with ${describeEngine(engine)}`}: the key open, the witness in memory`,
    tables: [timesTable("prove", times), ...ratioTables(ratios)],
    notes: rapidsnark.length === 0 ? [] : [difference],
    data: { times: times.map(summarize), ratios },
  };
}

export function reportPhases(samples: Samples): Section {
  const phases: readonly Measurement[] = Object.entries(PHASES).map(([phase, name]) => ({ name, times: samples(PROVE.ours, phase) }));
  const whole = { name: "prove, as a whole", times: nativeTimes(samples) };
  const share = (times: readonly number[]) => `${((100 * median(times)) / median(whole.times)).toFixed(1)} %`;
  const row = (measurement: Measurement, part: string) => {
    const { name, median: middle, min, max } = summarize(measurement);
    return [name, duration(middle), duration(min), duration(max), part];
  };
  const witness = { name: "witness, warm", times: samples(WITNESS.ours, "ms") };
  return {
    title: "Phases of a native proof",
    tables: [
      {
        head: ["phase", "median", "min", "max", "of prove"],
        rows: [row(witness, ""), ...phases.map((measurement) => row(measurement, share(measurement.times))), row(whole, share(whole.times))],
      },
    ],
    notes: [],
    data: { phases: [witness, ...phases, whole].map(summarize) },
  };
}

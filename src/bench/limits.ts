/**
 * How far the native engine is from what the processor's field multiplications alone would take.
 */
import { readSections, requireSection } from "../../prover/bin-file.js";
import { type Arithmetic, loadNativeEngine, type PhaseTimes } from "../../prover/backends/native-engine.js";
import { type Contender, duration, median, type Samples } from "./measure.js";
import { nativeTimes } from "./phases.js";
import { count, type Section } from "./report.js";
import { describeEngine, type EngineUse, type Subject } from "./subject.js";

/** Elements that are multiplied at once: whole vectors of every arithmetic, and few enough for its registers and nearest cache. */
const BATCH = 32;
const ELEMENT_SIZE = 32;
const PILOT_TIMES = 1 << 14;
const MEASURE_MS = 250;
const MAXIMUM_TIMES = 2 ** 32 - 1;

/** Of the inversion that a batch of sums shares 3, the slope, its square, and the product in y. */
const G1_SUM = 6;
/** The same in Fp2: 5 products of 3 multiplications and a square of 2. */
const G2_SUM = 17;

const COEFFICIENT_SIZE = 44;
const RATE = "field multiplications, 1 thread";

/** Field multiplications of a proof, by what they are for. */
export type Multiplications = Readonly<Record<"g1" | "g2" | "quotient" | "rows", number>>;

interface ProofSize {
  /** Sums of two points in the multi-scalar multiplications. */
  readonly sums: { readonly g1: number; readonly g2: number };
  readonly domainPower: number;
  /** From rowProducts. */
  readonly rowProducts: number;
}

/** What the engine's algorithms need; additions, and squares being cheaper than products, are left out. */
export function multiplicationsOf({ sums, domainPower, rowProducts: rows }: ProofSize): Multiplications {
  const n = 2 ** domainPower;
  // A, B and C to coefficients and back on the coset, n/2 log2(n) each; then A B twice, three shifts onto the coset, and the way to integers.
  return { g1: G1_SUM * sums.g1, g2: G2_SUM * sums.g2, quotient: 3 * n * domainPower + 6 * n, rows };
}

/**
 * Coefficients of A and B whose wire is neither zero nor one: those that the evaluation of the rows multiplies.
 * @param zkey a proving key's file, @param witness a .wtns file for it
 */
export function rowProducts(zkey: Uint8Array, witness: Uint8Array): number {
  const section = (magic: string, file: Uint8Array, id: number) =>
    requireSection(readSections(magic, file.length, (offset, length) => file.subarray(offset, offset + length)), id);
  const view = (file: Uint8Array, { offset, size }: { readonly offset: number; readonly size: number }) => new DataView(file.buffer, file.byteOffset + offset, size);
  const values = view(witness, section("wtns", witness, 2));
  const multiplied = new Uint8Array(values.byteLength / ELEMENT_SIZE);
  for (let wire = 0; wire < multiplied.length; wire++) {
    let high = values.getUint32(ELEMENT_SIZE * wire, true) >>> 1;
    for (let at = 4; at < ELEMENT_SIZE; at += 4) high |= values.getUint32(ELEMENT_SIZE * wire + at, true);
    multiplied[wire] = high === 0 ? 0 : 1;
  }
  const coefficients = view(zkey, section("zkey", zkey, 4));
  const records = coefficients.getUint32(0, true);
  let products = 0;
  // A record: matrix, row, wire, coefficient.
  for (let record = 0; record < records; record++) products += multiplied[coefficients.getUint32(4 + COEFFICIENT_SIZE * record + 8, true)]!;
  return products;
}

export function limitContenders({ engine }: Subject): readonly Contender[] {
  if (engine === undefined) return [];
  return [{ name: RATE, run: async () => ({ perSecond: multiplicationRate(engine.arithmetic) }) }];
}

/** Field multiplications per second of one thread, of values that stay in registers. Blocks for a quarter of a second. */
function multiplicationRate(arithmetic: Arithmetic): number {
  const { multiplyRepeatedly } = loadNativeEngine().primitives;
  const values = Uint8Array.from({ length: BATCH * ELEMENT_SIZE }, (_, at) => (at % ELEMENT_SIZE === ELEMENT_SIZE - 1 ? 0 : (at * 37 + 11) & 255));
  const factor = values.subarray(0, ELEMENT_SIZE);
  const time = (times: number): number => {
    const started = performance.now();
    multiplyRepeatedly(arithmetic, values, factor, times);
    return performance.now() - started;
  };
  const times = Math.min(MAXIMUM_TIMES, Math.ceil((PILOT_TIMES * MEASURE_MS) / time(PILOT_TIMES)));
  return (1000 * BATCH * times) / time(times);
}

/** One more proof, for the number of its sums. */
export async function measureSize({ key, witness }: Subject, { arithmetic, threads }: EngineUse): Promise<ProofSize> {
  const native = key.native!;
  const { sums } = await loadNativeEngine().prove(native, witness, { arithmetic, threads }).result;
  return { sums, domainPower: native.domainPower, rowProducts: rowProducts(key.zkey, witness) };
}

export function reportLimit(engine: EngineUse, size: ProofSize, samples: Samples): Section {
  const rates = samples(RATE, "perSecond");
  const perMs = (median(rates) * engine.threads) / 1000;
  const needed = multiplicationsOf(size);
  const part = (name: string, multiplications: number, phases?: readonly (keyof PhaseTimes)[]) => {
    const limit = multiplications / perMs;
    const actual = median(nativeTimes(samples, phases));
    return { name, multiplications, limit, actual, ratio: actual / limit };
  };
  const parts = [
    part(`${count(size.sums.g1)} sums in G1`, needed.g1, ["a", "b1", "c", "h"]),
    part(`${count(size.sums.g2)} sums in G2`, needed.g2, ["b2"]),
    part(`quotient, domain 2^${size.domainPower}`, needed.quotient, ["quotient"]),
    part("rows, wires that are neither 0 nor 1", needed.rows, ["rows"]),
    part("prove, as a whole", Object.values(needed).reduce((sum, value) => sum + value, 0)),
  ];
  return {
    title: `Limit of the machine: field multiplications alone, ${describeEngine(engine)}`,
    tables: [
      {
        head: ["part", "multiplications", "limit", "actual", "actual / limit"],
        rows: parts.map(({ name, multiplications, limit, actual, ratio }) => [name, count(multiplications), duration(limit), duration(actual), ratio.toFixed(2)]),
      },
    ],
    notes: [
      `The limit is an estimate: ${millions(median(rates))} multiplications a second of one thread (${millions(Math.min(...rates))} to ${millions(Math.max(...rates))}), ` +
        `values in registers, times ${engine.threads}; ${G1_SUM} for a sum in G1, ${G2_SUM} in G2.`,
      "The rest is loading and transposing points, sorting digits, carries and additions, memory, multiplications outside of vectors (all of the rows), and threads that wait for the last task.",
    ],
    data: { perSecond: rates, threads: engine.threads, sums: size.sums, parts },
  };
}

function millions(value: number): string {
  return `${(value / 1e6).toFixed(1)} million`;
}

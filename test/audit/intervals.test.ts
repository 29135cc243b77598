/**
 * The range of every signal, concluded from constraints and from what `risk check` promises; that no row of integers can wrap; that what is packed can be told
 * apart; and that the audit sees it where a check is gone or too wide. Tiers L and XL, which take longest to compile, are in test/fuzz/intervals.test.ts.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { fromField, toField } from "../../src/math/field.js";
import { checkRanges } from "../../src/risk/risk-check.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import { certified, openBook, SCENARIOS, SMALL_MARGIN, STRESS_ROWS, type SmallBucket, type SmallInstrument, type SmallPayload } from "../support/small-margin.js";
import { calculate, compileFiles, type Edit } from "../support/template.js";
import { audit, laneFindings, readMargin, readTemplate, withoutChecks } from "./intervals/audit.js";
import { analyse } from "./intervals/propagate.js";
import { readRows, type Rows } from "./intervals/rows.js";
import { LANE, assume, riskCheck } from "./intervals/sources.js";
import { linesOf, type Line } from "./intervals/table.js";
import { brokenClaims, describeTier } from "./intervals/tier.js";
import type { Range } from "./intervals/value.js";

describeTier("S");
describeTier("M");

describe("what risk check promises", () => {
  const payload = randomPayload(seededRandom(3), { assets: [1], instrumentsPerBucket: 1 });
  const [bucket] = payload.buckets;

  // Lanes, charges and lambda_V: test/risk/risk-check.test.ts.
  it.each([["lambdaDelta", 1n << 64n], ["lambdaDelta", -1n], ["asset", 2 ** 32]] as const)("is refused beyond: %s of %s", (field, value) => {
    expect(() => checkRanges({ ...payload, buckets: [{ ...bucket!, [field]: value }] })).toThrow(`buckets.${bucket!.index}.${field}`);
  });
});

/** Witnesses of the circuit at a small size under an open hash, which know nothing of the analysis. */
describe("the ranges of a small circuit", () => {
  const EDGE = (1n << 28n) - 1n;
  const random = seededRandom(17);

  function inputs(value: (limit: bigint) => bigint, extreme: boolean) {
    const size = (limit: bigint) => (extreme ? limit : random.big(0n, limit));
    const instrument = (id: bigint): SmallInstrument => ({
      id, deltas: Array.from({ length: 4 }, () => Array.from({ length: 14 }, () => value(EDGE))), mark: value(EDGE), dollarDelta: value(EDGE), vega: value(EDGE),
      longCharge: size(EDGE), shortCharge: size(EDGE),
    });
    const bucket = (asset: bigint, first: bigint): SmallBucket => ({
      asset, lambdaDelta: size(1n << 46n), lambdaVega: size(1n << 46n), column: Array.from({ length: SCENARIOS }, () => random.integer(0, 13)),
      instruments: [instrument(first), instrument(first + 1n)],
    });
    const payload: SmallPayload = {
      buckets: [bucket(1n, 1n), bucket(1n, 3n), bucket(2n, (1n << 32n) - 2n)], weight: Array.from({ length: SCENARIOS }, () => size((1n << 20n) - 2n) + 1n),
      damping: Array.from({ length: STRESS_ROWS }, () => size(1023n)), tail: BigInt(random.integer(1, SCENARIOS)), buffer: size(65_535n),
    };
    const lots = () => value((1n << 25n) - 1n);
    const slots = extreme ? [1n, 2n, 1n, 2n].map((id) => ({ id, quantity: (1n << 25n) - 1n })) : [1n, 4n, (1n << 32n) - 1n].map((id) => ({ id, quantity: lots() }));
    const { weight, ...opening } = openBook(payload, slots);
    return certified({ ...opening, weight, cash: toField(value((1n << 71n) - 1n)), terms: opening.terms + (size((1n << 72n) - 1n) << 26n) });
  }

  it("hold every witness of random and of extreme books, and are reached where all slots lose the most", async () => {
    const { r1cs, sym, wasm } = await compileFiles(SMALL_MARGIN, { optimisation: "O0" });
    const system = readRows(r1cs, sym);
    const { values } = analyse(system, assume(system, riskCheck()));
    const [lossWire] = system.signals.get("main.loss[]")!;
    const losses: bigint[] = [];
    const books = [
      ...Array.from({ length: 8 }, () => inputs((limit) => random.big(-limit, limit), false)),
      inputs((limit) => limit, true), inputs((limit) => -limit, true),
    ];
    for (const book of books) {
      const witness = await calculate(wasm, book);
      losses.push(fromField(witness[lossWire!]!));
      const outside = [...system.signals].flatMap(([name, wires]) => wires.flatMap((wire) => {
        const [range, value] = [values[wire], fromField(witness[wire]!)];
        return range === undefined || (value >= range.lo && value <= range.hi) ? [] : [name];
      }));
      expect(outside).toEqual([]);
    }
    expect(losses.slice(-2)).toEqual([values[lossWire!]!.lo, values[lossWire!]!.hi]);
    expect(values[lossWire!]!.hi).toBe(4n * ((1n << 25n) - 1n) * EDGE);
  });
});

describe("the lanes of a bucket", () => {
  const lanes = async (positions: number, lane: Range, edits: readonly Edit[] = []) => {
    const system = await readTemplate({ file: "scenario-pnl.circom", instance: `GridPnl(${positions}, 1)`, edits });
    const quantity = { lo: 1n - (1n << 25n), hi: (1n << 25n) - 1n };
    return laneFindings(analyse(system, assume(system, new Map([...riskCheck(lane), ["signedQuantity[]", quantity], ["inBucket[][]", { lo: 0n, hi: 1n }]]))));
  };
  const unlimited = { file: "scenario-pnl.circom", from: "assert(positions <= 450);", to: "" };

  it("hold the largest book, of 450 positions", async () => {
    expect(await lanes(450, LANE)).toEqual([]);
  });
  it("don't hold 900 positions", async () => {
    expect(await lanes(900, LANE, [unlimited])).toEqual(["a lane of main.grid[][].bits.in overflows", "a lane of main.linear[].bits.in overflows"]);
  });
  it("don't hold values of 2^29 a lot", async () => {
    const wide = { lo: 2n * LANE.lo, hi: 2n * LANE.hi };
    expect(await lanes(450, wide)).toEqual(["a lane of main.grid[][].bits.in overflows", "a lane of main.linear[].bits.in overflows"]);
  });
});

const SMALL = [2, 2, 4, 4];

describe("the audit", () => {
  let system: Rows;
  let lines: readonly Line[];
  beforeAll(async () => {
    system = await readMargin(SMALL);
    lines = linesOf(audit(system));
  });

  it("finds nothing in a small circuit", () => {
    expect(audit(system).findings).toEqual([]);
  });

  it("misses each range check that is taken out: a line of the table differs, which compares the bound of a check's own wire too", () => {
    const wholes = new Set(audit(system).checked.facts.decompositions.map(({ whole }) => whole));
    let checks = 0;
    for (const [name, wires] of system.signals) {
      if (!name.endsWith(".in") || !wires.some((wire) => wholes.has(wire))) continue;
      checks++;
      expect(linesOf(audit(withoutChecks(system, [name]))), name).not.toEqual(lines);
    }
    expect(checks).toBe(40);
  });

  const overlap = (packed: string, part: string) => `main.${packed} packs main.${part} over what lies below it`;
  it.each([
    ["portfolio-commitment.circom", "idRange[i] = Num2Bits(32);", "idRange[i] = Num2Bits(33);", overlap("portfolio.link[].inputs[1]", "quantity[]")],
    ["portfolio-commitment.circom", "quantityRange[i] = Num2Bits(25);", "quantityRange[i] = Num2Bits(26);", overlap("portfolio.link[].inputs[1]", "sign[]")],
    ["instrument-tree.circom", "longRange = Num2Bits(28);", "longRange = Num2Bits(29);", overlap("instrument[].leafHash.inputs[15]", "shortCharge[]")],
    ["expected-shortfall.circom", "weightRange[s] = Num2Bits(20);", "weightRange[s] = Num2Bits(21);", overlap("root.weights.inputs[0]", "weight[]")],
    ["worst-loss.circom", "dampingRange[k] = Num2Bits(10);", "dampingRange[k] = Num2Bits(11);", overlap("root.hash.inputs[3]", "damping[]")],
    ["scenario-pnl.circom", "component bits = Num2Bits(252);", "component bits = Num2Bits(253);", "without risk check: main.grid.grid[][].bits.in has no range"],
    ["risk-root.circom", "granularityRange = Num2Bits(40);", "granularityRange = Num2Bits(42);", "Disclosure: main.disclosure.granularity"],
    ["requirement.circom", "component bits = Num2Bits(98);", "component bits = Num2Bits(99);", "Terms: main.asked.terms"],
    ["scenario-pnl.circom", "bits[s].in <== nodeBit[s];", "for (var i = 0; i < 4; i++) { bits[s].in[i] <== 0; }", "main.nodeBit[][][] has no range"],
    ["margin.circom", "inBucketBits[i].in <== inBucket[i];", "for (var b = 0; b < buckets; b++) { inBucketBits[i].in[b] <== 0; }", "main.inBucket[][] has no range"],
    ["lib/division.circom", "remainderRange.in <== multiple - in;", "remainderRange.in <== 0;", "Disclosure: main.disclosure.granularity"],
  ])("sees a check of %s that is too wide or gone: %s", async (file, from, to, expected) => {
    const wide = audit(await readMargin(SMALL, [{ file, from, to }]));
    expect([...wide.findings, ...brokenClaims(wide, SMALL[0]!)]).toContain(expected);
  });
});

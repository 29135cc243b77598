/**
 * Each ranged input at its ends: the smallest and the largest value have a witness, the next ones have none, and the check that refuses them is the range's
 * own. Hashes are open, so that an opening fits whatever its contents. circuits/ranges.csv has the ranges; corners of other tests are not repeated: cash
 * (portfolio-commitment), tail, buffer and granularity beyond their ranges (risk-root), terms of 2^98 (requirement), lanes of the largest size and nodes 14
 * and 15 (scenario-pnl), dividends (division), flags of the tail and T = 0 (expected-shortfall).
 */
import { describe, expect, it } from "vitest";
import { P, toField } from "../../src/math/field.js";
import { compileTemplate, ConstraintViolation, opaqueHash, type SignalValue, type Template } from "../support/template.js";

type Inputs = Readonly<Record<string, SignalValue>>;

interface Corner {
  readonly input: string;
  readonly at: (value: bigint) => Inputs;
  readonly accepted: readonly bigint[];
  readonly refused?: readonly bigint[];
  /** Template of the constraint that refuses. */
  readonly by?: "Num2Bits" | "Booleans";
}

interface Subject {
  readonly template: Template;
  readonly honest: Inputs;
  readonly corners: readonly Corner[];
}

const two = (bits: number) => 1n << BigInt(bits);
const times = (count: number, value: SignalValue): SignalValue[] => new Array<SignalValue>(count).fill(value);

/** [0, 2^bits) */
const unsigned = (input: string, bits: number, at: Corner["at"]): Corner => ({ input, at, accepted: [0n, two(bits) - 1n], refused: [-1n, two(bits)] });
const boolean = (input: string, at: Corner["at"]): Corner => ({ input, at, accepted: [0n, 1n], refused: [-1n, 2n, P / 2n], by: "Booleans" });

const hashed = (file: string, instance: string): Template => ({ file, instance, edits: [opaqueHash(file)] });
/** The opaque hash's calculator gives the first input, which these trees hold everywhere. */
const HASH = 99n;

const LOSS = two(62);
const oneInTail = { weight: [5, 5], tail: 3, inTail: [0, 0], boundary: [1, 0] };
const noRisk = { es: 0, worst: 0, shortLots: 0, buffer: 0, liquidity: 0, charges: 0 };
const asked = { maintenance: 0, factor: 1 << 16, equity: 0, granularity: 1, disclose: [1, 1] };
const flat = { asset: [1, 2], lambdaDelta: [0n, 0n], lambdaVega: [0n, 0n], dollarDelta: [0n, 0n], vega: [0n, 0n] };
const OFFSET = [0, 1, 2, 3].reduce((sum, k) => sum + (two(62) << BigInt(63 * k)), 0n);

const SUBJECTS: readonly Subject[] = [
  {
    template: hashed("portfolio-commitment.circom", "PortfolioCommitment(2)"),
    honest: { count: 2, used: [1, 1], id: [7, 8], quantity: [100, 101], sign: [0, 1], salt: 4242, cash: 0 },
    corners: [
      unsigned("id", 32, (id) => ({ id: [7, id] })),
      unsigned("quantity", 25, (quantity) => ({ quantity: [quantity, 101] })),
      boolean("sign", (sign) => ({ sign: [sign, 1] })),
      boolean("used", (used) => ({ used: [1, used], count: 1n + used, id: [7, 0], quantity: [100, 0], sign: [0, 0] })),
      { input: "salt", at: (salt) => ({ salt }), accepted: [0n, P - 1n] },
    ],
  },
  {
    template: hashed("instrument-tree.circom", "InstrumentOpening(1)"),
    honest: {
      gridElement: times(14, HASH), linearElement: 0, id: 7, longCharge: 1, shortCharge: 2, inBucket: [1], groupBit: times(4, 0), placeBit: times(4, 0),
      leaf: times(16, HASH), group: [times(16, HASH)],
    },
    corners: [
      unsigned("long charge", 28, (longCharge) => ({ longCharge })),
      unsigned("short charge", 28, (shortCharge) => ({ shortCharge })),
      boolean("group bit", (bit) => ({ groupBit: [0, 0, 0, bit] })),
      boolean("place bit", (bit) => ({ placeBit: [bit, 1, 1, 1] })),
    ],
  },
  {
    template: hashed("instrument-tree.circom", "BucketOpening()"),
    honest: {
      column: times(4, HASH), asset: 1, lambdaDelta: 0, lambdaVega: 0, group: times(16, 0), indexBit: times(6, 0), sibling: times(8, HASH), node: times(8, HASH),
    },
    corners: [
      boolean("lowest index bit", (bit) => ({ indexBit: [bit, 1, 1, 1, 1, 1] })),
      boolean("highest index bit", (bit) => ({ indexBit: [0, 0, 0, 0, 0, bit] })),
    ],
  },
  {
    template: { file: "instrument-tree.circom", instance: "StrictlyIncreasing(2)" },
    honest: { index: [0, 1] },
    corners: [{ input: "step", at: (step) => ({ index: [5n, 5n + step] }), accepted: [1n, 64n], refused: [0n, 65n] }],
  },
  {
    template: { file: "scenario-pnl.circom", instance: "UnpackLanes()" },
    honest: { packed: 0 },
    corners: [{ input: "packed", at: (packed) => ({ packed }), accepted: [-OFFSET, two(252) - 1n - OFFSET], refused: [-OFFSET - 1n, two(252) - OFFSET, P / 2n] }],
  },
  {
    template: { file: "scenario-pnl.circom", instance: "ScenarioColumn(4)" },
    honest: { nodeBit: times(4, times(4, 0)), pnl: times(4, times(14, 7)) },
    corners: [
      boolean("lowest node bit", (bit) => ({ nodeBit: [[bit, 1, 1, 1], ...times(3, times(4, 0))] })),
      boolean("highest node bit", (bit) => ({ nodeBit: [...times(3, times(4, 0)), [1, 1, 1, bit]] })),
    ],
  },
  {
    template: { file: "expected-shortfall.circom", instance: "ExpectedShortfall(2)" },
    honest: { loss: [10, 0], threshold: 10, ...oneInTail },
    corners: [
      unsigned("weight", 20, (weight) => ({ weight: [5, weight] })),
      unsigned("theta", 20, (tail) => (tail < 1n ? { tail: 5n, inTail: [1, 0], boundary: [0, 1], threshold: 0, weight: [5n - tail, 5] } : { tail, weight: [two(20) - 1n, 5] })),
      { input: "weight of the boundary less theta", at: (left) => ({ weight: [3n + left, 5] }), accepted: [0n], refused: [-1n] },
      { input: "largest loss", at: (loss) => ({ loss: [loss, -LOSS], threshold: loss }), accepted: [LOSS - 1n], refused: [LOSS] },
      { input: "smallest loss", at: (loss) => ({ loss: [LOSS, loss], threshold: LOSS }), accepted: [1n - LOSS], refused: [-LOSS] },
      { input: "es", at: (loss) => ({ loss: [loss, loss], threshold: loss }), accepted: [-two(63), two(63) - 1n], refused: [-two(63) - 1n, two(63)] },
    ],
  },
  {
    template: { file: "worst-loss.circom", instance: "WorstLoss(1)" },
    honest: { loss: [1000], damping: [0] },
    corners: [
      unsigned("damping", 10, (damping) => ({ damping: [damping] })),
      { input: "loss, undamped", at: (loss) => ({ loss: [loss], damping: [1023] }), accepted: [-LOSS, LOSS, two(63) - 1n], refused: [two(63)] },
      { input: "damped loss", at: (loss) => ({ loss: [loss] }), accepted: [1n - two(73), two(73) - two(10)], refused: [-two(73), two(73) - two(10) + 1n] },
    ],
  },
  {
    template: { file: "liquidity.circom", instance: "Liquidity(2)" },
    honest: flat,
    corners: [
      { input: "dollar delta", at: (delta) => ({ dollarDelta: [0n, delta], lambdaDelta: [0n, two(35)] }), accepted: [-LOSS, LOSS] },
      { input: "lambda_D", at: (lambda) => ({ dollarDelta: [0n, two(47)], lambdaDelta: [0n, lambda] }), accepted: [0n, two(64) - 1n] },
      {
        // (2^64 - 1) 2^96 + (2^16 - 1) 2^80 = 2^160 - 2^80
        input: "sum beyond 2^160 - 2^80", at: (more) => ({
          dollarDelta: [two(48), 0n], lambdaDelta: [two(64) - 1n, 0n], vega: [two(40), 1n], lambdaVega: [two(16) - 1n, more],
        }), accepted: [0n], refused: [1n],
      },
    ],
  },
  {
    template: { file: "requirement.circom", instance: "MaintenanceMargin()" },
    honest: noRisk,
    corners: [
      { input: "es", at: (es) => ({ es }), accepted: [-two(63), two(63) - 1n] },
      { input: "worst", at: (worst) => ({ worst }), accepted: [0n, two(63) - 1n] },
      { input: "es - worst", at: (difference) => ({ es: difference + two(63), worst: two(63) }), accepted: [-two(64), two(64) - 1n], refused: [-two(64) - 1n, two(64)] },
      { input: "buffered loss", at: (shortLots) => ({ shortLots }), accepted: [0n, two(66) - 1n], refused: [-1n, two(66)] },
      { input: "buffer", at: (buffer) => ({ buffer, es: two(63) - 1n, shortLots: 450n << 25n }), accepted: [0n, two(16) - 1n] },
    ],
  },
  {
    template: { file: "requirement.circom", instance: "Terms()" },
    honest: { terms: 0 },
    corners: [{ input: "terms", at: (terms) => ({ terms }), accepted: [0n, two(98) - 1n], refused: [-1n] }],
  },
  {
    template: {
      file: "requirement.circom", instance: "Disclosure()",
      // The honest hint divides by the granularity; a forger's need not.
      edits: [{ file: "lib/division.circom", from: "\\ divisor - 2 ** (bits - 1);", to: "\\ (divisor == 0 ? 1 : divisor) - 2 ** (bits - 1);" }],
    },
    honest: asked,
    corners: [
      { input: "factor", at: (factor) => ({ factor, maintenance: two(81) - 1n }), accepted: [0n, two(24) - 1n] },
      { input: "requirement", at: (maintenance) => ({ maintenance }), accepted: [0n, two(90) - 1n], refused: [-1n, two(90)] },
      { input: "equity", at: (equity) => ({ equity }), accepted: [1n - two(91), -two(75), two(75), two(91) - 1n], refused: [-two(91), two(91)] },
      // 2^40 is refused by RiskRoot.
      { input: "granularity", at: (granularity) => ({ granularity, equity: -1n, maintenance: 1 }), accepted: [1n, two(40) - 1n], refused: [0n, -1n] },
    ],
  },
  {
    template: hashed("risk-root.circom", "RiskRoot(4, 4)"),
    honest: { node: times(8, 1), weight: times(4, 0), damping: times(4, 0), tail: 1, buffer: 0, granularity: 1, epoch: 0, time: 0 },
    corners: [
      { input: "tail", at: (tail) => ({ tail }), accepted: [1n, two(28) - 1n] },
      { input: "buffer", at: (buffer) => ({ buffer }), accepted: [0n, two(16) - 1n] },
      { input: "granularity", at: (granularity) => ({ granularity }), accepted: [1n, two(40) - 1n] },
      { input: "epoch", at: (epoch) => ({ epoch }), accepted: [0n, P - 1n] },
      { input: "time", at: (time) => ({ time }), accepted: [0n, P - 1n] },
    ],
  },
  {
    template: { file: "lib/division.circom", instance: "CeilDiv(8, 16)" },
    honest: { in: 0, divisor: 1 },
    corners: [{ input: "quotient of the largest divisor", at: (quotient) => ({ in: 255n * quotient, divisor: 255 }), accepted: [-two(15), two(15) - 1n], refused: [-two(15) - 1n, two(15)] }],
  },
];

const field = (value: SignalValue): SignalValue => (typeof value === "object" ? value.map(field) : toField(BigInt(value)));

describe.each(SUBJECTS)("$template.instance", ({ template, honest, corners }) => {
  const inputs = (changes: Inputs) => Object.fromEntries(Object.entries({ ...honest, ...changes }).map(([name, value]) => [name, field(value)]));

  it.each(corners)("takes $input up to its ends and no further", async ({ at, accepted, refused = [], by = "Num2Bits" }) => {
    const circuit = await compileTemplate(template);
    for (const value of accepted) await circuit.run(inputs(at(value)));
    for (const value of refused) {
      const violation = await circuit.run(inputs(at(value))).then(() => undefined, (error: unknown) => error);
      expect(violation, String(value)).toBeInstanceOf(ConstraintViolation);
      expect((violation as ConstraintViolation).trace[0]?.template, String(value)).toBe(by);
    }
  });
});

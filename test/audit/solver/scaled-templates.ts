/**
 * The templates at widths that a solver can search whole: each width is scaled down, and the bound that the field's order must reach for the template's argument
 * is computed from the scaled widths as the template's comment computes it from the real ones.
 */
import { openHash, type Edit, type Template } from "../../support/template.js";
import type { SearchOptions } from "./second-witness.js";

export interface ScaledTemplate {
  /** As in circuits/. */
  readonly name: string;
  /** The widths searched. */
  readonly sizes: string;
  readonly template: Template;
  /** Least order of a field in which nothing wraps that must not. */
  readonly bound: number;
  readonly options?: Omit<SearchOptions, "prime" | "seconds">;
  readonly controls: readonly Control[];
}

/** A variant that has a second witness: other edits on top, or other options, or a prime below the bound. */
export interface Control {
  readonly weakened: string;
  readonly edits?: readonly Edit[];
  readonly prime?: number;
  readonly options?: Omit<SearchOptions, "prime" | "seconds">;
}

type Replacement = readonly [from: string, to: string];

const editsOf = (file: string, replacements: readonly Replacement[]): Edit[] => replacements.map(([from, to]) => ({ file, from, to }));

const DIVISION = "lib/division.circom";
const NO_UPPER_REMAINDER: Edit = { file: DIVISION, from: "remainderBelow.in <== divisor - 1 - (multiple - in)", to: "remainderBelow.in <== 0" };

const SHORTFALL = "expected-shortfall.circom";
const CERTIFICATE = { given: ["loss", "weight", "tail"], stages: [["mean.in"]] };

function expectedShortfall(scenarios: number, weightBits: number, tailBits: number): ScaledTemplate {
  const [sideBits, meanBits, loss] = [2, 3, 2];
  const options = { ...CERTIFICATE, ranges: { loss: [-loss, loss - 1], tail: [0, 2 ** tailBits - 1] } as const };
  const weakened = (words: string, from: string, to: string): Control => ({ weakened: words, edits: editsOf(SHORTFALL, [[from, to]]) });
  return {
    name: "ExpectedShortfall",
    sizes: `${scenarios} scenarios, losses of 2 bits with sign, weights of ${weightBits} bits, T of ${tailBits}; the certificate is free`,
    template: {
      file: SHORTFALL, instance: `ExpectedShortfall(${scenarios})`,
      edits: editsOf(SHORTFALL, [
        ["weightRange[s] = Num2Bits(20)", `weightRange[s] = Num2Bits(${weightBits})`],
        ["side[s] = Num2Bits(63)", `side[s] = Num2Bits(${sideBits})`],
        ["thetaRange = Num2Bits(20)", `thetaRange = Num2Bits(${weightBits})`],
        ["thetaBelow = Num2Bits(20)", `thetaBelow = Num2Bits(${weightBits})`],
        ["CeilDiv(28, 64)", `CeilDiv(${tailBits}, ${meanBits})`],
      ]),
    },
    // The division; theta and what is left of the boundary's weight; a side that is negative, or 1/2 by the boundary's parity.
    bound: Math.max(2 ** meanBits * (2 ** tailBits - 1), 2 ** tailBits + (scenarios + 1) * 2 ** weightBits, 2 ** (sideBits + 1) + 1),
    options,
    controls: [
      weakened("the boundary need not have the threshold's loss", "boundary[s] * (2 * (loss[s] - threshold) + inTail[s]) === 0", "boundary[s] * inTail[s] === 0"),
      weakened("the tail's flags are any field elements", "tailBits.in <== inTail;", "for (var s = 0; s < scenarios; s++) { tailBits.in[s] <== 0; }"),
      weakened("what is left of T may be above the boundary's weight", "thetaBelow.in <== boundarySum - (tail - tailSum)", "thetaBelow.in <== 0"),
      weakened("what is left of T may be negative", "thetaRange.in <== tail - tailSum", "thetaRange.in <== 0"),
      weakened("a loss may be on the wrong side of the threshold", "side[s].in <== 2 * excess[s] - (loss[s] - threshold)", "side[s].in <== 0"),
    ],
  };
}

const TREE = "instrument-tree.circom";
const CONTENTS = ["gridElement", "linearElement", "longCharge", "shortCharge", "leaf"];
const OPENING = { sought: CONTENTS, ranges: { id: [0, 3] } } as const;
const PAYLOAD = ["node", "weight", "damping", "tail", "buffer", "granularity", "epoch", "time"];
const PACKING = { given: ["root"], sought: PAYLOAD };
const PORTFOLIO = "portfolio-commitment.circom";

export const SCALED_TEMPLATES: readonly ScaledTemplate[] = [
  {
    name: "CeilDivPow2", sizes: "divisor 4, quotient of 3 bits, any dividend",
    template: { file: DIVISION, instance: "CeilDivPow2(2, 3)" },
    bound: 2 ** (2 + 3),
    controls: [
      { weakened: "the field is smaller than the range", prime: 31 },
      { weakened: "the remainder has no range", edits: editsOf(DIVISION, [["remainderRange.in <== out * 2 ** shift - in", "remainderRange.in <== 0"]]) },
    ],
  },
  {
    name: "CeilDiv", sizes: "divisor of 3 bits, quotient of 4 bits, any dividend",
    template: { file: DIVISION, instance: "CeilDiv(3, 4)" },
    // Products of differing quotients differ by up to (2^bits - 1) (2^divisorBits - 1), and remainders by less than the divisor.
    bound: 2 ** 4 * (2 ** 3 - 1),
    options: { ranges: { divisor: [0, 7] } },
    controls: [
      { weakened: "the field is smaller than the range", prime: 109, options: { ranges: { divisor: [0, 7] } } },
      { weakened: "the divisor has no range", options: {} },
      { weakened: "the remainder may reach the divisor", edits: [NO_UPPER_REMAINDER] },
      { weakened: "the divisor is 0 and the remainder may reach it", edits: [NO_UPPER_REMAINDER], options: { ranges: { divisor: [0, 0] } } },
    ],
  },
  {
    name: "WorstLoss", sizes: "3 rows, damping of 1 bit, maximum of 4 bits, any losses",
    template: {
      file: "worst-loss.circom", instance: "WorstLoss(3)",
      edits: editsOf("worst-loss.circom", [
        ["Num2Bits(10)", "Num2Bits(1)"], ["notNegative = Num2Bits(73)", "notNegative = Num2Bits(4)"], ["atLeast[k] = Num2Bits(73)", "atLeast[k] = Num2Bits(4)"],
        ["CeilDivPow2(10, 63)", "CeilDivPow2(1, 3)"],
      ]),
    },
    // Two maxima differ by less than 2^4 both ways round.
    bound: 2 * (2 ** 4 - 1) + 1,
    options: { stages: [["maximum"]] },
    controls: [
      { weakened: "the field is smaller than twice the range", prime: 29 },
      { weakened: "the maximum may be below a row", edits: editsOf("worst-loss.circom", [["atLeast[k].in <== maximum - damped[k]", "atLeast[k].in <== 0"]]) },
      { weakened: "the maximum need not be reached", edits: editsOf("worst-loss.circom", [["product[rows] === 0;", ""]]) },
    ],
  },
  {
    name: "Liquidity", sizes: "3 buckets, scale 2, result of 2 bits, any inputs",
    template: { file: "liquidity.circom", instance: "Liquidity(3)", edits: editsOf("liquidity.circom", [["CeilDivPow2(80, 80)", "CeilDivPow2(1, 2)"]]) },
    bound: 2 ** (1 + 2),
    options: { stages: [["sameAsset[1].out", "sameAsset[2].out"]] },
    controls: [
      { weakened: "the field is smaller than the range", prime: 7 },
      {
        weakened: "the flag of equal assets may be 0 for equal ones",
        edits: editsOf("liquidity.circom", [
          ["template Liquidity(buckets) {", "template Loose() {\n    signal input in[2];\n    signal output out;\n    out <-- in[0] == in[1];\n    (in[1] - in[0]) * out === 0;\n    out * (out - 1) === 0;\n}\ntemplate Liquidity(buckets) {"],
          ["sameAsset[b] = IsEqual()", "sameAsset[b] = Loose()"],
        ]),
      },
    ],
  },
  {
    name: "MaintenanceMargin", sizes: "difference of 3 bits, 1 bit of fraction, result of 3 bits, any inputs",
    template: {
      file: "requirement.circom", instance: "MaintenanceMargin()",
      edits: editsOf("requirement.circom", [
        ["difference = Num2Bits(65)", "difference = Num2Bits(3)"], ["es - worst + 2 ** 64", "es - worst + 2 ** 2"], ["difference.out[64]", "difference.out[2]"],
        ["CeilDivPow2(16, 66)", "CeilDivPow2(1, 3)"], ["(2 ** 16 + buffer)", "(2 ** 1 + buffer)"],
      ]),
    },
    bound: Math.max(2 ** 3, 2 ** (1 + 3)),
    options: { stages: [["difference.out"]] },
    controls: [
      { weakened: "the field is smaller than the range", prime: 13 },
      { weakened: "the difference is not the sum of its bits", edits: editsOf("requirement.circom", [["difference.in <== es - worst + 2 ** 2", "signal loose <-- es - worst + 2 ** 2;\n    difference.in <== loose"]]) },
    ],
  },
  {
    name: "Terms", sizes: "2 bits, 2 flags, 2 bits",
    template: {
      file: "requirement.circom", instance: "Terms()",
      edits: editsOf("requirement.circom", [["Num2Bits(98)", "Num2Bits(6)"], ["i < 24", "i < 2"], ["[bits.out[24], bits.out[25]]", "[bits.out[2], bits.out[3]]"], ["i < 72", "i < 2"], ["26 + i", "4 + i"]]),
    },
    bound: 2 ** 6,
    controls: [{ weakened: "the field is smaller than the range", prime: 61 }],
  },
  {
    name: "Disclosure", sizes: "1 bit of fraction, requirement of 3 bits, surplus of 5, granularity of 2, quotients of 4",
    template: {
      file: "requirement.circom", instance: "Disclosure()",
      edits: editsOf("requirement.circom", [
        ["CeilDivPow2(16, 90)", "CeilDivPow2(1, 3)"], ["surplus = Num2Bits(92)", "surplus = Num2Bits(5)"], ["2 ** 91;", "2 ** 4;"], ["surplus.out[91]", "surplus.out[4]"],
        ["up = CeilDiv(40, 92)", "up = CeilDiv(2, 4)"], ["down = CeilDiv(40, 92)", "down = CeilDiv(2, 4)"], ["2 ** 100 -", "2 ** 5 -"],
      ]),
    },
    bound: Math.max(2 ** (1 + 3), 2 ** 5, 2 ** 4 * (2 ** 2 - 1)),
    options: { ranges: { granularity: [0, 3] }, stages: [["scaled.out"], ["surplus.out"], ["up.ceil", "down.ceil"]] },
    controls: [
      { weakened: "the field is smaller than the range of the surplus", prime: 31 },
      { weakened: "an amount may be rounded by more than the granularity", edits: [NO_UPPER_REMAINDER] },
      { weakened: "health is not a bit of the surplus", edits: editsOf("requirement.circom", [["healthy <== surplus.out[4];", "healthy <-- surplus.out[4];\n    healthy * (healthy - 1) === 0;"]]) },
    ],
  },
  {
    name: "StrictlyIncreasing", sizes: "3 indices, steps of 3 bits, any indices",
    template: { file: TREE, instance: "StrictlyIncreasing(3)", edits: editsOf(TREE, [["Num2Bits(6)", "Num2Bits(3)"]]) },
    bound: 2 ** 3,
    options: { sought: ["step[1].out", "step[2].out"] },
    controls: [{ weakened: "the field is smaller than the range", prime: 7 }],
  },
  {
    name: "InstrumentOpening", sizes: "2 buckets, id of 2 bits, charges of 1: what is opened at a place of given groups",
    template: {
      file: TREE, instance: "InstrumentOpening(2)",
      edits: [openHash(TREE), ...editsOf(TREE, [
        ["longRange = Num2Bits(28)", "longRange = Num2Bits(1)"], ["shortRange = Num2Bits(28)", "shortRange = Num2Bits(1)"],
        ["longCharge * 2 ** 32 + shortCharge * 2 ** 60", "longCharge * 2 ** 2 + shortCharge * 2 ** 3"],
      ])],
    },
    bound: 2 ** (2 + 1 + 1),
    options: { ...OPENING, given: ["id", "group", "inBucket", "groupBit", "placeBit"] },
    controls: [
      { weakened: "the payload may hold an id at several places", options: { ...OPENING, given: ["id", "group", "inBucket", "groupBit"] } },
      { weakened: "the long charge has no range", edits: editsOf(TREE, [["longRange.in <== longCharge", "longRange.in <== 0"]]) },
      { weakened: "the leaf is not the one at the place", edits: editsOf(TREE, [["place.out === leafHash.out;", ""]]) },
    ],
  },
  {
    name: "BucketOpening", sizes: "as it is: what is opened at an index under given nodes",
    template: { file: TREE, instance: "BucketOpening()", edits: [openHash(TREE)] },
    bound: 2 ** 6,
    options: { given: ["node", "index"], sought: ["column", "asset", "lambdaDelta", "lambdaVega", "group", "indexBit", "sibling"] },
    controls: [
      { weakened: "the field is smaller than the number of indices", prime: 61 },
      { weakened: "the groups are not in the bucket's hash", edits: editsOf(TREE, [["bucket.inputs[7] <== cap.out", "bucket.inputs[7] <== 0"]]) },
    ],
  },
  {
    name: "ScenarioColumn", sizes: "8 scenarios: the nodes of a given column",
    template: { file: "scenario-pnl.circom", instance: "ScenarioColumn(8)" },
    bound: 2 ** (4 * 2),
    options: { given: ["column", "pnl"], sought: ["nodeBit", "scenarioPnl"], stages: [["nodeBit"]] },
    controls: [
      { weakened: "the field is smaller than the column", prime: 251 },
      { weakened: "two bits of a node count alike", edits: editsOf("scenario-pnl.circom", [["2 ** (4 * k + i)", "2 ** (4 * k + i - i % 2)"]]) },
    ],
  },
  {
    name: "UnpackLanes", sizes: "4 lanes of 2 bits",
    template: {
      file: "scenario-pnl.circom", instance: "UnpackLanes()",
      edits: editsOf("scenario-pnl.circom", [
        ["2 ** 62 * 2 ** (63 * k)", "2 ** 1 * 2 ** (2 * k)"], ["Num2Bits(252)", "Num2Bits(8)"], ["i < 63", "i < 2"], ["63 * k + i", "2 * k + i"], ["sum - 2 ** 62", "sum - 2 ** 1"],
      ]),
    },
    bound: 2 ** 8,
    controls: [{ weakened: "the field is smaller than the range", prime: 251 }],
  },
  {
    name: "PortfolioCommitment", sizes: "3 positions in blocks of 2, id and quantity of 2 bits, cash of 3: the book of a given commitment",
    template: {
      file: PORTFOLIO, instance: "PortfolioCommitment(3)",
      edits: [openHash(PORTFOLIO), ...editsOf(PORTFOLIO, [
        ["(positions + 14) \\ 15", "(positions + 1) \\ 2"], ["signal slot[blocks * 15]", "signal slot[blocks * 2]"], ["Num2Bits(32)", "Num2Bits(2)"], ["Num2Bits(25)", "Num2Bits(2)"],
        ["quantity[i] * 2 ** 32 + sign[i] * 2 ** 57", "quantity[i] * 2 ** 2 + sign[i] * 2 ** 4"], ["i < blocks * 15", "i < blocks * 2"], ["Num2Bits(72)", "Num2Bits(3)"],
        ["cashRange.in <== cash + 2 ** 71", "cashRange.in <== cash + 2 ** 2"], ["Poseidon(16)", "Poseidon(3)"], ["i < 15;", "i < 2;"], ["slot[15 * k + i]", "slot[2 * k + i]"],
        ["used[15 * k]", "used[2 * k]"], ["salt, cash + 2 ** 71", "salt, cash + 2 ** 2"],
      ])],
    },
    bound: Math.max(2 ** (2 + 2 + 1), 3 + 1),
    options: { given: ["commitment"], sought: ["count", "used", "id", "quantity", "sign", "salt", "cash"] },
    controls: [
      { weakened: "the field is smaller than a slot", prime: 31 },
      { weakened: "slots from count on may hold a position", edits: editsOf(PORTFOLIO, [["(1 - used[i]) * slot[i] === 0;", ""]]) },
      { weakened: "flags of use need no order", edits: editsOf(PORTFOLIO, [["used[i] * (1 - used[i - 1]) === 0;", ""]]) },
      { weakened: "a sign is any field element", edits: editsOf(PORTFOLIO, [["signBits.in <== sign;", "for (var i = 0; i < positions; i++) { signBits.in[i] <== 0; }"]]) },
      { weakened: "the count is not the number of flags", edits: editsOf(PORTFOLIO, [["count === sum;", ""]]) },
    ],
  },
  {
    name: "RiskRoot", sizes: "4 weights of 2 bits in twos, 4 dampings of 1 bit in twos: the payload of a given root",
    template: {
      file: "risk-root.circom", instance: "RiskRoot(4, 4)",
      edits: [openHash("risk-root.circom"), ...editsOf("risk-root.circom", [
        ["(scenarios + 11) \\ 12", "(scenarios + 1) \\ 2"], ["(stressRows + 18) \\ 19", "(stressRows + 1) \\ 2"], ["k < 12 && 12 * m + k", "k < 2 && 2 * m + k"],
        ["weight[12 * m + k] * 2 ** (20 * k)", "weight[2 * m + k] * 2 ** (2 * k)"], ["k < 19 && 19 * m + k", "k < 2 && 2 * m + k"],
        ["damping[19 * m + k] * 2 ** (10 * k)", "damping[2 * m + k] * 2 ** (1 * k)"], ["Num2Bits(28)", "Num2Bits(2)"], ["Num2Bits(16)", "Num2Bits(2)"], ["Num2Bits(40)", "Num2Bits(2)"],
      ])],
    },
    bound: Math.max(2 ** (2 * 2), 2 ** (1 * 2)),
    options: { ...PACKING, ranges: { weight: [0, 3], damping: [0, 1] } },
    controls: [
      { weakened: "the field is smaller than packed weights", prime: 13 },
      { weakened: "weights have no range", options: { ...PACKING, ranges: { damping: [0, 1] } } },
      { weakened: "dampings have no range", options: { ...PACKING, ranges: { weight: [0, 3] } } },
    ],
  },
  expectedShortfall(3, 2, 3),
  // Weakened above.
  { ...expectedShortfall(4, 1, 2), controls: [] },
];

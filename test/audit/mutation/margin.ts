/** The whole circuit under mutation: how its templates are joined. What is inside of them is mutated by itself. */
import { SMALL_MARGIN, SCENARIOS, STRESS_ROWS, certified, openBook, type SmallInstrument, type SmallPayload } from "../../support/small-margin.js";
import type { Edit } from "../../support/template.js";
import { calculator, compileSystem, violations } from "../compile.js";
import type { System } from "../forms.js";
import type { Subject } from "../subjects.js";
import type { Case } from "./cases.js";
import { signalsOf } from "./deletions.js";

const narrower = (file: string, changes: Readonly<Record<string, string>>): Edit[] => Object.entries(changes).map(([from, to]) => ({ file, from, to }));

/** A quarter of the width everywhere, or less: as many constraints join the templates, and nothing is asked of values. */
export const NARROW: readonly Edit[] = [
  ...narrower("scenario-pnl.circom", {
    "component bits = Num2Bits(252);": "component bits = Num2Bits(36);", "offset += 2 ** 62 * 2 ** (63 * k);": "offset += 2 ** 8 * 2 ** (9 * k);",
    "for (var i = 0; i < 63; i++)": "for (var i = 0; i < 9; i++)", "sum += bits.out[63 * k + i] * 2 ** i;": "sum += bits.out[9 * k + i] * 2 ** i;",
    "lane[k] <== sum - 2 ** 62;": "lane[k] <== sum - 2 ** 8;",
  }),
  ...narrower("expected-shortfall.circom", { "side[s] = Num2Bits(63);": "side[s] = Num2Bits(16);", "component mean = CeilDiv(28, 64);": "component mean = CeilDiv(7, 16);" }),
  ...narrower("worst-loss.circom", {
    "component notNegative = Num2Bits(73);": "component notNegative = Num2Bits(18);", "atLeast[k] = Num2Bits(73);": "atLeast[k] = Num2Bits(18);",
    "component undamp = CeilDivPow2(10, 63);": "component undamp = CeilDivPow2(3, 16);",
  }),
  ...narrower("liquidity.circom", { "component scaled = CeilDivPow2(80, 80);": "component scaled = CeilDivPow2(20, 20);" }),
  ...narrower("requirement.circom", {
    "component difference = Num2Bits(65);": "component difference = Num2Bits(17);", "signal loss <== worst + difference.out[64]": "signal loss <== worst + difference.out[16]",
    "component buffered = CeilDivPow2(16, 66);": "component buffered = CeilDivPow2(4, 17);", "component scaled = CeilDivPow2(16, 90);": "component scaled = CeilDivPow2(4, 22);",
    "component surplus = Num2Bits(92);": "component surplus = Num2Bits(23);", "healthy <== surplus.out[91];": "healthy <== surplus.out[22];",
    "component up = CeilDiv(40, 92);": "component up = CeilDiv(10, 23);", "component down = CeilDiv(40, 92);": "component down = CeilDiv(10, 23);",
  }),
];

/** One row for each kind of row that mentions a signal of Margin itself, or joins two of its components. */
export function joiningRows(system: System): number[] {
  const kinds = new Map<string, number>();
  for (const [row, { a, b, c }] of system.rows.entries()) {
    const owners = new Set([...a.keys(), ...b.keys(), ...c.keys()].filter((wire) => wire !== 0).map((wire) => ownerOf(system.names[wire]!)));
    if (owners.size > 1 || owners.has("")) kinds.set(signalsOf(system, row), row);
  }
  return [...kinds.values()];
}

/** "main.grid.lane[0]" -> "grid"; "" for a signal of main. */
function ownerOf(name: string): string {
  const [, component, signal] = name.split(".");
  return signal === undefined ? "" : component!;
}

/** d rises with the node by twice `slope`. */
function instrument(id: bigint, slope: bigint): SmallInstrument {
  const deltas = [0n, 1n, 2n, 3n].map((r) => Array.from({ length: 14 }, (_, j) => slope * BigInt(2 * j - 13) + 7n * r));
  return { id, deltas, mark: 5000n * slope, dollarDelta: 1_000_000n * slope, vega: 3_000_000n, longCharge: 700n, shortCharge: 900n };
}

const LAMBDA = 1n << 35n;
const column = (offset: number, step: number) => Array.from({ length: SCENARIOS }, (_, s) => (offset + step * (s + 13)) % 14);
const PAYLOAD: SmallPayload = {
  buckets: [
    { asset: 1n, lambdaDelta: LAMBDA, lambdaVega: LAMBDA, column: column(0, 3), instruments: [instrument(7n, 40n), instrument(10n, 31n)] },
    { asset: 1n, lambdaDelta: LAMBDA, lambdaVega: LAMBDA, column: column(1, 3), instruments: [instrument(8n, -45n)] },
    { asset: 2n, lambdaDelta: 2n * LAMBDA, lambdaVega: LAMBDA, column: column(3, 5), instruments: [instrument(9n, 20n)] },
  ],
  weight: Array.from({ length: SCENARIOS }, (_, s) => BigInt(1000 + 37 * s)), damping: Array.from({ length: STRESS_ROWS }, (_, k) => BigInt(300 + 50 * k)), tail: 2500n, buffer: 6554n,
};
const COLLATERAL = 44_000n;
const FACTOR = 85_197n;

/** Books and what the unchanged circuit gives for them, which test/circuits/margin-lies.test.ts and margin.test.ts hold against SPEC.md. */
export async function marginCases(subject: Subject): Promise<Case[]> {
  const system = await compileSystem(subject);
  const assign = await calculator(system, subject);
  const books = [[{ id: 7n, quantity: -100n }, { id: 8n, quantity: 60n }, { id: 9n, quantity: -40n }], [{ id: 10n, quantity: 30n }, { id: 9n, quantity: 25n }]];
  // In the second payload the tail is all of the weight, so that the worst row binds.
  const payloads = [PAYLOAD, { ...PAYLOAD, tail: PAYLOAD.weight.reduce((sum, weight) => sum + weight, 0n) }];
  return Promise.all(books.flatMap((slots) => payloads.map((payload) => ({ slots, payload }))).map(async ({ slots, payload }) => {
    const inputs = certified({ ...openBook(payload, slots), cash: 123_456n, terms: FACTOR + (3n << 24n) + (COLLATERAL << 26n) });
    const values = await assign(inputs);
    if (violations(system, values).length > 0) throw new Error("the unchanged circuit refuses a book");
    return { inputs, outputs: values.slice(1, 1 + system.outputs) };
  }));
}

export const MARGIN: Subject = { ...SMALL_MARGIN, name: "Margin(4, 3, 16, 8)", statements: [] };

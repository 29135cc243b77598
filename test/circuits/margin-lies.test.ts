/** Lies about how the templates of the whole circuit are joined: each keeps commitment and riskRoot, and would lower the margin. */
import { describe, expect, it } from "vitest";
import { ceilDiv } from "../../src/math/fixed-point.js";
import { toField } from "../../src/math/field.js";
import { inverse } from "../audit/inverse.js";
import { expectRefused, type Lie, type Outcome } from "../support/lies.js";
import { certified, openBook, SCENARIOS, SMALL_MARGIN, STRESS_ROWS, type Opening, type SmallInstrument, type SmallPayload, type SmallSlot } from "../support/small-margin.js";
import { compileTemplate, type Edit } from "../support/template.js";

const file = "margin.circom";

/** d rises with the node from -13 to 13 times `slope`, and by `tilt` a regime. */
function instrument(id: bigint, slope: bigint, tilt: bigint, vega: bigint): SmallInstrument {
  const deltas = [0n, 1n, 2n, 3n].map((r) => Array.from({ length: 14 }, (_, j) => slope * BigInt(2 * j - 13) + tilt * (r - 1n)));
  return { id, deltas, mark: 5000n * slope, dollarDelta: 1_000_000n * slope, vega, longCharge: 700n, shortCharge: 900n };
}

const LAMBDA = 1n << 35n;
const nodes = (offset: number, step: number) => Array.from({ length: SCENARIOS }, (_, s) => (offset + step * (s + 13)) % 14);
/** Buckets 0 and 1 are two bands of asset 1, bucket 2 is asset 2. */
const PAYLOAD: SmallPayload = {
  buckets: [
    { asset: 1n, lambdaDelta: LAMBDA, lambdaVega: LAMBDA, column: nodes(0, 3), instruments: [instrument(7n, 40n, 5n, 9_000_000n), instrument(10n, 30n, 9n, 8_000_000n)] },
    { asset: 1n, lambdaDelta: LAMBDA, lambdaVega: LAMBDA, column: nodes(1, 3), instruments: [instrument(8n, 45n, -3n, 7_000_000n)] },
    { asset: 2n, lambdaDelta: 2n * LAMBDA, lambdaVega: LAMBDA, column: nodes(3, 5), instruments: [instrument(9n, 20n, 11n, 6_000_000n)] },
  ],
  weight: Array.from({ length: SCENARIOS }, (_, s) => BigInt(1000 + 37 * s)), damping: Array.from({ length: STRESS_ROWS }, (_, k) => BigInt(300 + 50 * k)),
  tail: 2500n, buffer: 6554n,
};
const BOOK: readonly SmallSlot[] = [{ id: 7n, quantity: -100n }, { id: 8n, quantity: 60n }, { id: 9n, quantity: -40n }];
const opening = openBook(PAYLOAD, BOOK);
const honest = certified(opening);

const at = <T>(values: readonly T[], changes: Readonly<Record<number, T>>): T[] => values.map((value, i) => changes[i] ?? value);
const lie = (changes: Partial<Opening>) => certified({ ...opening, ...changes });

/** The account and the payload are those of the honest statement, and the requirement is less (or the equity more). */
async function expectGain(lie: Omit<Lie, "template" | "honest"> & Partial<Lie>): Promise<Outcome> {
  const outcome = await expectRefused({ template: SMALL_MARGIN, honest, ...lie });
  const [, requirement, equity, commitment, root] = outcome.honest;
  expect(outcome.forged.slice(3), "the same commitment and riskRoot").toEqual([commitment, root]);
  expect(outcome.forged[1]! < requirement! || outcome.forged[2]! > equity!, "the forger gains").toBe(true);
  return outcome;
}

describe("the small margin circuit", () => {
  it("gives what the formulas of SPEC.md give, from the deltas themselves", async () => {
    const held = BOOK.map(({ id, quantity }) => {
      const b = PAYLOAD.buckets.findIndex(({ instruments }) => instruments.some((one) => one.id === id));
      return { b, quantity, lots: quantity < 0n ? -quantity : quantity, of: PAYLOAD.buckets[b]!.instruments.find((one) => one.id === id)! };
    });
    const sum = (value: (slot: (typeof held)[number]) => bigint) => held.reduce((total, slot) => total + value(slot), 0n);
    const losses = PAYLOAD.weight.map((_, s) => -sum(({ b, quantity, of }) => quantity * of.deltas[Math.floor(s / 4)]![PAYLOAD.buckets[b]!.column[s]!]!));
    let left = PAYLOAD.tail;
    let tailSum = 0n;
    for (const s of losses.map((_, s) => s).sort((a, b) => Number(losses[b]! - losses[a]!))) {
      const weight = PAYLOAD.weight[s]! < left ? PAYLOAD.weight[s]! : left;
      tailSum += weight * losses[s]!;
      left -= weight;
    }
    const stressed = PAYLOAD.damping.map((field, k) => ceilDiv((field + 1n) * losses[4 * Math.floor(k / 2) + 2 + (k % 2)]!, 1024n));
    const loss = [0n, ceilDiv(tailSum, PAYLOAD.tail), ...stressed].reduce((a, b) => (a > b ? a : b));
    const shorts = sum(({ quantity, lots }) => (quantity < 0n ? lots : 0n));
    const delta = (buckets: readonly number[]) => sum(({ b, quantity, of }) => (buckets.includes(b) ? quantity * of.dollarDelta : 0n));
    const vega = (bucket: number) => sum(({ b, quantity, of }) => (b === bucket ? quantity * of.vega : 0n));
    const liquidity = ceilDiv(LAMBDA * (delta([0, 1]) ** 2n + 2n * delta([2]) ** 2n + vega(0) ** 2n + vega(1) ** 2n + vega(2) ** 2n), 1n << 80n);
    const charges = sum(({ quantity, lots, of }) => lots * (quantity < 0n ? of.shortCharge : of.longCharge));
    const requirement = ceilDiv((65_536n + PAYLOAD.buffer) * (loss + shorts), 65_536n) + liquidity + charges;
    const equity = sum(({ quantity, of }) => quantity * of.mark) - shorts;
    expect((await (await compileTemplate(SMALL_MARGIN)).run(honest)).slice(0, 3)).toEqual([equity >= requirement ? 1n : 0n, requirement, (1n << 100n) + equity]);
    expect(liquidity).toBeGreaterThan(1000n);
  });
});

const chosen = { file, from: "chosen === 1;", to: "" };
const groupOf: Edit = { file: "instrument-tree.circom", from: "chosen[buckets] === groupHash.out;", to: "" };
const pinOf = ({ file, from: statement }: Edit) => ({ file, statement });

describe("the bucket of a position", () => {
  it("refuses a position that is in no bucket", () => expectGain({ forged: lie({ inBucket: at(opening.inBucket, { 0: [0n, 0n, 0n] }) }), pin: pinOf(chosen), alsoWithout: [groupOf] }));
  it("refuses a hedge that is in two buckets", () => expectGain({ forged: lie({ inBucket: at(opening.inBucket, { 1: [1n, 1n, 0n] }) }), pin: pinOf(chosen), alsoWithout: [groupOf] }));
  it("refuses a hedge that is in parts of buckets: halves, and twice less once", async () => {
    const pin = { file, statement: "inBucketBits[i].in <== inBucket[i];" };
    const without = "for (var b = 0; b < buckets; b++) { inBucketBits[i].in[b] <== 0; }";
    const half = inverse(2n);
    for (const inBucket of [[half, half, 0n], [2n, toField(-1n), 0n]]) await expectGain({ forged: lie({ inBucket: at(opening.inBucket, { 1: inBucket }) }), pin, without, alsoWithout: [groupOf] });
  });
  it("refuses a position under the column of another bucket than its leaf's", () =>
    expectGain({ forged: lie({ inBucket: at(opening.inBucket, { 1: [1n, 0n, 0n] }) }), pin: pinOf(groupOf) }));
});

describe("opened buckets", () => {
  const step = { file: "instrument-tree.circom", statement: "step[b].in <== index[b] - index[b - 1] - 1;" };
  const without = "step[b].in <== 0;";

  it("refuses a bucket opened twice, over which vega is split", () => {
    const book = [{ id: 7n, quantity: -100n }, { id: 10n, quantity: -80n }];
    return expectGain({ honest: certified(openBook(PAYLOAD, book)), forged: certified(openBook(PAYLOAD, book, [0, 0, 1], [0, 1])), pin: step, without });
  });
  it("refuses a bucket of another asset between two of one asset, over which its delta is split", () => {
    const book = [{ id: 7n, quantity: -100n }, { id: 8n, quantity: -60n }, { id: 9n, quantity: -40n }];
    return expectGain({ honest: certified(openBook(PAYLOAD, book)), forged: certified(openBook(PAYLOAD, book, [0, 2, 1])), pin: step, without });
  });
  it("refuses scenarios that are said not to move a bucket: nodes 14 and 15", async () => {
    for (const node of [[0n, 1n, 1n, 1n], [1n, 1n, 1n, 1n]]) {
      await expectGain({ forged: lie({ nodeBit: opening.nodeBit.map((column) => column.map(() => node)) }), pin: { file: "instrument-tree.circom", statement: "here.out === bucket.out;" } });
    }
  });
});

describe("what is packed before a hash", () => {
  it("refuses a short whose lots are carried into its id and long charge", () =>
    // id + 100 x 2^32, 100 lots and 100 of charge less: the slot and the leaf's tag stay.
    expectGain({
      forged: lie({ id: at(opening.id, { 0: 7n + (100n << 32n) }), quantity: at(opening.quantity, { 0: 0n }), longCharge: at(opening.longCharge, { 0: 600n }) }),
      pin: { file: "portfolio-commitment.circom", statement: "idRange[i].in <== id[i];" }, without: "idRange[i].in <== 0;",
    }));
  it("refuses a short whose sign is carried into its lots, a long", () =>
    expectGain({
      forged: lie({ quantity: at(opening.quantity, { 0: 100n + (1n << 25n) }), sign: at(opening.sign, { 0: 0n }) }),
      pin: { file: "portfolio-commitment.circom", statement: "quantityRange[i].in <== quantity[i];" }, without: "quantityRange[i].in <== 0;",
    }));
  it("refuses lots so many that a lane's loss runs over into the next", async () => {
    // 2^36 lots lose 2^27 each in regime 0: 2^63 is nothing in that lane, and one unit in the next. Regime 3 does not move, so nothing leaves the top.
    const size = 1n << 27n;
    const deltas = [0, 1, 2, 3].map((r) => new Array<bigint>(14).fill(r === 0 ? size : 0n));
    const bucket = { ...PAYLOAD.buckets[0]!, lambdaDelta: 0n, lambdaVega: 0n, instruments: [{ ...instrument(7n, 0n, 0n, 0n), deltas, shortCharge: 0n }] };
    const book = (lots: bigint) => certified(openBook({ ...PAYLOAD, buckets: [bucket, ...PAYLOAD.buckets.slice(1)] }, [{ id: 7n, quantity: -lots }]));
    const { forged } = await expectRefused({
      template: SMALL_MARGIN, honest: book(5n), forged: book(1n << 36n),
      pin: { file: "portfolio-commitment.circom", statement: "quantityRange[i].in <== quantity[i];" }, without: "quantityRange[i].in <== 0;",
    });
    expect(forged[1]).toBeLessThan(1n << 37n);
  });
  /** Takes `amount` from one field of a packed element and adds to another what keeps the element, modulo p. */
  const moved = (values: readonly bigint[], width: bigint, from: number, to: number, amount: bigint) => {
    const shift = width * BigInt(from - to);
    return at(values, { [from]: toField(values[from]! - amount), [to]: toField(values[to]! + amount * (shift > 0n ? 1n << shift : inverse(1n << -shift))) });
  };
  it("refuses the worst scenario's weight carried to its neighbour, to another regime, and around the field", async () => {
    const pin = { file: "expected-shortfall.circom", statement: "weightRange[s].in <== weight[s];" };
    for (const to of [9, 1, 11]) await expectGain({ forged: lie({ weight: moved(opening.weight, 20n, 10, to, opening.weight[10]!) }), pin, without: "weightRange[s].in <== 0;" });
  });
  it("refuses the worst stress row's damping carried to its neighbour", () => {
    // Row 4 is scenario 10. A tail of half the weight, so that the worst row decides.
    const wide = openBook({ ...PAYLOAD, tail: 10_000n }, BOOK);
    return expectGain({
      honest: certified(wide), forged: certified({ ...wide, damping: moved(wide.damping, 10n, 4, 3, wide.damping[4]! + 1n) }),
      pin: { file: "worst-loss.circom", statement: "dampingRange[k].in <== damping[k];" }, without: "dampingRange[k].in <== 0;",
    });
  });
});

/** The same wire with another value: what `name <== value;` is once the prover computes it otherwise. */
function rewired(file: string, name: string, value: string, lie: string): Pick<Lie, "hints" | "pin"> {
  return {
    hints: [{ file, from: `${name} <== ${value};`, to: `${name} <-- ${lie};\n        ${name} === ${value};` }],
    pin: { file, statement: `${name} === ${value};` },
  };
}

describe("one quantity everywhere", () => {
  const flat = certified({ ...opening, quantity: opening.quantity.map(() => 0n) });

  it("refuses P&L of other quantities than the committed ones", () =>
    expectGain({ forged: { ...flat, quantity: opening.quantity }, ...rewired(file, "signedQuantity[i]", "quantity[i] - 2 * shortQuantity[i]", "0") }));
  it("refuses shorts that are long in the P&L and owe no short lots", () =>
    expectGain({ forged: { ...lie({ sign: opening.sign.map(() => 0n) }), sign: opening.sign }, ...rewired(file, "shortQuantity[i]", "sign[i] * quantity[i]", "0") }));
  it("refuses the marks of one bucket dropped", () => expectGain(rewired("scenario-pnl.circom", "mark[b]", "linear[b].lane[0]", "b == 0 ? 0 : linear[b].lane[0]")));
});

describe("a used slot of id 0", () => {
  it("holds the empty leaf, so that its quantity earns nothing: long it is free, short it costs its short lots", async () => {
    const circuit = await compileTemplate(SMALL_MARGIN);
    const [without, long, short] = [await circuit.run(honest), await circuit.run(certified(openBook(PAYLOAD, [...BOOK, { id: 0n, quantity: 50n }]))), await circuit.run(certified(openBook(PAYLOAD, [...BOOK, { id: 0n, quantity: -50n }])))];
    expect(long!.slice(0, 3)).toEqual(without!.slice(0, 3));
    expect(short![1]).toBeGreaterThan(without![1]!);
    expect(short![2]).toBe(without![2]! - 50n);
    expect(new Set([without![3], long![3], short![3]]).size).toBe(3);
  });
});

describe("negative zero", () => {
  it("in a used slot is another commitment of a book with the same margin: harmless, since only what is registered counts", async () => {
    const circuit = await compileTemplate(SMALL_MARGIN);
    const zero = openBook(PAYLOAD, [...BOOK, { id: 10n, quantity: 0n }]);
    const [positive, negative] = [await circuit.run(certified(zero)), await circuit.run(certified({ ...zero, sign: at(zero.sign, { 3: 1n }) }))];
    const without = await circuit.run(honest);
    expect(negative!.slice(0, 3)).toEqual(positive!.slice(0, 3));
    expect(negative!.slice(0, 3)).toEqual(without.slice(0, 3));
    expect(new Set([positive![3], negative![3], without[3]]).size).toBe(3);
  });
});

/** Cases of the templates that hash, under the open hash of test/support/open-hash.circom. */
import { P, toField } from "../../../src/math/field.js";
import { bits, mix } from "../../support/small-margin.js";
import { SLOTS } from "../subjects.js";
import type { Case } from "./cases.js";

const EDGE = 1n << 71n;

type Book = Readonly<Record<"used" | "id" | "quantity" | "sign", readonly bigint[]>> & { readonly count: bigint; readonly salt: bigint; readonly cash: bigint };

function book(count: number): Book {
  const used = Array.from({ length: SLOTS }, (_, i) => (i < count ? 1n : 0n));
  const cash = toField(-5_000_000n);
  return {
    count: BigInt(count), used, salt: 4242n, cash, id: used.map((flag, i) => flag * BigInt(7 + i)), quantity: used.map((flag, i) => flag * BigInt(100 + i)),
    sign: used.map((flag, i) => flag * BigInt(i % 2)),
  };
}

function commitment({ id, quantity, sign, count, salt, cash }: Book): bigint {
  const slots = id.map((each, i) => each + (quantity[i]! << 32n) + (sign[i]! << 57n));
  const block = (from: number) => Array.from({ length: 15 }, (_, i) => slots[from + i] ?? 0n);
  let chain = mix([0n, ...block(0)]);
  for (let from = 15; from < count; from += 15) chain = mix([chain, ...block(from)]);
  return mix([2n, count, salt, toField(cash + EDGE), chain]);
}

const committed = (each: Book): Case => ({ inputs: each, outputs: [commitment(each)] });
const at = (values: readonly bigint[], changes: Readonly<Record<number, bigint>>) => values.map((value, i) => changes[i] ?? value);
const half = (P + 1n) / 2n;

function refusedBooks(): Book[] {
  const [two, full] = [book(2), book(SLOTS)];
  const slots = Array.from({ length: SLOTS }, (_, i) => i);
  return [
    { ...two, count: 1n }, { ...two, count: 3n },
    // Flags with a hole, halves, a two; slots beyond the used ones.
    ...slots.slice(1, SLOTS - 1).map((i) => ({ ...two, used: at(two.used, { 1: 0n, [i]: 0n, [i + 1]: 1n }), id: at(two.id, { 1: 0n }), quantity: at(two.quantity, { 1: 0n }), sign: at(two.sign, { 1: 0n }) })),
    ...slots.slice(0, SLOTS - 1).map((i) => ({ ...book(i), count: BigInt(i) + 1n, used: at(book(i).used, { [i + 1]: 1n }), ...beyond(book(i), i + 1, { id: 5n }) })),
    ...slots.map((i) => ({ ...book(i), ...beyond(book(i), i, { id: 5n }) })), ...slots.map((i) => ({ ...book(i), ...beyond(book(i), i, { quantity: 1n }) })),
    ...slots.map((i) => ({ ...book(i), ...beyond(book(i), i, { sign: 1n }) })),
    ...slots.flatMap((i) => [half, 2n, toField(-1n)].map((value) => ({ ...book(i + 1), count: toField(book(i + 1).count - 1n + value), used: at(book(i + 1).used, { [i]: value }) }))),
    ...slots.flatMap((i) => [
      { ...full, id: at(full.id, { [i]: 1n << 32n }) }, { ...full, id: at(full.id, { [i]: toField(-1n) }) }, { ...full, quantity: at(full.quantity, { [i]: 1n << 25n }) },
      { ...full, quantity: at(full.quantity, { [i]: toField(-1n) }) }, { ...full, sign: at(full.sign, { [i]: 2n }) }, { ...full, sign: at(full.sign, { [i]: toField(-1n) }) },
    ]),
    { ...two, cash: EDGE }, { ...two, cash: toField(-EDGE - 1n) },
  ];
}

function beyond(each: Book, i: number, changes: Partial<Record<"id" | "quantity" | "sign", bigint>>): Partial<Book> {
  return Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, at(each[name as "id"], { [i]: value })]));
}

export const COMMITMENT_CASES: readonly Case[] = [
  ...[0, 1, 2, 14, 15, 16, 29, 30, 31].map((count) => committed(book(count))), committed({ ...book(1), cash: EDGE - 1n }), committed({ ...book(1), cash: toField(-EDGE) }),
  committed({ ...book(SLOTS), id: at(book(SLOTS).id, { 15: (1n << 32n) - 1n }), quantity: at(book(SLOTS).quantity, { 0: (1n << 25n) - 1n }) }),
  ...refusedBooks().map((inputs) => ({ inputs })),
];

const numbers = (n: number, from: bigint) => Array.from({ length: n }, (_, i) => from + 17n * BigInt(i * i) + BigInt(i));

function opening(changes: { readonly id?: bigint; readonly longCharge?: bigint; readonly shortCharge?: bigint } = {}, bucket = 1) {
  const contents = { gridElement: numbers(14, 100n), linearElement: 5n, id: 77n, longCharge: 1000n, shortCharge: 2000n, ...changes };
  const leaf = at(numbers(16, 3000n), { 5: mix([...contents.gridElement, 5n, contents.id + (contents.longCharge << 32n) + (contents.shortCharge << 60n)]) });
  const group = [numbers(16, 7000n), numbers(16, 9000n)].map((groups, b) => (b === bucket ? at(groups, { 3: mix(leaf) }) : groups));
  return { ...contents, inBucket: [0, 1].map((b) => (b === bucket ? 1n : 0n)), groupBit: bits(3, 4), placeBit: bits(5, 4), leaf, group };
}

function refusedOpenings(): Case["inputs"][] {
  const honest = opening();
  const beyond = 1n << 28n;
  const forgedPlace = [0, 1, 2, 3].map((i) => {
    const [low, high] = [5 & ~(1 << i), 5 | (1 << i)];
    const wanted = honest.leaf[5]!;
    // The place read by a selector of 2 at bit i is the leaf, though neither of the two is.
    const leaf = at(honest.leaf, { [low]: 11n, [high]: (wanted + 11n) * half % P });
    return { ...honest, leaf, group: [honest.group[0]!, at(honest.group[1]!, { 3: mix(leaf) })], placeBit: at(bits(low, 4), { [i]: 2n }) };
  });
  const forgedGroup = [0, 1, 2, 3].map((i) => {
    const [low, high] = [3 & ~(1 << i), 3 | (1 << i)];
    const wanted = honest.group[1]![3]!;
    return { ...honest, group: [honest.group[0]!, at(honest.group[1]!, { [low]: 11n, [high]: (wanted + 11n) * half % P })], groupBit: at(bits(low, 4), { [i]: 2n }) };
  });
  return [
    ...honest.gridElement.map((each, j) => ({ ...honest, gridElement: at(honest.gridElement, { [j]: each + 1n }) })), { ...honest, linearElement: 6n }, { ...honest, id: 78n },
    { ...honest, longCharge: 1001n }, { ...honest, shortCharge: 0n }, { ...honest, placeBit: bits(6, 4) }, { ...honest, groupBit: bits(4, 4) }, { ...honest, inBucket: [1n, 0n] },
    ...honest.leaf.map((each, i) => ({ ...honest, leaf: at(honest.leaf, { [i]: each + 1n }) })), opening({ longCharge: beyond }), opening({ shortCharge: beyond }),
    opening({ longCharge: toField(-1n) }), opening({ shortCharge: toField(-1n) }), ...forgedPlace, ...forgedGroup,
  ];
}

export const INSTRUMENT_CASES: readonly Case[] = [
  { inputs: opening(), outputs: [] }, { inputs: opening({}, 0), outputs: [] }, { inputs: opening({ longCharge: (1n << 28n) - 1n, shortCharge: (1n << 28n) - 1n }), outputs: [] }, { inputs: opening({ longCharge: 0n, shortCharge: 0n }), outputs: [] },
  ...refusedOpenings().map((inputs) => ({ inputs })),
];

function bucket(index: number) {
  const contents = { column: numbers(4, 40n), asset: 2n, lambdaDelta: 900n, lambdaVega: 800n, group: numbers(16, 60n) };
  const hash = mix([...contents.column, 2n, 900n, 800n, mix(contents.group)]);
  const sibling = at(numbers(8, 500n), { [index & 7]: hash });
  return { ...contents, sibling, node: at(numbers(8, 8000n), { [index >> 3]: mix(sibling) }), indexBit: bits(index, 6) };
}

function refusedBuckets(): Case["inputs"][] {
  const honest = bucket(53);
  const selectors = [0, 1, 2, 3, 4, 5].map((i) => {
    const [low, high] = [53 & ~(1 << i), 53 | (1 << i)];
    const wanted = i < 3 ? honest.sibling[5]! : honest.node[6]!;
    const forge = (values: readonly bigint[], shift: number) => at(values, { [(low >> shift) & 7]: 11n, [(high >> shift) & 7]: (wanted + 11n) * half % P });
    const sibling = i < 3 ? forge(honest.sibling, 0) : honest.sibling;
    const node = i < 3 ? at(honest.node, { 6: mix(sibling) }) : forge(honest.node, 3);
    return { ...honest, sibling, node, indexBit: at(bits(low, 6), { [i]: 2n }) };
  });
  return [
    ...honest.column.map((each, r) => ({ ...honest, column: at(honest.column, { [r]: each + 1n }) })), { ...honest, asset: 3n }, { ...honest, lambdaDelta: 0n }, { ...honest, lambdaVega: 0n },
    ...honest.group.map((each, g) => ({ ...honest, group: at(honest.group, { [g]: each + 1n }) })), ...[52, 13, 37].map((index) => ({ ...honest, indexBit: bits(index, 6) })),
    ...honest.sibling.map((each, i) => ({ ...honest, sibling: at(honest.sibling, { [i]: each + 1n }) })), ...selectors,
  ];
}

export const BUCKET_CASES: readonly Case[] = [
  ...[53, 0, 63, 10].map((index) => ({ inputs: bucket(index), outputs: [BigInt(index)] })), ...refusedBuckets().map((inputs) => ({ inputs })),
];

function root(changes: Readonly<Record<string, bigint>> = {}): Case["inputs"] {
  return { node: numbers(8, 11n), weight: numbers(24, 1000n), damping: numbers(20, 100n).map((each) => each % 1024n), tail: 777n, buffer: 6554n, granularity: 100_000_000n, epoch: 5n, time: 1_770_306_692n, ...changes };
}

function rootOf(inputs: Case["inputs"]): bigint {
  const { node, weight, damping, tail, buffer, granularity, epoch, time } = inputs as { readonly [name: string]: bigint & readonly bigint[] };
  const pack = (values: readonly bigint[], width: bigint) => values.reduce((sum, value, k) => sum + (value << (width * BigInt(k))), 0n);
  const weights = mix([pack(weight!.slice(0, 12), 20n), pack(weight!.slice(12), 20n)]);
  return mix([1n, mix(node!), weights, pack(damping!.slice(0, 19), 10n), pack(damping!.slice(19), 10n), tail!, buffer!, granularity!, epoch!, time!]);
}

export const ROOT_CASES: readonly Case[] = [
  ...[{}, { tail: (1n << 28n) - 1n, buffer: (1n << 16n) - 1n, granularity: (1n << 40n) - 1n }, { tail: 1n, buffer: 0n, granularity: 1n, epoch: toField(-1n) }].map((changes) => ({ inputs: root(changes), outputs: [rootOf(root(changes))] })),
  ...[{ tail: 1n << 28n }, { tail: toField(-1n) }, { buffer: 1n << 16n }, { buffer: toField(-1n) }, { granularity: 1n << 40n }, { granularity: toField(-1n) }].map((changes) => ({ inputs: root(changes) })),
];

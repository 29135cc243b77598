/**
 * The whole margin circuit at a small size and under the open hash, for lies about how its templates are joined: a book, the payload it is
 * margined by, and the inputs a prover makes of both. A forger changes inputs and certifies the shortfall that follows from them.
 */
import { P, packLanes, toField, unpackLanes } from "../../src/math/field.js";
import { expectedShortfall } from "../../src/risk/expected-shortfall.js";
import { openHash, type Template } from "./template.js";

const POSITIONS = 4;
export const SCENARIOS = 16;
const BLOCK = SCENARIOS / 4;
export const STRESS_ROWS = 8;
const NODES = 14;

export const SMALL_MARGIN: Template = {
  file: "margin.circom", instance: `Margin(${POSITIONS}, 3, ${SCENARIOS}, ${STRESS_ROWS})`,
  edits: ["portfolio-commitment.circom", "instrument-tree.circom", "risk-root.circom"].map(openHash),
};

/** The hash of open-hash.circom. */
export function mix(inputs: readonly bigint[]): bigint {
  let power = 1n;
  return inputs.reduce((sum, input) => (sum + (power = (power * 1000003n) % P) * input) % P, 0n);
}

export const bits = (value: number, width: number): bigint[] => Array.from({ length: width }, (_, i) => BigInt((value >> i) & 1));

export interface SmallInstrument {
  readonly id: bigint;
  /** P&L per lot, d[r][j]. */
  readonly deltas: readonly (readonly bigint[])[];
  readonly mark: bigint;
  readonly dollarDelta: bigint;
  readonly vega: bigint;
  readonly longCharge: bigint;
  readonly shortCharge: bigint;
}

export interface SmallBucket {
  readonly asset: bigint;
  readonly lambdaDelta: bigint;
  readonly lambdaVega: bigint;
  /** A node of each scenario. */
  readonly column: readonly number[];
  /** Instrument k is at place 16 k + 5. */
  readonly instruments: readonly SmallInstrument[];
}

/** Bucket b has index b; the other 61 are never opened. */
export interface SmallPayload {
  readonly buckets: readonly SmallBucket[];
  readonly weight: readonly bigint[];
  readonly damping: readonly bigint[];
  readonly tail: bigint;
  readonly buffer: bigint;
}

export interface SmallSlot {
  readonly id: bigint;
  /** Lots, signed. */
  readonly quantity: bigint;
}

/** Inputs of SMALL_MARGIN but the certificate. */
export interface Opening {
  readonly context: bigint;
  readonly terms: bigint;
  readonly count: bigint;
  readonly salt: bigint;
  readonly cash: bigint;
  readonly used: readonly bigint[];
  readonly id: readonly bigint[];
  readonly quantity: readonly bigint[];
  readonly sign: readonly bigint[];
  readonly gridElement: readonly (readonly bigint[])[];
  readonly linearElement: readonly bigint[];
  readonly longCharge: readonly bigint[];
  readonly shortCharge: readonly bigint[];
  readonly inBucket: readonly (readonly bigint[])[];
  readonly groupBit: readonly (readonly bigint[])[];
  readonly placeBit: readonly (readonly bigint[])[];
  readonly leaf: readonly (readonly bigint[])[];
  readonly indexBit: readonly (readonly bigint[])[];
  readonly asset: readonly bigint[];
  readonly lambdaDelta: readonly bigint[];
  readonly lambdaVega: readonly bigint[];
  readonly group: readonly (readonly bigint[])[];
  readonly sibling: readonly (readonly bigint[])[];
  readonly nodeBit: readonly (readonly (readonly bigint[])[])[];
  readonly node: readonly bigint[];
  readonly weight: readonly bigint[];
  readonly damping: readonly bigint[];
  readonly tail: bigint;
  readonly buffer: bigint;
  readonly granularity: bigint;
  readonly epoch: bigint;
  readonly time: bigint;
}

/**
 * @param opened indices of the three buckets in the order they are opened
 * @param at     which of them each slot names, by default the first with its instrument's bucket
 */
export function openBook(payload: SmallPayload, slots: readonly SmallSlot[], opened: readonly number[] = [0, 1, 2], at: readonly number[] = []): Opening {
  const trees = payload.buckets.map(treeOf);
  const hashes = Array.from({ length: 64 }, (_, b) => trees[b]?.hash ?? 9_999n + BigInt(b));
  const rows = Array.from({ length: POSITIONS }, (_, i) => {
    const slot = slots[i];
    const bucket = payload.buckets.findIndex(({ instruments }) => instruments.some(({ id }) => id === slot?.id));
    const place = payload.buckets[bucket]?.instruments.findIndex(({ id }) => id === slot?.id);
    const name = at[i] ?? Math.max(0, opened.indexOf(bucket));
    return { slot, instrument: place === undefined ? undefined : payload.buckets[bucket]!.instruments[place]!, group: place ?? 0, place: place === undefined ? 0 : 5, name };
  });
  return {
    context: 777n, terms: (1n << 16n) + (3n << 24n), count: BigInt(slots.length), salt: 4242n, cash: 0n,
    used: rows.map(({ slot }) => (slot === undefined ? 0n : 1n)),
    id: rows.map(({ slot }) => slot?.id ?? 0n),
    quantity: rows.map(({ slot }) => (slot === undefined ? 0n : slot.quantity < 0n ? -slot.quantity : slot.quantity)),
    sign: rows.map(({ slot }) => (slot !== undefined && slot.quantity < 0n ? 1n : 0n)),
    gridElement: rows.map(({ instrument }) => gridElements(instrument)),
    linearElement: rows.map(({ instrument }) => linearElement(instrument)),
    longCharge: rows.map(({ instrument }) => instrument?.longCharge ?? 0n),
    shortCharge: rows.map(({ instrument }) => instrument?.shortCharge ?? 0n),
    inBucket: rows.map(({ name }) => opened.map((_, b) => (b === name ? 1n : 0n))),
    groupBit: rows.map(({ group }) => bits(group, 4)),
    placeBit: rows.map(({ place }) => bits(place, 4)),
    leaf: rows.map(({ group, name }) => trees[opened[name]!]!.leaves[group]!),
    indexBit: opened.map((index) => bits(index, 6)),
    asset: opened.map((index) => payload.buckets[index]!.asset),
    lambdaDelta: opened.map((index) => payload.buckets[index]!.lambdaDelta),
    lambdaVega: opened.map((index) => payload.buckets[index]!.lambdaVega),
    group: opened.map((index) => trees[index]!.groups),
    sibling: opened.map(() => hashes.slice(0, 8)),
    nodeBit: opened.map((index) => payload.buckets[index]!.column.map((node) => bits(node, 4))),
    node: Array.from({ length: 8 }, (_, i) => mix(hashes.slice(8 * i, 8 * i + 8))),
    weight: payload.weight, damping: payload.damping, tail: payload.tail, buffer: payload.buffer, granularity: 1n, epoch: 5n, time: 1_770_306_692n,
  };
}

/** The opening with the certificate of the shortfall that its quantities, buckets, nodes and weights give. */
export function certified(opening: Opening) {
  const { threshold, inTail, boundary } = expectedShortfall(lossesOf(opening), opening.weight.map((weight) => Number(weight)), opening.tail);
  return {
    ...opening, threshold: toField(threshold), inTail: inTail.map((flag) => (flag ? 1n : 0n)),
    boundary: inTail.map((_, s) => (s === boundary ? 1n : 0n)),
  };
}

/** Losses as the circuit's constraints give them, whatever the values. */
function lossesOf({ quantity, sign, inBucket, gridElement, nodeBit }: Opening): bigint[] {
  const signed = quantity.map((lots, i) => lots * (1n - 2n * sign[i]!));
  const lanes = nodeBit.map((_, b) => Array.from({ length: NODES }, (_, j) => unpackLanes(signed.reduce((sum, lots, i) => sum + inBucket[i]![b]! * lots * gridElement[i]![j]!, 0n))));
  return Array.from({ length: SCENARIOS }, (_, s) =>
    -nodeBit.reduce((sum, column, b) => sum + (lanes[b]![Number(column[s]!.reduce((node, bit, i) => node + (bit << BigInt(i)), 0n))]?.[Math.floor(s / BLOCK)] ?? 0n), 0n));
}

function treeOf(bucket: SmallBucket): { readonly leaves: readonly (readonly bigint[])[]; readonly groups: readonly bigint[]; readonly hash: bigint } {
  const leaves = Array.from({ length: 16 }, (_, g) => Array.from({ length: 16 }, (_, i) => {
    const instrument = i === 5 ? bucket.instruments[g] : undefined;
    return mix([...gridElements(instrument), linearElement(instrument), tag(instrument)]);
  }));
  const groups = leaves.map(mix);
  const column = [0, 1, 2, 3].map((r) => bucket.column.slice(BLOCK * r, BLOCK * (r + 1)).reduce((sum, node, k) => sum + (BigInt(node) << BigInt(4 * k)), 0n));
  return { leaves, groups, hash: mix([...column, bucket.asset, bucket.lambdaDelta, bucket.lambdaVega, mix(groups)]) };
}

function gridElements(instrument: SmallInstrument | undefined): bigint[] {
  return Array.from({ length: NODES }, (_, j) => (instrument === undefined ? 0n : packLanes(instrument.deltas.map((row) => row[j]!))));
}

function linearElement(instrument: SmallInstrument | undefined): bigint {
  return instrument === undefined ? 0n : packLanes([instrument.mark, instrument.dollarDelta, instrument.vega, 0n]);
}

function tag(instrument: SmallInstrument | undefined): bigint {
  return instrument === undefined ? 0n : instrument.id + (instrument.longCharge << 32n) + (instrument.shortCharge << 60n);
}

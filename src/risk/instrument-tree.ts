/**
 * Commitments to a risk payload: leaves, groups, caps, buckets, riskRoot (SPEC.md section 2, circuits/instrument-tree.circom).
 */
import { packLanes } from "../math/field.js";
import { poseidon } from "../math/poseidon.js";
import { BUCKETS, type PricedInstrument, type RiskBucket, type RiskPayload } from "./risk-payload.js";
import { NODES, REGIMES, REGIME_BLOCK } from "../policy/risk-model.js";

export const GROUP_SIZE = 16;
export const GROUPS = 16;
const RISK_ROOT_TAG = 1n;
const WEIGHTS_PER_ELEMENT = 12;
const DAMPINGS_PER_ELEMENT = 19;

/** Contents of a leaf as field elements: 14 grid elements, the linear element, the tag. */
export interface LeafElements {
  readonly grid: readonly bigint[];
  readonly linear: bigint;
  readonly tag: bigint;
}

export function leafElements(instrument: PricedInstrument): LeafElements {
  const grid: bigint[] = [];
  for (let j = 0; j < NODES; j++) {
    const lanes: bigint[] = [];
    for (let r = 0; r < REGIMES; r++) lanes.push(instrument.scenarioDeltas[r]![j]!);
    grid.push(packLanes(lanes));
  }
  return {
    grid,
    linear: packLanes([instrument.mark, instrument.dollarDelta, instrument.vega, 0n]),
    tag: BigInt(instrument.id) + (instrument.longCharge << 32n) + (instrument.shortCharge << 60n),
  };
}

export const EMPTY_LEAF_ELEMENTS: LeafElements = { grid: new Array<bigint>(NODES).fill(0n), linear: 0n, tag: 0n };

export function leafHash(elements: LeafElements): bigint {
  return poseidon([...elements.grid, elements.linear, elements.tag]);
}

export const EMPTY_LEAF = leafHash(EMPTY_LEAF_ELEMENTS);
const EMPTY_GROUP = poseidon(new Array<bigint>(GROUP_SIZE).fill(EMPTY_LEAF));
const EMPTY_CAP = poseidon(new Array<bigint>(GROUPS).fill(EMPTY_GROUP));

/** The inner hashes of a bucket: leaves of the occupied groups, and all 16 group hashes. */
export interface BucketTree {
  readonly index: number;
  /** 16 leaves of each group; an empty group's are the empty leaf. */
  readonly leaves: readonly (readonly bigint[])[];
  readonly groups: readonly bigint[];
  readonly hash: bigint;
}

/** Builds a bucket's tree from the hashes of its instruments' leaves, in place order (place 0 is left empty). */
export function bucketTree(bucket: RiskBucket, leafHashes: readonly bigint[]): BucketTree {
  const leaves: bigint[][] = [];
  const groups: bigint[] = [];
  for (let g = 0; g < GROUPS; g++) {
    const group: bigint[] = [];
    for (let i = 0; i < GROUP_SIZE; i++) {
      const place = GROUP_SIZE * g + i;
      group.push(place === 0 ? EMPTY_LEAF : (leafHashes[place - 1] ?? EMPTY_LEAF));
    }
    leaves.push(group);
    groups.push(group.every((leaf) => leaf === EMPTY_LEAF) ? EMPTY_GROUP : poseidon(group));
  }
  return { index: bucket.index, leaves, groups, hash: bucketHash(bucket, poseidon(groups)) };
}

/** The four packed elements of a column, one per regime block. */
export function packColumn(column: readonly number[]): bigint[] {
  const packed: bigint[] = [];
  for (let r = 0; r < REGIMES; r++) {
    let element = 0n;
    for (let k = REGIME_BLOCK - 1; k >= 0; k--) element = (element << 4n) | BigInt(column[REGIME_BLOCK * r + k]!);
    packed.push(element);
  }
  return packed;
}

function bucketHash(bucket: Pick<RiskBucket, "column" | "asset" | "lambdaDelta" | "lambdaVega">, cap: bigint): bigint {
  return poseidon([...packColumn(bucket.column), BigInt(bucket.asset), bucket.lambdaDelta, bucket.lambdaVega, cap]);
}

/** An unoccupied bucket: no instruments, every scenario unmoved, asset 0. */
export const EMPTY_BUCKET: Omit<RiskBucket, "index"> = {
  asset: 0,
  symbol: "",
  band: 0,
  spotLevels: [],
  column: new Array<number>(REGIMES * REGIME_BLOCK).fill(NODES),
  lambdaDelta: 0n,
  lambdaVega: 0n,
  instruments: [],
};
const EMPTY_BUCKET_HASH = bucketHash(EMPTY_BUCKET, EMPTY_CAP);

/** Everything that opening a payload needs beside the payload. */
export interface RiskTree {
  readonly riskRoot: bigint;
  /** By bucket index; occupied buckets only. */
  readonly buckets: ReadonlyMap<number, BucketTree>;
  /** 64 bucket hashes and the 8 nodes above them. */
  readonly bucketHashes: readonly bigint[];
  readonly nodes: readonly bigint[];
}

export function riskTree(payload: RiskPayload, trees: readonly BucketTree[]): RiskTree {
  const buckets = new Map(trees.map((tree) => [tree.index, tree]));
  const bucketHashes: bigint[] = [];
  for (let b = 0; b < BUCKETS; b++) bucketHashes.push(buckets.get(b)?.hash ?? EMPTY_BUCKET_HASH);
  const nodes: bigint[] = [];
  for (let i = 0; i < 8; i++) nodes.push(poseidon(bucketHashes.slice(8 * i, 8 * i + 8)));
  return { riskRoot: riskRoot(payload, nodes), buckets, bucketHashes, nodes };
}

function riskRoot(payload: RiskPayload, nodes: readonly bigint[]): bigint {
  return poseidon([
    RISK_ROOT_TAG,
    poseidon(nodes),
    poseidon(packFields(payload.weights, 20n, WEIGHTS_PER_ELEMENT)),
    ...packFields(payload.damping, 10n, DAMPINGS_PER_ELEMENT),
    payload.tail,
    payload.buffer,
    payload.granularity,
    BigInt(payload.epoch),
    BigInt(payload.time),
  ]);
}

function packFields(values: readonly number[], bits: bigint, perElement: number): bigint[] {
  const packed: bigint[] = [];
  for (let from = 0; from < values.length; from += perElement) {
    let element = 0n;
    for (const value of values.slice(from, from + perElement).reverse()) element = (element << bits) | BigInt(value);
    packed.push(element);
  }
  return packed;
}

/** Hashes every leaf of a payload and the tree above them. */
export function hashPayload(payload: RiskPayload, onProgress: (done: number, total: number) => void = () => {}): RiskTree {
  const total = payload.buckets.reduce((sum, { instruments }) => sum + instruments.length, 0);
  let done = 0;
  const trees = payload.buckets.map((bucket) => {
    const leaves = bucket.instruments.map((instrument) => leafHash(leafElements(instrument)));
    done += leaves.length;
    onProgress(done, total);
    return bucketTree(bucket, leaves);
  });
  return riskTree(payload, trees);
}

/** The contents that open an empty bucket, for a slot of the tier that the book leaves free. */
export function emptyBucketTree(index: number): BucketTree {
  const leaves = Array.from({ length: GROUPS }, () => new Array<bigint>(GROUP_SIZE).fill(EMPTY_LEAF));
  return { index, leaves, groups: new Array<bigint>(GROUPS).fill(EMPTY_GROUP), hash: EMPTY_BUCKET_HASH };
}

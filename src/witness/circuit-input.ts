/**
 * CircuitInput: the risk core's result as the inputs of circuits/margin.circom, and the public signals it must give.
 */
import { toField } from "../math/field.js";
import { ceilDiv, floorDiv } from "../math/fixed-point.js";
import {
  EMPTY_BUCKET, EMPTY_LEAF_ELEMENTS, GROUP_SIZE, emptyBucketTree, leafElements, type BucketTree, type RiskTree,
} from "../risk/instrument-tree.js";
import { computeMargin, type Margin } from "../risk/margin.js";
import { portfolioCommitment, requireFits, type Holding, type Portfolio, type Tier } from "../risk/portfolio.js";
import { BUCKETS, type RiskBucket, type RiskPayload } from "../risk/risk-payload.js";
import { discloseSignal, packTerms, SIGNED_OFFSET, type Disclosure, type PublicSignals } from "./public-signals.js";

export type CircuitValue = bigint | readonly CircuitValue[];
export type CircuitInput = Readonly<Record<string, CircuitValue>>;

export type { Tier };

export interface Statement {
  /** Reduced into the field by the one who computes it. */
  readonly context: bigint;
  /** Q16. */
  readonly factor: bigint;
  readonly disclose: Disclosure;
  /** Value units. */
  readonly collateral: bigint;
}

export interface PreparedProof {
  readonly margin: Margin;
  /** Secret: holds the whole book. */
  readonly input: CircuitInput;
  readonly expected: PublicSignals;
}

/** @throws PortfolioError if the book does not fit the tier, MarginRangeError if a term is out of range */
export function prepareProof(
  payload: RiskPayload, tree: RiskTree, portfolio: Portfolio, salt: bigint, statement: Statement, tier: Tier,
): PreparedProof {
  requireFits(portfolio, tier);
  const margin = computeMargin(payload, portfolio, statement);
  const opened = openedBuckets(payload, tree, portfolio, tier.buckets);
  const input: CircuitInput = {
    context: statement.context,
    terms: packTerms({ ...statement, disclose: discloseSignal(statement.disclose) }),
    count: BigInt(portfolio.holdings.length),
    salt,
    cash: toField(portfolio.cash),
    ...slotInputs(portfolio.holdings, opened, tier.positions),
    ...bucketInputs(opened, tree),
    node: tree.nodes,
    weight: payload.weights.map(BigInt),
    damping: payload.damping.map(BigInt),
    tail: payload.tail,
    buffer: payload.buffer,
    granularity: payload.granularity,
    epoch: BigInt(payload.epoch),
    time: BigInt(payload.time),
    threshold: toField(margin.shortfall.threshold),
    inTail: margin.shortfall.inTail.map(bit),
    boundary: margin.losses.map((_, s) => bit(s === margin.shortfall.boundary)),
  };
  return { margin, input, expected: expectedSignals(margin, payload, tree, portfolioCommitment(portfolio, salt), statement) };
}

export function expectedSignals(
  margin: Margin, payload: RiskPayload, tree: RiskTree, commitment: bigint, statement: Statement,
): PublicSignals {
  const g = payload.granularity;
  return {
    healthy: bit(margin.healthy),
    // Rounded against the account, and so that exact values leak less.
    disclosedRequirement: statement.disclose.requirement ? g * ceilDiv(margin.requirement, g) : 0n,
    disclosedEquity: statement.disclose.equity ? g * floorDiv(margin.equity, g) + SIGNED_OFFSET : 0n,
    portfolioCommitment: commitment,
    riskRoot: tree.riskRoot,
    context: statement.context,
    factor: statement.factor,
    disclose: discloseSignal(statement.disclose),
    collateral: statement.collateral,
  };
}

interface OpenedBucket {
  readonly bucket: RiskBucket;
  readonly tree: BucketTree;
}

/** The book's buckets, and as many others as the tier opens, in ascending index. */
function openedBuckets(payload: RiskPayload, tree: RiskTree, portfolio: Portfolio, count: number): OpenedBucket[] {
  const indices = new Set(portfolio.holdings.map(({ location }) => location.bucket.index));
  for (let index = 0; indices.size < count && index < BUCKETS; index++) indices.add(index);
  return [...indices].sort((a, b) => a - b).map((index) => ({
    bucket: payload.buckets.find((bucket) => bucket.index === index) ?? { ...EMPTY_BUCKET, index },
    tree: tree.buckets.get(index) ?? emptyBucketTree(index),
  }));
}

/** Slots of the book, then null slots: they open place 0 of the first opened bucket, the empty leaf. */
function slotInputs(holdings: readonly Holding[], opened: readonly OpenedBucket[], positions: number): Record<string, CircuitValue[]> {
  const inputs: Record<string, CircuitValue[]> = {
    used: [], id: [], quantity: [], sign: [], gridElement: [], linearElement: [], longCharge: [], shortCharge: [],
    inBucket: [], groupBit: [], placeBit: [], leaf: [],
  };
  const push = (name: string, value: CircuitValue) => inputs[name]!.push(value);
  for (let i = 0; i < positions; i++) {
    const holding = holdings[i];
    const at = holding === undefined ? 0 : opened.findIndex(({ bucket }) => bucket.index === holding.location.bucket.index);
    const place = holding?.location.place ?? 0;
    const instrument = holding?.location.instrument;
    const quantity = holding?.quantity ?? 0n;
    const elements = instrument === undefined ? EMPTY_LEAF_ELEMENTS : leafElements(instrument);
    const group = Math.floor(place / GROUP_SIZE);
    push("used", bit(holding !== undefined));
    push("id", BigInt(instrument?.id ?? 0));
    push("quantity", quantity < 0n ? -quantity : quantity);
    push("sign", bit(quantity < 0n));
    push("gridElement", elements.grid);
    push("linearElement", elements.linear);
    push("longCharge", instrument?.longCharge ?? 0n);
    push("shortCharge", instrument?.shortCharge ?? 0n);
    push("inBucket", opened.map((_, b) => bit(b === at)));
    push("groupBit", bits(group, 4));
    push("placeBit", bits(place % GROUP_SIZE, 4));
    push("leaf", opened[at]!.tree.leaves[group]!);
  }
  return inputs;
}

function bucketInputs(opened: readonly OpenedBucket[], tree: RiskTree): CircuitInput {
  return {
    indexBit: opened.map(({ bucket }) => bits(bucket.index, 6)),
    asset: opened.map(({ bucket }) => BigInt(bucket.asset)),
    lambdaDelta: opened.map(({ bucket }) => bucket.lambdaDelta),
    lambdaVega: opened.map(({ bucket }) => bucket.lambdaVega),
    group: opened.map(({ tree: { groups } }) => groups),
    sibling: opened.map(({ bucket }) => {
      const from = 8 * Math.floor(bucket.index / 8);
      return tree.bucketHashes.slice(from, from + 8);
    }),
    nodeBit: opened.map(({ bucket }) => bucket.column.map((node) => bits(node, 4))),
  };
}

function bits(value: number, width: number): bigint[] {
  return Array.from({ length: width }, (_, i) => BigInt((value >> i) & 1));
}

function bit(value: boolean): bigint {
  return value ? 1n : 0n;
}

/**
 * Random cases for the comparison of risk core and circuit. What fast-check draws and shrinks is a plan, a few small numbers; buildCase
 * makes payload, book and statement of it.
 */
import fc from "fast-check";
import { STRESS_ROWS } from "../../../src/policy/risk-model.js";
import { riskTree, type RiskTree } from "../../../src/risk/instrument-tree.js";
import { computeMargin, MAX_FACTOR } from "../../../src/risk/margin.js";
import { canonicalPortfolio, MAX_CASH, type Holding, type Portfolio } from "../../../src/risk/portfolio.js";
import { indexInstruments, type InstrumentLocation, type RiskBucket, type RiskPayload } from "../../../src/risk/risk-payload.js";
import { scenarioLosses, bucketExposures } from "../../../src/risk/scenario-pnl.js";
import type { Statement, Tier } from "../../../src/witness/circuit-input.js";

/** A payload that cases draw from. */
export interface World {
  readonly name: string;
  readonly payload: RiskPayload;
  readonly tree: RiskTree;
}

export interface DifferentialCase {
  readonly tier: Tier;
  readonly payload: RiskPayload;
  readonly tree: RiskTree;
  readonly portfolio: Portfolio;
  readonly salt: bigint;
  readonly statement: Statement;
}

/** Plain numbers, each with its simplest value first. */
export interface Plan {
  readonly world: number;
  /** Of the world's buckets, taken modulo their number. */
  readonly buckets: readonly number[];
  readonly positions: readonly { readonly instrument: number; readonly lots: bigint; readonly short: boolean }[];
  readonly cash: bigint;
  readonly weights: "own" | "one scenario" | "sparse" | "equal";
  /** T: the payload's own, all of the weight, 1, or the weight of the worst scenarios, a unit more or less. */
  readonly tail: "own" | "all" | "one" | "boundary" | "below boundary" | "above boundary";
  readonly damping: "own" | "none" | "full";
  readonly buffer: bigint;
  readonly granularity: bigint;
  readonly factor: bigint;
  readonly collateral: bigint;
  readonly requirement: boolean;
  readonly equity: boolean;
  /** Cash that makes equity the requirement plus this, where it fits; else the plan's cash. */
  readonly surplus: bigint | null;
  readonly context: bigint;
  readonly salt: bigint;
}

/** Any size up to 2^bits - 1, small ones as often as large ones, and both ends. */
const sized = (bits: number) => fc.tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), fc.nat(bits - 1)).map(([value, less]) => value >> BigInt(less));
const lots = sized(25).map((value) => (value === 0n ? 1n : value));
const signed = (bits: number) => fc.tuple(sized(bits), fc.boolean()).map(([value, negative]) => (negative ? -value : value));

export function planArbitrary(worlds: number, tier: Tier): fc.Arbitrary<Plan> {
  return fc.record({
    world: fc.nat(worlds - 1),
    buckets: fc.array(fc.nat(63), { minLength: 1, maxLength: tier.buckets }),
    positions: fc.array(positionArbitrary, { maxLength: tier.positions, size: "max" }),
    cash: signed(71),
    weights: fc.constantFrom("own", "one scenario", "sparse", "equal"),
    tail: fc.constantFrom("own", "all", "one", "boundary", "below boundary", "above boundary"),
    damping: fc.constantFrom("own", "none", "full"),
    buffer: sized(16),
    granularity: sized(40).map((value) => (value === 0n ? 1n : value)),
    factor: fc.oneof({ withCrossShrink: true }, fc.constantFrom(1n << 16n, 85_197n, 0n, 1n, MAX_FACTOR), sized(24)),
    collateral: sized(72),
    requirement: fc.boolean(),
    equity: fc.boolean(),
    surplus: fc.option(fc.constantFrom(0n, -1n, 1n), { nil: null }),
    context: sized(253),
    salt: sized(253),
  });
}

const positionArbitrary = fc.record({ instrument: fc.nat(), lots, short: fc.boolean() });

export function buildCase(plan: Plan, worlds: readonly World[], tier: Tier): DifferentialCase {
  const world = worlds[plan.world]!;
  const holdings = planHoldings(plan, world.payload, tier);
  const payload = planPayload(plan, world.payload, holdings);
  const statement: Statement = {
    context: plan.context, factor: plan.factor, collateral: plan.collateral, disclose: { requirement: plan.requirement, equity: plan.equity },
  };
  const portfolio = canonicalPortfolio(planCash(plan, payload, holdings, statement), holdings);
  return { tier, payload, tree: riskTree(payload, [...world.tree.buckets.values()]), portfolio, salt: plan.salt, statement };
}

/** At most the tier's slots, of the plan's buckets. */
function planHoldings(plan: Plan, payload: RiskPayload, tier: Tier): Holding[] {
  const occupied = payload.buckets.filter(({ instruments }) => instruments.length > 0);
  const buckets = new Set<RiskBucket>(plan.buckets.map((index) => occupied[index % occupied.length]!));
  const { byId } = indexInstruments(payload);
  const locations = [...buckets].flatMap(({ instruments }) => instruments.map(({ id }) => byId.get(id)!));
  const merged = new Map<InstrumentLocation, bigint>();
  const free = [...locations];
  for (const { instrument, lots, short } of plan.positions) {
    // Each another instrument while there are any; then they add up, to positions of several slots.
    const location = free.length > 0 ? free.splice(instrument % free.length, 1)[0]! : locations[instrument % locations.length]!;
    merged.set(location, (merged.get(location) ?? 0n) + (short ? -lots : lots));
  }
  const holdings = [...merged].filter(([, quantity]) => quantity !== 0n).map(([location, quantity]) => ({ location, quantity }));
  while (canonicalPortfolio(0n, holdings).holdings.length > tier.positions) holdings.pop();
  return holdings;
}

function planPayload(plan: Plan, own: RiskPayload, holdings: readonly Holding[]): RiskPayload {
  const weights = {
    own: () => own.weights,
    "one scenario": () => own.weights.map((_, s) => (s === 77 ? 1_000 : 0)),
    sparse: () => own.weights.map((weight, s) => (s % 3 === 0 ? Math.max(1, weight) : 0)),
    equal: () => own.weights.map(() => 1),
  }[plan.weights]();
  const damping = {
    own: () => own.damping,
    none: () => new Array<number>(STRESS_ROWS).fill(1023),
    full: () => new Array<number>(STRESS_ROWS).fill(0),
  }[plan.damping]();
  return { ...own, weights, damping, tail: planTail(plan, own, weights, holdings), buffer: plan.buffer, granularity: plan.granularity };
}

/** The boundaries lie where the running sum of the weights stands after the worst scenarios, half of them. */
function planTail({ tail, positions }: Plan, own: RiskPayload, weights: readonly number[], holdings: readonly Holding[]): bigint {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const losses = scenarioLosses(bucketExposures(canonicalPortfolio(0n, holdings).holdings));
  const order = weights.map((_, s) => s).filter((s) => weights[s]! > 0).sort((a, b) => (losses[a]! > losses[b]! ? -1 : 1));
  const boundary = order.slice(0, 1 + ((positions.length * 7) % order.length)).reduce((sum, s) => sum + weights[s]!, 0);
  const chosen = { own: Number(own.tail), all: total, one: 1, boundary, "below boundary": boundary - 1, "above boundary": boundary + 1 }[tail];
  return BigInt(Math.min(total, Math.max(1, chosen)));
}

function planCash(plan: Plan, payload: RiskPayload, holdings: readonly Holding[], statement: Statement): bigint {
  if (plan.surplus === null) return plan.cash;
  const { equity, requirement } = computeMargin(payload, canonicalPortfolio(0n, holdings), statement);
  const cash = requirement - equity + plan.surplus;
  return cash >= -MAX_CASH && cash < MAX_CASH ? cash : plan.cash;
}

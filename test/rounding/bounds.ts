/** How far the risk core's figures are from the exact ones of the reference, per book. */
import { computeMargin } from "../../src/risk/margin.js";
import type { Statement } from "../../src/witness/circuit-input.js";
import type { PricedMarket } from "../reference/markets.js";
import type { ExactMargin, Rational, Reference } from "../reference/reference.js";
import type { Book } from "./books.js";

/** 0.02 of the quote currency, value units. */
const ABSOLUTE = 20_000n;
/** 1e-5 of the gross notional. */
const RELATIVE = 100_000n;

export interface RoundingResult {
  /** What must not happen; empty if the bounds hold. */
  readonly broken: readonly string[];
  /** Maintenance margin less its exact value (the option charges at their least), value units, down to 2^-32 of one. */
  readonly excess: number;
  /** The same over the gross notional. */
  readonly relativeExcess: number;
  /** Exact equity less equity, over the gross notional. */
  readonly equityGap: number;
}

/** @param compute the margin that is measured */
export async function measureRounding(reference: Reference, market: PricedMarket, book: Book, compute = computeMargin): Promise<RoundingResult> {
  const { factor, collateral, portfolio, parameters } = book;
  const statement: Statement = { context: 0n, factor, collateral, disclose: { requirement: false, equity: false } };
  const margin = compute({ ...market.payload, ...parameters }, portfolio, { factor, collateral });
  const exact = await reference.exact(market.name, portfolio, statement, parameters);
  const excess = minus(margin.maintenance, exact.maintenance);
  const equityGap = negate(minus(margin.equity, exact.equity));
  const largest = plus(plus(excess, exact.chargeSlack), { numerator: -ABSOLUTE, denominator: 1n });
  const grossLots = portfolio.holdings.reduce((sum, { quantity }) => sum + (quantity < 0n ? -quantity : quantity), 0n);
  const rules: Readonly<Record<string, boolean>> = {
    "maintenance margin is never below the exact one": sign(excess) >= 0n,
    "it is at most 1e-5 of the gross notional and 0.02 above it": sign(plus(largest, negate(times(exact.notional, 1n, RELATIVE)))) <= 0n,
    "the requirement is never below the exact one": sign(minus(margin.requirement, exact.requirement)) >= 0n,
    "equity is never above the exact one": sign(equityGap) >= 0n,
    "it is at most one unit a lot below it": sign(plus(equityGap, { numerator: -grossLots, denominator: 1n })) <= 0n,
    "an account that is called healthy is healthy exactly": !margin.healthy || sign(plus(exact.equity, negate(exact.requirement))) >= 0n,
  };
  return {
    broken: Object.entries(rules).filter(([, holds]) => !holds).map(([rule]) => rule),
    excess: toNumber(plus(excess, exact.chargeSlack)),
    relativeExcess: overNotional(plus(excess, exact.chargeSlack), exact),
    equityGap: overNotional(equityGap, exact),
  };
}

/** The value at a share of the sorted list, and its ends. */
export function quantiles(values: readonly number[], shares: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return shares.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
}

function minus(integer: bigint, { numerator, denominator }: Rational): Rational {
  return { numerator: integer * denominator - numerator, denominator };
}

function plus(a: Rational, b: Rational): Rational {
  return { numerator: a.numerator * b.denominator + b.numerator * a.denominator, denominator: a.denominator * b.denominator };
}

function times({ numerator, denominator }: Rational, factor: bigint, divisor: bigint): Rational {
  return { numerator: numerator * factor, denominator: denominator * divisor };
}

function negate({ numerator, denominator }: Rational): Rational {
  return { numerator: -numerator, denominator };
}

/** -1, 0 or 1. */
function sign({ numerator }: Rational): bigint {
  return numerator > 0n ? 1n : numerator < 0n ? -1n : 0n;
}

function toNumber({ numerator, denominator }: Rational): number {
  return Number((numerator << 32n) / denominator) / 2 ** 32;
}

function overNotional(value: Rational, { notional }: ExactMargin): number {
  return notional.numerator === 0n ? 0 : toNumber(value) / toNumber(notional);
}

/** Ranges that the headers of the templates state, by the signal of the whole circuit that they speak of. */
import type { Range } from "./value.js";

export interface Claim {
  readonly template: string;
  readonly signal: string;
  readonly range: Range;
  /** True: for a payload that `risk check` accepts. False: by constraints alone. */
  readonly checked: boolean;
}

/** [0, 2^bits) */
export const unsigned = (bits: number): Range => ({ lo: 0n, hi: (1n << BigInt(bits)) - 1n });
/** |x| < 2^bits */
export const signed = (bits: number): Range => ({ lo: 1n - (1n << BigInt(bits)), hi: (1n << BigInt(bits)) - 1n });
/** [-2^bits, 2^bits) */
const window = (bits: number): Range => ({ lo: -(1n << BigInt(bits)), hi: (1n << BigInt(bits)) - 1n });
/** What CeilDivPow2(shift, bits) has a witness for. */
export const dividend = (shift: number, bits: number): Range => ({ lo: 1n - (1n << BigInt(shift)), hi: (1n << BigInt(shift + bits)) - (1n << BigInt(shift)) });

const always = (template: string, signal: string, range: Range): Claim => ({ template, signal: `main.${signal}`, range, checked: false });
const promised = (template: string, signal: string, range: Range): Claim => ({ template, signal: `main.${signal}`, range, checked: true });

const LARGEST_BOOK = 450n;

export function claims(positions: number): Claim[] {
  return [
    always("PortfolioCommitment", "portfolio.count", { lo: 0n, hi: BigInt(positions) }),
    always("PortfolioCommitment", "portfolio.used[]", unsigned(1)),
    always("PortfolioCommitment", "portfolio.id[]", unsigned(32)),
    always("PortfolioCommitment", "portfolio.quantity[]", unsigned(25)),
    always("PortfolioCommitment", "portfolio.sign[]", unsigned(1)),
    always("PortfolioCommitment", "portfolio.cash", window(71)),
    always("PortfolioCommitment", "portfolio.slot[]", unsigned(58)),
    always("InstrumentOpening", "instrument[].id", unsigned(32)),
    always("InstrumentOpening", "instrument[].longCharge", unsigned(28)),
    always("InstrumentOpening", "instrument[].shortCharge", unsigned(28)),
    always("InstrumentOpening", "instrument[].groupBit[]", unsigned(1)),
    always("InstrumentOpening", "instrument[].placeBit[]", unsigned(1)),
    always("BucketOpening", "bucket[].indexBit[]", unsigned(1)),
    always("BucketOpening", "bucket[].index", unsigned(6)),
    always("StrictlyIncreasing", "increasing.index[]", unsigned(6)),
    always("GridPnl", "grid.signedQuantity[]", signed(25)),
    promised("UnpackLanes", "grid.grid[][].lane[]", signed(62)),
    always("UnpackLanes", "grid.grid[][].lane[]", window(62)),
    promised("GridPnl", "grid.pnl[][][]", signed(62)),
    promised("GridPnl", "grid.mark[]", signed(62)),
    promised("GridPnl", "grid.dollarDelta[]", signed(62)),
    promised("GridPnl", "grid.vega[]", signed(62)),
    // The caller adds up to 32 buckets.
    always("GridPnl", "shortfall.loss[]", signed(67)),
    always("ScenarioColumn", "column[].column[]", unsigned(248)),
    always("ScenarioColumn", "column[].nodeBit[][]", unsigned(1)),
    promised("ExpectedShortfall", "shortfall.loss[]", signed(62)),
    always("ExpectedShortfall", "shortfall.loss[]", signed(67)),
    always("ExpectedShortfall", "shortfall.weight[]", unsigned(20)),
    always("ExpectedShortfall", "shortfall.tail", { lo: 1n, hi: (1n << 28n) - 1n }),
    always("ExpectedShortfall", "shortfall.inTail[]", unsigned(1)),
    always("ExpectedShortfall", "shortfall.boundary[]", unsigned(1)),
    always("ExpectedShortfall", "shortfall.thetaRange.in", unsigned(20)),
    always("ExpectedShortfall", "shortfall.es", window(63)),
    always("WorstLoss", "worst.loss[]", signed(67)),
    always("WorstLoss", "worst.damping[]", unsigned(10)),
    promised("WorstLoss", "worst.damped[]", signed(72)),
    always("WorstLoss", "worst.worst", unsigned(63)),
    promised("Liquidity", "liquidity.asset[]", unsigned(64)),
    promised("Liquidity", "liquidity.lambdaDelta[]", unsigned(64)),
    promised("Liquidity", "liquidity.lambdaVega[]", unsigned(64)),
    // Runs add up an asset's buckets, so this is of the whole book.
    promised("Liquidity", "liquidity.run[]", signed(62)),
    promised("Liquidity", "liquidity.vega[]", signed(62)),
    promised("Liquidity", "liquidity.deltaCost[]", unsigned(188)),
    promised("Liquidity", "liquidity.vegaCost[]", unsigned(188)),
    always("Liquidity", "liquidity.liquidity", unsigned(80)),
    always("MaintenanceMargin", "margin.es", window(63)),
    always("MaintenanceMargin", "margin.worst", unsigned(63)),
    always("MaintenanceMargin", "margin.shortLots", { lo: 0n, hi: LARGEST_BOOK << 25n }),
    always("MaintenanceMargin", "margin.buffer", unsigned(16)),
    always("MaintenanceMargin", "margin.liquidity", unsigned(80)),
    // Half of it in truth: a position is long or short, which an interval of the sum does not see.
    always("MaintenanceMargin", "margin.charges", { lo: 0n, hi: 2n * (LARGEST_BOOK << 53n) }),
    always("MaintenanceMargin", "margin.loss", unsigned(63)),
    always("MaintenanceMargin", "margin.maintenance", unsigned(81)),
    always("Terms", "asked.terms", unsigned(98)),
    always("Terms", "asked.factor", unsigned(24)),
    always("Terms", "asked.disclose[]", unsigned(1)),
    always("Terms", "asked.collateral", unsigned(72)),
    always("Disclosure", "disclosure.maintenance", unsigned(81)),
    always("Disclosure", "disclosure.factor", unsigned(24)),
    always("Disclosure", "disclosure.equity", signed(75)),
    always("Disclosure", "disclosure.granularity", { lo: 1n, hi: (1n << 40n) - 1n }),
    always("Disclosure", "disclosure.disclose[]", unsigned(1)),
    always("Disclosure", "disclosure.healthy", unsigned(1)),
    always("Disclosure", "disclosure.disclosedRequirement", unsigned(91)),
    always("Disclosure", "disclosure.disclosedEquity", unsigned(101)),
    always("RiskRoot", "root.tail", unsigned(28)),
    always("RiskRoot", "root.buffer", unsigned(16)),
    always("RiskRoot", "root.granularity", unsigned(40)),
    always("RiskRoot", "root.weight[]", unsigned(20)),
    always("RiskRoot", "root.damping[]", unsigned(10)),
    ...([["disclosure.scaled", 16, 90], ["margin.buffered", 16, 66], ["worst.undamp", 10, 63], ["liquidity.scaled", 80, 80]] as const).flatMap(([signal, shift, bits]) => [
      always("CeilDivPow2", `${signal}.in`, dividend(shift, bits)),
      always("CeilDivPow2", `${signal}.out`, unsigned(bits)),
    ]),
    ...([["shortfall.mean", 28, 64], ["disclosure.up", 40, 92], ["disclosure.down", 40, 92]] as const).flatMap(([signal, divisorBits, bits]) => [
      always("CeilDiv", `${signal}.divisor`, { lo: 1n, hi: (1n << BigInt(divisorBits)) - 1n }),
      always("CeilDiv", `${signal}.ceil`, window(bits - 1)),
    ]),
  ];
}

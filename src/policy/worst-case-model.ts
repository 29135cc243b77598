import type { MarketSnapshot } from "../market/market-snapshot.js";
import { DAY } from "../market/utc-time.js";
import { Q32, abs, ceilDiv, floorDiv } from "../math/fixed-point.js";
import { amountUnitsDown, decimalQ16Up, decimalQ32, decimalUnits } from "./decimals.js";
import { NODES, REGIMES, REGIME_BLOCK, SCENARIOS, type AssetRisk, type RiskModel, type SurfaceRegime } from "./risk-model.js";
import { type WorstCasePolicy, priceRangeUnits } from "./worst-case-policy.js";

const UNIT = decimalUnits("1");
/** Distance of fillers, Q32: enough to stay apart where a short-dated instrument sees only a share of the move, sqrt(1 s / 14 d). */
const FILLER_STEP = 1n << 12n;
/** 1,000,000 of the quote currency in value units, squared. */
const REFERENCE_SQUARED = 10n ** 24n;

/** One node of a regime: a row of the policy, or a filler that the payload's form asks for. */
export interface GridNode {
  /** Of the policy, as text; absent for a filler. */
  readonly move?: string;
  /** Factor (damping + 1) / 1024. */
  readonly damping: number;
}

/**
 * The 14 nodes of a regime in ascending order. The rows come with their damping, rounded up to 1024ths. A payload has exactly 14
 * nodes, each in a stress row that counts at least 1/1024, so the missing ones stand 2^-20, 2 x 2^-20.. above the row of the least move, where they
 * see its loss but for 1.3e-5 of the notional, and count 1/1024 of it.
 */
export function gridNodes(rows: WorstCasePolicy["scenarios"]["regimes"][number]["rows"]): readonly GridNode[] {
  const nodes: GridNode[] = rows.map(({ move, damping }) => ({ move, damping: Number(ceilDiv(decimalUnits(damping) * 1024n, UNIT)) - 1 }));
  const fillers = Array.from({ length: NODES - rows.length }, (): GridNode => ({ damping: 0 }));
  return [...nodes.slice(0, leastMove(rows) + 1), ...fillers, ...nodes.slice(leastMove(rows) + 1)];
}

/**
 * All weight on an unmoved scenario, so that the expected shortfall is 0; the 56 stress rows carry the grid, row k of a regime moving every asset to
 * its node k. A pure function of its inputs.
 */
export function worstCaseModel(snapshot: Pick<MarketSnapshot, "time" | "epoch" | "assets">, policy: WorstCasePolicy): RiskModel {
  const { scenarios, charges, margin } = policy;
  const column = Array.from({ length: SCENARIOS }, (_, s) => {
    const row = (s % REGIME_BLOCK) - (REGIME_BLOCK - NODES);
    return row < 0 ? NODES : row;
  });
  const lambda = (cost: string) => ceilDiv(ceilDiv(decimalUnits(cost), 100n) << 80n, REFERENCE_SQUARED);
  return {
    time: snapshot.time,
    epoch: snapshot.epoch,
    horizon: policy.horizon,
    tail: 1n,
    buffer: decimalQ16Up(margin.buffer),
    initialFactor: decimalQ16Up(margin.initialFactor),
    granularity: amountUnitsDown(margin.granularity),
    weights: Array.from({ length: SCENARIOS }, (_, s) => (s === 0 ? 1 : 0)),
    damping: scenarios.regimes.flatMap(({ rows }) => gridNodes(rows).map(({ damping }) => damping)),
    regimes: scenarios.regimes.map((regime) => surfaceRegime(scenarios, regime)),
    assets: snapshot.assets.map(({ symbol }): AssetRisk => ({
      symbol,
      volatility: 0n,
      spotLevels: Array.from({ length: REGIMES }, (_, r) => levels(scenarios.regimes[r]!.rows, priceRangeUnits(policy, symbol))),
      column,
      lambdaDelta: lambda(charges.deltaCost),
      lambdaVega: lambda(charges.vegaCost),
      spotHaircut: decimalQ32(charges.spotHaircut),
      shortSpotCharge: decimalQ32(charges.shortSpot),
      shortOptionMinimum: decimalQ32(charges.shortOption),
      futureCharge: decimalQ32(charges.future),
    })),
    bands: [...margin.bandDays.map((days) => days * DAY), Number.MAX_SAFE_INTEGER],
    gapSafety: decimalQ32(charges.gapSafety),
  };
}

function surfaceRegime(scenarios: WorstCasePolicy["scenarios"], regime: WorstCasePolicy["scenarios"]["regimes"][number]): SurfaceRegime {
  return {
    name: regime.name,
    elapsed: decimalQ32(regime.elapsed),
    endsAtExpiry: regime.endsAtExpiry,
    volShock: decimalQ32(regime.volShock),
    tenorFloor: scenarios.tenorFloor,
    shortPower: decimalQ32(scenarios.shortPower),
    longPower: decimalQ32(scenarios.longPower),
    skewShock: decimalQ32(regime.skewShock),
    rateShock: decimalQ32(regime.rateShock),
    minMultiplier: decimalQ32(scenarios.minimumMultiplier),
  };
}

/** Spot levels, Q32, rounded away from zero. */
function levels(rows: readonly { readonly move: string }[], range: bigint): bigint[] {
  const own = rows.map(({ move }) => {
    const product = decimalUnits(move) * range * Q32;
    return product < 0n ? floorDiv(product, UNIT * UNIT) : ceilDiv(product, UNIT * UNIT);
  });
  const least = leastMove(rows);
  const base = own[least] ?? 0n;
  const fillers = Array.from({ length: NODES - own.length }, (_, k) => base + FILLER_STEP * BigInt(k + (own.length > 0 ? 1 : 0)));
  return [...own.slice(0, least + 1), ...fillers, ...own.slice(least + 1)];
}

/** Index of the row whose move is the least in size; -1 if there is none. */
function leastMove(rows: readonly { readonly move: string }[]): number {
  const sizes = rows.map(({ move }) => abs(decimalUnits(move)));
  return sizes.reduce((least, size, k) => (least < 0 || size < sizes[least]! ? k : least), -1);
}

import { Q32 } from "../../src/math/fixed-point.js";
import type { ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import { type AssetRisk, NODES, REGIMES, REGIME_BLOCK, type RiskModel, SCENARIOS, STRESS_ROWS, type SurfaceRegime } from "../../src/policy/risk-model.js";

export const TIME = 1_790_000_000;
export const DAY = 86_400;

/** Q32 of a ratio given in 1e-6. */
export function ratio(millionths: number): bigint {
  return (BigInt(millionths) * Q32) / 1_000_000n;
}

const LEVELS = [-600_000, -350_000, -200_000, -150_000, -100_000, -50_000, 0, 50_000, 100_000, 150_000, 200_000, 350_000, 750_000, 2_000_000];

function regime(name: string, elapsed: number, volShock: number, skewShock: number, rateShock: number): SurfaceRegime {
  return {
    name,
    elapsed: ratio(elapsed),
    volShock: ratio(volShock),
    tenorFloor: DAY,
    shortPower: ratio(300_000),
    longPower: ratio(130_000),
    skewShock: ratio(skewShock),
    rateShock: ratio(rateShock),
    endsAtExpiry: false,
    minMultiplier: ratio(300_000),
  };
}

/** The last 14 rows of each regime block visit the 14 nodes; the other scenarios stay where they are. */
export function stressOnlyColumn(): number[] {
  return Array.from({ length: SCENARIOS }, (_, s) => {
    const row = (s % REGIME_BLOCK) - (REGIME_BLOCK - NODES);
    return row < 0 ? NODES : row;
  });
}

export function assetRisk(changes: Partial<AssetRisk> = {}): AssetRisk {
  return {
    symbol: "BTC",
    volatility: ratio(600_000),
    // Levels differ by regime, as a wider minimum range makes them.
    spotLevels: Array.from({ length: REGIMES }, (_, r) => LEVELS.map((level) => ratio((level * (20 + r)) / 20 > -950_000 ? Math.round((level * (20 + r)) / 20) : level))),
    column: stressOnlyColumn(),
    lambdaDelta: 0n,
    lambdaVega: 0n,
    spotHaircut: ratio(20_000),
    shortSpotCharge: ratio(30_000),
    shortOptionMinimum: ratio(5_000),
    futureCharge: ratio(1_000),
    ...changes,
  };
}

/** Undamped: every stress row counts in full. */
export function riskModel(changes: Partial<RiskModel> = {}): RiskModel {
  return {
    time: TIME,
    epoch: TIME,
    horizon: DAY,
    tail: 1n,
    buffer: 0n,
    granularity: 1n,
    initialFactor: 1n << 16n,
    weights: new Array<number>(SCENARIOS).fill(1),
    damping: new Array<number>(STRESS_ROWS).fill(1023),
    regimes: [
      regime("vol down", 1_000_000, -300_000, 0, 0),
      regime("flat", 1_000_000, 0, 0, 0),
      regime("vol up", 0, 600_000, 0, 0),
      regime("vol up, skew", 0, 450_000, 400_000, -50_000),
    ],
    assets: [assetRisk()],
    bands: [Number.MAX_SAFE_INTEGER],
    gapSafety: ratio(1_250_000),
    ...changes,
  };
}

/** All regimes alike: no shocks, the whole horizon gone. */
export function flatRegimes(): SurfaceRegime[] {
  return ["a", "b", "c", "d"].map((name) => regime(name, 1_000_000, 0, 0, 0));
}

let nextId = 1;

export function listed(changes: Partial<ListedInstrument>): ListedInstrument {
  const id = changes.id ?? nextId++;
  return { id, name: `I-${id}`, asset: "BTC", kind: "spot", tick: "0.01", lot: "0.0001", status: "live", forward: "50000.00", ...changes };
}

export function option(changes: Partial<ListedInstrument>): ListedInstrument {
  return listed({ kind: "option", optionType: "call", strike: "50000", expiry: TIME + 30 * DAY, volatility: "0.6", ...changes });
}

export function snapshotOf(...instruments: ListedInstrument[]): MarketSnapshot {
  return {
    format: "zkmargin-market-snapshot-1",
    time: TIME,
    epoch: TIME,
    quoteCurrency: "USD",
    assets: [{ symbol: "BTC", index: "50000", history: [] }],
    instruments,
  };
}

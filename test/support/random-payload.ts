/** Payloads and books for differential tests: any values in range, not only those that a market gives. */
import { NODES, REGIMES, REGIME_BLOCK, SCENARIOS, STRESS_ROWS } from "../../src/policy/risk-model.js";
import { checkRanges } from "../../src/risk/risk-check.js";
import { canonicalPortfolio, MAX_SLOT_LOTS, type Holding, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type InstrumentLocation, type PricedInstrument, type RiskBucket, type RiskPayload } from "../../src/risk/risk-payload.js";
import type { Random } from "./random.js";

const LANE = (1n << 28n) - 1n;

export interface PayloadShape {
  /** Buckets of each asset. */
  readonly assets: readonly number[];
  readonly instrumentsPerBucket: number;
  /** Largest |d| and the like; 2^28 - 1 is the limit. */
  readonly size?: bigint;
}

export function randomPayload(random: Random, { assets, instrumentsPerBucket, size = LANE }: PayloadShape): RiskPayload {
  const weights = Array.from({ length: SCENARIOS }, (_, s) => (s % REGIME_BLOCK >= 34 ? 0 : random.chance(0.1) ? 0 : random.integer(1, (1 << 20) - 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const buckets: RiskBucket[] = [];
  let id = 0;
  let index = 0;
  assets.forEach((count, at) => {
    const lambdaDelta = random.big(0n, 1n << 40n);
    index += random.chance(0.3) ? random.integer(1, 3) : 0;
    for (let b = 0; b < count; b++) {
      const instruments = Array.from({ length: instrumentsPerBucket }, () => randomInstrument(random, ++id, size));
      buckets.push({
        index: index++, asset: at + 1, symbol: `A${at + 1}`, band: b, spotLevels: [], column: randomColumn(random),
        lambdaDelta, lambdaVega: random.big(0n, 1n << 40n), instruments,
      });
    }
  });
  const payload: RiskPayload = {
    format: "zkmargin-risk-payload-1", epoch: random.integer(1, 1e9), time: 1_770_306_692, quoteCurrency: "USD",
    tail: BigInt(random.integer(1, Math.max(1, Math.floor(total / random.pick([1, 10, 100, 1000]))))),
    buffer: random.big(0n, 65_535n), granularity: random.pick([1n, 1_000_000n, 100_000_000n, (1n << 40n) - 1n]),
    initialFactor: 85_197n, weights, damping: Array.from({ length: STRESS_ROWS }, () => random.integer(0, 1023)), regimes: ["down", "flat", "up", "skew"], buckets, settled: [],
  };
  checkRanges(payload);
  return payload;
}

function randomInstrument(random: Random, id: number, size: bigint): PricedInstrument {
  const signed = () => random.big(-size, size);
  return {
    id, name: `I${id}`, lot: "0.0001", stale: false,
    scenarioDeltas: Array.from({ length: REGIMES }, () => Array.from({ length: NODES }, signed)),
    mark: signed(), dollarDelta: signed(), vega: signed(),
    longCharge: random.big(0n, size), shortCharge: random.big(0n, size),
  };
}

/** Random nodes, and in the stress rows of each regime a permutation of all of them. */
function randomColumn(random: Random): number[] {
  const column: number[] = [];
  for (let r = 0; r < REGIMES; r++) {
    for (let k = 0; k < REGIME_BLOCK - STRESS_ROWS / REGIMES; k++) column.push(random.integer(0, NODES));
    const nodes = Array.from({ length: NODES }, (_, j) => j);
    for (let j = nodes.length - 1; j > 0; j--) {
      const other = random.integer(0, j);
      [nodes[j], nodes[other]] = [nodes[other]!, nodes[j]!];
    }
    column.push(...nodes);
  }
  return column;
}

/** A book of at most `positions` slots over at most `buckets` buckets. */
export function randomPortfolio(random: Random, payload: RiskPayload, limits: { positions: number; buckets: number; lots?: bigint }): Portfolio {
  const chosen = [...payload.buckets].sort(() => random.integer(-1, 1)).slice(0, random.integer(1, limits.buckets));
  const indices = new Set(chosen.map(({ index }) => index));
  const locations = [...indexInstruments(payload).byId.values()].filter(({ bucket }) => indices.has(bucket.index));
  const count = random.integer(0, Math.min(limits.positions, locations.length));
  const lots = limits.lots ?? MAX_SLOT_LOTS;
  const holdings: Holding[] = [];
  for (let i = 0; i < count; i++) {
    const location = locations.splice(random.integer(0, locations.length - 1), 1)[0] as InstrumentLocation;
    holdings.push({ location, quantity: (random.chance(0.5) ? 1n : -1n) * random.big(1n, lots) });
  }
  return canonicalPortfolio(random.big(-(1n << 50n), 1n << 50n), holdings);
}

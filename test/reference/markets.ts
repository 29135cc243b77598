/**
 * Priced markets for tests that compare whole books: the generated example chain, real chains where ../shared/data is, and markets
 * made up so that floors and ceilings matter as much as they can.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { marketSource } from "../../src/demo/market-source.js";
import { importMarket } from "../../src/market/import-market.js";
import type { ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import { formatDecimal, Q32 } from "../../src/math/fixed-point.js";
import { buildRiskModel } from "../../src/policy/build-risk-model.js";
import { defaultPolicy } from "../../src/policy/policy.js";
import { NODES, REGIMES, REGIME_BLOCK, SCENARIOS, STRESS_ROWS, type RiskModel } from "../../src/policy/risk-model.js";
import { buildPayload } from "../../src/risk/build-payload.js";
import type { RiskTree } from "../../src/risk/instrument-tree.js";
import type { RiskPayload } from "../../src/risk/risk-payload.js";
import { assetRisk, DAY, listed, option, riskModel, snapshotOf, TIME } from "../risk/synthetic-market.js";
import type { Random } from "../support/random.js";
import { ROOT } from "../support/template.js";

export interface PricedMarket {
  readonly name: string;
  readonly snapshot: MarketSnapshot;
  readonly model: RiskModel;
  readonly payload: RiskPayload;
  readonly tree: RiskTree;
}

const DATA = join(ROOT, "../shared/data");
const CHAINS = existsSync(join(DATA, "options")) ? readdirSync(join(DATA, "options")).filter((name) => /^deribit_options_snapshot_.*\.csv$/.test(name)).sort() : [];
if (CHAINS.length === 0) console.warn("no ../shared/data beside the project: only generated markets are compared");

/** Names of the real chains, oldest first; none without ../shared/data. */
export const realChains: readonly string[] = CHAINS;

/** @param chain one of realChains; the generated example chain where absent */
export function chainMarket(chain?: string): PricedMarket {
  const { request } = chain === undefined ? marketSource(join(ROOT, "no-such-folder"), undefined) : marketSource(DATA, join(DATA, "options", chain));
  const { snapshot } = importMarket(request);
  const model = buildRiskModel(snapshot, defaultPolicy);
  return { name: chain ?? "example chain", snapshot, model, ...buildPayload(snapshot, model) };
}

/**
 * One asset, forwards with fractions of a tick at the low end of what a listing allows (so a value unit is as large a part of
 * the notional as it can be), round shocks and charges (so that a rounding has nothing to hide in), options from minutes to a year.
 */
export function oddMarket(random: Random, name: string): PricedMarket {
  const eighth = Q32 / 8n;
  const levels = Array.from({ length: REGIMES }, () => {
    const size = random.pick([eighth, eighth / 3n, eighth / 64n]);
    return Array.from({ length: NODES }, (_, j) => (BigInt(j) - 6n) * size);
  });
  const dyadic = () => Q32 >> random.big(3n, 10n);
  const column = Array.from({ length: SCENARIOS }, (_, s) => {
    const row = (s % REGIME_BLOCK) - (REGIME_BLOCK - NODES);
    return row >= 0 ? row : random.integer(0, NODES);
  });
  const model = riskModel({
    weights: Array.from({ length: SCENARIOS }, () => random.integer(0, 5)),
    tail: random.pick([1n, 2n, 7n, 40n]),
    buffer: random.pick([0n, 1n, 6554n, 65_535n]),
    damping: Array.from({ length: STRESS_ROWS }, () => random.pick([1023, 511, 614, random.integer(0, 1023)])),
    granularity: 1_000_000n,
    assets: [assetRisk({
      spotLevels: levels, column, spotHaircut: dyadic(), shortSpotCharge: dyadic(), shortOptionMinimum: dyadic(), futureCharge: dyadic(),
      lambdaDelta: random.pick([0n, 1n << 20n, 1n << 30n]), lambdaVega: random.pick([0n, 1n << 20n]),
    })],
  });
  // Ticks of 0.01 and lots of 0.0001: 2^21 ticks are 20,971.52.
  const forward = () => formatDecimal(2_097_152_000_000n + BigInt(random.integer(0, 400_000_000)) * random.pick([1n, 10n, 100n]), 8);
  const dated = (expiry: number): ListedInstrument[] => {
    const at = forward();
    const strike = () => String(random.pick([20_971, 21_000, random.integer(2_000, 60_000)]));
    const options = (["call", "put", "call", "put", "call", "put"] as const).map((optionType) =>
      option({ optionType, strike: strike(), expiry, forward: at, volatility: random.pick(["0.6", "0.05", "2.5", "0.33333333"]) }));
    return [listed({ kind: "future", expiry, forward: at }), ...options];
  };
  const snapshot = snapshotOf(...[
    listed({ forward: forward() }), listed({ forward: "20971.525" }), listed({ kind: "perpetual", forward: forward() }),
    ...[60, 3_600, DAY - 1, 2 * DAY, 30 * DAY, 365 * DAY].flatMap((seconds) => dated(TIME + seconds)),
  ].map((instrument, at) => ({ ...instrument, id: at + 1, name: `I-${at + 1}` })));
  return { name, snapshot, model, ...buildPayload(snapshot, model) };
}

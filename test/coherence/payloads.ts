/** Payloads of one market at any volatility, and margins of books in contracts. */
import type { ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import { buildRiskModel } from "../../src/policy/build-risk-model.js";
import { defaultPolicy, type Policy } from "../../src/policy/policy.js";
import { computeMargin, FACTOR_ONE, type Margin } from "../../src/risk/margin.js";
import { canonicalPortfolio, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { priceInstruments } from "../../src/risk/scenario-prices.js";
import { chainOf, type Chain } from "../quality/books.js";

/** The market with perpetual, a future and a dozen options an asset. */
export function smallMarket(market: MarketSnapshot): MarketSnapshot {
  const instruments = market.assets.flatMap(({ symbol }) => {
    const { linear, options } = chainOf(market, symbol);
    return [...linear.filter(({ kind }) => kind !== "spot").slice(0, 2), ...options.filter((_, i) => i % 4 === 1)];
  });
  return { ...market, instruments };
}

/** All of a small market, by asset. */
export function chainsOf(market: MarketSnapshot): Chain[] {
  return market.assets.map(({ symbol }) => {
    const own = market.instruments.filter(({ asset }) => asset === symbol);
    return { linear: own.filter(({ kind }) => kind !== "option"), options: own.filter(({ kind }) => kind === "option") };
  });
}

/** The default policy with the volatility of each asset given, whatever the market's: annual, as decimals. */
export function policyAt(volatilities: Readonly<Record<string, number>>, pathsPerBlock = defaultPolicy.scenarios.pathsPerBlock): Policy {
  const assets = Object.fromEntries(Object.entries(volatilities).map(([symbol, volatility]) => {
    return [symbol, { ...defaultPolicy.assets[symbol], volatilityFloor: volatility.toFixed(8), stressedVolatility: "0.01" }];
  }));
  return {
    ...defaultPolicy,
    volatility: { ...defaultPolicy.volatility, impliedWeight: "0.01", stressedWeight: "0" },
    scenarios: { ...defaultPolicy.scenarios, pathsPerBlock },
    assets,
  };
}

/** Without histories, so that nothing but the policy's floor decides the volatility, and volumes are the policy's. */
export function withoutHistory(market: MarketSnapshot): MarketSnapshot {
  return { ...market, assets: market.assets.map((asset) => ({ ...asset, history: [] })) };
}

/** The payload's numbers, one bucket an asset; no tree. */
export function payloadOf(market: MarketSnapshot, policy: Policy): RiskPayload {
  const model = buildRiskModel(market, policy);
  const priced = priceInstruments(market, model);
  return {
    format: "zkmargin-risk-payload-1", epoch: model.epoch, time: model.time, quoteCurrency: market.quoteCurrency, tail: model.tail, buffer: model.buffer,
    granularity: model.granularity, initialFactor: model.initialFactor, weights: model.weights, damping: model.damping,
    regimes: model.regimes.map(({ name }) => name), settled: [],
    buckets: model.assets.map(({ symbol, spotLevels, column, lambdaDelta, lambdaVega }, index) => ({
      index, asset: index + 1, symbol, band: 0, spotLevels, column, lambdaDelta, lambdaVega,
      instruments: priced.filter((_, at) => market.instruments[at]!.asset === symbol),
    })),
  };
}

/** Lots by instrument id. */
export type Book = ReadonlyMap<number, bigint>;

/** Nearest whole lots of quantities in contracts. */
export function lotsOf(legs: readonly { readonly instrument: ListedInstrument; readonly quantity: number }[]): Book {
  const book = new Map<number, bigint>();
  for (const { instrument, quantity } of legs) book.set(instrument.id, (book.get(instrument.id) ?? 0n) + BigInt(Math.round(quantity / Number(instrument.lot))));
  return book;
}

export function portfolioOf(payload: RiskPayload, book: Book): Portfolio {
  const { byId } = indexInstruments(payload);
  return canonicalPortfolio(0n, [...book].filter(([, quantity]) => quantity !== 0n).map(([id, quantity]) => ({ location: byId.get(id)!, quantity })));
}

export function marginOf(payload: RiskPayload, book: Book): Margin {
  return computeMargin(payload, portfolioOf(payload, book), { factor: FACTOR_ONE, collateral: 0n });
}

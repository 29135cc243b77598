/** Markets of the quality tests: real chains where they are beside the project, the generated one elsewhere. */
import { EXAMPLE_ASSETS, EXAMPLE_CHAIN_FILE, exampleChain, exampleHistory, examplePerpetuals } from "../../src/market/example-chain.js";
import { importMarket } from "../../src/market/import-market.js";
import type { MarketSnapshot } from "../../src/market/market-snapshot.js";
import type { Policy } from "../../src/policy/policy.js";
import { dataFile, haveData } from "../market/market-files.js";
import { asset, snapshot, syntheticBars } from "../policy/synthetic-snapshot.js";

export interface NamedMarket {
  readonly name: string;
  readonly market: MarketSnapshot;
}

/** BTC and ETH options, futures and perpetuals. */
export function optionMarkets(stamps: readonly string[]): NamedMarket[] {
  if (!haveData) {
    const history = EXAMPLE_ASSETS.map((symbol) => ({ name: `${symbol}USDT_1d.csv`, asset: symbol, text: exampleHistory(symbol) }));
    const futures = [{ name: "perpetuals.csv", text: examplePerpetuals() }];
    return [{ name: "generated", market: importMarket({ chain: { name: EXAMPLE_CHAIN_FILE, text: exampleChain() }, history, futures }).snapshot }];
  }
  const more = { history: [dataFile("prices/BTCUSDT_1d.csv"), dataFile("prices/ETHUSDT_1d.csv")], futures: [dataFile("futures/perpetual_futures_prices.csv")] };
  return stamps.map((stamp) => ({ name: stamp.slice(0, 8), market: importMarket({ chain: dataFile(`options/deribit_options_snapshot_${stamp}.csv`), ...more }).snapshot }));
}

const SYMBOLS = ["BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "LTC", "ADA"];

/** Assets with correlated histories and no instruments; the last ones are the wildest. */
export function linearMarket(assets: number): MarketSnapshot {
  const history = (i: number) => syntheticBars(300, { seed: i + 1, move: 250n + 60n * BigInt(i) });
  return snapshot(SYMBOLS.slice(0, assets).map((symbol, i) => asset(symbol, history(i))));
}

/** Histories that hang together as those of real crypto assets do: correlations of 0.7 to 0.8. */
export function correlatedMarket(assets: number): MarketSnapshot {
  return snapshot(SYMBOLS.slice(0, assets).map((symbol, i) => asset(symbol, syntheticBars(200, { seed: i + 1, move: 50n }))));
}

/** The policy with one correlation of all pairs, whatever the histories say: 0.925 is the most that the default policy arrives at. */
export function correlatedBy(correlation: string, policy: Policy): Policy {
  const given = { ...policy.scenarios.correlation, shrinkage: "1", target: correlation, floor: "0", ceiling: "0.999" };
  return { ...policy, scenarios: { ...policy.scenarios, correlation: given } };
}

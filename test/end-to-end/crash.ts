/**
 * The real chains of BTC and ETH of 2026-01-31 and of the crash of 2026-02-05, as three sources see them, and the signers that derive headers
 * from those.
 */
import type { HDNodeWallet } from "ethers";
import { snapshotDecimal } from "../../src/market/exchange-decimal.js";
import { importMarket } from "../../src/market/import-market.js";
import { formatSnapshot, type MarketSnapshot } from "../../src/market/market-snapshot.js";
import { parseDecimal } from "../../src/math/fixed-point.js";
import { defaultPolicy } from "../../src/policy/policy.js";
import { aggregateSnapshots, type AggregatedMarket, type SourceSnapshot } from "../../src/signer/aggregate-snapshots.js";
import { deriveHeader, signDerived, type DerivedHeader, type HeaderInputs } from "../../src/signer/derive-header.js";
import type { ProtocolStates } from "../../src/signer/derive-indices.js";
import { combineSignatures, signHeader, type OracleDomain } from "../../src/signer/risk-header.js";
import { dataFile } from "../market/market-files.js";
import { moved, named } from "../signer/markets.js";

/** What the protocol of this test lists, besides spot and perpetuals: two monthly expiries, strikes within reach. */
const EXPIRIES: readonly number[] = ["2026-02-27", "2026-03-27"].map((day) => Date.parse(`${day}T08:00:00Z`) / 1000);
const STRIKES: Readonly<Record<string, readonly [number, number]>> = { BTC: [40_000, 110_000], ETH: [1_200, 3_200] };

export const PROTOCOL: ProtocolStates = { BTC: { utilisation: "0.6", contagion: "0" }, ETH: { utilisation: "0.5", contagion: "0" } };

/** Before and during; both are as the exchange had them. */
export function realMarkets(): { readonly calm: MarketSnapshot; readonly crash: MarketSnapshot } {
  const rest = {
    history: ["BTC", "ETH"].map((asset) => ({ asset, ...dataFile(`prices/${asset}USDT_1d.csv`) })),
    futures: [dataFile("futures/perpetual_futures_prices.csv")],
  };
  const chain = (time: string) => dataFile(`options/deribit_options_snapshot_${time}.csv`);
  const calm = listed(importMarket({ ...rest, chain: chain("20260131T153300Z") }).snapshot);
  const previous = { name: "calm.json", text: formatSnapshot(calm) };
  return { calm, crash: listed(importMarket({ ...rest, chain: chain("20260205T155132Z"), previous }).snapshot) };
}

function listed(snapshot: MarketSnapshot): MarketSnapshot {
  return {
    ...snapshot,
    instruments: snapshot.instruments.filter(({ asset, expiry, strike }) => {
      if (expiry !== undefined && !EXPIRIES.includes(expiry)) return false;
      const [least, most] = STRIKES[asset]!;
      return strike === undefined || (Number(strike) >= least && Number(strike) <= most);
    }),
  };
}

/** The same market at another second. */
export function at(market: MarketSnapshot, time: number): MarketSnapshot {
  return { ...market, time, epoch: time };
}

/** The same prices, and two thirds of the implied volatilities. */
export function calmed(market: MarketSnapshot): MarketSnapshot {
  const lower = (volatility: string) => snapshotDecimal((parseDecimal(volatility, 8) * 2n) / 3n);
  return { ...market, instruments: market.instruments.map((entry) => (entry.volatility === undefined ? entry : { ...entry, volatility: lower(entry.volatility) })) };
}

/** Each oracle signer has one of them, and tells the others: an honest one, one with errors of at most 0.2 %, and one that says 30 % too much of everything. */
export function sourcesOf(market: MarketSnapshot): readonly SourceSnapshot[] {
  let state = 1;
  const error = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state % 41) - 20;
  };
  return named(market, moved(market, error), moved(market, () => 3_000));
}

export interface AgreedHeader extends DerivedHeader {
  readonly aggregated: AggregatedMarket;
  /** Two, as the contract wants them. */
  readonly signatures: readonly string[];
}

/** The first signer proposes what it derives; the second, who got the sources in another order, rebuilds and signs it; the third is away. */
export async function agreeOn(market: MarketSnapshot, signers: readonly HDNodeWallet[], domain: OracleDomain): Promise<AgreedHeader> {
  const sources = sourcesOf(market);
  const moment = { time: market.time, epoch: market.epoch };
  const inputsOf = ({ snapshot }: AggregatedMarket): HeaderInputs => ({ snapshot, policy: defaultPolicy, protocol: PROTOCOL });
  const aggregated = aggregateSnapshots(sources, moment);
  const derived = deriveHeader(inputsOf(aggregated));
  const [proposer, second] = signers as [HDNodeWallet, HDNodeWallet];
  const signatures = [
    await signDerived(second, domain, derived.header, inputsOf(aggregateSnapshots([...sources].reverse(), moment))),
    await signHeader(proposer, domain, derived.header),
  ];
  const set = { signers: signers.map(({ address }) => address), threshold: 2 };
  return { ...derived, aggregated, signatures: combineSignatures(domain, derived.header, signatures, set) };
}

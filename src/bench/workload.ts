/**
 * What is measured: a market, its payload, and a book that fills a tier.
 */
import { join } from "node:path";
import { projectRoot } from "../../prover/project-root.js";
import { marketSource } from "../demo/market-source.js";
import { importMarket, type ImportRequest } from "../market/import-market.js";
import type { MarketSnapshot } from "../market/market-snapshot.js";
import { buildRiskModel } from "../policy/build-risk-model.js";
import { defaultPolicy } from "../policy/policy.js";
import type { RiskModel } from "../policy/risk-model.js";
import { buildPayload, type BuiltPayload } from "../risk/build-payload.js";
import { FACTOR_ONE } from "../risk/margin.js";
import { canonicalPortfolio, type Portfolio } from "../risk/portfolio.js";
import { indexInstruments, type InstrumentLocation, type RiskPayload } from "../risk/risk-payload.js";
import type { Tier } from "../witness/circuit-input.js";

export interface Workload extends BuiltPayload {
  readonly description: string;
  readonly request: ImportRequest;
  readonly snapshot: MarketSnapshot;
  readonly model: RiskModel;
}

/** A book's terms on chain and the values it discloses. */
export const TERMS = { factor: FACTOR_ONE, collateral: 0n };
export const DISCLOSE = { requirement: true, equity: true };
/** Secret in real life. */
export const SALT = 20_261_121n;

const CASH = 10_000_000_000_000n;
const LOTS = 5_000n;

export function buildWorkload(onProgress: (fraction: number) => void): Workload {
  const { description, request } = marketSource(join(projectRoot(), "../shared/data"), undefined);
  const { snapshot } = importMarket(request);
  const model = buildRiskModel(snapshot, defaultPolicy);
  const built = buildPayload(snapshot, model, (stage, done, total) => onProgress((stage === "price" ? 0 : 0.5) + (0.5 * done) / total));
  return { description, request, snapshot, model, ...built };
}

/** All slots and all buckets of a tier in use: shorts and longs in turn, spread evenly over the largest buckets. */
export function fullBook(payload: RiskPayload, { positions, buckets }: Pick<Tier, "positions" | "buckets">): Portfolio {
  const largest = [...payload.buckets].sort((a, b) => b.instruments.length - a.instruments.length || a.index - b.index).slice(0, buckets);
  const { byId } = indexInstruments(payload);
  const locations: InstrumentLocation[] = [];
  for (let i = 0; i < positions; i++) {
    const bucket = largest[i % largest.length]!;
    const share = Math.ceil(positions / largest.length);
    const at = Math.floor((Math.floor(i / largest.length) * bucket.instruments.length) / share);
    locations.push(byId.get(bucket.instruments[at]!.id)!);
  }
  return canonicalPortfolio(CASH, locations.map((location, at) => ({ location, quantity: at % 2 === 0 ? LOTS : -LOTS })));
}

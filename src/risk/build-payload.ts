/**
 * MarketSnapshot + RiskModel -> RiskPayload and its tree: instruments priced, put into risk buckets, hashed.
 */
import type { ListedInstrument, MarketSnapshot } from "../market/market-snapshot.js";
import type { AssetRisk, RiskModel } from "../policy/risk-model.js";
import { hashPayload, type RiskTree } from "./instrument-tree.js";
import { checkRanges } from "./risk-check.js";
import { BUCKETS, PLACES, type PricedInstrument, type RiskBucket, type RiskPayload } from "./risk-payload.js";
import { priceInstruments } from "./scenario-prices.js";

export interface BuiltPayload {
  readonly payload: RiskPayload;
  readonly tree: RiskTree;
}

export type BuildProgress = (stage: "price" | "hash", done: number, total: number) => void;

/**
 * The same snapshot and model give the same payload, to the bit, on every machine.
 * @throws BucketError if the listing needs more than 64 buckets; RiskRangeError if a range of SPEC.md section 1 is broken
 */
export function buildPayload(snapshot: MarketSnapshot, model: RiskModel, onProgress: BuildProgress = () => {}): BuiltPayload {
  const listed = snapshot.instruments.filter(({ status }) => status !== "settled");
  const priced = priceInstruments(snapshot, model, (done, total) => onProgress("price", done, total));
  const byId = new Map(priced.map((instrument) => [instrument.id, instrument]));

  const payload: RiskPayload = {
    format: "zkmargin-risk-payload-1",
    epoch: model.epoch,
    time: model.time,
    quoteCurrency: snapshot.quoteCurrency,
    tail: model.tail,
    buffer: model.buffer,
    granularity: model.granularity,
    initialFactor: model.initialFactor,
    weights: model.weights,
    damping: model.damping,
    regimes: model.regimes.map(({ name }) => name),
    buckets: assignBuckets(listed, byId, model),
    settled: snapshot.instruments.filter(({ status }) => status === "settled").map(({ name }) => name),
  };
  checkRanges(payload);
  return { payload, tree: hashPayload(payload, (done, total) => onProgress("hash", done, total)) };
}

/**
 * One run of bucket indices an asset, in the order of the assets; within it band by band. A band that overflows its 255 places is
 * split between expiries where it can be, so that a book on one expiry stays in one bucket.
 */
function assignBuckets(
  listed: readonly ListedInstrument[], byId: ReadonlyMap<number, PricedInstrument>, model: RiskModel,
): RiskBucket[] {
  const buckets: RiskBucket[] = [];
  model.assets.forEach((asset, at) => {
    const own = listed.filter((instrument) => instrument.asset === asset.symbol);
    for (let band = 0; band < model.bands.length; band++) {
      const members = own.filter((instrument) => bandOf(instrument, model) === band).sort(byExpiryThenId);
      for (const part of splitBand(members)) {
        buckets.push(riskBucket(buckets.length, asset, at + 1, band, part.map(({ id }) => byId.get(id)!)));
      }
    }
  });
  if (buckets.length > BUCKETS) throw new BucketError(buckets.length);
  return buckets;
}

function riskBucket(index: number, asset: AssetRisk, number: number, band: number, instruments: PricedInstrument[]): RiskBucket {
  return {
    index, asset: number, symbol: asset.symbol, band, spotLevels: asset.spotLevels, column: asset.column,
    lambdaDelta: asset.lambdaDelta, lambdaVega: asset.lambdaVega, instruments,
  };
}

function bandOf(instrument: ListedInstrument, model: RiskModel): number {
  const seconds = instrument.expiry === undefined ? 0 : Math.max(0, instrument.expiry - model.time);
  const band = model.bands.findIndex((end) => seconds <= end);
  return band < 0 ? model.bands.length - 1 : band;
}

function byExpiryThenId(a: ListedInstrument, b: ListedInstrument): number {
  return (a.expiry ?? 0) - (b.expiry ?? 0) || a.id - b.id;
}

function splitBand(members: readonly ListedInstrument[]): ListedInstrument[][] {
  const capacity = PLACES - 1;
  const parts: ListedInstrument[][] = [];
  let part: ListedInstrument[] = [];
  for (let from = 0; from < members.length; ) {
    let to = from;
    while (to < members.length && members[to]!.expiry === members[from]!.expiry) to++;
    const sameExpiry = members.slice(from, to);
    from = to;
    if (part.length + sameExpiry.length > capacity && part.length > 0) {
      parts.push(part);
      part = [];
    }
    for (const instrument of sameExpiry) {
      if (part.length === capacity) {
        parts.push(part);
        part = [];
      }
      part.push(instrument);
    }
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

export class BucketError extends Error {
  constructor(readonly needed: number) {
    super(`the listing needs ${needed} risk buckets; a payload has ${BUCKETS}: settle expired instruments or widen the policy's bands`);
    this.name = "BucketError";
  }
}

/**
 * MarketSnapshot + RiskModel -> price changes, marks and charges of every instrument (SPEC.md section 1). One lot x one tick is one
 * value unit, so a price in ticks is money per lot in value units.
 */
import { type Black76Input, black76Delta, black76ValueQ56, black76Vega, rootTimeQ32, volTimeQ32 } from "../math/black76.js";
import { lnQ32 } from "../math/elementary.js";
import { Q32, Q56, abs, ceilDiv, floorDiv, max, parseDecimal, roundDiv } from "../math/fixed-point.js";
import type { ListedInstrument, MarketSnapshot } from "../market/market-snapshot.js";
import { type AssetRisk, NODES, REGIMES, type RiskModel } from "../policy/risk-model.js";
import { gapCharges, intervalDamping } from "./gap-charge.js";
import type { PricedInstrument } from "./risk-payload.js";
import {
  type ShockedForwards, type SpotFactors, type TenorShocks, endingAtExpiry, shockedForwards, spotFactors, tenorShocks, volatilityMultipliers,
} from "./shocked-market.js";

/** Digits after the point that decimals of a snapshot have at most. */
export const SNAPSHOT_DECIMALS = 8;
/** Per-lot money and charges are below this. */
const LANE = 1n << 28n;
const MAX_STRIKE = 1n << 32n;

export type PriceProgress = (done: number, total: number) => void;

/**
 * All instruments that are not settled, in the order of the snapshot. Deterministic, to the bit. Throws ScenarioPriceError naming
 * instrument, field, value and rule; ShockError for levels or carry shocks that leave no price.
 */
export function priceInstruments(snapshot: MarketSnapshot, model: RiskModel, progress: PriceProgress = () => {}): PricedInstrument[] {
  const listed = snapshot.instruments.filter(({ status }) => status !== "settled");
  const shocks = shockCache(model);
  return listed.map((instrument, at) => {
    const priced = priceInstrument(instrument, model, shocks);
    checkLane(priced);
    progress(at + 1, listed.length);
    return priced;
  });
}

/** A decimal price in Q16 ticks, to nearest. Throws ScenarioPriceError unless in [1, 2^28) ticks. */
export function priceInTicksQ16(instrument: ListedInstrument, field: "forward", text: string): bigint {
  const value = roundDiv(decimal(instrument, field, text) << 16n, tickUnits(instrument));
  if (value < 1n << 16n || value >= LANE << 16n) throw new ScenarioPriceError(instrument.name, field, text, "must be in [1, 2^28) ticks");
  return value;
}

/** The strike in whole ticks. Throws ScenarioPriceError if it is none, or not in [1, 2^32). */
export function strikeTicks(instrument: ListedInstrument): bigint {
  const text = required(instrument, "strike", instrument.strike);
  const units = decimal(instrument, "strike", text);
  const tick = tickUnits(instrument);
  const ticks = floorDiv(units, tick);
  if (ticks * tick !== units) throw new ScenarioPriceError(instrument.name, "strike", text, `must be a whole number of ticks of ${instrument.tick}`);
  if (ticks < 1n || ticks >= MAX_STRIKE) throw new ScenarioPriceError(instrument.name, "strike", text, "must be in [1, 2^32) ticks");
  return ticks;
}

function priceInstrument(instrument: ListedInstrument, model: RiskModel, shocks: ShockCache): PricedInstrument {
  if (instrument.status === "expired") return expiredInstrument(instrument);
  const asset = shocks.asset(instrument, instrument.expiry === undefined ? undefined : secondsToExpiry(instrument, model));
  return instrument.kind === "option" ? pricedOption(instrument, model, asset, shocks) : pricedLinear(instrument, model, asset, shocks);
}

/** Worth its settlement value until it is settled; nothing moves it any more. */
function expiredInstrument(instrument: ListedInstrument): PricedInstrument {
  const text = required(instrument, "settlementValue", instrument.settlementValue);
  const value = decimal(instrument, "settlementValue", text);
  if (value < 0n) throw new ScenarioPriceError(instrument.name, "settlementValue", text, "must not be negative");
  return {
    ...identity(instrument),
    scenarioDeltas: Array.from({ length: REGIMES }, () => new Array<bigint>(NODES).fill(0n)),
    mark: floorDiv(value, tickUnits(instrument)),
    dollarDelta: 0n,
    vega: 0n,
    longCharge: 0n,
    shortCharge: 0n,
  };
}

/** Spot, perpetual, future: the price is the forward, exactly. */
function pricedLinear(instrument: ListedInstrument, model: RiskModel, { risk, spot }: ShockedAsset, shocks: ShockCache): PricedInstrument {
  const forwardQ16 = priceInTicksQ16(instrument, "forward", required(instrument, "forward", instrument.forward));
  const seconds = instrument.kind === "future" ? secondsToExpiry(instrument, model) : 0n;
  const { forwards } = shockedForwards(spot, shocks.tenor(seconds), forwardQ16, 0n);
  const mark = floorDiv(forwardQ16, 1n << 16n);
  const charge = (ratio: bigint) => ceilDiv(ratio * forwardQ16, Q32 << 16n);
  const own = instrument.kind === "spot";
  return {
    ...identity(instrument),
    scenarioDeltas: nodeDeltas((r, j) => (forwards[r]![j]! - forwardQ16) << 40n),
    mark,
    dollarDelta: mark,
    vega: 0n,
    // Of the whole forward: the mark is floored, and a charge on it would be below its exact value.
    longCharge: charge(own ? risk.spotHaircut : risk.futureCharge),
    shortCharge: charge(own ? risk.shortSpotCharge : risk.futureCharge),
  };
}

function pricedOption(instrument: ListedInstrument, model: RiskModel, { risk, spot, damping }: ShockedAsset, shocks: ShockCache): PricedInstrument {
  const optionType = required(instrument, "optionType", instrument.optionType);
  const forwardQ16 = priceInTicksQ16(instrument, "forward", required(instrument, "forward", instrument.forward));
  const strikeQ16 = strikeTicks(instrument) << 16n;
  const sigma = volatilityQ32(instrument);
  const seconds = secondsToExpiry(instrument, model);
  const tenor = shocks.tenor(seconds);
  const logForward = lnQ32(forwardQ16);
  const logStrike = lnQ32(strikeQ16);

  const multipliers = volatilityMultipliers(model, tenor, logForward - logStrike);
  const forwards = shocks.forwards(instrument.asset, spot, seconds, forwardQ16, logForward);
  const volTimes = multipliers.map((multiplier, r) => volTimeQ32(floorDiv(sigma * multiplier, Q32), max(0n, tenor.secondsLeft[r]!)));
  const values = forwards.forwards.map((row, r) => row.map((shocked, j) =>
    black76ValueQ56({ forwardQ16: shocked, strikeQ16, volTimeQ32: volTimes[r]!, logForward: forwards.logs[r]![j]!, logStrike, optionType })));

  const base: Black76Input = { forwardQ16, strikeQ16, volTimeQ32: volTimeQ32(sigma, seconds), logForward, logStrike, optionType };
  const value = black76ValueQ56(base);
  const option = { optionType, forwardQ16, strikeQ16, logStrike, volatility: sigma, multipliers, volTimes, secondsLeft: tenor.secondsLeft, forwards, values };
  const gap = gapCharges(option, damping, model.gapSafety);
  return {
    ...identity(instrument),
    scenarioDeltas: nodeDeltas((r, j) => values[r]![j]! - value),
    mark: floorDiv(value, Q56),
    dollarDelta: black76Delta(base),
    vega: black76Vega(base, rootTimeQ32(seconds)),
    longCharge: gap.long,
    shortCharge: ceilDiv(risk.shortOptionMinimum * forwardQ16, Q32 << 16n) + gap.short,
  };
}

/** d[regime][node] = floor of a Q56 difference, floored here and nowhere before. */
function nodeDeltas(differenceQ56: (regime: number, node: number) => bigint): bigint[][] {
  return Array.from({ length: REGIMES }, (_, r) => Array.from({ length: NODES }, (_, j) => floorDiv(differenceQ56(r, j), Q56)));
}

function identity({ id, name, lot, status }: ListedInstrument) {
  return { id, name, lot, stale: status === "stale" };
}

function secondsToExpiry(instrument: ListedInstrument, model: RiskModel): bigint {
  const expiry = required(instrument, "expiry", instrument.expiry);
  if (expiry <= model.time) {
    throw new ScenarioPriceError(instrument.name, "expiry", String(expiry), `must be after the valuation time ${model.time} of a live or stale instrument`);
  }
  return BigInt(expiry - model.time);
}

function volatilityQ32(instrument: ListedInstrument): bigint {
  const text = required(instrument, "volatility", instrument.volatility);
  const value = decimal(instrument, "volatility", text);
  if (value <= 0n || value > 100n * 10n ** BigInt(SNAPSHOT_DECIMALS)) {
    throw new ScenarioPriceError(instrument.name, "volatility", text, "must be in (0, 100]");
  }
  return roundDiv(value << 32n, 10n ** BigInt(SNAPSHOT_DECIMALS));
}

function tickUnits(instrument: ListedInstrument): bigint {
  const units = decimal(instrument, "tick", instrument.tick);
  if (units <= 0n) throw new ScenarioPriceError(instrument.name, "tick", instrument.tick, "must be positive");
  return units;
}

function decimal(instrument: ListedInstrument, field: string, text: string): bigint {
  try {
    return parseDecimal(text, SNAPSHOT_DECIMALS);
  } catch (cause) {
    throw new ScenarioPriceError(instrument.name, field, String(text).slice(0, 64), "must be a decimal with at most 8 digits after the point", { cause });
  }
}

function required<T>(instrument: ListedInstrument, field: string, value: T | undefined): T {
  if (value === undefined) {
    throw new ScenarioPriceError(instrument.name, field, "absent", `must be present: ${instrument.status} ${instrument.kind}`);
  }
  return value;
}

/** The circuit's lanes and the leaf's tag have no room for more. */
function checkLane(priced: PricedInstrument): void {
  const check = (field: string, value: bigint) => {
    if (abs(value) >= LANE) throw new ScenarioPriceError(priced.name, field, String(value), "must be below 2^28 in size, per lot: the tick is too small");
  };
  priced.scenarioDeltas.forEach((row, r) => row.forEach((d, j) => check(`scenarioDeltas.${r}.${j}`, d)));
  for (const field of ["mark", "dollarDelta", "vega", "longCharge", "shortCharge"] as const) check(field, priced[field]);
}

interface ShockedAsset {
  readonly risk: AssetRisk;
  readonly spot: SpotFactors;
  readonly damping: readonly (readonly bigint[])[];
}

/** What instruments share: factors of an asset, shocks of a tenor, forwards of an expiry. */
interface ShockCache {
  /** @param seconds to expiry; undefined for undated instruments */
  asset(instrument: ListedInstrument, seconds?: bigint): ShockedAsset;
  tenor(seconds: bigint): TenorShocks;
  forwards(symbol: string, spot: SpotFactors, seconds: bigint, forwardQ16: bigint, logForward: bigint): ShockedForwards;
}

function shockCache(model: RiskModel): ShockCache {
  const assets = new Map<string, ShockedAsset>(
    model.assets.map((risk) => [risk.symbol, { risk, spot: spotFactors(risk), damping: intervalDamping(model, risk) }]),
  );
  const tenors = new Map<bigint, TenorShocks>();
  const forwards = new Map<string, ShockedForwards>();
  const ending = new Map<string, SpotFactors>();
  const tenor = (seconds: bigint) => memo(tenors, seconds, () => tenorShocks(model, seconds));
  return {
    asset(instrument, seconds) {
      const found = assets.get(instrument.asset);
      if (found === undefined) throw new ScenarioPriceError(instrument.name, "asset", instrument.asset, "must be one of the risk model's assets");
      if (seconds === undefined || seconds >= BigInt(model.horizon)) return found;
      const spot = memo(ending, `${instrument.asset} ${seconds}`, () => spotFactors(endingAtExpiry(found.risk, model, seconds)));
      return { ...found, spot };
    },
    tenor,
    forwards: (symbol, spot, seconds, forwardQ16, logForward) =>
      memo(forwards, `${symbol} ${seconds} ${forwardQ16}`, () => shockedForwards(spot, tenor(seconds), forwardQ16, logForward)),
  };
}

function memo<K, V>(cache: Map<K, V>, key: K, make: () => V): V {
  const found = cache.get(key);
  if (found !== undefined) return found;
  const made = make();
  cache.set(key, made);
  return made;
}

/** An instrument that has no price, or one that does not fit the payload. */
export class ScenarioPriceError extends RangeError {
  override readonly name = "ScenarioPriceError";

  constructor(
    readonly instrument: string,
    readonly field: string,
    readonly value: string,
    readonly rule: string,
    options?: ErrorOptions,
  ) {
    super(`instrument ${instrument}: ${field} ${value} ${rule}`, options);
  }
}

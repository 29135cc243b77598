/**
 * The published test portfolios of Derive's PMRM_2 as data of this product: a policy for each case's parameters, instruments and
 * holdings. What the product has no field for is outside: discounts are applied to its prices, and the absolute floor of the shocked volatility
 * becomes a multiplier floor in the model of each option.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../prover/project-root.js";
import type { ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import { floorDiv, formatDecimalTrimmed, parseDecimal } from "../../src/math/fixed-point.js";
import { presetPolicy } from "../../src/policy/presets.js";
import type { RiskModel } from "../../src/policy/risk-model.js";
import { worstCaseModel } from "../../src/policy/worst-case-model.js";
import { type WorstCasePolicy, parseWorstCasePolicy } from "../../src/policy/worst-case-policy.js";
import type { Holding } from "../../src/risk/portfolio.js";
import type { PricedInstrument, RiskBucket } from "../../src/risk/risk-payload.js";
import { priceInstruments } from "../../src/risk/scenario-prices.js";

export const CASES = join(projectRoot(), "../shared/data/derive-pmrm2");
export const available = existsSync(CASES);

const TIME = 1_740_000_000;
const YEAR = 31_536_000;
/** The product lists no volatility above 10,000 %. */
export const MAX_VOLATILITY = 100;
const MAX_TICKS = 2 ** 24;

export interface DeriveOption {
  readonly Expiry: number;
  readonly Strike: number;
  readonly IsCall: 0 | 1;
  readonly MarkDiscount: number;
  readonly MarkVol: number;
  readonly Amount: number;
}

export interface DeriveCase {
  readonly name: string;
  readonly Scenario: {
    readonly Collaterals: readonly { readonly Amount: number; readonly Price: number; readonly IsRiskCancelling: boolean }[];
    readonly NumPerps: number;
    readonly PerpPrice: number;
    readonly StablePrice: number;
    readonly Options: readonly DeriveOption[];
    readonly OptionFeeds: readonly { readonly FeedExpiry: number; readonly Forward: number; readonly Rate: number }[];
  };
  readonly Parameters: {
    readonly Scenarios: readonly { readonly SpotShock: number; readonly VolShockDirection: string; readonly DampeningFactor: number }[];
    readonly VolShock: Readonly<Record<"VOLRANGEUP" | "VOLRANGEDOWN" | "MIN_VOL_EVAL_SHOCKED" | "SHORTTERMPOWER" | "LONGTERMPOWER" | "DTE_FLOOR", number>>;
    readonly Margin: Readonly<Record<
      "BASE_STATIC_DISCOUNT" | "BASE_STATIC_DISCOUNT_NEG" | "LONG_RATE_MULTSCALE" | "LONG_RATE_ADDSCALE" | "SHORT_RATE_MULTSCALE" | "SHORT_RATE_ADDSCALE", number
    >>;
  };
  readonly Result: {
    readonly worst_reg_loss: number;
    readonly worst_reg_scenario: readonly [number, number];
    readonly worst_tail_loss: number;
    /** Spot shock, direction of volatility, P&L. */
    readonly reg_losses: readonly (readonly [string | number, -1 | 0 | 1, string])[];
    readonly tail_losses: readonly (readonly [string | number, -1 | 0 | 1, string])[];
  };
}

/** All cases in the order of their numbers. */
export function deriveCases(): DeriveCase[] {
  const number = (file: string) => Number(/^test_(\d+)/.exec(file)![1]);
  return readdirSync(CASES)
    .filter((file) => file.endsWith(".json"))
    .sort((a, b) => number(a) - number(b))
    .map((file) => ({ name: file.slice(0, -".json".length), ...(JSON.parse(readFileSync(join(CASES, file), "utf8")) as Omit<DeriveCase, "name">) }));
}

/** Direction of volatility -1, 0, 1 to regime; damped tails have the fourth one. */
export const regimeOf = (direction: number) => direction + 1;
export const TAILS = 3;

/** Derive33 with the case's grid and volatility parameters. Tails whose factor is no damping (above 1, or 0) are left out. */
export function casePolicy({ Parameters, Result }: Pick<DeriveCase, "Parameters" | "Result">): WorstCasePolicy {
  const preset = presetPolicy("derive33");
  const { VolShock } = Parameters;
  const shocks = [-VolShock.VOLRANGEDOWN, 0, VolShock.VOLRANGEUP, VolShock.VOLRANGEUP];
  const rows = [-1, 0, 1].map((direction) =>
    Result.reg_losses.filter(([, own]) => own === direction).map(([move]) => ({ move: decimal(Number(move), 8), damping: "1" })),
  );
  const tails = expressibleTails(Parameters).map(({ SpotShock, DampeningFactor }) => ({ move: decimal(SpotShock - 1, 8), damping: decimal(DampeningFactor, 8) }));
  return parseWorstCasePolicy({
    ...preset,
    scenarios: {
      ...preset.scenarios,
      tenorFloor: Math.max(1, Math.round(VolShock.DTE_FLOOR * 86_400)),
      shortPower: decimal(VolShock.SHORTTERMPOWER, 8),
      longPower: decimal(VolShock.LONGTERMPOWER, 8),
      regimes: preset.scenarios.regimes.map((regime, r) => ({
        ...regime,
        volShock: decimal(shocks[r]!, 8),
        rows: (r === TAILS ? tails : rows[r]!).sort((a, b) => Number(a.move) - Number(b.move)),
      })),
    },
    charges: { ...preset.charges, future: "0", shortOption: "0" },
  });
}

export function expressibleTails({ Scenarios }: DeriveCase["Parameters"]) {
  const damped = Scenarios.filter(({ VolShockDirection, DampeningFactor }) => VolShockDirection === "Up" && DampeningFactor !== 1);
  return damped.every(({ DampeningFactor }) => DampeningFactor >= 0.001 && DampeningFactor < 1) ? damped : [];
}

/** One position: the listed instrument and the amount as decimal text. */
export interface CasePosition {
  readonly listed: ListedInstrument;
  readonly amount: string;
  /** Options only. */
  readonly option?: DeriveOption;
}

/** Options, then collateral that cancels risk (other collateral isn't shocked), then the perpetual. */
export function casePositions({ Scenario }: DeriveCase): CasePosition[] {
  const feeds = new Map(Scenario.OptionFeeds.map((feed) => [feed.FeedExpiry, feed]));
  let id = 0;
  const options = Scenario.Options.map((option): CasePosition => {
    const { Expiry, Strike, IsCall, MarkVol, Amount } = option;
    const { Forward } = feeds.get(Expiry)!;
    const payoff = Math.max(0, IsCall === 1 ? Forward - Strike : Strike - Forward);
    const state = Expiry > 0
      ? { status: "live" as const, forward: decimal(Forward, 8), volatility: decimal(Math.min(MarkVol, MAX_VOLATILITY), 8) }
      : { status: "expired" as const, settlementValue: decimal(payoff, 8) };
    const terms = { ...tickAndLot(Forward, Strike), id: ++id, name: `O${id}`, asset: "BASE", strike: String(Strike), expiry: TIME + Expiry };
    return { option, amount: plain(Amount), listed: { ...terms, kind: "option", optionType: IsCall === 1 ? "call" : "put", ...state } };
  });
  const linear = (kind: "spot" | "perpetual", amount: number, price: number): CasePosition => ({
    amount: plain(amount),
    listed: { ...tickAndLot(price), id: ++id, name: `L${id}`, asset: "BASE", kind, status: "live", forward: decimal(price, 8) },
  });
  const collateral = Scenario.Collaterals.filter(({ IsRiskCancelling }) => IsRiskCancelling).map(({ Amount, Price }) => linear("spot", Amount, Price / Scenario.StablePrice));
  const perpetual = Scenario.NumPerps === 0 ? [] : [linear("perpetual", Scenario.NumPerps, Scenario.PerpPrice)];
  return [...options, ...collateral, ...perpetual];
}

/** Sum of |amount| x forward or price of what is shocked. */
export function notional(positions: readonly CasePosition[], { Scenario }: DeriveCase): number {
  const forwards = new Map(Scenario.OptionFeeds.map((feed) => [feed.FeedExpiry, feed.Forward]));
  return positions.reduce((sum, { listed, amount, option }) => sum + Math.abs(Number(amount)) * (option === undefined ? Number(listed.forward) : forwards.get(option.Expiry)!), 0);
}

export function caseSnapshot(instruments: readonly ListedInstrument[]): MarketSnapshot {
  return { format: "zkmargin-market-snapshot-1", time: TIME, epoch: 1, quoteCurrency: "USD", assets: [{ symbol: "BASE", index: "1", history: [] }], instruments };
}

const cache = new Map<string, PricedInstrument>();

/**
 * The product's prices. The shocked volatility up is at least MIN_VOL_EVAL_SHOCKED in the original; here the floor is a multiplier, so each
 * option is priced with a model of its own: floor / volatility in the regimes with volatility up, 0 in the others.
 */
export function priceCase(positions: readonly CasePosition[], model: RiskModel, { Parameters }: DeriveCase): PricedInstrument[] {
  const floor = Parameters.VolShock.MIN_VOL_EVAL_SHOCKED;
  const regimesKey = JSON.stringify([model.regimes, model.assets[0]!.spotLevels], bigintText);
  return positions.map(({ listed, option }) => {
    const key = JSON.stringify([listed, floor, regimesKey]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const multiplier = option === undefined ? 0n : BigInt(Math.round((floor / option.MarkVol) * 2 ** 32));
    const regimes = model.regimes.map((regime, r) => ({ ...regime, minMultiplier: r >= regimeOf(1) ? multiplier : 0n }));
    const [priced] = priceInstruments(caseSnapshot([listed]), { ...model, regimes });
    cache.set(key, priced!);
    return priced!;
  });
}

export function caseModel(policy: WorstCasePolicy): RiskModel {
  return worstCaseModel(caseSnapshot([]), policy);
}

/** The smallest power of ten that makes every quantity a whole number of lots, and those lots. */
export function wholeLots(positions: readonly CasePosition[]): { readonly scale: bigint; readonly lots: readonly bigint[] } {
  for (let scale = 1n; scale <= 10n ** 30n; scale *= 10n) {
    const parts = positions.map(({ listed, amount }) => [parseDecimal(amount, 20) * scale * 10n ** 8n, parseDecimal(listed.lot, 8) * 10n ** 20n] as const);
    if (parts.every(([amount, lot]) => amount % lot === 0n)) return { scale, lots: parts.map(([amount, lot]) => amount / lot) };
  }
  throw new Error("no power of ten makes whole lots");
}

/** A bucket of one asset with this grid. */
export function caseBucket(model: RiskModel, instruments: readonly PricedInstrument[]): RiskBucket {
  const { spotLevels, column, lambdaDelta, lambdaVega } = model.assets[0]!;
  return { index: 0, asset: 1, symbol: "BASE", band: 0, spotLevels, column, lambdaDelta, lambdaVega, instruments };
}

/** Not split into slots: the risk core's sums are of any size, the slots of 2^25 lots are the circuit's. */
export function caseHoldings(instruments: readonly PricedInstrument[], lots: readonly bigint[], bucket: RiskBucket): Holding[] {
  return instruments.map((instrument, at) => ({ location: { bucket, place: at + 1, instrument }, quantity: lots[at]! }));
}

/** Factors of each expiry's shocked value, positive and negative, the mark discount included (data README). */
export function discounts(expiry: number, { Scenario, Parameters }: DeriveCase): { readonly mark: number; readonly positive: number; readonly negative: number } {
  // Past expiry nothing is discounted: Result.discount_factors of such a case are 1.
  if (expiry <= 0) return { mark: 1, positive: 1, negative: 1 };
  const { Margin } = Parameters;
  const mark = Scenario.Options.find((option) => option.Expiry === expiry)!.MarkDiscount;
  const rate = Scenario.OptionFeeds.find(({ FeedExpiry }) => FeedExpiry === expiry)!.Rate;
  const years = expiry / YEAR;
  const positive = Margin.BASE_STATIC_DISCOUNT * Math.exp(-years * (rate * Margin.LONG_RATE_MULTSCALE + Margin.LONG_RATE_ADDSCALE));
  const markUp = Margin.BASE_STATIC_DISCOUNT_NEG * Math.exp(years * (rate * Margin.SHORT_RATE_MULTSCALE + Margin.SHORT_RATE_ADDSCALE));
  return { mark, positive: mark * positive, negative: mark * Math.min(1 / mark, markUp) };
}

/** floor(factor x value); the factor is taken to 2^-48. */
export function scaled(value: bigint, factor: number): bigint {
  return floorDiv(value * BigInt(Math.round(factor * 2 ** 48)), 1n << 48n);
}

/** The finest tick of 1, 2, 5 x 10^k that divides the strike and keeps the price below 2^24 ticks: what d loses by its floor is least. */
function tickAndLot(price: number, strike = 0): { readonly tick: string; readonly lot: string } {
  const strikeUnits = parseDecimal(String(strike), 8);
  for (let power = 1n; power <= 10n ** 10n; power *= 10n) {
    for (const tick of [power, 2n * power, 5n * power]) {
      if (10n ** 10n % tick === 0n && strikeUnits % tick === 0n && price * 1e8 < Number(tick) * MAX_TICKS) {
        return { tick: formatDecimalTrimmed(tick, 8), lot: formatDecimalTrimmed(10n ** 10n / tick, 8) };
      }
    }
  }
  throw new Error(`no tick for ${price} and ${strike}`);
}

/** Rounded to this many digits, as trimmed plain decimal text. */
function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits).replace(/\.?0+$/, "");
  return text === "-0" || text === "" ? "0" : text;
}

/** The shortest text that reads back as this double. */
function plain(value: number): string {
  const text = String(value);
  if (!/^-?\d+(\.\d{1,20})?$/.test(text)) throw new Error(`${text} is no plain decimal`);
  return text;
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/**
 * Portfolio: an account's cash and signed positions, and its commitment (SPEC.md section 2, circuits/portfolio-commitment.circom).
 * Everything here is secret.
 */
import { z } from "zod";
import { PlainJsonError, parsePlainJson } from "../market/plain-json.js";
import { ceilDiv, parseDecimal } from "../math/fixed-point.js";
import { poseidon } from "../math/poseidon.js";
import type { InstrumentIndex, InstrumentLocation, RiskPayload } from "./risk-payload.js";

/** Decimals of a value unit: 1e-6 of the quote currency. */
export const VALUE_DECIMALS = 6;
export const MAX_SLOT_LOTS = (1n << 25n) - 1n;
/** Slots of the largest tier: what lanes have room for. */
export const MAX_SLOTS = 450n;
export const MAX_CASH = 1n << 71n;
const PORTFOLIO_TAG = 2n;
const SLOTS_PER_BLOCK = 15;

/** One slot of the commitment: at most 2^25 - 1 lots; a larger position takes several slots of one id. */
export interface Holding {
  readonly location: InstrumentLocation;
  /** Signed lots, not zero. */
  readonly quantity: bigint;
}

export interface Portfolio {
  /** Signed value units. */
  readonly cash: bigint;
  /** In the canonical order: ascending id, a large position's slots full ones first. */
  readonly holdings: readonly Holding[];
}

const decimalText = z.string().regex(/^-?\d{1,30}(\.\d{1,18})?$/, "must be a decimal string such as \"-2.5\"");
const portfolioSchema = z.strictObject({
  cash: decimalText.describe("signed, quote currency, at most 6 decimals"),
  positions: z.array(z.strictObject({ instrument: z.string().min(1).max(64), quantity: decimalText })).max(10_000),
});

/**
 * Reads a portfolio file against a payload.
 * @throws PortfolioError naming the field, the value and the rule
 */
export function parsePortfolio(text: string, payload: RiskPayload, index: InstrumentIndex): Portfolio {
  let json: unknown;
  try {
    json = parsePlainJson(text);
  } catch (error) {
    throw error instanceof PlainJsonError ? new PortfolioError("portfolio", "", error.rule) : error;
  }
  const parsed = portfolioSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new PortfolioError(issue.path.join(".") || "portfolio", "", issue.message);
  }
  const cash = decimalField("cash", parsed.data.cash, VALUE_DECIMALS, "has more than 6 decimals");
  if (cash < -MAX_CASH || cash >= MAX_CASH) throw new PortfolioError("cash", parsed.data.cash, "must lie in [-2^71, 2^71) value units of 0.000001");

  const settled = new Set(payload.settled);
  const seen = new Set<string>();
  const positions: Holding[] = [];
  parsed.data.positions.forEach(({ instrument, quantity }, at) => {
    const field = `positions.${at}.instrument`;
    if (seen.has(instrument)) throw new PortfolioError(field, instrument, "is repeated: one entry an instrument");
    seen.add(instrument);
    const location = index.byName.get(instrument);
    if (location === undefined) {
      throw new PortfolioError(field, instrument, settled.has(instrument) ? "is settled: its value is in cash now" : "is unknown to this risk payload");
    }
    const lots = wholeLots(`positions.${at}.quantity`, quantity, location.instrument.lot);
    positions.push({ location, quantity: lots });
  });
  const slots = positions.reduce((sum, { quantity }) => sum + ceilDiv(quantity < 0n ? -quantity : quantity, MAX_SLOT_LOTS), 0n);
  if (slots > MAX_SLOTS) throw new PortfolioError("positions", "", `need more than ${MAX_SLOTS} slots of 2^25 - 1 lots: no tier holds the book`);
  return canonicalPortfolio(cash, positions);
}

/** Orders positions by id and splits those larger than a slot. */
export function canonicalPortfolio(cash: bigint, positions: readonly Holding[]): Portfolio {
  const holdings: Holding[] = [];
  for (const { location, quantity } of [...positions].sort((a, b) => a.location.instrument.id - b.location.instrument.id)) {
    const sign = quantity < 0n ? -1n : 1n;
    for (let left = quantity * sign; left > 0n; left -= MAX_SLOT_LOTS) {
      holdings.push({ location, quantity: sign * (left < MAX_SLOT_LOTS ? left : MAX_SLOT_LOTS) });
    }
  }
  return { cash, holdings };
}

/** A size of the circuit: what it has room for. */
export interface Tier {
  readonly name: string;
  /** Slots: a position above 2^25 - 1 lots takes several. */
  readonly positions: number;
  readonly buckets: number;
}

/** Fails unless a tier can hold the book. */
export function requireFits(portfolio: Portfolio, tier: Tier): void {
  const { slots, buckets } = neededRoom(portfolio);
  if (slots > tier.positions) {
    throw new PortfolioError("positions", `${slots} slots`, `tier ${tier.name} holds at most ${tier.positions} (a position above 2^25 - 1 lots takes several)`);
  }
  if (buckets > tier.buckets) {
    throw new PortfolioError("positions", `${buckets} risk buckets`, `tier ${tier.name} opens at most ${tier.buckets}`);
  }
}

/**
 * The first tier that holds the book. A larger one proves the same public signals, and takes longer.
 * @param tiers smallest first
 * @throws PortfolioError with the limits of each if none does
 */
export function selectTier<T extends Tier>(portfolio: Portfolio, tiers: readonly T[]): T {
  const { slots, buckets } = neededRoom(portfolio);
  const tier = tiers.find(({ positions, buckets: most }) => slots <= positions && buckets <= most);
  if (tier !== undefined) return tier;
  const limits = tiers.map(({ name, positions, buckets: most }) => `${name} ${positions} slots in ${most} risk buckets`).join(", ");
  throw new PortfolioError("positions", `${slots} slots in ${buckets} risk buckets`, `are more than any tier holds: ${limits}`);
}

function neededRoom({ holdings }: Portfolio): { readonly slots: number; readonly buckets: number } {
  return { slots: holdings.length, buckets: new Set(holdings.map(({ location }) => location.bucket.index)).size };
}

export function slotElement({ location, quantity }: Holding): bigint {
  const short = quantity < 0n;
  return BigInt(location.instrument.id) + ((short ? -quantity : quantity) << 32n) + (short ? 1n << 57n : 0n);
}

/** @param salt random field element, fresh at each update of the book */
export function portfolioCommitment(portfolio: Portfolio, salt: bigint): bigint {
  const slots = portfolio.holdings.map(slotElement);
  const blocks = Math.max(1, Math.ceil(slots.length / SLOTS_PER_BLOCK));
  let chain = 0n;
  for (let k = 0; k < blocks; k++) {
    const block = slots.slice(SLOTS_PER_BLOCK * k, SLOTS_PER_BLOCK * (k + 1));
    while (block.length < SLOTS_PER_BLOCK) block.push(0n);
    chain = poseidon([chain, ...block]);
  }
  return poseidon([PORTFOLIO_TAG, BigInt(slots.length), salt, portfolio.cash + MAX_CASH, chain]);
}

function decimalField(field: string, text: string, decimals: number, rule: string): bigint {
  try {
    return parseDecimal(text, decimals);
  } catch {
    throw new PortfolioError(field, text, rule);
  }
}

/** Lots of the most precise lot are 1e-12, so 18 decimals hold each exact quotient's numerator. */
function wholeLots(field: string, quantity: string, lot: string): bigint {
  const scale = 18;
  const scaled = decimalField(field, quantity, scale, "has more than 18 decimals");
  const unit = parseDecimal(lot, scale);
  if (scaled % unit !== 0n) throw new PortfolioError(field, quantity, `must be a whole number of lots of ${lot}`);
  const lots = scaled / unit;
  if (lots === 0n) throw new PortfolioError(field, quantity, "must not be zero");
  return lots;
}

/** Field and rule are in the message; the value is a secret of the account, for its holder's own screen only. */
export class PortfolioError extends Error {
  readonly #value: string;

  constructor(readonly field: string, value: string, readonly rule: string) {
    super(`${field} ${rule}`);
    this.name = "PortfolioError";
    this.#value = value;
  }

  get value(): string {
    return this.#value;
  }
}

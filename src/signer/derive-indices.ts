/** The aggregated market and the protocol's own state -> the indices of each asset, by the estimators of the margin policy. */
import { SNAPSHOT_DECIMALS } from "../market/exchange-decimal.js";
import type { MarketSnapshot } from "../market/market-snapshot.js";
import { DecimalError, Q32, ceilDiv, floorDiv, parseDecimal, roundDiv } from "../math/fixed-point.js";
import type { AssetIndices } from "../policy/asset-indices.js";
import { assetCorrelation, type CorrelationMatrix } from "../policy/correlation.js";
import { decimalUnits } from "../policy/decimals.js";
import { liquidityOf } from "../policy/liquidity.js";
import type { Policy } from "../policy/policy.js";
import { estimateVolatility } from "../policy/volatility.js";

const ONE = decimalUnits("1");

/** What no market says of an asset; all signers read it from the same block. Plain decimals, at most 8 digits after the point. */
export interface ProtocolState {
  /** Share of the protocol's capacity in the asset that is in use, in [0, 1]. */
  readonly utilisation: string;
  /** Stress observed at other protocols, in [0, 1]. */
  readonly contagion: string;
  /** Open interest of the accounts that are net long and net short, in any one unit; without it the skew is that of the options. */
  readonly openInterest?: { readonly long: string; readonly short: string };
}

/** By symbol; one for each asset of the snapshot and no other. */
export type ProtocolStates = Readonly<Record<string, ProtocolState>>;

/**
 * One entry for each asset of the snapshot, numbered as in its risk payload.
 * - spot: the index.
 * - fast and slow volatility: the EWMAs of the daily variance; both the implied one at the policy's tenor where the history is too short or too old.
 * - open-interest skew: (long - short) / (long + short) of the protocol's accounts if given, else (calls - puts) / (calls + puts) over the open interest of
 *   the asset's live options, in contracts; 0 where there is none. Away from zero.
 * - correlation: mean over the other assets of the policy's shrunk and bounded correlation; 0 for an only asset.
 * - depth: daily volume (median of the policy's window, or its own figure) x depthShare x participation.
 * @throws IndexRangeError; ProtocolStateError; what the estimators throw: BarError, NoVolatilityError, LambdaRangeError
 */
export function deriveIndices(snapshot: MarketSnapshot, policy: Policy, protocol: ProtocolStates): readonly AssetIndices[] {
  const correlation = assetCorrelation(snapshot.assets, policy);
  const symbols = new Set(snapshot.assets.map(({ symbol }) => symbol));
  for (const symbol of Object.keys(protocol)) {
    if (!symbols.has(symbol)) throw new ProtocolStateError(symbol, "asset", symbol, "must be one of the snapshot's assets");
  }
  return snapshot.assets.map((market, at): AssetIndices => {
    const { symbol } = market;
    const state = protocol[symbol];
    if (state === undefined) throw new ProtocolStateError(symbol, "state", "absent", "must be given");
    const { fast, slow, implied, blended } = estimateVolatility(snapshot, market, policy);
    const { dailyVolume } = liquidityOf(snapshot, market, policy, blended);
    const { depthShare, participation } = policy.liquidity;
    const indices: AssetIndices = {
      asset: at + 1,
      spot: parseDecimal(market.index, SNAPSHOT_DECIMALS),
      fastVolatility: fast ?? implied ?? 0n,
      slowVolatility: slow ?? implied ?? 0n,
      openInterestSkew: openInterestSkew(snapshot, symbol, state),
      correlation: meanCorrelation(correlation, at),
      depth: floorDiv(dailyVolume * decimalUnits(depthShare) * decimalUnits(participation), ONE * ONE),
      utilisation: share(symbol, "utilisation", state.utilisation),
      contagion: share(symbol, "contagion", state.contagion),
    };
    checkIndices(indices, symbol);
    return indices;
  });
}

/** Bounds, both included, of the fields of AssetIndices. */
const RANGES: Readonly<Record<Exclude<keyof AssetIndices, "asset">, readonly [least: bigint, most: bigint]>> = {
  spot: [1n, (1n << 64n) - 1n],
  fastVolatility: [0n, (1n << 40n) - 1n],
  slowVolatility: [0n, (1n << 40n) - 1n],
  openInterestSkew: [-Q32, Q32],
  correlation: [-Q32, Q32],
  depth: [0n, (1n << 96n) - 1n],
  utilisation: [0n, Q32],
  contagion: [0n, Q32],
};

/** @throws IndexRangeError for the first index that is not in its range. */
export function checkIndices(indices: AssetIndices, name: string): void {
  if (!Number.isInteger(indices.asset) || indices.asset < 1 || indices.asset > 0xffff_ffff) {
    throw new IndexRangeError(name, "asset", indices.asset, 1n, 0xffff_ffffn);
  }
  for (const [field, [least, most]] of Object.entries(RANGES) as [keyof typeof RANGES, readonly [bigint, bigint]][]) {
    if (indices[field] < least || indices[field] > most) throw new IndexRangeError(name, field, indices[field], least, most);
  }
}

function meanCorrelation(matrix: CorrelationMatrix, at: number): bigint {
  const others = (matrix[at] ?? []).filter((_, i) => i !== at);
  return others.length === 0 ? 0n : roundDiv(others.reduce((sum, value) => sum + value, 0n), BigInt(others.length));
}

function openInterestSkew(snapshot: MarketSnapshot, symbol: string, { openInterest }: ProtocolState): bigint {
  if (openInterest !== undefined) {
    return skew(amount(symbol, "openInterest.long", openInterest.long), amount(symbol, "openInterest.short", openInterest.short));
  }
  const open = { call: 0n, put: 0n };
  for (const { asset, status, optionType, openInterest: contracts } of snapshot.instruments) {
    if (asset !== symbol || status !== "live" || optionType === undefined || contracts === undefined) continue;
    open[optionType] += decimalUnits(contracts);
  }
  return skew(open.call, open.put);
}

function skew(long: bigint, short: bigint): bigint {
  const total = long + short;
  if (total === 0n) return 0n;
  return long >= short ? ceilDiv((long - short) * Q32, total) : floorDiv((long - short) * Q32, total);
}

/** Q32, rounded up: more use and more stress ask for more margin. */
function share(symbol: string, field: string, text: string): bigint {
  const value = amount(symbol, field, text);
  if (value > ONE) throw new ProtocolStateError(symbol, field, text, "must be at most 1");
  return ceilDiv(value * Q32, ONE);
}

function amount(symbol: string, field: string, text: string): bigint {
  let value: bigint;
  try {
    value = decimalUnits(text);
  } catch (error) {
    throw error instanceof DecimalError ? new ProtocolStateError(symbol, field, error.text, error.rule) : error;
  }
  if (value < 0n) throw new ProtocolStateError(symbol, field, text, "must not be negative");
  return value;
}

export class IndexRangeError extends Error {
  override readonly name = "IndexRangeError";

  constructor(
    readonly asset: string,
    readonly field: string,
    readonly value: bigint | number,
    readonly least: bigint,
    readonly most: bigint,
  ) {
    super(`${field} of ${asset} ${value}: must be from ${least} to ${most}`);
  }
}

export class ProtocolStateError extends Error {
  override readonly name = "ProtocolStateError";

  constructor(
    readonly asset: string,
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`protocol state of ${asset}: ${field} ${value}: ${rule}`);
  }
}

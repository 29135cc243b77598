import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import type { MarketSnapshot } from "../../src/market/market-snapshot.js";
import { defaultPolicy } from "../../src/policy/policy.js";
import { NoVolatilityError } from "../../src/policy/volatility.js";
import { IndexRangeError, ProtocolStateError, checkIndices, deriveIndices, type ProtocolState } from "../../src/signer/derive-indices.js";
import { RISK_HEADER_TYPES } from "../../src/signer/risk-header.js";
import { DAY, snapshot as market, syntheticBars, toFloat } from "../policy/synthetic-snapshot.js";
import { ROOT } from "../support/template.js";
import { PROTOCOL, smallMarket } from "./markets.js";

const snapshot = smallMarket();
const [btc, eth] = deriveIndices(snapshot, defaultPolicy, PROTOCOL);

const only = (from: MarketSnapshot, symbol: string): MarketSnapshot => ({
  ...from, assets: from.assets.filter((asset) => asset.symbol === symbol), instruments: from.instruments.filter(({ asset }) => asset === symbol),
});
const withState = (change: Partial<ProtocolState>) => deriveIndices(snapshot, defaultPolicy, { ...PROTOCOL, BTC: { ...PROTOCOL.BTC!, ...change } })[0]!;

/** In floating point, from the definition: daily variance max(close to close, Parkinson), an EWMA from the mean of the first 20, 365 days. */
function floatVolatility(from: MarketSnapshot, at: number, lambda: number): number {
  const bars = from.assets[at]!.history;
  const variances = bars.slice(1).map((bar, i) => {
    const close = Math.log(Number(bar.close) / Number(bars[i]!.close)) ** 2;
    return Math.max(close, Math.log(Number(bar.high) / Number(bar.low)) ** 2 / (4 * Math.LN2));
  });
  const seed = variances.slice(0, 20).reduce((a, b) => a + b, 0) / 20;
  return Math.sqrt(365 * variances.reduce((value, variance) => lambda * value + (1 - lambda) * variance, seed));
}

describe("the indices of an asset", () => {
  it("are numbered as in the payload, with the index as spot", () => {
    expect([btc!.asset, eth!.asset]).toEqual([1, 2]);
    expect(btc!.spot).toBe(50_000n * 10n ** 8n);
  });
  it("have the fast and the slow volatility of the history, as in floating point", () => {
    for (const [at, indices] of [btc!, eth!].entries()) {
      expect(toFloat(indices.fastVolatility)).toBeCloseTo(floatVolatility(snapshot, at, 0.85), 6);
      expect(toFloat(indices.slowVolatility)).toBeCloseTo(floatVolatility(snapshot, at, 0.97), 6);
    }
    expect(btc!.fastVolatility).not.toBe(btc!.slowVolatility);
  });
  it.each([
    ["too short", syntheticBars(10)],
    ["too old", syntheticBars(90).map((bar) => ({ ...bar, time: bar.time - 10 * DAY }))],
    ["absent", []],
  ])("have the implied volatility for both where the history is %s", (_, history) => {
    const without = { ...snapshot, assets: snapshot.assets.map((asset) => ({ ...asset, history })) };
    const [indices] = deriveIndices(without, defaultPolicy, PROTOCOL);
    // The policy's tenor of 30 days lies between the expiries at 20 days (0.55 and 0.57 at the money) and 40 (0.60 and 0.65 near it).
    const variance = (0.56 ** 2 * 20 * 10 + 0.6 ** 2 * 40 * 10) / 20;
    expect(toFloat(indices!.fastVolatility)).toBeCloseTo(Math.sqrt(variance / 30), 6);
    expect(indices!.slowVolatility).toBe(indices!.fastVolatility);
  });
  it("are refused where nothing gives a volatility", () => {
    expect(() => deriveIndices(market([{ symbol: "BTC", index: "1", history: [] }]), defaultPolicy, { BTC: PROTOCOL.BTC! })).toThrow(NoVolatilityError);
  });
  it("have as depth the share of the daily volume that the policy says can be traded", () => {
    // 1,000 and 400 million a day, all of it reachable, 5 % participation.
    expect(btc!.depth).toBe(50_000_000n * 10n ** 6n);
    expect(eth!.depth).toBe(20_000_000n * 10n ** 6n);
    const reachable = { ...defaultPolicy, liquidity: { ...defaultPolicy.liquidity, depthShare: "0.4" } };
    expect(deriveIndices(snapshot, reachable, PROTOCOL)[0]!.depth).toBe(20_000_000n * 10n ** 6n);
    const stale = { ...snapshot, assets: snapshot.assets.map((asset) => ({ ...asset, history: [] })) };
    // The policy's own 500 million for ETH.
    expect(deriveIndices(stale, defaultPolicy, PROTOCOL)[1]!.depth).toBe(25_000_000n * 10n ** 6n);
  });
  it("have the skew of the accounts where it is known, else that of the options' open interest, away from zero", () => {
    // 300 long, 100 short; options: 150 calls, 100 puts.
    expect(eth!.openInterestSkew).toBe(Q32 / 2n);
    expect(btc!.openInterestSkew).toBe(Q32 / 5n + 1n);
    expect(withState({ openInterest: { long: "1", short: "4" } }).openInterestSkew).toBe(-((3n * Q32) / 5n) - 1n);
    expect(withState({ openInterest: { long: "0", short: "4" } }).openInterestSkew).toBe(-Q32);
    expect(withState({ openInterest: { long: "0", short: "0" } }).openInterestSkew).toBe(0n);
  });
  it("have the skew of live options alone", () => {
    const edit = (id: number, change: object) => ({ ...snapshot, instruments: snapshot.instruments.map((listed) => (listed.id === id ? { ...listed, ...change } : listed)) });
    const skewOf = (from: MarketSnapshot) => deriveIndices(from, defaultPolicy, PROTOCOL)[0]!.openInterestSkew;
    // Without the 120 calls: 30 against 100.
    expect(skewOf(edit(3, { status: "stale" }))).toBe(-((7n * Q32) / 13n) - 1n);
    expect(skewOf(edit(7, { openInterest: "500" }))).toBe(btc!.openInterestSkew);
    expect(skewOf({ ...snapshot, instruments: snapshot.instruments.filter(({ kind }) => kind !== "option") })).toBe(0n);
  });
  it("have the mean correlation with the other assets, and none alone", () => {
    expect(btc!.correlation).toBe(eth!.correlation);
    expect(toFloat(btc!.correlation)).toBeGreaterThan(0.3);
    expect(toFloat(btc!.correlation)).toBeLessThanOrEqual(0.97);
    expect(deriveIndices(only(snapshot, "BTC"), defaultPolicy, { BTC: PROTOCOL.BTC! })[0]!.correlation).toBe(0n);
    // The same history as BTC's correlates with it entirely: shrunk by a quarter to 0.7. ETH's pair with either is as before.
    const twin = { ...snapshot.assets[0]!, symbol: "XBT" };
    const [first, , third] = deriveIndices({ ...snapshot, assets: [...snapshot.assets, twin] }, defaultPolicy, { ...PROTOCOL, XBT: { ...PROTOCOL.BTC!, openInterest: { long: "1", short: "1" } } });
    expect(toFloat(first!.correlation)).toBeCloseTo((toFloat(btc!.correlation) + 0.75 + 0.25 * 0.7) / 2, 6);
    expect(third!.correlation).toBe(first!.correlation);
  });
  it("have utilisation and contagion of the protocol, rounded up", () => {
    expect(btc!.utilisation).toBe((62n * Q32) / 100n + 1n);
    expect(btc!.contagion).toBe(Q32 / 20n + 1n);
    expect(withState({ utilisation: "0", contagion: "1" })).toMatchObject({ utilisation: 0n, contagion: Q32 });
  });
  it.each([
    [{ utilisation: "1.00000001" }, /utilisation 1.00000001: must be at most 1/],
    [{ contagion: "-0.1" }, /contagion -0.1: must not be negative/],
    [{ contagion: "1e-3" }, /contagion 1e-3: must be a plain decimal/],
    [{ utilisation: "0.123456789" }, /utilisation 0.123456789: must have at most 8 digits/],
    [{ openInterest: { long: "1", short: "-1" } }, /openInterest.short -1: must not be negative/],
  ])("are refused for a protocol state of %j", (change, message) => {
    expect(() => withState(change)).toThrow(ProtocolStateError);
    expect(() => withState(change)).toThrow(message);
  });
  it("are refused without the state of an asset, and with one of another", () => {
    expect(() => deriveIndices(snapshot, defaultPolicy, { BTC: PROTOCOL.BTC! })).toThrow(/protocol state of ETH: state absent: must be given/);
    expect(() => deriveIndices(snapshot, defaultPolicy, { ...PROTOCOL, SOL: PROTOCOL.BTC! })).toThrow(/asset SOL: must be one of/);
  });
  it("are refused out of range, each by name", () => {
    const dear = { ...snapshot, assets: snapshot.assets.map((asset) => ({ ...asset, index: "184467440737.09551616" })) };
    expect(() => deriveIndices(dear, defaultPolicy, PROTOCOL)).toThrow(`spot of BTC ${1n << 64n}: must be from 1 to ${(1n << 64n) - 1n}`);
    const wrong = {
      asset: [0, 1.5, 2 ** 32], spot: [0n, 1n << 64n], fastVolatility: [-1n, 1n << 40n], slowVolatility: [-1n, 1n << 40n], openInterestSkew: [-Q32 - 1n, Q32 + 1n],
      correlation: [-Q32 - 1n, Q32 + 1n], depth: [-1n, 1n << 96n], utilisation: [-1n, Q32 + 1n], contagion: [-1n, Q32 + 1n],
    };
    expect(Object.keys(wrong)).toEqual(RISK_HEADER_TYPES.AssetIndices.map(({ name }) => name));
    for (const [field, outside] of Object.entries(wrong)) {
      for (const value of outside) expect(() => checkIndices({ ...btc!, [field]: value }, "BTC"), `${field} ${value}`).toThrow(IndexRangeError);
    }
    expect(() => checkIndices({ ...btc!, openInterestSkew: -Q32, correlation: Q32, depth: (1n << 96n) - 1n }, "BTC")).not.toThrow();
  });
  it("are named, ordered and typed as the fields of the Solidity struct", () => {
    const solidity = readFileSync(join(ROOT, "verifier-contracts/src/interfaces/IRiskOracle.sol"), "utf8");
    for (const [struct, fields] of Object.entries(RISK_HEADER_TYPES)) {
      const body = new RegExp(`struct ${struct} \\{([^}]*)\\}`).exec(solidity)![1]!;
      expect(body.split(";").map((line) => line.trim()).filter((line) => line !== "")).toEqual(fields.map(({ name, type }) => `${type} ${name}`));
    }
    expect(Object.keys(btc!)).toEqual(RISK_HEADER_TYPES.AssetIndices.map(({ name }) => name));
  });
});

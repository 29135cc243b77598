import type { ListedInstrument } from "../../src/market/market-snapshot.js";
import { NODES, type RiskModel, type SurfaceRegime } from "../../src/policy/risk-model.js";

/** Reference of the tests in floating point, written from the documentation of SurfaceRegime and not from the risk core. */

const YEAR = 365 * 86_400;

const toFloat = (q32: bigint) => Number(q32) / 2 ** 32;

/** N(x) by Marsaglia's series, good to 1e-15 for |x| < 7. */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

export function black76(forward: number, strike: number, sigma: number, years: number, type: "call" | "put"): number {
  const v = sigma * Math.sqrt(years);
  const sign = type === "call" ? 1 : -1;
  if (v === 0) return Math.max(0, sign * (forward - strike));
  const d1 = Math.log(forward / strike) / v + v / 2;
  return sign * (forward * normalCdf(sign * d1) - strike * normalCdf(sign * (d1 - v)));
}

/** Price in ticks, before any shock. */
export function basePrice(option: ListedInstrument, model: RiskModel): number {
  const { forward, strike, sigma, seconds, type } = terms(option, model);
  return black76(forward, strike, sigma, seconds / YEAR, type);
}

/**
 * Price in ticks between regimes r and r + 1 at mu, and between nodes j and j + 1 at x; (r, j, 0, 0) is a grid node. The forward is bilinear,
 * volatility multiplier and time left linear in mu.
 */
export function shockedPrice(option: ListedInstrument, model: RiskModel, r: number, j: number, mu: number, x: number): number {
  const { forward, strike, sigma, seconds, type } = terms(option, model);
  const above = Math.min(r + 1, 3);
  const [a, b] = [model.regimes[r]!, model.regimes[above]!];
  const mix = (p: number, q: number) => (1 - mu) * p + mu * q;
  const factor = (regime: SurfaceRegime, levels: readonly bigint[]) => {
    const level = (1 - x) * toFloat(levels[j]!) + x * toFloat(levels[Math.min(j + 1, NODES - 1)]!);
    return (1 + level) * (1 + (toFloat(regime.rateShock) * seconds) / YEAR);
  };
  const [below, over] = [model.assets[0]!.spotLevels[r]!, model.assets[0]!.spotLevels[above]!];
  const left = Math.max(0, seconds - mix(toFloat(a.elapsed), toFloat(b.elapsed)) * model.horizon);
  const multiplier = mix(volMultiplier(a, seconds, forward / strike), volMultiplier(b, seconds, forward / strike));
  return black76(forward * mix(factor(a, below), factor(b, over)), strike, sigma * multiplier, left / YEAR, type);
}

export function volMultiplier(regime: SurfaceRegime, seconds: number, moneyness: number): number {
  const tenor = Math.max(seconds, regime.tenorFloor);
  const power = toFloat(tenor <= 30 * 86_400 ? regime.shortPower : regime.longPower);
  const skew = toFloat(regime.skewShock) * Math.max(-0.5, Math.min(0.5, Math.log(moneyness)));
  const scaled = toFloat(regime.volShock) * ((30 * 86_400) / tenor) ** power;
  return Math.max(toFloat(regime.minMultiplier), 1 + scaled + skew);
}

function terms(option: ListedInstrument, model: RiskModel) {
  const tick = Number(option.tick);
  return {
    forward: Number(option.forward) / tick,
    strike: Number(option.strike) / tick,
    sigma: Number(option.volatility),
    seconds: option.expiry! - model.time,
    type: option.optionType!,
  };
}

import { Q32, max, roundDiv } from "../math/fixed-point.js";
import { decimalQ32 } from "./decimals.js";
import type { Policy } from "./policy.js";
import type { SurfaceRegime } from "./risk-model.js";

/** The policy's four surface regimes, shocks scaled by its shockMultiplier. A volatility never falls by more than 95 %. */
export function surfaceRegimes({ regimes }: Policy): readonly SurfaceRegime[] {
  const multiplier = decimalQ32(regimes.shockMultiplier);
  const scaled = (text: string) => roundDiv(decimalQ32(text) * multiplier, Q32);
  const deepest = decimalQ32("-0.95");
  return regimes.states.map((state) => {
    const volShock = scaled(state.volShock);
    return {
      name: state.name,
      elapsed: decimalQ32(state.elapsed),
      endsAtExpiry: state.endsAtExpiry,
      volShock: max(volShock, deepest),
      tenorFloor: regimes.tenorFloor,
      shortPower: decimalQ32(regimes.shortPower),
      longPower: decimalQ32(regimes.longPower),
      skewShock: scaled(state.skewShock),
      rateShock: scaled(state.rateShock),
      minMultiplier: decimalQ32(regimes.minimumMultiplier),
    };
  });
}

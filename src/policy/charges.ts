import { Q32, ceilDiv, max, min } from "../math/fixed-point.js";
import { decimalQ32 } from "./decimals.js";
import { liquidationHorizon, type Policy } from "./policy.js";
import type { AssetRisk } from "./risk-model.js";
import { horizonSigma } from "./volatility.js";

export type Charges = Pick<AssetRisk, "spotHaircut" | "shortSpotCharge" | "shortOptionMinimum" | "futureCharge">;

/** Charges of one asset, Q32: a multiple of the horizon sigma, at least the floor, at most 1; rounded up. */
export function chargesOf(policy: Policy, volatility: bigint): Charges {
  const sigma = horizonSigma(volatility, liquidationHorizon(policy));
  const charge = (multiple: string, floor: string) => min(Q32, max(decimalQ32(floor), ceilDiv(decimalQ32(multiple) * sigma, Q32)));
  const { charges } = policy;
  return {
    spotHaircut: charge(charges.spotHaircutSigmas, charges.spotHaircutFloor),
    shortSpotCharge: charge(charges.shortSpotSigmas, charges.shortSpotFloor),
    shortOptionMinimum: charge(charges.shortOptionSigmas, charges.shortOptionFloor),
    futureCharge: charge(charges.futureSigmas, charges.futureFloor),
  };
}

import { expQ32, lnQ32 } from "../math/elementary.js";
import { Q32, ceilDiv, floorDiv, max, min } from "../math/fixed-point.js";
import { decimalQ32 } from "./decimals.js";
import { assetPolicyOf, liquidationHorizon, type Policy } from "./policy.js";
import { horizonSigma } from "./volatility.js";

/**
 * Spot levels of one asset: [regime][node], relative shocks, Q32, strictly ascending, 0 at zeroNode(policy).
 * The core is laid out in log moves (so that a fall can't pass -100 %): half width = the larger of coreSigmas horizon sigmas and the
 * absolute minimum range. Each stress node is the larger of its absolute move and stressSpacing times the node inside it.
 * Log moves are rounded away from zero.
 */
export function spotLevels(policy: Policy, symbol: string, volatility: bigint): readonly (readonly bigint[])[] {
  return spotLevelsAt(policy, symbol, horizonSigma(volatility, liquidationHorizon(policy)));
}

/** As spotLevels, of a horizon sigma, Q32. */
export function spotLevelsAt(policy: Policy, symbol: string, sigma: bigint): readonly (readonly bigint[])[] {
  const range = decimalQ32(assetPolicyOf(policy, symbol).minimumRange);
  return policy.regimes.states.map(({ minimumRange }) => {
    const own = minimumRange === undefined ? 0n : decimalQ32(minimumRange);
    return levelsOf(policy, sigma, max(own, range));
  });
}

/** Horizon sigma, Q32, at least one unit, at which the core's half width is `share` (Q32) of the asset's minimum range. */
export function sigmaOfCore(policy: Policy, symbol: string, share: bigint): bigint {
  return max(1n, floorDiv(share * decimalQ32(assetPolicyOf(policy, symbol).minimumRange), decimalQ32(policy.nodes.coreSigmas)));
}

/** Index of the node with no spot move. */
export function zeroNode({ nodes }: Policy): number {
  return nodes.stressDown.length + nodes.coreFractions.findIndex((fraction) => decimalQ32(fraction) === 0n);
}

function levelsOf({ nodes }: Policy, sigma: bigint, minimumRange: bigint): bigint[] {
  const wanted = ceilDiv(decimalQ32(nodes.coreSigmas) * sigma, Q32);
  const fall = (size: bigint) => -lnQ32(Q32 - size);
  const rise = (size: bigint) => lnQ32(Q32 + size);
  const down = side(wanted, fall(minimumRange), nodes.stressDown.map(decimalQ32).map(fall), fall(decimalQ32(nodes.maximumDown)), nodes.stressSpacing);
  const up = side(wanted, rise(minimumRange), nodes.stressUp.map(decimalQ32).map(rise), rise(decimalQ32(nodes.maximumUp)), nodes.stressSpacing);
  const core = nodes.coreFractions.map(decimalQ32).map((fraction) => {
    return fraction < 0n ? floorDiv(fraction * down.core, Q32) : ceilDiv(fraction * up.core, Q32);
  });
  return [...down.stress.toReversed().map((move) => -move), ...core, ...up.stress].map((move) => expQ32(move) - Q32);
}

/** Log half width of the core and log sizes of the stress nodes of one side, Q32; the core gives way where the outermost node would pass the maximum. */
function side(wanted: bigint, minimum: bigint, absolutes: readonly bigint[], maximum: bigint, spacing: string) {
  const ratio = decimalQ32(spacing);
  // One unit below the maximum a node, so that ceilings along the way can't pass it.
  const widest = absolutes.reduce((width) => floorDiv(width << 32n, ratio) - 1n, maximum);
  const core = min(max(wanted, minimum), widest);
  const stress: bigint[] = [];
  let limit = widest;
  for (const absolute of absolutes) {
    const inside = stress.at(-1) ?? core;
    const spaced = ceilDiv(inside * ratio, Q32);
    // Each node leaves room for those beyond it.
    limit = floorDiv(limit * ratio, Q32);
    stress.push(max(spaced, min(absolute, limit)));
  }
  return { core, stress };
}

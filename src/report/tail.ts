import type { Margin } from "../risk/margin.js";
import type { RiskPayload } from "../risk/risk-payload.js";

/** Weight that each scenario has in the tail: its own, or for the boundary what is left of T. In the unit of the weights, each above 0. */
export function tailWeights(payload: RiskPayload, { shortfall }: Margin): Map<number, bigint> {
  const weights = new Map<number, bigint>();
  let left = payload.tail;
  shortfall.inTail.forEach((inside, s) => {
    if (!inside || payload.weights[s] === 0) return;
    weights.set(s, BigInt(payload.weights[s]!));
    left -= BigInt(payload.weights[s]!);
  });
  if (left > 0n) weights.set(shortfall.boundary, left);
  return weights;
}

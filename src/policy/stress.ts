import { Q32, ceilDiv, min } from "../math/fixed-point.js";
import { decimalQ32 } from "./decimals.js";
import { zeroNode } from "./nodes.js";
import type { Policy } from "./policy.js";
import { NODES, REGIMES } from "./risk-model.js";

export interface StressRows {
  /** nodes[regime][row][asset]: every row of a regime gives each asset another node, so all 14 occur. */
  readonly nodes: readonly (readonly (readonly number[])[])[];
  /** Damping fields, regime by regime: factor (field + 1) / 1024. */
  readonly damping: readonly number[];
}

/**
 * Row k moves every asset to node k; in opposed regimes some assets go to the mirrored node instead, which breaks the usual correlation:
 * rows at distance d from zero turn the assets whose index (in symbol order) has bit d mod b set, b bits for all assets, so that any two
 * assets are turned against each other in some row. An opposed row is damped like the more damped of its two nodes.
 */
export function stressRows(policy: Policy, assets: number): StressRows {
  const zero = zeroNode(policy);
  const mirror = mirroredNodes(zero);
  const rows = Array.from({ length: NODES }, (_, k) => k);
  const regimes = Array.from({ length: REGIMES }, (_, r) => assets > 1 && policy.stress.opposedRegimes[r] === true);
  const bits = assets > 4 ? 3 : assets > 2 ? 2 : 1;
  const turned = (k: number, asset: number) => ((asset >> ((k < zero ? zero - k : k - zero) % bits)) & 1) === 1;
  return {
    nodes: regimes.map((opposed) =>
      rows.map((k) => Array.from({ length: assets }, (_, asset) => (opposed && turned(k, asset) ? mirror[k]! : k))),
    ),
    damping: regimes.flatMap((opposed) => rows.map((k) => dampingField(policy, opposed, k, mirror[k]!))),
  };
}

/** Permutation of the nodes: the i-th above zero for the i-th below; a node without a partner stays. */
function mirroredNodes(zero: number): number[] {
  return Array.from({ length: NODES }, (_, k) => {
    const partner = 2 * zero - k;
    return partner >= 0 && partner < NODES ? partner : k;
  });
}

/** Smallest field whose factor is not below the policy's: damping is never rounded in the account's favour. */
function dampingField({ stress }: Policy, opposed: boolean, node: number, mirrored: number): number {
  const own = decimalQ32(stress.damping[node] ?? "1");
  const other = decimalQ32(stress.damping[mirrored] ?? "1");
  const factor = opposed ? ceilDiv((min(own, other)) * decimalQ32(stress.opposedFactor), Q32) : own;
  return Number(ceilDiv(factor * 1024n, Q32)) - 1;
}

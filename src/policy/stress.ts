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
 * Row k moves every asset to node k; in opposed regimes every second asset (in symbol order) goes to the mirrored node, which breaks
 * the usual correlation. An opposed row is damped like the more damped of its two nodes.
 */
export function stressRows(policy: Policy, assets: number): StressRows {
  const mirror = mirroredNodes(zeroNode(policy));
  const rows = Array.from({ length: NODES }, (_, k) => k);
  const regimes = Array.from({ length: REGIMES }, (_, r) => policy.stress.opposedRegimes[r] === true);
  return {
    nodes: regimes.map((opposed) => rows.map((k) => Array.from({ length: assets }, (_, asset) => (opposed && asset % 2 === 1 ? (mirror[k] ?? k) : k)))),
    damping: regimes.flatMap((opposed) => rows.map((k) => dampingField(policy, opposed && assets > 1, k, mirror[k] ?? k))),
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

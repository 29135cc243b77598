import { P } from "../../../src/math/field.js";
import type { Determination } from "../uniqueness.js";

/**
 * Prefix: booleans u_0 .. u_(n-1) with u_i (1 - u_(i-1)) = 0 are ones followed by zeros, so their sum determines each of them.
 */
export function prefixes(state: Determination): boolean {
  const before = state.rules.size;
  for (const sum of state.sums()) {
    const members = [...sum.keys()];
    if (new Set(sum.values()).size !== 1 || !isChain(state, new Set(members))) continue;
    for (const member of members) state.determine(member, "prefix");
  }
  return state.rules.size > before;
}

/** Rows u (1 - v) = 0 lead from each member but one to another, and no two to the same. */
function isChain(state: Determination, members: ReadonlySet<number>): boolean {
  const before = new Map<number, number>();
  for (const row of state.pending) {
    const { a, b, c } = state.system.rows[row]!;
    if (state.equalities.canonical(c).size !== 0) continue;
    for (const [x, y] of [[a, b], [b, a]] as const) {
      const [factor, complement] = [state.equalities.canonical(x), state.equalities.canonical(y)];
      const [u] = factor.keys();
      const v = [...complement.keys()].find((wire) => wire !== 0);
      if (factor.size !== 1 || complement.size !== 2 || v === undefined || !members.has(u!) || !members.has(v)) continue;
      // k (1 - v)
      if ((complement.get(0) ?? 0n) + complement.get(v)! !== P) continue;
      before.set(u!, v);
    }
  }
  if (before.size !== members.size - 1 || new Set(before.values()).size !== before.size) return false;
  const first = [...members].find((member) => !before.has(member))!;
  // From the last one back to the first, through all.
  const after = new Map([...before].map(([u, v]) => [v, u]));
  let length = 1;
  for (let at = after.get(first); at !== undefined && length <= members.size; at = after.get(at)) length++;
  return length === members.size;
}

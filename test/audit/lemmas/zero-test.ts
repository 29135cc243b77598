import { same, scaled, type Constraint, type Form } from "../forms.js";
import { inverse } from "../inverse.js";
import type { Determination } from "../uniqueness.js";

/**
 * Zero test: a u = c and k a v = 0 with a determined, c = v but for something determined. a = 0: c = 0. a <> 0: v = 0. So v is determined.
 * u is 1/a, or free where a = 0; if it is nowhere else, nothing depends on it.
 */
export function zeroTests(state: Determination): boolean {
  const annihilators = new Map<number, Constraint[]>();
  for (const row of state.pending) {
    const constraint = state.system.rows[row]!;
    if (constraint.c.size !== 0) continue;
    for (const [a, b] of [[constraint.a, constraint.b], [constraint.b, constraint.a]] as const) {
      const rest = state.reduce(b);
      const [v] = rest.keys();
      if (!state.isDetermined(a) || rest.size !== 1) continue;
      annihilators.set(v!, [...(annihilators.get(v!) ?? []), { a, b, c: constraint.c }]);
    }
  }
  let progress = false;
  for (const row of state.pending) {
    const constraint = state.system.rows[row]!;
    const rest = state.reduce(constraint.c);
    const [v] = rest.keys();
    if (rest.size !== 1) continue;
    for (const [a, b] of [[constraint.a, constraint.b], [constraint.b, constraint.a]] as const) {
      const [u] = b.keys();
      if (b.size !== 1 || state.rules.has(u!) || u === v || !state.isDetermined(a)) continue;
      if (!(annihilators.get(v!) ?? []).some((other) => proportional(state.equalities.canonical(other.a), state.equalities.canonical(a)))) continue;
      state.determine(v!, "zero test");
      if (state.uses(u!) === 1) state.determine(u!, "free");
      state.pending.delete(row);
      progress = true;
      break;
    }
  }
  return progress;
}

function proportional(x: Form, y: Form): boolean {
  const [wire] = x.keys();
  const [mine, theirs] = [x.get(wire!), y.get(wire!)];
  return mine !== undefined && theirs !== undefined && same(scaled(x, theirs * inverse(mine)), y);
}

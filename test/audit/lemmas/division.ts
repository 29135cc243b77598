import { P } from "../../../src/math/field.js";
import { isConstant, plus, scaled } from "../forms.js";
import type { RangeFact } from "../range-facts.js";
import type { Determination } from "../uniqueness.js";

/**
 * Division: q D = m with D determined; q in a range of 2^k but for something determined; R = m - in and S = D - 1 - R in [0, 2^n), in determined, k + n + 1 <= 252.
 * R + S = D - 1 makes D an integer in [1, 2^(n+1)) and R <= D - 1. For two witnesses (q - q') D = R - R' holds in the integers, as neither side reaches
 * p / 2; its right side is less than D in size, so it is zero.
 */
export function divisions(state: Determination, facts: readonly RangeFact[]): boolean {
  for (const row of state.pending) {
    const constraint = state.system.rows[row]!;
    for (const [q, divisor] of [[constraint.a, constraint.b], [constraint.b, constraint.a]] as const) {
      if (!state.isDetermined(divisor) || isConstant(divisor)) continue;
      const quotient = facts.find(({ form }) => state.isDetermined(plus(form, q, -1n)) || state.isDetermined(plus(form, q)));
      if (quotient === undefined) continue;
      const remainders = facts.filter(({ form }) => state.isDetermined(plus(form, constraint.c, -1n)) || state.isDetermined(plus(form, constraint.c)));
      const isPair = (x: RangeFact, y: RangeFact) =>
        x.bits === y.bits && [1n, P - 1n].some((sign) => state.equalities.areEqual(plus(x.form, y.form), plus(scaled(divisor, sign), new Map([[0, P - 1n]]))));
      const pair = remainders.find((x) => remainders.some((y) => isPair(x, y)));
      if (pair === undefined || quotient.bits + pair.bits + 1 > 252) continue;
      state.pending.delete(row);
      state.learn(q, "division");
      state.learn(constraint.c, "division");
      return true;
    }
  }
  return false;
}

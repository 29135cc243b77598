/**
 * What propagation cannot see, one lemma each. A lemma names its premises and finds them among the constraints: take one out, and nothing is concluded.
 */
import { P, fromField, toField } from "../../src/math/field.js";
import { addTo, isConstant, plus, same, scaled, type Constraint, type Form } from "./forms.js";
import { inverse } from "./inverse.js";
import type { Determination } from "./uniqueness.js";

/** form = sum of 2^i x boolean i for i = 0..bits-1, so it lies in [0, 2^bits). */
export interface RangeFact {
  readonly form: Form;
  readonly bits: number;
}

const ONE: Form = new Map([[0, 1n]]);

export function applyLemmas(state: Determination): boolean {
  return zeroTests(state) || divisions(state) || maxima(state);
}

/** The range checks whose bits are not determined yet. */
export function rangeFacts(state: Determination): RangeFact[] {
  return state.booleanEquations.flatMap((equation) => {
    const rest = new Map<number, bigint>();
    const coefficients: bigint[] = [];
    for (const [variable, coefficient] of equation) {
      if (state.booleans.has(variable) && !state.rules.has(variable)) coefficients.push(coefficient);
      else rest.set(variable, coefficient);
    }
    // rest + sum of coefficients x booleans = 0.
    // One of them is that of the lowest bit.
    for (const lowest of coefficients.flatMap((x) => [x, P - x])) {
      const scale = toField(-inverse(lowest));
      const weights = coefficients.map((x) => fromField(-scale * x));
      const powers = new Set(weights.map((weight) => (weight < 0n ? -weight : weight)));
      if (powers.size !== coefficients.length || !coefficients.every((_, i) => powers.has(1n << BigInt(i)))) continue;
      // A boolean that counts down counts up by its complement.
      const form = scaled(rest, scale);
      addTo(form, ONE, weights.reduce((sum, weight) => (weight < 0n ? sum - weight : sum), 0n));
      return [{ form, bits: coefficients.length }];
    }
    return [];
  });
}

/**
 * Zero test: a u = c and k a v = 0 with a determined, c = v but for something determined, and u nowhere else. a = 0: c = 0. a <> 0: v = 0. So v is determined.
 * u is 1/a, or free where a = 0; nothing else depends on it.
 */
function zeroTests(state: Determination): boolean {
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
      if (b.size !== 1 || state.rules.has(u!) || u === v || !state.isDetermined(a) || state.uses(u!) !== 1) continue;
      if (!(annihilators.get(v!) ?? []).some((other) => proportional(other.a, a))) continue;
      state.determine(v!, "zero test");
      state.determine(u!, "free");
      state.pending.delete(row);
      progress = true;
      break;
    }
  }
  return progress;
}

/**
 * Division: q D = m with D determined; q in a range of 2^k but for something determined; R = m - in and S = D - 1 - R in [0, 2^n), k + n + 1 <= 252. R + S = D - 1 makes
 * D an integer in [1, 2^(n+1)) and R <= D - 1. For two witnesses (q - q') D = R - R' holds in the integers, as neither side reaches p / 2; its right side is less
 * than D in size, so it is zero.
 */
function divisions(state: Determination): boolean {
  const facts = rangeFacts(state);
  for (const row of state.pending) {
    const constraint = state.system.rows[row]!;
    for (const [q, divisor] of [[constraint.a, constraint.b], [constraint.b, constraint.a]] as const) {
      if (!state.isDetermined(divisor) || isConstant(divisor)) continue;
      for (const sign of [1n, P - 1n]) {
        // sign^2 = 1: (sign q) (sign D) = m.
        const [ours, by] = [scaled(q, sign), scaled(divisor, sign)];
        const quotient = facts.find(({ form }) => state.isDetermined(plus(form, ours, -1n)) || state.isDetermined(plus(form, ours)));
        if (quotient === undefined) continue;
        const remainders = facts.filter(({ form }) => state.isDetermined(plus(form, constraint.c, -1n)) || state.isDetermined(plus(form, constraint.c)));
        const last = plus(by, new Map([[0, P - 1n]]));
        const pair = remainders.find(({ form, bits }) => remainders.some((other) => other.bits === bits && same(plus(form, other.form), last)));
        if (pair === undefined || quotient.bits + pair.bits + 1 > 252) continue;
        state.pending.delete(row);
        state.learn(q, "division");
        state.learn(constraint.c, "division");
        return true;
      }
    }
  }
  return false;
}

/**
 * Maximum: a product of factors x - d_i, d_i determined, is zero, and each factor lies in [0, 2^n), n <= 252. Two witnesses x = d_i and y = d_j have y - d_i and
 * x - d_j in [0, 2^n), which are opposite: both are zero.
 */
function maxima(state: Determination): boolean {
  const facts = rangeFacts(state);
  const definitions = new Map<number, number>();
  for (const row of state.pending) {
    const { c } = state.system.rows[row]!;
    const [wire] = c.keys();
    if (c.size === 1 && wire !== 0) definitions.set(wire!, row);
  }
  for (const row of state.pending) {
    if (state.system.rows[row]!.c.size !== 0) continue;
    const factors = factorsOf(state, row, definitions);
    const first = factors[0];
    if (first === undefined || factors.length < 3 || state.isDetermined(first)) continue;
    const ranged = factors.map((factor) => facts.find(({ form, bits }) => bits <= 252 && (same(form, factor) || same(form, scaled(factor, P - 1n)))));
    const reference = ranged[0];
    if (reference === undefined) continue;
    // The same x, with the same sign, in each.
    if (!ranged.every((fact) => fact !== undefined && state.isDetermined(plus(fact.form, reference.form, -1n)))) continue;
    state.pending.delete(row);
    state.learn(reference.form, "maximum");
    return true;
  }
  return false;
}

/** The factors of a product of three or more that a chain of rows builds: wires of products are replaced by what they are products of. */
function factorsOf(state: Determination, row: number, definitions: ReadonlyMap<number, number>): Form[] {
  const { a, b } = state.system.rows[row]!;
  return [a, b].flatMap((factor) => {
    const [wire] = factor.keys();
    const definition = factor.size === 1 ? definitions.get(wire!) : undefined;
    return definition === undefined || definition === row ? [factor] : factorsOf(state, definition, definitions);
  });
}

function proportional(x: Form, y: Form): boolean {
  const [wire] = x.keys();
  const [mine, theirs] = [x.get(wire!), y.get(wire!)];
  return mine !== undefined && theirs !== undefined && same(scaled(x, theirs * inverse(mine)), y);
}

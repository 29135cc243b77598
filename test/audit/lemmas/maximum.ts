import { plus, scaled, type Form } from "../forms.js";
import { P } from "../../../src/math/field.js";
import type { RangeFact } from "../range-facts.js";
import type { Determination } from "../uniqueness.js";

/**
 * Maximum: a product of factors x - d_i, d_i determined, is zero, and each factor lies in [0, 2^n), n <= 252. Two witnesses x = d_i and y = d_j have y - d_i and
 * x - d_j in [0, 2^n), which are opposite: both are zero.
 */
export function maxima(state: Determination, facts: readonly RangeFact[]): boolean {
  const definitions = new Map<number, number>();
  for (const row of state.pending) {
    const { c } = state.system.rows[row]!;
    const [wire] = c.keys();
    if (c.size === 1 && wire !== 0) definitions.set(wire!, row);
  }
  for (const row of state.pending) {
    const { c } = state.system.rows[row]!;
    if (state.equalities.canonical(c).size !== 0) continue;
    const factors = factorsOf(state, row, definitions);
    const first = factors[0];
    if (first === undefined || factors.length < 3 || state.isDetermined(first)) continue;
    const ranged = factors.map((factor) =>
      facts.find(({ form, bits }) => bits <= 252 && (state.equalities.areEqual(form, factor) || state.equalities.areEqual(form, scaled(factor, P - 1n)))));
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
function factorsOf(state: Determination, row: number, definitions: ReadonlyMap<number, number>, within: readonly number[] = []): Form[] {
  const { a, b } = state.system.rows[row]!;
  const path = [...within, row];
  return [a, b].flatMap((given) => {
    const factor = given.size === 1 && !definitions.has([...given.keys()][0]!) ? state.equalities.canonical(given) : given;
    const [wire] = factor.keys();
    const definition = factor.size === 1 ? definitions.get(wire!) : undefined;
    return definition === undefined || path.includes(definition) ? [factor] : factorsOf(state, definition, definitions, path);
  });
}

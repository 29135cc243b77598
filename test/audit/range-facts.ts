/** Range checks, as they follow from constraints. */
import { P, fromField, toField } from "../../src/math/field.js";
import { addTo, isConstant, constantOf, plus, scaled, type Form } from "./forms.js";
import { HALF, size } from "./booleans.js";
import { inverse } from "./inverse.js";
import type { Determination } from "./uniqueness.js";

/** form = sum of 2^i x boolean i for i = 0..bits-1, so it lies in [0, 2^bits). */
export interface RangeFact {
  readonly form: Form;
  readonly bits: number;
}

/** From each equation that counts in booleans: in those that are not determined yet, or in all of them if there is none. */
export function rangeFacts(state: Determination): RangeFact[] {
  return state.equations.flatMap((equation) => {
    const booleans = [...equation].filter(([variable]) => state.booleans.has(variable));
    const open = booleans.filter(([variable]) => !state.rules.has(variable));
    const fact = rangeFact(equation, open.length > 0 ? open : booleans);
    return fact === undefined ? [] : [fact];
  });
}

/** From equation = 0, where `counting` of its terms are booleans with coefficients 1, 2, 4, .. up to a common scale and signs. */
function rangeFact(equation: Form, counting: readonly (readonly [number, bigint])[]): RangeFact | undefined {
  if (counting.length === 0 || counting.length > 253) return undefined;
  const rest = new Map(equation);
  for (const [variable] of counting) rest.delete(variable);
  const magnitudes = new Set(counting.map(([, coefficient]) => size(coefficient)));
  if (magnitudes.size !== counting.length) return undefined;
  // The lowest is no double of another.
  for (const [, lowest] of counting.filter(([, coefficient]) => !magnitudes.has(size(toField(coefficient * HALF))))) {
    for (const unit of [lowest, P - lowest]) {
      const scale = inverse(unit);
      const weights = counting.map(([, coefficient]) => fromField(scale * coefficient));
      const sizes = new Set(weights.map((weight) => (weight < 0n ? -weight : weight)));
      if (!counting.every((_, i) => sizes.has(1n << BigInt(i)))) continue;
      // rest / unit + sum of weight x boolean = 0; a boolean with a negative weight counts by its complement.
      const form = scaled(rest, P - scale);
      addTo(form, new Map([[0, 1n]]), weights.reduce((sum, weight) => (weight < 0n ? sum - weight : sum), 0n));
      return { form, bits: counting.length };
    }
  }
  return undefined;
}

/** Equations of a row that is linear. */
export function linearEquation({ a, b, c }: { readonly a: Form; readonly b: Form; readonly c: Form }): Form | undefined {
  if (isConstant(a)) return plus(c, b, -constantOf(a));
  return isConstant(b) ? plus(c, a, -constantOf(b)) : undefined;
}

/** Forms that a constraint makes boolean, and sums of booleans that determine their members. */
import { P, fromField, toField } from "../../src/math/field.js";
import { constantOf, isConstant, plus, scaled, type Constraint, type Form } from "./forms.js";
import { inverse } from "./inverse.js";

export const HALF = inverse(2n);

/** A form that a constraint leaves the values 0 and `unit` only. */
export interface BooleanForm {
  readonly form: Form;
  readonly unit: bigint;
}

/** L (k L - d) = 0 leaves L in {0, d / k}. */
export function booleanForm({ a, b, c }: Constraint): BooleanForm | undefined {
  if (c.size !== 0 || isConstant(a) || isConstant(b)) return undefined;
  const [wire, coefficient] = [...b].find(([w]) => w !== 0)!;
  const other = a.get(wire);
  if (other === undefined) return undefined;
  const ratio = toField(coefficient * inverse(other));
  const difference = plus(b, a, -ratio);
  if (!isConstant(difference) || difference.size === 0) return undefined;
  // b = ratio a + d, so a is 0 or root. A constant in a is taken out where the values are 0 and something without it.
  const root = toField(-constantOf(difference) * inverse(ratio));
  const start = constantOf(a);
  const form = new Map(a);
  form.delete(0);
  if (start === 0n) return { form, unit: root };
  if (root === start) return { form: scaled(form, P - 1n), unit: start };
  return { form: a, unit: root };
}

/** No two choices of the booleans have the same sum: up to a scale, each coefficient is above the sum of the smaller ones, and nothing wraps. */
export function isUniqueSum(coefficients: readonly bigint[]): boolean {
  if (coefficients.length > 253) return false;
  const sizes = new Set(coefficients.map(size));
  if (sizes.size !== coefficients.length) return false;
  // The smallest of a run of powers of two is no double of another.
  const starts = [...sizes].filter((x) => !sizes.has(size(toField(x * HALF))));
  return [1n, ...starts.slice(0, 8).map(inverse)].some((scale) => {
    const ordered = coefficients.map((x) => size(toField(x * scale))).sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
    let sum = 0n;
    for (const each of ordered) {
      if (each <= sum) return false;
      sum += each;
    }
    return sum < P;
  });
}

/** Of an element's signed representative. */
export function size(element: bigint): bigint {
  const value = fromField(element);
  return value < 0n ? -value : value;
}

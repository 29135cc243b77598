/** A constraint system carried over from the scalar field of BN254 to a small prime field. */
import { fromField } from "../../../src/math/field.js";
import type { Form, System } from "../forms.js";

/** Wire -> coefficient in (0, prime). Wire 0 is the constant one. */
export type SmallForm = ReadonlyMap<number, number>;

/** a x b = c */
export interface SmallRow {
  readonly a: SmallForm;
  readonly b: SmallForm;
  readonly c: SmallForm;
}

/** Beyond it a coefficient stands for no signed integer, such as 1/2 or a constant of a hash, and has no counterpart in another field. */
const LARGEST_COEFFICIENT = 1n << 100n;

/** Largest prime that the arithmetic in doubles is exact for, by far. */
const LARGEST_PRIME = 1 << 20;

export class SmallFieldError extends Error {
  constructor(readonly field: string, readonly value: bigint | number, rule: string) {
    super(`${field} ${rule}, not ${value}`);
    this.name = "SmallFieldError";
  }
}

/** Each coefficient as the signed integer that it stands for, modulo `prime`. Throws SmallFieldError for one that stands for none. */
export function overSmallField(system: System, prime: number): SmallRow[] {
  if (prime > LARGEST_PRIME || smallestPrimeFrom(prime) !== prime) throw new SmallFieldError("prime", prime, `must be a prime up to ${LARGEST_PRIME}`);
  const form = (large: Form): SmallForm => {
    const small = new Map<number, number>();
    for (const [wire, coefficient] of large) {
      const signed = fromField(coefficient);
      if (signed > LARGEST_COEFFICIENT || signed < -LARGEST_COEFFICIENT) throw new SmallFieldError("coefficient", signed, "must be a small signed integer");
      const value = modulo(Number(signed % BigInt(prime)), prime);
      if (value !== 0) small.set(wire, value);
    }
    return small;
  };
  return system.rows.map(({ a, b, c }) => ({ a: form(a), b: form(b), c: form(c) }));
}

/** Booleans: wires x with a row x (x - 1) = 0 up to a scale. */
export function booleanWires(rows: readonly SmallRow[], prime: number): Set<number> {
  const wires = new Set<number>();
  for (const { a, b, c } of rows) {
    const [first, second] = [rootOf(a, prime), rootOf(b, prime)];
    if (c.size !== 0 || first === undefined || first.wire !== second?.wire) continue;
    if (first.value + second.value === 1 && first.value * second.value === 0) wires.add(first.wire);
  }
  return wires;
}

/** The zero of a form in one wire. */
function rootOf(form: SmallForm, prime: number): { readonly wire: number; readonly value: number } | undefined {
  const [wire, ...others] = [...form.keys()].filter((key) => key !== 0);
  if (wire === undefined || others.length > 0) return undefined;
  return { wire, value: (modulo(-(form.get(0) ?? 0), prime) * inverseModulo(form.get(wire)!, prime)) % prime };
}

/** Rows that a value of each wire does not satisfy. */
export function smallViolations(rows: readonly SmallRow[], prime: number, values: readonly number[]): number[] {
  const valueOf = (form: SmallForm): number => [...form].reduce((sum, [wire, coefficient]) => (sum + coefficient * values[wire]!) % prime, 0);
  return rows.flatMap(({ a, b, c }, row) => ((valueOf(a) * valueOf(b)) % prime === valueOf(c) ? [] : [row]));
}

export function modulo(value: number, prime: number): number {
  const reduced = value % prime;
  return reduced < 0 ? reduced + prime : reduced;
}

/** Of least magnitude. */
export function balanced(value: number, prime: number): number {
  return value > prime / 2 ? value - prime : value;
}

export function inverseModulo(value: number, prime: number): number {
  let power = 1;
  let square = modulo(value, prime);
  for (let exponent = prime - 2; exponent > 0; exponent = Math.floor(exponent / 2), square = (square * square) % prime) {
    if (exponent % 2 === 1) power = (power * square) % prime;
  }
  return power;
}

/** sum += scale x form */
export function addModulo(sum: Map<number, number>, form: SmallForm, scale: number, prime: number): void {
  for (const [wire, coefficient] of form) {
    const value = modulo((sum.get(wire) ?? 0) + modulo(scale, prime) * coefficient, prime);
    if (value === 0) sum.delete(wire);
    else sum.set(wire, value);
  }
}

export function smallestPrimeFrom(least: number): number {
  for (let candidate = Math.max(2, least); ; candidate++) if (isPrime(candidate)) return candidate;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return candidate >= 2;
}

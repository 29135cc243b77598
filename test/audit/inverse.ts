import { P, toField } from "../../src/math/field.js";

const known = new Map<bigint, bigint>();

/** 1 / value in the field, by the extended Euclidean algorithm. */
export function inverse(value: bigint): bigint {
  const reduced = toField(value);
  const cached = known.get(reduced);
  if (cached !== undefined) return cached;
  let [r0, r1] = [P, reduced];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  if (r0 !== 1n) throw new RangeError("zero has no inverse");
  const result = toField(t0);
  if (known.size < 100_000) known.set(reduced, result);
  return result;
}

/**
 * The engine's fields and groups against @noble/curves, which shares nothing with it, nor with the curve that this project computes with elsewhere.
 */
import { bn254 } from "@noble/curves/bn254.js";
import { describe, expect, it } from "vitest";
import { type FieldOperation, loadNativeEngine } from "../../../prover/backends/native-engine.js";
import { seededRandom } from "../../support/random.js";
import { availableArithmetics, integersIn, toIntegers } from "./bn254-bytes.js";

const { primitives } = loadNativeEngine();
const { Fp, Fr } = bn254.fields;
type Field = typeof Fp;
const random = seededRandom(254);

function randomBelow(modulus: bigint): bigint {
  let value = 0n;
  for (let word = 0; word < 10; word++) value = (value << 30n) + BigInt(random.integer(0, 2 ** 30 - 1));
  return value % modulus;
}

/** 0, 1, the last, the middle, whole words and limbs of ones, and random ones; in a number that is no multiple of any number of lanes. */
const elements = ({ ORDER }: Field): bigint[] => [
  0n, 1n, 2n, ORDER - 1n, ORDER - 2n, ORDER >> 1n, (ORDER >> 1n) + 1n, 1n << 253n, (1n << 253n) - 1n, (1n << 208n) - 1n, (1n << 192n) - 1n, (1n << 64n) - 1n, (1n << 52n) - 1n,
  ...Array.from({ length: 30 }, () => randomBelow(ORDER)),
];

const encode = (field: Field, values: readonly bigint[]): Buffer => toIntegers(values.map((value) => field.mul(value, field.create(1n << 256n))));
const decode = (field: Field, bytes: Uint8Array): bigint[] => integersIn(bytes).map((value) => field.div(value, field.create(1n << 256n)));

const groups = {
  G1: {
    Point: bn254.G1.Point,
    bytes: (point: InstanceType<typeof bn254.G1.Point>) => encode(Fp, [point.toAffine().x, point.toAffine().y]),
    multiply: primitives.multiplyG1,
    multiplyBase: primitives.multiplyBaseG1,
  },
  G2: {
    Point: bn254.G2.Point,
    bytes: (point: InstanceType<typeof bn254.G2.Point>) => {
      const { x, y } = point.toAffine();
      return encode(Fp, [x.c0, x.c1, y.c0, y.c1].map((value) => BigInt(value)));
    },
    multiply: primitives.multiplyG2,
    multiplyBase: primitives.multiplyBaseG2,
  },
};

describe.each(availableArithmetics())("%s arithmetic, as noble computes", (arithmetic) => {
  it.each([["Fp", Fp, primitives.fpOperation], ["Fr", Fr, primitives.frOperation]] as const)("has the field %s", (_, field, operate) => {
    const all = elements(field);
    const pairs = all.flatMap((a) => all.map((b) => [a, b] as const));
    const left = encode(field, pairs.map(([a]) => a));
    const right = encode(field, pairs.map(([, b]) => b));
    const binary: readonly (readonly [FieldOperation, (a: bigint, b: bigint) => bigint])[] = [
      ["add", (a, b) => field.add(a, b)],
      ["subtract", (a, b) => field.sub(a, b)],
      ["multiply", (a, b) => field.mul(a, b)],
    ];
    for (const [operation, compute] of binary) {
      expect(decode(field, operate(arithmetic, operation, left, right)), operation).toEqual(pairs.map(([a, b]) => compute(a, b)));
    }
    const operands = encode(field, all);
    expect(decode(field, operate(arithmetic, "square", operands))).toEqual(all.map((a) => field.sqr(a)));
    expect(decode(field, operate(arithmetic, "negate", operands))).toEqual(all.map((a) => field.neg(a)));
    expect(decode(field, operate(arithmetic, "inverse", operands))).toEqual(all.map((a) => (a === 0n ? 0n : field.inv(a))));
  });

  describe.each(["G1", "G2"] as const)("%s", (name) => {
    const { Point, bytes, multiply, multiplyBase } = groups[name] as (typeof groups)["G1"];
    const order = Fr.ORDER;
    const sum = (points: readonly InstanceType<typeof Point>[], scalars: readonly bigint[]) =>
      points.reduce((total, point, index) => total.add(point.multiplyUnsafe(scalars[index]!)), Point.ZERO);
    const engineSum = (points: readonly InstanceType<typeof Point>[], scalars: readonly bigint[], threads = 2) =>
      Buffer.from(multiply(arithmetic, Buffer.concat(points.map(bytes)), toIntegers(scalars), threads)).toString("hex");
    const expected = (point: InstanceType<typeof Point>) => bytes(point).toString("hex");
    const P = Point.BASE.multiply(randomBelow(order));
    const Q = Point.BASE.multiply(randomBelow(order));

    it("adds points: different ones, a point to itself and to its opposite, infinity", () => {
      const several = [P, Q, P.negate(), P.double(), Point.ZERO, Point.BASE];
      for (const [first, a] of several.entries()) {
        for (const [second, b] of several.entries()) {
          expect(engineSum([a, b], [1n, 1n]), `${first} + ${second}`).toBe(expected(a.add(b)));
          expect(engineSum([a, b], [1n, order - 1n]), `${first} - ${second}`).toBe(expected(a.subtract(b)));
        }
      }
    });

    it("multiplies points by scalars of all sizes", () => {
      for (const scalar of [0n, 1n, 2n, 3n, order - 1n, order - 2n, order >> 1n, (order >> 1n) + 1n, (1n << 253n) - 1n, 1n << 128n, randomBelow(order)]) {
        expect(engineSum([P], [scalar], 1), String(scalar)).toBe(expected(P.multiplyUnsafe(scalar)));
      }
    });

    it("sums multiples of many points, some of them equal, opposite or infinite", () => {
      const points = Array.from({ length: 70 }, (_, index) => (index % 10 === 0 ? Point.ZERO : index % 10 === 1 ? P : index % 10 === 2 ? P.negate() : Point.BASE.multiply(randomBelow(order))));
      const scalars = points.map((_, index) => (index % 7 === 0 ? 0n : index % 7 === 1 ? 1n : index % 7 === 2 ? order - 1n : index % 7 === 3 ? 77n : randomBelow(order)));
      expect(engineSum(points, scalars)).toBe(expected(sum(points, scalars)));
    });

    it("multiplies one point by many scalars", () => {
      const scalars = [0n, 1n, 2n, order - 1n, order >> 1n, ...Array.from({ length: 25 }, () => randomBelow(order))];
      const products = Buffer.from(multiplyBase(arithmetic, bytes(Q), toIntegers(scalars), 2));
      expect(products.equals(Buffer.concat(scalars.map((scalar) => bytes(Q.multiplyUnsafe(scalar)))))).toBe(true);
    });
  });
});

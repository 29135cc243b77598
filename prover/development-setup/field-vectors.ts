import { P } from "../../src/math/field.js";
import { buildBn128, type Curve } from "ffjavascript";
import { uint256 } from "../bin-file.js";

const PAGE = 65536;

/** Where a vector of field elements (Montgomery form, 32 bytes each) begins in the curve's memory. */
export type VectorPointer = number;

/** Vectors of field elements in the memory of a single-threaded WASM curve; freed together with it. */
export class FieldVectors {
  readonly curve: Curve;
  readonly #wasm: Curve["tm"]["instance"]["exports"];
  readonly #scratch: VectorPointer;

  private constructor(curve: Curve) {
    this.curve = curve;
    this.#wasm = curve.tm.instance.exports;
    this.#scratch = this.allocate(1);
  }

  static async create(): Promise<FieldVectors> {
    return new FieldVectors(await buildBn128(true));
  }

  /** Zeroed elements. */
  allocate(count: number): VectorPointer {
    const { tm } = this.curve;
    const pointer = ((tm.u32[0] ?? 0) + 15) & ~15;
    const end = pointer + 32 * count;
    // Batch inversion takes as much again above the pointer, unchecked.
    const missing = end + 32 * count + PAGE - tm.memory.buffer.byteLength;
    if (missing > 0) {
      tm.memory.grow(Math.ceil(missing / PAGE));
      tm.u8 = new Uint8Array(tm.memory.buffer);
      tm.u32 = new Uint32Array(tm.memory.buffer);
    }
    tm.u32[0] = end;
    tm.u8.fill(0, pointer, end);
    return pointer;
  }

  /** Everything allocated since `mark` was taken is given back. */
  mark(): number {
    return this.curve.tm.u32[0] ?? 0;
  }

  release(mark: number): void {
    this.curve.tm.u32[0] = mark;
  }

  constant(value: bigint): VectorPointer {
    const pointer = this.allocate(1);
    this.#set(pointer, value);
    return pointer;
  }

  /** first, first * ratio, first * ratio^2, ... */
  geometric(first: bigint, ratio: bigint, count: number): VectorPointer {
    const vector = this.allocate(count);
    const factor = this.constant(ratio);
    this.#set(vector, first);
    for (let index = 1; index < count; index++) this.multiply(vector + 32 * (index - 1), factor, vector + 32 * index);
    return vector;
  }

  /** The Lagrange basis of the 2^power-th roots of unity at a point outside them: L_i = (x^n - 1) w^i / (n (x - w^i)). */
  lagrange(power: number, x: bigint): VectorPointer {
    const count = 2 ** power;
    const roots = this.geometric(1n, this.rootOfUnity(power), count);
    const inverses = this.allocate(count);
    const point = this.constant(x);
    for (let index = 0; index < count; index++) this.#call("frm_sub", point, roots + 32 * index, inverses + 32 * index);
    this.#call("frm_batchInverse", inverses, 32, count, inverses, 32);
    const scale = (fieldPower(x, BigInt(count)) - 1n + P) * inverse(BigInt(count));
    const factor = this.constant(scale % P);
    for (let index = 0; index < count; index++) {
      const at = roots + 32 * index;
      this.multiply(at, inverses + 32 * index, at);
      this.multiply(at, factor, at);
    }
    return roots;
  }

  scale(vector: VectorPointer, factor: bigint, count: number): VectorPointer {
    const scaled = this.allocate(count);
    const multiplier = this.constant(factor);
    for (let index = 0; index < count; index++) this.multiply(vector + 32 * index, multiplier, scaled + 32 * index);
    return scaled;
  }

  add(left: VectorPointer, right: VectorPointer, count: number): VectorPointer {
    const sum = this.allocate(count);
    for (let index = 0; index < 32 * count; index += 32) this.#call("frm_add", left + index, right + index, sum + index);
    return sum;
  }

  /** Every second element, from the second on: half as many. */
  odd(vector: VectorPointer, count: number): VectorPointer {
    const half = this.allocate(count / 2);
    const { u8 } = this.curve.tm;
    for (let index = 0; index < count / 2; index++) {
      const from = vector + 32 * (2 * index + 1);
      u8.copyWithin(half + 32 * index, from, from + 32);
    }
    return half;
  }

  multiply(left: VectorPointer, right: VectorPointer, product: VectorPointer): void {
    this.#wasm.frm_mul!(left, right, product);
  }

  /** sum += left * right, one element each. */
  multiplyAdd(left: VectorPointer, right: VectorPointer, sum: VectorPointer): void {
    this.#wasm.frm_mul!(left, right, this.#scratch);
    this.#wasm.frm_add!(this.#scratch, sum, sum);
  }

  /** In place. */
  toMontgomery(vector: VectorPointer, count: number): void {
    this.#call("frm_batchToMontgomery", vector, count, vector);
  }

  /** Canonical elements, 32 bytes little-endian each. */
  canonical(vector: VectorPointer, count: number): Uint8Array {
    const mark = this.mark();
    const plain = this.allocate(count);
    this.#call("frm_batchFromMontgomery", vector, count, plain);
    const bytes = this.curve.tm.u8.slice(plain, plain + 32 * count);
    this.release(mark);
    return bytes;
  }

  /** Generator of the 2^power-th roots of unity, the one of snarkjs. */
  rootOfUnity(power: number): bigint {
    const root = this.curve.Fr.w[power];
    if (root === undefined) throw new RangeError(`power ${power} is above the two-adicity ${this.curve.Fr.s} of the field`);
    return this.curve.Fr.toObject(root);
  }

  #set(pointer: VectorPointer, value: bigint): void {
    this.curve.tm.u8.set(uint256(value), pointer);
    this.#call("frm_toMontgomery", pointer, pointer);
  }

  #call(name: string, ...parameters: number[]): void {
    this.#wasm[name]!(...parameters);
  }
}

/** base^exponent in the scalar field. */
export function fieldPower(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % P; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/** The inverse of a non-zero scalar. */
export function inverse(value: bigint): bigint {
  return fieldPower(value, P - 2n);
}

/**
 * Arithmetic modulo the field's modulus on values of four 64-bit words. Results are written by whole words: circom's own functions write 32 bits at a
 * time, and to read 64 of them soon after makes a processor wait until they have left its store buffer.
 */
import { P } from "../../src/math/field.js";
import { type Code, get, I64, i64, load64, op, set, store64, tee } from "./wasm-code.js";

/** Code with the types of the locals that it needs, from a given one. */
export interface Routine {
  readonly locals: readonly number[];
  code(local: number): Code;
}

/** Nine limbs of 29 bits: the products of a column add up in 64 bits without carries. */
const LIMB_BITS = 29;
const LIMBS = 9;
const LIMB_MASK = (1n << BigInt(LIMB_BITS)) - 1n;
const WORDS = [0, 1, 2, 3] as const;
const PRIME_WORDS = WORDS.map((word) => (P >> BigInt(64 * word)) & 0xffffffffffffffffn);
const PRIME_LIMBS = range(LIMBS).map((limb) => (P >> BigInt(LIMB_BITS * limb)) & LIMB_MASK);
/** The Montgomery radix of the program is 2^256, that of the limbs 2^261: one factor is taken 2^5 times. */
const SCALE_BITS = LIMB_BITS * LIMBS - 256;

/**
 * Montgomery product, in the order of the columns of the schoolbook product (Koc, Acar, Kaliski: Analyzing and Comparing Montgomery Multiplication
 * Algorithms, IEEE Micro 16(3), 1996, "FIPS").
 * @param x @param y @param result locals with addresses, which may be the same; values less than the modulus. Without y: x / 2^256.
 */
export function montgomeryProduct(x: number, y: number | undefined, result: number): Routine {
  return {
    locals: new Array<number>(3 * LIMBS + 1 + 4 + 6).fill(I64),
    code: (local) => {
      const xs = range(LIMBS).map((at) => local + at);
      const ys = y === undefined ? undefined : range(LIMBS).map((at) => local + LIMBS + at);
      // A column's multiple of the modulus is needed in the nine columns after it, a column of the result from then on.
      const ms = range(LIMBS).map((at) => local + 2 * LIMBS + at);
      const sum = local + 3 * LIMBS;
      const words = range(4).map((at) => sum + 1 + at);
      const spare = sum + 5;
      const carry: Code = [i64(LIMB_BITS), op.i64shrU];
      const multiple = (i: number, j: number): Code => [get(ms[i]!), i64(PRIME_LIMBS[j]!), op.i64mul];
      // Two sums apart from the carry, so that a processor can work on them before the columns to the right are done.
      const column = (k: number): Code => {
        const pairs = range(LIMBS).flatMap((i) => (k - i < 0 || k - i >= LIMBS ? [] : [[i, k - i] as const]));
        const products = ys === undefined ? (k < LIMBS ? [get(xs[k]!)] : []) : pairs.map(([i, j]) => [get(xs[i]!), get(ys[j]!), op.i64mul]);
        // The multiple of this column itself is not known yet.
        const multiples = pairs.filter(([i]) => i < k).map(([i, j]) => multiple(i, j));
        return [products, multiples].map((terms) => (terms.length === 0 ? [] : [terms.map((term, at) => (at === 0 ? term : [term, op.i64add])), op.i64add]));
      };
      return [
        split(x, xs, SCALE_BITS, words),
        ys === undefined ? [] : split(y!, ys, 0, words),
        i64(0),
        range(LIMBS).map((k) => [
          column(k), tee(sum),
          get(sum), i64(inverseOfPrime()), op.i64mul, i64(LIMB_MASK), op.i64and, tee(ms[k]!), i64(PRIME_LIMBS[0]!), op.i64mul, op.i64add, carry,
        ]),
        range(LIMBS - 1).map((k) => [column(k + LIMBS), tee(sum), i64(LIMB_MASK), op.i64and, set(xs[k]!), get(sum), carry]),
        set(xs[LIMBS - 1]!),
        join(xs, words),
        storeReduced(words, result, spare),
      ];
    },
  };
}

/** Sum of values less than the modulus. The addresses may be the same. */
export function modularSum(x: number, y: number, result: number): Routine {
  return {
    locals: new Array<number>(4 + 6).fill(I64),
    code: (local) => {
      const words = range(4).map((at) => local + at);
      const spare = local + 4;
      const [sum, carry] = [spare, spare + 1];
      return [
        WORDS.map((word) => [
          get(x), load64(8 * word), get(y), load64(8 * word), op.i64add, tee(sum), word === 0 ? [] : [get(carry), op.i64add], set(words[word]!),
          // The top word has room: the modulus has 254 bits.
          word === 3 ? [] : [
            get(sum), get(x), load64(8 * word), op.i64ltU,
            word === 0 ? [] : [get(words[word]!), get(sum), op.i64ltU, op.i32or], op.i64extendU, set(carry),
          ],
        ]),
        storeReduced(words, result, spare),
      ];
    },
  };
}

/** Stores words or words - modulus, whichever is the residue, of a value less than twice the modulus. Uses six locals from `spare` on. */
function storeReduced(words: readonly number[], result: number, spare: number): Code {
  const less = WORDS.map((word) => spare + word);
  const [difference, borrow] = [spare + 4, spare + 5];
  const prime = (word: number): Code => i64(PRIME_WORDS[word]!);
  return [
    WORDS.map((word) => [
      get(words[word]!), prime(word), op.i64sub, tee(difference), word === 0 ? [] : [get(borrow), op.i64sub], set(less[word]!),
      get(words[word]!), prime(word), op.i64ltU,
      word === 0 ? [] : [get(difference), get(borrow), op.i64ltU, op.i32or], op.i64extendU, set(borrow),
    ]),
    WORDS.map((word) => [get(result), get(words[word]!), get(less[word]!), get(borrow), op.i32wrap, op.select, store64(8 * word)]),
  ];
}

/** The limbs of 2^shift times the value at an address. */
function split(address: number, limbs: readonly number[], shift: number, words: readonly number[]): Code {
  return [
    WORDS.map((word) => [get(address), load64(8 * word), set(words[word]!)]),
    limbs.map((limb, at) => {
      const from = LIMB_BITS * at - shift;
      if (from < 0) return [get(words[0]!), i64(-from), op.i64shl, i64(LIMB_MASK), op.i64and, set(limb)];
      const [word, bit] = [from >> 6, from & 63];
      const next = bit + LIMB_BITS > 64 && word < 3 ? [get(words[word + 1]!), i64(64 - bit), op.i64shl, op.i64or] : [];
      return [get(words[word]!), i64(bit), op.i64shrU, next, i64(LIMB_MASK), op.i64and, set(limb)];
    }),
  ];
}

function join(limbs: readonly number[], words: readonly number[]): Code {
  return words.map((local, word) => {
    const parts = limbs.flatMap((limb, at) => {
      const shift = LIMB_BITS * at - 64 * word;
      if (shift <= -LIMB_BITS || shift >= 64) return [];
      return [[get(limb), shift < 0 ? [i64(-shift), op.i64shrU] : [i64(shift), op.i64shl]]];
    });
    return [parts.map((part, at) => (at === 0 ? part : [part, op.i64or])), set(local)];
  });
}

/** -1/P modulo 2^29. */
function inverseOfPrime(): bigint {
  // Newton: each step doubles the bits that are right, of which an odd number starts with three.
  let inverse = P & LIMB_MASK;
  for (let bits = 3; bits < LIMB_BITS; bits *= 2) inverse = (inverse * (2n - P * inverse)) & LIMB_MASK;
  return (LIMB_MASK + 1n - inverse) & LIMB_MASK;
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, at) => at);
}

/**
 * What circom's programs spend their time on, faster: field products, copies, and operands that circuits have most (powers of two, bits, small
 * numbers). Results are the same elements; the form in which an element is kept can differ, and each function of a program takes every form.
 *
 * An element has 40 bytes: a short value (32 bits, signed) at 0, its kind at 4, a long value (256 bits, little-endian, less than the modulus) at 8.
 */
import { P } from "../../src/math/field.js";
import { modularSum, montgomeryProduct, type Routine } from "./field-arithmetic.js";
import {
  branch, type Code, call, get, I32, I64, i32, i64, load32, load64, loadByte, loadUnsigned, loop, op, set, store32, store64, storeLow, tee, whenTrue,
} from "./wasm-code.js";

/** Code for a function of circom's programs. */
export interface FieldFunction {
  readonly name: string;
  readonly parameters: number;
  /** Before the function's own code, which does what this doesn't, or in place of it. */
  readonly place: "before" | "instead";
  /** Type of each local it needs. */
  readonly locals: readonly number[];
  /** @param local index of the first of them @param index of a function by its name */
  code(local: number, index: (name: string) => number): Code;
}

/** Where a program keeps the modulus. */
export const MODULUS_ADDRESS = 608;

/** SHA-256 of the bodies (locals and code) that this is written for: circom 2.2. */
export const KNOWN_BODIES: Readonly<Record<string, string>> = {
  Fr_F1m_add: "9535594d773befdde84b825104865243d4279187642752c0dba2040c071dbbb0",
  Fr_F1m_exp: "be14840b7a786d18510b21bdfbc2440015da0700a62d01f6a7b5e52b6bdf8a8c",
  Fr_F1m_fromMontgomery: "c08be169bf05039721841768e4f772aa3bf104f4c8e3267d0ab162cc97424768",
  Fr_F1m_mul: "69b5cdc0399b475b67821eed6c5fe31076b8794ae4343dea47d420f181223e80",
  Fr_band: "896d0cc16892d055038e43ddec6265e15c401a06ced4548d896317eeb9505df4",
  Fr_copy: "1bef12871060a0d331e21605847db4de3e18dc59e889cc3a1cd00c62cf4a94a3",
  Fr_inv: "7249798ce9773dd7aea21256d338f86d390e53f1395e661e9c09caa6d451c71c",
  Fr_lt: "94a32d2a75c1e477867080ca153930d01e53664ae1e6bdd7fe1f1d9db3c14d2f",
  Fr_mul: "e5bc2a72ba51e7549d6c75f0384ecf3f3b4af97240977fbaef42f4d78879fac6",
  Fr_pow: "b75751185e63861b80eac728265978af009ca7a3eb5d0b805cf52e71fcb89f7f",
  Fr_toInt: "3400adbf959e24e946228eb86af9964331727f4c3f00196dda5a39a35d29130f",
  Fr_toNormal: "ae130a6e686c6f9372761ecb74e93b7031f15b96e772736005acbbd7f531b33c",
};

const KIND = 4;
const LONG = 8;
/** Bit 31 of the kind: the long value counts, not the short one; bit 30: it is in Montgomery form. */
const LONG_NORMAL = -0x80000000;
const LONG_MONTGOMERY = -0x40000000;
/** 2^253 is the largest power of two below the modulus. */
const POWERS_OF_TWO = 254;
const WORDS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const MODULUS = WORDS.map((word) => (P >> BigInt(32 * word)) & 0xffffffffn);

export const FIELD_FUNCTIONS: readonly FieldFunction[] = [
  instead("Fr_F1m_mul", 3, montgomeryProduct(0, 1, 2)),
  instead("Fr_F1m_fromMontgomery", 2, montgomeryProduct(0, undefined, 1)),
  instead("Fr_F1m_add", 3, modularSum(0, 1, 2)),
  // (to, from). Value and kind are mostly written one by one, and therefore read so.
  instead("Fr_copy", 2, {
    locals: [],
    code: () => [
      [0, KIND].map((offset) => [get(0), get(1), load32(offset), store32(offset)]),
      [0, 8, 16, 24].map((offset) => [get(0), get(1), load64(LONG + offset), store64(LONG + offset)]),
    ],
  }),

  // (result, x, y): 0 and 1 are most of the factors in a circuit, since bits are.
  before("Fr_mul", 3, [], (_, index) =>
    [[1, 2], [2, 1]].map(([factor, other]) => [
      isShort(factor!), get(factor!), load32(0), i32(2), op.i32ltU, op.i32and,
      whenTrue(
        get(factor!), load32(0), whenTrue(get(0), get(other!), call(index("Fr_copy")), op.return),
        get(0), i32(0), store32(0), get(0), i32(0), store32(KIND), op.return,
      ),
    ]),
  ),

  // (result, x, y): with a short mask, as for one bit of a long value, the result is short. The function's own code would keep it long.
  before("Fr_band", 3, [], (_, index) =>
    [[1, 2], [2, 1]].map(([mask, other]) => [
      isShort(mask!), get(mask!), load32(0), i32(0), op.i32geS, op.i32and, isShort(other!), op.i32eqz, op.i32and,
      whenTrue(
        get(other!), call(index("Fr_toNormal")),
        get(0), get(mask!), load32(0), get(other!), load32(LONG), op.i32and, store32(0), get(0), i32(0), store32(KIND), op.return,
      ),
    ]),
  ),

  // (value): what is kept short is an int.
  before("Fr_toInt", 1, [], () => [isShort(0), whenTrue(get(0), load32(0), op.return)]),

  // (result, x, y)
  before("Fr_lt", 3, [], () => [
    isShort(1), isShort(2), op.i32and,
    whenTrue(get(0), get(1), load32(0), get(2), load32(0), op.i32ltS, op.i64extendU, store64(0), op.return),
  ]),

  // (result, base, exponent): for base 2 one bit of the result is set.
  before("Fr_pow", 3, [I32, I32], (local, index) => {
    const [result, base, exponent, two, bit] = [0, 1, 2, local, local + 1];
    return [
      smallValue(base, two, index),
      smallValue(exponent, bit, index),
      get(two), i32(2), op.i32eq, get(bit), i32(POWERS_OF_TWO), op.i32ltU, op.i32and,
      whenTrue(
        get(result), i32(LONG_NORMAL), store32(KIND),
        [0, 8, 16, 24].map((offset) => [get(result), i64(0), store64(LONG + offset)]),
        get(result), get(bit), i32(6), op.i32shrU, i32(3), op.i32shl, op.i32add, i64(1), get(bit), op.i64extendU, op.i64shl, store64(LONG),
        op.return,
      ),
    ];
  }),

  // (base, exponent, length of the exponent in bytes, result): leading zero bytes are not squared through.
  before("Fr_F1m_exp", 4, [], () => {
    const [exponent, length] = [1, 2];
    const shorter = [get(length), i32(1), op.i32sub];
    return loop(
      get(length), i32(1), op.i32gtU,
      whenTrue(get(exponent), shorter, op.i32add, loadByte(0), op.i32eqz, whenTrue(shorter, set(length), branch(2))),
    );
  }),

  // (result, value): with k = -1/modulus mod value, 1 + k modulus is a multiple of value, and the quotient is the inverse. The value has one
  // word, so that all of it is arithmetic of 64 bits.
  before("Fr_inv", 2, [I32, I64, I64, I64, I64, I64, I64], (local, index) => {
    const [result, value] = [0, 1];
    const [small, a, r0, r1, t0, t1, q] = [local, local + 1, local + 2, local + 3, local + 4, local + 5, local + 6];
    const [k, carry] = [t1, q];
    return [
      smallValue(value, small, index),
      get(small), i32(0), op.i32gtS,
      whenTrue(
        get(small), op.i64extendU, tee(a), set(r0),
        // r1 = modulus mod a, word by word from the top.
        i64(0), set(r1),
        MODULUS.toReversed().map((word) => [get(r1), i64(32), op.i64shl, i64(word), op.i64or, get(a), op.i64remU, set(r1)]),
        // Euclid: in the end t0 modulus = 1 mod a.
        i64(0), set(t0), i64(1), set(t1),
        loop(
          get(r1), op.i64eqz, op.i32eqz,
          whenTrue(
            get(r0), get(r1), op.i64divU, set(q),
            get(r1), get(r0), get(q), get(r1), op.i64mul, op.i64sub, set(r1), set(r0),
            get(t1), get(t0), get(q), get(t1), op.i64mul, op.i64sub, set(t1), set(t0),
            branch(1),
          ),
        ),
        i64(0), get(t0), op.i64sub, tee(k), i64(0), op.i64ltS, whenTrue(get(k), get(a), op.i64add, set(k)),
        i64(1), set(carry),
        MODULUS.map((word, at) => [
          get(result), get(carry), get(k), i64(word), op.i64mul, op.i64add, tee(carry), storeLow(LONG + 4 * at), get(carry), i64(32), op.i64shrU, set(carry),
        ]),
        WORDS.toReversed().map((at) => [
          get(carry), i64(32), op.i64shl, get(result), loadUnsigned(LONG + 4 * at), op.i64or, set(r1),
          get(result), get(r1), get(a), op.i64divU, storeLow(LONG + 4 * at), get(r1), get(a), op.i64remU, set(carry),
        ]),
        get(result), i32(LONG_NORMAL), store32(KIND),
        op.return,
      ),
    ];
  }),
];

function instead(name: string, parameters: number, { locals, code }: Routine): FieldFunction {
  return { name, parameters, place: "instead", locals, code };
}

function before(name: string, parameters: number, locals: readonly number[], code: FieldFunction["code"]): FieldFunction {
  return { name, parameters, place: "before", locals, code };
}

function isShort(element: number): Code {
  return [get(element), load32(KIND), i32(0), op.i32geS];
}

/** Sets a local to an element's value if that is at least 0 and less than 2^31, otherwise to a negative number. */
function smallValue(element: number, local: number, index: (name: string) => number): Code {
  const longWord = (word: number): Code => [get(element), load64(LONG + 8 * word)];
  return [
    get(element), load32(KIND), i32(LONG_MONTGOMERY), op.i32eq, whenTrue(get(element), call(index("Fr_toNormal"))),
    get(element), load32(0), set(local),
    get(element), load32(KIND), i32(0), op.i32ltS,
    whenTrue(
      i32(-1), set(local),
      longWord(1), longWord(2), op.i64or, longWord(3), op.i64or, longWord(0), i64(31), op.i64shrU, op.i64or, op.i64eqz,
      whenTrue(longWord(0), op.i32wrap, set(local)),
    ),
  ];
}

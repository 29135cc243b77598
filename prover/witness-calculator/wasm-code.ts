/** Writing and reading WebAssembly code: what the rewriting of witness programs needs of it. */

export const I32 = 0x7f;
export const I64 = 0x7e;

/** Opcodes without immediates. */
export const op = {
  else: 0x05, end: 0x0b, return: 0x0f, drop: 0x1a, select: 0x1b,
  i32eqz: 0x45, i32eq: 0x46, i32ltS: 0x48, i32ltU: 0x49, i32gtS: 0x4a, i32gtU: 0x4b, i32geS: 0x4e, i64eqz: 0x50, i64ltS: 0x53, i64ltU: 0x54,
  i32add: 0x6a, i32sub: 0x6b, i32mul: 0x6c, i32and: 0x71, i32or: 0x72, i32shl: 0x74, i32shrU: 0x76,
  i64add: 0x7c, i64sub: 0x7d, i64mul: 0x7e, i64divU: 0x80, i64remU: 0x82, i64and: 0x83, i64or: 0x84, i64shl: 0x86, i64shrU: 0x88,
  i32wrap: 0xa7, i64extendU: 0xad,
} as const;

/** Code as nested lists of bytes: instructions are lists of their own, so that functions can be put together from parts. */
export type Code = readonly (number | Code)[];

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number): Code => [0x21, unsigned(local)];
export const tee = (local: number): Code => [0x22, unsigned(local)];
export const i32 = (value: number): Code => [0x41, signed(value)];
export const i64 = (value: number | bigint): Code => [0x42, signedLong(BigInt(value))];
export const call = (index: number): Code => [0x10, unsigned(index)];
export const whenTrue = (...body: Code): Code => [0x04, 0x40, body, op.end];
/** Ends where `body` does; a branch to depth 0, counted from outside of the blocks in it, starts over. */
export const loop = (...body: Code): Code => [0x03, 0x40, body, op.end];
export const branch = (depth: number): Code => [0x0c, unsigned(depth)];
/** (to, from, length) on the stack; as memmove. */
export const copyMemory: Code = [0xfc, 0x0a, 0, 0];

const access = (code: number, align: number) => (offset: number): Code => [code, align, unsigned(offset)];
export const load32 = access(0x28, 2);
export const load64 = access(0x29, 3);
/** 32 bits to a 64-bit number. */
export const loadUnsigned = access(0x35, 2);
export const loadByte = access(0x2d, 0);
export const store32 = access(0x36, 2);
export const store64 = access(0x37, 3);
/** The low 32 bits of a 64-bit number. */
export const storeLow = access(0x3e, 2);

/** Appends `code` to `bytes`. */
export function flatten(code: Code, bytes: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === "number") bytes.push(part);
    else flatten(part, bytes);
  }
  return bytes;
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** Signed LEB128 of 32 bits. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) {
      bytes.push(rest & 0x7f);
      return bytes;
    }
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Signed LEB128 of 64 bits. */
function signedLong(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asIntN(64, value); ; rest >>= 7n) {
    if (rest >= -64n && rest < 64n) return [...bytes, Number(rest & 0x7fn)];
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** A place in the bytes of a module. Reading moves it on. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Unsigned LEB128 of up to 32 bits. */
export function readUnsigned(cursor: Cursor): number {
  const { bytes } = cursor;
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor.at++];
    if (byte === undefined || shift > 28) throw new WasmFormatError("a number of more than 32 bits");
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}

/** Signed LEB128 of up to 32 bits. */
export function readSigned(cursor: Cursor): number {
  const { bytes } = cursor;
  let value = 0;
  for (let shift = 0; ; ) {
    const byte = bytes[cursor.at++];
    if (byte === undefined || shift > 28) throw new WasmFormatError("a number of more than 32 bits");
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return shift < 32 && (byte & 0x40) !== 0 ? value | (-1 << shift) : value;
  }
}

export class WasmFormatError extends Error {
  constructor(found: string) {
    super(`the file is no witness program of circom: it has ${found}`);
    this.name = "WasmFormatError";
  }
}

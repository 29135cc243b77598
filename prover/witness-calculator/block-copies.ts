/**
 * circom sets a constant array element by element, in every run of every template that has it as a parameter: the round constants of
 * Poseidon make up most of a program that way. Here such runs of copies become copies of blocks.
 */
import { copyMemory, type Code, type Cursor, call, flatten, get, i32, op, readSigned, readUnsigned } from "./wasm-code.js";

/** Bytes of a field element. */
const ELEMENT = 40;
/** Below this a block costs more than single copies. */
const MIN_RUN = 8;

const I32_CONST = 0x41;
const LOCAL_GET = 0x20;
const CALL = 0x10;

/** What follows an opcode: so many numbers (LEB128), or one byte. */
const ONE_BYTE = 3;
const UNKNOWN = 4;

/** By opcode, for what circom writes. */
const IMMEDIATES = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code === I32_CONST || code === 0x42 || code === CALL || (code >= LOCAL_GET && code <= 0x24) || code === 0x0c || code === 0x0d) return 1;
  if ((code >= 0x28 && code <= 0x3e) || code === 0x11) return 2;
  if ((code >= 0x02 && code <= 0x04) || code === 0x3f || code === 0x40) return ONE_BYTE;
  const plain = code <= 0x01 || code === op.else || code === op.end || code === op.return || code === op.drop || code === op.select;
  return plain || (code >= 0x45 && code <= 0xc4) ? 0 : UNKNOWN;
});

/** Fr_copy(base + 40 index, source). Filled in again and again: there are hundreds of thousands in a program. */
interface ConstantCopy {
  base: number;
  index: number;
  source: number;
}

/**
 * @param cursor at the start of a function's body: locals and code
 * @param copyFunction index of Fr_copy(to, from)
 * @returns parts of a body that does the same; undefined if nothing changes
 */
export function joinCopies(cursor: Cursor, end: number, copyFunction: number): readonly Uint8Array[] | undefined {
  const { bytes } = cursor;
  const parts: Uint8Array[] = [];
  const first: ConstantCopy = { base: 0, index: 0, source: 0 };
  const next: ConstantCopy = { base: 0, index: 0, source: 0 };
  let kept = cursor.at;
  skipLocals(cursor);
  while (cursor.at < end) {
    const at = cursor.at;
    if (bytes[at] === I32_CONST && readCopy(cursor, copyFunction, first)) {
      let count = 1;
      let stride = 0;
      for (let after = cursor.at; readCopy(cursor, copyFunction, next); after = cursor.at, count++) {
        const step = next.source - first.source;
        if (count === 1) stride = step === 0 ? 0 : ELEMENT;
        if (next.base !== first.base || next.index !== first.index + count || step !== stride * count) {
          cursor.at = after;
          break;
        }
      }
      if (count >= MIN_RUN) {
        const block = stride === 0 ? repeated(first, count, copyFunction) : contiguous(first, count);
        parts.push(bytes.subarray(kept, at), Uint8Array.from(flatten(block)));
        kept = cursor.at;
      }
    } else if (!skipInstruction(cursor)) break; // Code that isn't understood stays as it is.
  }
  return parts.length === 0 ? undefined : [...parts, bytes.subarray(kept, end)];
}

function contiguous({ base, index, source }: ConstantCopy, count: number): Code {
  return [address(base, index), i32(source), i32(ELEMENT * count), copyMemory];
}

/** The first by itself, then twice as many each time. */
function repeated({ base, index, source }: ConstantCopy, count: number, copyFunction: number): Code {
  const code: Code[] = [[address(base, index), i32(source), call(copyFunction)]];
  for (let done = 1; done < count; done *= 2) {
    code.push([address(base, index + done), address(base, index), i32(ELEMENT * Math.min(done, count - done)), copyMemory]);
  }
  return code;
}

function address(base: number, index: number): Code {
  return [get(base), i32(ELEMENT * index), op.i32add];
}

/**
 * Reads: i32.const index, i32.const 40, i32.mul, local.get base, i32.add, i32.const source, call Fr_copy.
 * @returns false, and the cursor stays, for anything else
 */
function readCopy(cursor: Cursor, copyFunction: number, copy: ConstantCopy): boolean {
  const { bytes, at: start } = cursor;
  let at = start;
  if (bytes[at++] !== I32_CONST) return false;
  while (bytes[at++]! >= 0x80);
  if (bytes[at++] !== I32_CONST || bytes[at++] !== ELEMENT || bytes[at++] !== op.i32mul || bytes[at++] !== LOCAL_GET) return false;
  const baseAt = at;
  while (bytes[at++]! >= 0x80);
  if (bytes[at++] !== op.i32add || bytes[at++] !== I32_CONST) return false;
  const sourceAt = at;
  while (bytes[at++]! >= 0x80);
  if (bytes[at++] !== CALL) return false;
  cursor.at = at;
  const called = readUnsigned(cursor);
  const end = cursor.at;
  cursor.at = start;
  if (called !== copyFunction) return false;
  cursor.at = start + 1;
  copy.index = readSigned(cursor);
  cursor.at = baseAt;
  copy.base = readUnsigned(cursor);
  cursor.at = sourceAt;
  copy.source = readSigned(cursor);
  cursor.at = end;
  return true;
}

function skipLocals(cursor: Cursor): void {
  for (let left = readUnsigned(cursor); left > 0; left--) {
    readUnsigned(cursor);
    cursor.at++;
  }
}

/** @returns false for an instruction that circom doesn't write */
function skipInstruction(cursor: Cursor): boolean {
  const { bytes } = cursor;
  let at = cursor.at;
  const immediates = IMMEDIATES[bytes[at++]!]!;
  if (immediates === UNKNOWN) return false;
  if (immediates === ONE_BYTE) at++;
  else for (let left = immediates; left > 0; left--) while (bytes[at++]! >= 0x80);
  cursor.at = at;
  return true;
}

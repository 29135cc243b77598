/**
 * circom sets a constant array element by element, in every run of every template that has it as a parameter: the round constants of
 * Poseidon make up most of a program that way. Here such runs of copies become copies of blocks.
 */
import { copyMemory, type Code, type Cursor, call, flatten, get, i32, op, readSigned, readUnsigned } from "./wasm-code.js";

/** Bytes of a field element. */
export const ELEMENT = 40;
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

/** Consecutive copies: to base + 40 (index + i), from sources[i]. */
interface Run {
  readonly base: number;
  readonly index: number;
  readonly sources: readonly number[];
}

/** The constants of a program. */
export interface Constants {
  /** Whether a long value is there from the start, as the elements of constant arrays mostly are. Sizes and indices are short. */
  isLong(source: number): boolean;
  /** Where the long values at `sources` are, one after the other. */
  findBlock(sources: readonly number[]): number;
}

/**
 * @param cursor at the start of a function's body: locals and code
 * @param copyFunction index of Fr_copy(to, from)
 * @returns parts of a body that does the same; undefined if nothing changes
 */
export function joinCopies(cursor: Cursor, end: number, copyFunction: number, constants: Constants): readonly Uint8Array[] | undefined {
  const { bytes } = cursor;
  const parts: Uint8Array[] = [];
  const first: ConstantCopy = { base: 0, index: 0, source: 0 };
  const next: ConstantCopy = { base: 0, index: 0, source: 0 };
  let kept = cursor.at;
  skipLocals(cursor);
  while (cursor.at < end) {
    const at = cursor.at;
    if (bytes[at] === I32_CONST && readCopy(cursor, copyFunction, first)) {
      const sources = [first.source];
      for (let after = cursor.at; readCopy(cursor, copyFunction, next); after = cursor.at) {
        if (next.base !== first.base || next.index !== first.index + sources.length) {
          cursor.at = after;
          break;
        }
        sources.push(next.source);
      }
      if (sources.length >= MIN_RUN) {
        parts.push(bytes.subarray(kept, at), Uint8Array.from(flatten(copyRun({ base: first.base, index: first.index, sources }, copyFunction, constants))));
        kept = cursor.at;
      }
    } else if (!skipInstruction(cursor)) break; // Code that isn't understood stays as it is.
  }
  return parts.length === 0 ? undefined : [...parts, bytes.subarray(kept, end)];
}

/**
 * Long repetitions of one constant by themselves, and stretches of long or of short ones between them: numbers that differ from one
 * template to the next thus stay out of the blocks, which are the same in many.
 */
function copyRun({ base, index, sources }: Run, copyFunction: number, constants: Constants): Code {
  const code: Code[] = [];
  let from = 0;
  const copyStretch = (to: number): void => {
    if (to > from) code.push(stretch({ base, index: index + from, sources: sources.slice(from, to) }, copyFunction, constants));
    from = to;
  };
  for (let at = 0; at < sources.length; ) {
    let next = at + 1;
    while (sources[next] === sources[at]) next++;
    if (next - at >= MIN_RUN) {
      copyStretch(at);
      code.push(repeated({ base, index: index + at, sources: sources.slice(at, next) }, copyFunction));
      from = next;
    } else if (constants.isLong(sources[at]!) !== constants.isLong(sources[from]!)) copyStretch(at);
    at = next;
  }
  copyStretch(sources.length);
  return code;
}

function stretch(run: Run, copyFunction: number, constants: Constants): Code {
  const { base, index, sources } = run;
  const contiguous = sources.every((source, at) => source === sources[0]! + ELEMENT * at);
  if (sources.length < MIN_RUN || !(contiguous || constants.isLong(sources[0]!))) {
    return sources.map((source, at) => copyOne(base, index + at, source, copyFunction));
  }
  return [address(base, index), i32(contiguous ? sources[0]! : constants.findBlock(sources)), i32(ELEMENT * sources.length), copyMemory];
}

/** The first by itself, then twice as many each time. */
function repeated({ base, index, sources }: Run, copyFunction: number): Code {
  const count = sources.length;
  const code: Code[] = [copyOne(base, index, sources[0]!, copyFunction)];
  for (let done = 1; done < count; done *= 2) {
    code.push([address(base, index + done), address(base, index), i32(ELEMENT * Math.min(done, count - done)), copyMemory]);
  }
  return code;
}

function copyOne(base: number, index: number, source: number, copyFunction: number): Code {
  return [address(base, index), i32(source), call(copyFunction)];
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

import { type Cursor, flatten, i32, op, readSigned, readUnsigned, unsigned, WasmFormatError } from "./wasm-code.js";

/** "\0asm", version 1 */
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const SECTION = { custom: 0, import: 2, memory: 5, code: 10, data: 11 } as const;
const NAMES_OF_FUNCTIONS = 1;
const FUNCTION_IMPORT = 0;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What a rewriting has to know of a module. */
export interface WasmModule {
  readonly bytes: Uint8Array;
  /** Bodies (locals and code) of the functions that aren't imported. */
  readonly bodies: readonly Range[];
  /** Index of the first of `bodies`. */
  readonly firstBody: number;
  readonly functionNames: ReadonlyMap<string, number>;
  /** Without custom sections, which change nothing. */
  readonly sections: readonly (Range & { readonly id: number })[];
}

/** What an instance's memory holds at the start; everything else is zero. */
export interface DataSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** @throws WasmFormatError if this isn't the kind of module that circom writes */
export function parseModule(bytes: Uint8Array): WasmModule {
  if (!HEADER.every((byte, at) => bytes[at] === byte)) throw new WasmFormatError("another header");
  const cursor: Cursor = { bytes, at: HEADER.length };
  const sections: (Range & { id: number })[] = [];
  const bodies: Range[] = [];
  const functionNames = new Map<string, number>();
  let firstBody = 0;
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const id = bytes[cursor.at++]!;
    const size = readUnsigned(cursor);
    const end = cursor.at + size;
    if (end > bytes.length) throw new WasmFormatError("a section that ends after the file");
    if (id === SECTION.import) firstBody = countFunctionImports(cursor);
    if (id === SECTION.code) {
      for (let left = readUnsigned(cursor); left > 0; left--) {
        const length = readUnsigned(cursor);
        bodies.push({ start: cursor.at, end: cursor.at + length });
        cursor.at += length;
      }
    }
    if (id === SECTION.custom && readText(cursor) === "name") readFunctionNames(cursor, end, functionNames);
    if (id !== SECTION.custom) sections.push({ id, start, end });
    cursor.at = end;
  }
  return { bytes, bodies, firstBody, functionNames, sections };
}

/** What a module gets in place of its own. */
export interface Replacement {
  /** Parts of bodies, by position in `bodies`. */
  readonly bodies: ReadonlyMap<number, readonly Uint8Array[]>;
  readonly segments: readonly DataSegment[];
  /** Pages of 64 KiB that the memory is larger. */
  readonly morePages: number;
}

/** The module with replacements, and without names. */
export function writeModule(module: WasmModule, replacement: Replacement): Uint8Array {
  const { bytes, sections } = module;
  const parts = sections.flatMap(({ id, start, end }) => {
    if (id === SECTION.code) return section(id, codeContent(module, replacement));
    if (id === SECTION.data) return section(id, dataContent(replacement));
    if (id === SECTION.memory) return section(id, memoryContent({ bytes, at: start + 1 }, replacement));
    return [bytes.subarray(start, end)];
  });
  return Buffer.concat([Uint8Array.from(HEADER), ...parts]);
}

function section(id: number, content: readonly Uint8Array[]): readonly Uint8Array[] {
  return [Uint8Array.from([id, ...unsigned(totalLength(content))]), ...content];
}

function codeContent({ bytes, bodies }: WasmModule, replacement: Replacement): readonly Uint8Array[] {
  const parts = bodies.flatMap(({ start, end }, at) => {
    const body = replacement.bodies.get(at) ?? [bytes.subarray(start, end)];
    return [Uint8Array.from(unsigned(totalLength(body))), ...body];
  });
  return [Uint8Array.from(unsigned(bodies.length)), ...parts];
}

function dataContent({ segments }: Replacement): readonly Uint8Array[] {
  const parts = segments.flatMap(({ address, bytes }) => [Uint8Array.from(flatten([0, i32(address), op.end, unsigned(bytes.length)])), bytes]);
  return [Uint8Array.from(unsigned(segments.length)), ...parts];
}

/** @throws WasmFormatError for anything but one memory that may grow without end */
function memoryContent(cursor: Cursor, { morePages }: Replacement): readonly Uint8Array[] {
  readUnsigned(cursor);
  if (readUnsigned(cursor) !== 1 || readUnsigned(cursor) !== 0) throw new WasmFormatError("another memory than one without a limit");
  return [Uint8Array.from([1, 0, ...unsigned(readUnsigned(cursor) + morePages)])];
}

/** @throws WasmFormatError for segments that aren't active ones of memory 0 at a constant address */
export function dataSegments({ bytes, sections }: WasmModule): readonly DataSegment[] {
  const section = sections.find(({ id }) => id === SECTION.data);
  if (section === undefined) return [];
  const cursor: Cursor = { bytes, at: section.start + 1 };
  readUnsigned(cursor);
  return Array.from({ length: readUnsigned(cursor) }, () => {
    if (readUnsigned(cursor) !== 0 || bytes[cursor.at++] !== 0x41) throw new WasmFormatError("a data segment without a constant address");
    const address = readSigned(cursor);
    if (bytes[cursor.at++] !== 0x0b) throw new WasmFormatError("a data segment without a constant address");
    const length = readUnsigned(cursor);
    cursor.at += length;
    return { address, bytes: bytes.subarray(cursor.at - length, cursor.at) };
  });
}

function countFunctionImports(cursor: Cursor): number {
  let count = 0;
  for (let left = readUnsigned(cursor); left > 0; left--) {
    readText(cursor);
    readText(cursor);
    // Programs of circom import functions only.
    if (cursor.bytes[cursor.at++] !== FUNCTION_IMPORT) throw new WasmFormatError("an import that is no function");
    readUnsigned(cursor);
    count++;
  }
  return count;
}

function readFunctionNames(cursor: Cursor, end: number, names: Map<string, number>): void {
  while (cursor.at < end) {
    const kind = cursor.bytes[cursor.at++];
    const size = readUnsigned(cursor);
    const next = cursor.at + size;
    if (kind === NAMES_OF_FUNCTIONS) {
      for (let left = readUnsigned(cursor); left > 0; left--) {
        const index = readUnsigned(cursor);
        names.set(readText(cursor), index);
      }
    }
    cursor.at = next;
  }
}

function readText(cursor: Cursor): string {
  const length = readUnsigned(cursor);
  const start = cursor.at;
  cursor.at += length;
  return Buffer.from(cursor.bytes.buffer, cursor.bytes.byteOffset + start, length).toString("utf8");
}

function totalLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

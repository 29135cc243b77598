import { type Cursor, readSigned, readUnsigned, unsigned } from "./wasm-code.js";

const MAGIC_AND_VERSION = 8;
const SECTION = { custom: 0, import: 2, code: 10, data: 11 } as const;
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

/** @throws RangeError if this isn't the kind of module that circom writes */
export function parseModule(bytes: Uint8Array): WasmModule {
  const cursor: Cursor = { bytes, at: MAGIC_AND_VERSION };
  const sections: (Range & { id: number })[] = [];
  const bodies: Range[] = [];
  const functionNames = new Map<string, number>();
  let firstBody = 0;
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const id = bytes[cursor.at++]!;
    const size = readUnsigned(cursor);
    const end = cursor.at + size;
    if (end > bytes.length) throw new RangeError("section");
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

/**
 * The module with other bodies for some functions, and without names.
 * @param replaced by position in `bodies`
 */
export function replaceBodies(module: WasmModule, replaced: ReadonlyMap<number, readonly Uint8Array[]>): Uint8Array {
  const { bytes, bodies, sections } = module;
  const parts: Uint8Array[] = [bytes.subarray(0, MAGIC_AND_VERSION)];
  for (const { id, start, end } of sections) {
    if (id !== SECTION.code) {
      parts.push(bytes.subarray(start, end));
      continue;
    }
    const code: Uint8Array[] = [Uint8Array.from(unsigned(bodies.length))];
    bodies.forEach((range, at) => {
      const body = replaced.get(at) ?? [bytes.subarray(range.start, range.end)];
      code.push(Uint8Array.from(unsigned(totalLength(body))), ...body);
    });
    parts.push(Uint8Array.from([id, ...unsigned(totalLength(code))]), ...code);
  }
  return Buffer.concat(parts);
}

/** @throws RangeError for segments that aren't active ones of memory 0 at a constant address */
export function dataSegments({ bytes, sections }: WasmModule): readonly DataSegment[] {
  const section = sections.find(({ id }) => id === SECTION.data);
  if (section === undefined) return [];
  const cursor: Cursor = { bytes, at: section.start + 1 };
  readUnsigned(cursor);
  return Array.from({ length: readUnsigned(cursor) }, () => {
    if (readUnsigned(cursor) !== 0 || bytes[cursor.at++] !== 0x41) throw new RangeError("data segment");
    const address = readSigned(cursor);
    if (bytes[cursor.at++] !== 0x0b) throw new RangeError("data segment");
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
    if (cursor.bytes[cursor.at++] !== FUNCTION_IMPORT) throw new RangeError("import");
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

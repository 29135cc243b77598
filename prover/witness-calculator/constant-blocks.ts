/** Constants of a program in the order in which it copies them, each order once. They are put where the program's stack begins, which moves up. */
import { type Constants, ELEMENT } from "./block-copies.js";
import { WasmFormatError } from "./wasm-code.js";
import type { DataSegment } from "./wasm-module.js";

/** Where a program keeps the address of its stack's end. */
const STACK_POINTER = 0;
/** Top byte of an element's kind, and the bit that says that its value is long. */
const KIND_BYTE = 7;
const LONG = 0x80;

export interface ConstantBlocks extends Constants {
  /** What the memory holds at the start, with all blocks found so far. */
  segments(): readonly DataSegment[];
  /** Bytes that the stack has moved up. */
  size(): number;
}

/** @throws WasmFormatError if the program has no stack */
export function createConstantBlocks(segments: readonly DataSegment[]): ConstantBlocks {
  const pointer = segments.find(({ address, bytes }) => address === STACK_POINTER && bytes.length === 4);
  if (pointer === undefined) throw new WasmFormatError("no stack");
  const stack = new DataView(pointer.bytes.buffer, pointer.bytes.byteOffset).getUint32(0, true);
  const start = Math.ceil(stack / 8) * 8;
  const elementAt = createLookup(segments);
  const elements: Uint8Array[] = [];
  const found = new Map<string, number>();
  return {
    isLong: (source) => ((elementAt(source)?.[KIND_BYTE] ?? 0) & LONG) !== 0,
    findBlock: (sources) => {
      const key = sources.join();
      const known = found.get(key);
      if (known !== undefined) return known;
      const address = start + ELEMENT * elements.length;
      for (const source of sources) elements.push(elementAt(source)!);
      found.set(key, address);
      return address;
    },
    segments: () => {
      const moved = new Uint8Array(4);
      new DataView(moved.buffer).setUint32(0, start + ELEMENT * elements.length, true);
      const others = segments.filter((segment) => segment !== pointer);
      return [{ address: STACK_POINTER, bytes: moved }, ...others, { address: start, bytes: Buffer.concat(elements) }];
    },
    size: () => start + ELEMENT * elements.length - stack,
  };
}

/** Finds elements that are there from the start. */
function createLookup(segments: readonly DataSegment[]): (source: number) => Uint8Array | undefined {
  const sorted = segments.filter(({ bytes }) => bytes.length > 0).toSorted((a, b) => a.address - b.address);
  return (source) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]!.address <= source) low = middle + 1;
      else high = middle;
    }
    const segment = sorted[low - 1];
    if (segment === undefined || source + ELEMENT > segment.address + segment.bytes.length) return undefined;
    return segment.bytes.subarray(source - segment.address, source - segment.address + ELEMENT);
  };
}

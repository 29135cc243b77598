// Fixed-base multiplication of the BN254 generators in a worker thread. Plain JavaScript, because a thread starts from a file
// and this one has to be the same whether the project runs from its sources or compiled.
//
// A scalar is cut into signed digits of `windowBits`; table[w][d] = d * 2^(windowBits * w) * G in affine coordinates, so that a
// multiplication is one mixed addition per window.
//
// The curve arrives as a compiled WebAssembly module: ffjavascript itself cannot be imported in a worker thread, because its web-worker
// dependency takes every thread for one of its own.
import { parentPort, workerData } from "node:worker_threads";

const SCALAR_BITS = 254;
const PAGE = 65536;
const INITIAL_PAGES = 25;

const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
const wasm = new WebAssembly.Instance(workerData.module, { env: { memory } }).exports;

const GROUPS = {
  g1: { coordinate: 32, prefix: "g1m", generator: workerData.generators.g1 },
  g2: { coordinate: 64, prefix: "g2m", generator: workerData.generators.g2 },
};
/** @type {Map<string, number>} */
const tables = new Map();

parentPort?.on("message", (job) => {
  const answer = multiply(job);
  parentPort?.postMessage(answer, [answer.affine, answer.uncompressed, answer.compressed].filter(Boolean).map((bytes) => bytes.buffer));
});

/** @param {{ id: number, group: "g1" | "g2", windowBits: number, scalars: Uint8Array, uncompressed: boolean, compressed: boolean }} job */
function multiply({ id, group, windowBits, scalars, uncompressed, compressed }) {
  const { coordinate, prefix } = GROUPS[group];
  const table = tableOf(group, windowBits);
  const count = scalars.length / 32;
  const windows = windowCount(windowBits);
  const digits = signedDigits(scalars, windowBits);
  const entries = 1 << (windowBits - 1);
  const affineSize = 2 * coordinate;
  const jacobianSize = 3 * coordinate;

  const mark = freePointer();
  const points = reserve(count * jacobianSize);
  const encoded = reserve(count * affineSize);
  ensure(2 * (count + 1) * coordinate);

  const zero = wasm[`${prefix}_zero`];
  const add = wasm[`${prefix}_addMixed`];
  const subtract = wasm[`${prefix}_subMixed`];
  for (let index = 0; index < count; index++) zero(points + index * jacobianSize);
  for (let window = 0; window < windows; window++) {
    const row = table + (window * entries - 1) * affineSize;
    for (let index = 0; index < count; index++) {
      const digit = digits[index * windows + window];
      if (digit === 0) continue;
      const point = points + index * jacobianSize;
      if (digit > 0) add(point, row + digit * affineSize, point);
      else subtract(point, row - digit * affineSize, point);
    }
  }
  wasm[`${prefix}_batchToAffine`](points, count, points);

  const answer = { id, affine: copy(points, count * affineSize), uncompressed: undefined, compressed: undefined };
  if (compressed) {
    wasm[`${prefix}_batchLEMtoC`](points, count, encoded);
    answer.compressed = copy(encoded, count * coordinate);
  }
  if (uncompressed) {
    wasm[`${prefix}_batchLEMtoU`](points, count, encoded);
    answer.uncompressed = copy(encoded, count * affineSize);
  }
  setFreePointer(mark);
  return answer;
}

/** Digits in [-2^(bits-1), 2^(bits-1)], least significant window first. */
function signedDigits(scalars, windowBits) {
  const aligned = scalars.byteOffset % 4 === 0 ? scalars : scalars.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const count = scalars.length / 32;
  const windows = windowCount(windowBits);
  const size = 1 << windowBits;
  const half = size >> 1;
  const digits = new Int32Array(count * windows);
  for (let index = 0; index < count; index++) {
    let carry = 0;
    for (let window = 0; window < windows; window++) {
      const bit = window * windowBits;
      const word = bit >> 5;
      const shift = bit & 31;
      let raw = words[index * 8 + word] >>> shift;
      if (shift + windowBits > 32 && word < 7) raw |= words[index * 8 + word + 1] << (32 - shift);
      let digit = (raw & (size - 1)) + carry;
      carry = digit > half ? 1 : 0;
      if (carry === 1) digit -= size;
      digits[index * windows + window] = digit;
    }
  }
  return digits;
}

// One bit above the scalar, so that the top digit takes the carry without leaving the table.
function windowCount(windowBits) {
  return Math.ceil((SCALAR_BITS + 1) / windowBits);
}

function tableOf(group, windowBits) {
  const name = `${group}/${windowBits}`;
  const known = tables.get(name);
  if (known !== undefined) return known;

  const { coordinate, prefix, generator } = GROUPS[group];
  const entries = 1 << (windowBits - 1);
  const windows = windowCount(windowBits);
  const affineSize = 2 * coordinate;
  const jacobianSize = 3 * coordinate;
  const table = reserve(windows * entries * affineSize);
  const mark = freePointer();
  const base = reserve(affineSize);
  const multiples = reserve(entries * jacobianSize);
  const next = reserve(jacobianSize);
  ensure(2 * (entries + 1) * coordinate);
  new Uint8Array(memory.buffer).set(generator, base);
  for (let window = 0; window < windows; window++) {
    wasm[`${prefix}_toJacobian`](base, multiples);
    for (let entry = 1; entry < entries; entry++) {
      wasm[`${prefix}_addMixed`](multiples + (entry - 1) * jacobianSize, base, multiples + entry * jacobianSize);
    }
    wasm[`${prefix}_double`](multiples + (entries - 1) * jacobianSize, next);
    wasm[`${prefix}_toAffine`](next, base);
    wasm[`${prefix}_batchToAffine`](multiples, entries, table + window * entries * affineSize);
  }
  setFreePointer(mark);
  tables.set(name, table);
  return table;
}

// The first word of the curve's memory is its allocation pointer; the batch functions allocate above it without a check, so
// room for them is ensured before each call.
function freePointer() {
  return new Uint32Array(memory.buffer, 0, 1)[0];
}

function setFreePointer(pointer) {
  new Uint32Array(memory.buffer, 0, 1)[0] = pointer;
}

function reserve(bytes) {
  const pointer = (freePointer() + 15) & ~15;
  setFreePointer(pointer + bytes);
  ensure(0);
  return pointer;
}

function ensure(bytes) {
  const missing = freePointer() + bytes + PAGE - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}

function copy(pointer, bytes) {
  return new Uint8Array(memory.buffer).slice(pointer, pointer + bytes);
}

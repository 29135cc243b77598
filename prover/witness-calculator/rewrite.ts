/** Makes a witness program of circom fast. It keeps its interface and its results. */
import { createHash } from "node:crypto";
import { P } from "../../src/math/field.js";
import { uint256 } from "../bin-file.js";
import { joinCopies } from "./block-copies.js";
import { createConstantBlocks } from "./constant-blocks.js";
import { FIELD_FUNCTIONS, type FieldFunction, KNOWN_BODIES, MODULUS_ADDRESS } from "./field-functions.js";
import { type Cursor, flatten, op, readUnsigned, unsigned, WasmFormatError } from "./wasm-code.js";
import { dataSegments, parseModule, type WasmModule, writeModule } from "./wasm-module.js";

const PAGE = 65_536;

/**
 * @param bytes a program of circom2 0.2.23, with the names of its functions. One with field functions that aren't known, or for another field, comes
 * back as it is.
 * @throws WasmFormatError for bytes that are no such module
 */
export function rewriteProgram(bytes: Uint8Array): Uint8Array {
  const module = parseModule(bytes);
  if (!hasKnownField(module)) return bytes;
  const copy = functionIndex(module, "Fr_copy");
  const blocks = createConstantBlocks(dataSegments(module));
  const bodies = new Map<number, readonly Uint8Array[]>();
  module.bodies.forEach(({ start, end }, at) => {
    const body = joinCopies({ bytes, at: start }, end, copy, blocks);
    if (body !== undefined) bodies.set(at, body);
  });
  for (const fieldFunction of FIELD_FUNCTIONS) {
    bodies.set(functionIndex(module, fieldFunction.name) - module.firstBody, [withCode(module, fieldFunction)]);
  }
  return writeModule(module, { bodies, segments: blocks.segments(), morePages: Math.ceil(blocks.size() / PAGE) });
}

function hasKnownField(module: WasmModule): boolean {
  const modulus = dataSegments(module).find(({ address }) => address === MODULUS_ADDRESS);
  if (modulus === undefined || !uint256(P).every((byte, at) => modulus.bytes[at] === byte)) return false;
  return Object.entries(KNOWN_BODIES).every(([name, sha256]) => {
    const body = module.functionNames.has(name) ? functionBody(module, name) : undefined;
    return body !== undefined && createHash("sha256").update(body).digest("hex") === sha256;
  });
}

function withCode(module: WasmModule, { name, parameters, place, locals, code }: FieldFunction): Uint8Array {
  const body = functionBody(module, name)!;
  const cursor: Cursor = { bytes: body, at: 0 };
  const groups = readUnsigned(cursor);
  const start = cursor.at;
  let own = 0;
  for (let group = 0; group < groups; group++) {
    own += readUnsigned(cursor);
    cursor.at++;
  }
  const kept = place === "before";
  return Uint8Array.from([
    ...unsigned((kept ? groups : 0) + locals.length),
    ...(kept ? body.subarray(start, cursor.at) : []),
    ...locals.flatMap((type) => [1, type]),
    ...flatten(code(parameters + (kept ? own : 0), (called) => functionIndex(module, called))),
    ...(kept ? body.subarray(cursor.at) : [op.end]),
  ]);
}

function functionIndex({ functionNames }: WasmModule, name: string): number {
  const index = functionNames.get(name);
  if (index === undefined) throw new WasmFormatError(`no function ${name}`);
  return index;
}

function functionBody(module: WasmModule, name: string): Uint8Array | undefined {
  const range = module.bodies[functionIndex(module, name) - module.firstBody];
  return range === undefined ? undefined : module.bytes.subarray(range.start, range.end);
}

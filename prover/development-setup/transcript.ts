import { createHash } from "node:crypto";
import { blake2b } from "@noble/hashes/blake2.js";
import { ChaCha, type Curve } from "ffjavascript";
import { uint32 } from "../bin-file.js";

// The records by which snarkjs proves that a contributor knew what he multiplied in: s, s * x in G1 and sp * x in G2, where sp is
// hashed from the transcript so far.

/** BLAKE2b-512 over many parts. */
export function blake2b512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("blake2b512");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** A point of G2 that nobody knows a logarithm of, from the first 32 bytes of a hash. */
export function hashToG2(curve: Curve, hash: Uint8Array): Uint8Array {
  const words = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  const seed = Array.from({ length: 8 }, (_, index) => words.getUint32(4 * index));
  return curve.G2.toAffine(curve.G2.fromRng(new ChaCha(seed)));
}

/** base * scalar in affine coordinates. */
export function times(curve: Curve, group: "G1" | "G2", base: Uint8Array, scalar: bigint): Uint8Array {
  return curve[group].toAffine(curve[group].timesFr(base, curve.Fr.e(scalar)));
}

/**
 * The state of a running BLAKE2b in the 216 bytes of snarkjs: block buffer, eight 64-bit chain words, bytes compressed, bytes in the
 * buffer. The hash library has no public way to this state; the version is pinned and a test reads the result back with snarkjs.
 */
export function partialHash(hash: ReturnType<typeof blake2b.create>): Uint8Array {
  const state = hash as unknown as Record<string, number> & { buffer: Uint8Array; length: number; pos: number };
  const bytes = Buffer.alloc(216);
  bytes.set(state.buffer, 0);
  for (let index = 0; index < 8; index++) {
    bytes.writeInt32LE((state[`v${index}l`] ?? 0) | 0, 128 + 8 * index);
    bytes.writeInt32LE((state[`v${index}h`] ?? 0) | 0, 132 + 8 * index);
  }
  bytes.writeUInt32LE(state.length - state.pos, 192);
  bytes.writeUInt32LE(state.pos, 200);
  return bytes;
}

/** The tail of a contribution record: type 0 and a name of at most 64 characters. */
export function namedContribution(name: string): Uint8Array {
  const text = Buffer.from(name, "utf8");
  return Buffer.concat([uint32(0), uint32(text.length + 2), Uint8Array.of(1, text.length), text]);
}

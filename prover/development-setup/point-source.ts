import type { Curve } from "ffjavascript";
import { setupEngine, type SetupEngine } from "../backends/setup-engine.js";
import { PointPool } from "./point-pool.js";

export type GroupName = "g1" | "g2";

/** Points of one chunk. Affine: Montgomery form, as files hold them; the encodings: big-endian, as transcripts hash them. */
export interface PointChunk {
  readonly affine: Uint8Array;
  readonly uncompressed: Uint8Array | undefined;
  readonly compressed: Uint8Array | undefined;
}

export interface MultiplicationOptions {
  readonly uncompressed?: boolean;
  readonly compressed?: boolean;
}

/** What multiplies the generators of BN254 by many scalars. All give the same bytes. */
export interface PointSource {
  /**
   * scalar * generator for each scalar, in order, a chunk at a time.
   * @param scalars canonical field elements, 32 bytes little-endian each
   * @param points how many there will be in all calls, about: decides the size of tables
   */
  multiply(group: GroupName, scalars: Uint8Array, points: number, options?: MultiplicationOptions): AsyncGenerator<PointChunk>;
  close(): Promise<void>;
}

/** The native engine where it serves, else WASM in worker threads. */
export function openPointSource(curve: Curve): PointSource {
  const native = setupEngine();
  return native === undefined ? new PointPool(curve) : nativePointSource(native);
}

// Bounds what a chunk takes in memory; a table for each is a small part of the work.
const CHUNK_POINTS = 1 << 18;

export function nativePointSource({ engine, arithmetic, threads }: SetupEngine): PointSource {
  return {
    async *multiply(group, scalars, _points, { uncompressed = false, compressed = false } = {}) {
      for (let offset = 0; offset < scalars.length; offset += 32 * CHUNK_POINTS) {
        const chunk = scalars.subarray(offset, offset + 32 * CHUNK_POINTS);
        yield await engine.multiplyGenerator(group, chunk, { arithmetic, threads, uncompressed, compressed }).result;
      }
    },
    close: () => Promise.resolve(),
  };
}

// ffjavascript ships no types. Only what this project uses, with Uint8Array for field elements (Montgomery form,
// little-endian) and curve points (affine or Jacobian coordinates in that form).
declare module "ffjavascript" {
  export interface RandomSource {
    nextU32(): number;
  }

  export class ChaCha implements RandomSource {
    constructor(seed: readonly number[]);
    nextU32(): number;
  }

  export interface PrimeField {
    readonly p: bigint;
    readonly n8: number;
    readonly s: number;
    readonly w: readonly Uint8Array[];
    e(value: bigint | number): Uint8Array;
    toObject(value: Uint8Array): bigint;
  }

  export interface Group {
    readonly F: { readonly n8: number };
    readonly g: Uint8Array;
    readonly oneAffine: Uint8Array;
    readonly zeroAffine: Uint8Array;
    timesFr(point: Uint8Array, scalar: Uint8Array): Uint8Array;
    timesScalar(point: Uint8Array, scalar: bigint | Uint8Array): Uint8Array;
    toAffine(point: Uint8Array): Uint8Array;
    toUncompressed(point: Uint8Array): Uint8Array;
    batchLEMtoU(points: Uint8Array): Promise<Uint8Array>;
    batchLEMtoC(points: Uint8Array): Promise<Uint8Array>;
    toObject(point: Uint8Array): unknown[];
    fromObject(point: readonly unknown[]): Uint8Array;
    fromRng(source: RandomSource): Uint8Array;
    add(left: Uint8Array, right: Uint8Array): Uint8Array;
    neg(point: Uint8Array): Uint8Array;
    isZero(point: Uint8Array): boolean;
    isValid(point: Uint8Array): boolean;
    eq(left: Uint8Array, right: Uint8Array): boolean;
  }

  export interface ThreadManager {
    readonly memory: WebAssembly.Memory;
    readonly instance: { readonly exports: Readonly<Record<string, (...parameters: number[]) => number>> };
    /** The WebAssembly binary of the curve. */
    readonly code: Uint8Array;
    u8: Uint8Array;
    u32: Uint32Array;
  }

  export interface Curve {
    readonly q: bigint;
    readonly r: bigint;
    readonly Fr: PrimeField;
    readonly G1: Group;
    readonly G2: Group;
    readonly tm: ThreadManager;
    /** Whether the product of pairings of G1, G2, G1, G2, ... is one. */
    pairingEq(...points: readonly Uint8Array[]): Promise<boolean>;
    terminate(): Promise<void>;
  }

  export function buildBn128(singleThread?: boolean): Promise<Curve>;
}

// The threaded curve of the process that snarkjs shares, while there is one.
declare var curve_bn128: import("ffjavascript").Curve | null | undefined;

import { buildBn128, type Curve } from "ffjavascript";

/** Modulus of the base field of BN254. */
export const BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

let shared: Promise<Curve> | undefined;

/** One single-threaded curve for the process: no threads to stop at the end. */
export function sharedCurve(): Promise<Curve> {
  shared ??= buildBn128(true);
  return shared;
}

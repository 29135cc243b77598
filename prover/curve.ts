import { buildBn128, type Curve } from "ffjavascript";

/** Modulus of the base field of BN254. */
export const BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

let shared: Promise<Curve> | undefined;

/** One single-threaded curve for the process: no threads to stop at the end. */
export function sharedCurve(): Promise<Curve> {
  shared ??= buildBn128(true);
  return shared;
}

/** On the twist and of order r: what the pairing precompile asks of a G2 point. Affine, coordinates (real, imaginary) in the base field. */
export async function isInG2([x, y]: readonly [readonly [bigint, bigint], readonly [bigint, bigint]]): Promise<boolean> {
  const { G2, r } = await sharedCurve();
  const point = G2.fromObject([x, y, [1n, 0n]]);
  return G2.isValid(point) && G2.isZero(G2.timesScalar(point, r));
}

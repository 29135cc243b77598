/** The scalar field of BN254 and the packing of four signed lanes into one element (SPEC.md section 2). */
import { FixedPointError } from "./fixed-point.js";

/** Order of the scalar field of BN254. */
export const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

export const LANES = 4;
export const LANE_BITS = 63n;
const LANE_OFFSET = 1n << 62n;
const LANE_MASK = (1n << LANE_BITS) - 1n;
/** Half a lane in each lane: makes all lanes non-negative. */
const OFFSETS = LANE_OFFSET * (1n + (1n << LANE_BITS) + (1n << (2n * LANE_BITS)) + (1n << (3n * LANE_BITS)));

/** Canonical element of a signed integer, any size. */
export function toField(value: bigint): bigint {
  const reduced = value % P;
  return reduced < 0n ? reduced + P : reduced;
}

/** Signed integer of least magnitude that an element stands for, in [-(P-1)/2, (P-1)/2]. */
export function fromField(element: bigint): bigint {
  const reduced = toField(element);
  return reduced > P / 2n ? reduced - P : reduced;
}

/**
 * a0 + a1 2^63 + a2 2^126 + a3 2^189 mod P. Throws FixedPointError unless there are four lanes in [-2^62, 2^62): a larger one
 * would run over into its neighbour and still verify.
 */
export function packLanes(lanes: readonly bigint[]): bigint {
  if (lanes.length !== LANES) throw new FixedPointError("packLanes: number of lanes", BigInt(lanes.length), `must be ${LANES}`);
  let packed = 0n;
  for (let lane = LANES - 1; lane >= 0; lane--) {
    const value = lanes[lane]!;
    if (value < -LANE_OFFSET || value >= LANE_OFFSET) {
      throw new FixedPointError(`packLanes: lane ${lane}`, value, "must be in [-2^62, 2^62)");
    }
    packed = (packed << LANE_BITS) + value;
  }
  return toField(packed);
}

/** The four signed lanes of an element that packLanes, or a sum of such elements within the lane range, has made. */
export function unpackLanes(element: bigint): bigint[] {
  let rest = toField(element + OFFSETS);
  if (rest >> (BigInt(LANES) * LANE_BITS) !== 0n) {
    throw new FixedPointError("unpackLanes: element", element, "must be a packing of four 63-bit lanes");
  }
  const lanes: bigint[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    lanes.push((rest & LANE_MASK) - LANE_OFFSET);
    rest >>= LANE_BITS;
  }
  return lanes;
}

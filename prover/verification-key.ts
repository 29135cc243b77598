import { keccak_256 } from "@noble/hashes/sha3.js";
import { BASE_MODULUS, sharedCurve } from "./curve.js";
import { tauSecrets } from "./development-setup/toxic-waste.js";
import { times } from "./development-setup/transcript.js";

/** Affine coordinates. */
export type G1Point = readonly [x: bigint, y: bigint];
/** Affine coordinates, each (real, imaginary) as in snarkjs files; Solidity has the imaginary part first. */
export type G2Point = readonly [x: readonly [bigint, bigint], y: readonly [bigint, bigint]];

/** A Groth16 verification key over BN254. */
export interface VerificationKey {
  readonly publicSignals: number;
  readonly alpha: G1Point;
  readonly beta: G2Point;
  readonly gamma: G2Point;
  readonly delta: G2Point;
  /** One point for the constant, then one for each public signal. */
  readonly ic: readonly G1Point[];
  /** What the file says; isDevelopmentKey also recognizes a key that doesn't say it. */
  readonly development: boolean;
}

/** As snarkjs writes it, without the derived pairing of alpha and beta. */
export interface VerificationKeyJson {
  readonly protocol: string;
  readonly curve: string;
  readonly nPublic: number;
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
  readonly development?: boolean;
}

/**
 * @throws VerificationKeyError when the JSON isn't a Groth16 key over BN254; the points are checked by checkVerificationKey
 */
export function parseVerificationKey(json: unknown): VerificationKey {
  if (typeof json !== "object" || json === null) throw new VerificationKeyError("not a JSON object");
  const key = json as Partial<VerificationKeyJson>;
  if (key.protocol !== "groth16") throw new VerificationKeyError(`protocol is ${String(key.protocol)}, must be groth16`);
  if (key.curve !== "bn128") throw new VerificationKeyError(`curve is ${String(key.curve)}, must be bn128`);
  if (!Number.isSafeInteger(key.nPublic) || !Array.isArray(key.IC)) throw new VerificationKeyError("nPublic or IC is missing");
  return {
    publicSignals: key.nPublic as number,
    alpha: parseG1("vk_alpha_1", key.vk_alpha_1),
    beta: parseG2("vk_beta_2", key.vk_beta_2),
    gamma: parseG2("vk_gamma_2", key.vk_gamma_2),
    delta: parseG2("vk_delta_2", key.vk_delta_2),
    ic: key.IC.map((point, index) => parseG1(`IC[${index}]`, point)),
    development: key.development === true,
  };
}

/** The snarkjs form. */
export function verificationKeyJson(key: VerificationKey): VerificationKeyJson {
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic: key.publicSignals,
    vk_alpha_1: g1Json(key.alpha),
    vk_beta_2: g2Json(key.beta),
    vk_gamma_2: g2Json(key.gamma),
    vk_delta_2: g2Json(key.delta),
    IC: key.ic.map(g1Json),
    ...(key.development ? { development: true } : {}),
  };
}

/**
 * Refuses a key that proves nothing or isn't for this circuit.
 * @param publicSignals what circuits.json declares
 * @throws VerificationKeyError on gamma = delta (phase 2 was never contributed to, so that anyone forges), another number of public
 * signals, a point off its curve or outside its group, or a point at infinity
 */
export async function checkVerificationKey(key: VerificationKey, publicSignals: number): Promise<void> {
  if (key.publicSignals !== publicSignals) {
    throw new VerificationKeyError(`nPublic is ${key.publicSignals}, the circuit has ${publicSignals} public signals`);
  }
  if (key.ic.length !== publicSignals + 1) {
    throw new VerificationKeyError(`IC has ${key.ic.length} points, must have ${publicSignals + 1}`);
  }
  const { G1, G2, r } = await sharedCurve();
  const inG1 = (name: string, point: G1Point): void => {
    checkCoordinates(name, point);
    if (!G1.isValid(G1.fromObject([...point, 1n]))) throw new VerificationKeyError(`${name} is not on the curve`);
  };
  const inG2 = (name: string, [x, y]: G2Point): void => {
    checkCoordinates(name, [...x, ...y]);
    const point = G2.fromObject([x, y, [1n, 0n]]);
    if (!G2.isValid(point)) throw new VerificationKeyError(`${name} is not on the curve`);
    if (!G2.isZero(G2.timesScalar(point, r))) throw new VerificationKeyError(`${name} is not in the group of order r`);
  };
  inG1("vk_alpha_1", key.alpha);
  inG2("vk_beta_2", key.beta);
  inG2("vk_gamma_2", key.gamma);
  inG2("vk_delta_2", key.delta);
  // With its IC point at infinity a public signal wouldn't count: any value of it would verify.
  key.ic.forEach((point, index) => inG1(`IC[${index}]`, point));
  // The abscissa alone: with gamma = -delta too, A = alpha, B = beta and C = the sum over IC prove anything.
  if (key.gamma[0].join() === key.delta[0].join()) {
    throw new VerificationKeyError("gamma equals delta (or its opposite): phase 2 was never contributed to, anyone can forge proofs for this key");
  }
}

/** True for keys whose secrets are public, whether or not they say so: all development keys share alpha. */
export async function isDevelopmentKey(key: VerificationKey): Promise<boolean> {
  const curve = await sharedCurve();
  const [x, y] = curve.G1.toObject(times(curve, "G1", curve.G1.g, tauSecrets().alpha)) as [bigint, bigint];
  return key.development || (key.alpha[0] === x && key.alpha[1] === y);
}

/**
 * Identity of a key: keccak256 of alpha, beta, gamma, delta, IC as 32-byte big-endian words, x before y, in G2 the imaginary part before the
 * real one. In Solidity: keccak256(abi.encodePacked(...)) of the constants of the verifier in that order.
 * @returns 0x and 64 hexadecimal digits
 */
export function keyHash(key: VerificationKey): string {
  const g2 = ([x, y]: G2Point): readonly bigint[] => [x[1], x[0], y[1], y[0]];
  const words = [...key.alpha, ...g2(key.beta), ...g2(key.gamma), ...g2(key.delta), ...key.ic.flat()];
  const bytes = Buffer.from(words.map((word) => word.toString(16).padStart(64, "0")).join(""), "hex");
  return `0x${Buffer.from(keccak_256(bytes)).toString("hex")}`;
}

function checkCoordinates(name: string, coordinates: readonly bigint[]): void {
  for (const coordinate of coordinates) {
    if (coordinate < 0n || coordinate >= BASE_MODULUS) throw new VerificationKeyError(`${name} has a coordinate outside the field`);
  }
  if (coordinates.every((coordinate) => coordinate === 0n)) throw new VerificationKeyError(`${name} is the point at infinity`);
}

function parseG1(name: string, value: unknown): G1Point {
  if (!Array.isArray(value) || value.length !== 3) throw new VerificationKeyError(`${name} is not a point of G1`);
  const [x, y, z] = value.map((word) => parseInteger(name, word)) as [bigint, bigint, bigint];
  if (z !== 1n) throw new VerificationKeyError(`${name} is not affine`);
  return [x, y];
}

function parseG2(name: string, value: unknown): G2Point {
  if (!Array.isArray(value) || value.length !== 3) throw new VerificationKeyError(`${name} is not a point of G2`);
  const [x, y, z] = value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new VerificationKeyError(`${name} is not a point of G2`);
    return [parseInteger(name, pair[0]), parseInteger(name, pair[1])] as const;
  }) as [readonly [bigint, bigint], readonly [bigint, bigint], readonly [bigint, bigint]];
  if (z[0] !== 1n || z[1] !== 0n) throw new VerificationKeyError(`${name} is not affine`);
  return [x, y];
}

function parseInteger(name: string, value: unknown): bigint {
  if (typeof value !== "string" || !/^\d+$/.test(value)) throw new VerificationKeyError(`${name} has a coordinate that is no decimal`);
  return BigInt(value);
}

function g1Json([x, y]: G1Point): readonly string[] {
  return [x.toString(), y.toString(), "1"];
}

function g2Json([x, y]: G2Point): readonly (readonly string[])[] {
  return [x.map(String), y.map(String), ["1", "0"]];
}

export class VerificationKeyError extends Error {
  constructor(reason: string) {
    super(`verification key refused: ${reason}`);
    this.name = "VerificationKeyError";
  }
}

/**
 * A Groth16 key whose toxic waste is known, in snarkjs's formats: valid proofs for any public signals without a circuit or a prover.
 *
 * In the exponent the verifier checks a b = alpha beta + x gamma + c delta, with x = ic[0] + sum of signal[i] ic[i + 1]; whoever
 * knows the scalars solves that for c. verifier-contracts/test/Groth16Simulator.sol has the same key.
 */

import { buildBn128 } from "ffjavascript";
import { id } from "ethers";

const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Scalar named `name`; the contract tests derive the same one from the same text. */
export function scalarOf(name: string): bigint {
  return BigInt(id(`zkmargin simulator ${name}`)) % R;
}

export interface Groth16Simulator {
  readonly verificationKey: {
    readonly protocol: string;
    readonly curve: string;
    readonly nPublic: number;
    readonly vk_alpha_1: string[];
    readonly vk_beta_2: string[][];
    readonly vk_gamma_2: string[][];
    readonly vk_delta_2: string[][];
    readonly IC: string[][];
  };
  /** A valid proof for the signals; another seed gives another proof. */
  prove(signals: readonly bigint[], seed: string): {
    readonly pi_a: string[];
    readonly pi_b: string[][];
    readonly pi_c: string[];
    readonly protocol: string;
    readonly curve: string;
  };
  /** scalar x generator of G1, as snarkjs writes it. */
  g1(scalar: bigint): string[];
}

export async function groth16Simulator(signalCount: number): Promise<Groth16Simulator> {
  // One thread: workers would keep the test process alive.
  const curve = await buildBn128(true);
  const g1 = (scalar: bigint): string[] => {
    const point = curve.G1.toAffine(curve.G1.timesFr(curve.G1.g, curve.Fr.e(scalar)));
    return strings(curve.G1.toObject(point)) as string[];
  };
  const g2 = (scalar: bigint): string[][] => {
    const point = curve.G2.toAffine(curve.G2.timesFr(curve.G2.g, curve.Fr.e(scalar)));
    return strings(curve.G2.toObject(point)) as string[][];
  };
  const [alpha, beta, gamma, delta] = ["alpha", "beta", "gamma", "delta"].map(scalarOf) as [bigint, bigint, bigint, bigint];
  const ic = Array.from({ length: signalCount + 1 }, (_, i) => scalarOf(`ic ${i}`));

  return {
    verificationKey: {
      protocol: "groth16",
      curve: "bn128",
      nPublic: signalCount,
      vk_alpha_1: g1(alpha),
      vk_beta_2: g2(beta),
      vk_gamma_2: g2(gamma),
      vk_delta_2: g2(delta),
      IC: ic.map(g1),
    },
    prove(signals, seed) {
      const a = scalarOf(`a ${seed}`);
      const b = scalarOf(`b ${seed}`);
      const x = signals.reduce((sum, signal, i) => sum + signal * ic[i + 1]!, ic[0]!);
      const c = (mod(a * b - alpha * beta - x * gamma) * power(delta, R - 2n)) % R;
      return { pi_a: g1(a), pi_b: g2(b), pi_c: g1(c), protocol: "groth16", curve: "bn128" };
    },
    g1,
  };
}

function strings(value: unknown): unknown {
  return Array.isArray(value) ? value.map(strings) : String(value);
}

function mod(value: bigint): bigint {
  return ((value % R) + R) % R;
}

/** Modulo the order of the groups. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = base % R, e = exponent; e > 0n; e >>= 1n, b = (b * b) % R) if (e & 1n) result = (result * b) % R;
  return result;
}

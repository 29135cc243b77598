/** Poseidon over the BN254 scalar field with the parameters of circomlib, 1 to 16 inputs. */
import { poseidon1 } from "poseidon-lite/poseidon1";
import { poseidon2 } from "poseidon-lite/poseidon2";
import { poseidon3 } from "poseidon-lite/poseidon3";
import { poseidon4 } from "poseidon-lite/poseidon4";
import { poseidon5 } from "poseidon-lite/poseidon5";
import { poseidon6 } from "poseidon-lite/poseidon6";
import { poseidon7 } from "poseidon-lite/poseidon7";
import { poseidon8 } from "poseidon-lite/poseidon8";
import { poseidon9 } from "poseidon-lite/poseidon9";
import { poseidon10 } from "poseidon-lite/poseidon10";
import { poseidon11 } from "poseidon-lite/poseidon11";
import { poseidon12 } from "poseidon-lite/poseidon12";
import { poseidon13 } from "poseidon-lite/poseidon13";
import { poseidon14 } from "poseidon-lite/poseidon14";
import { poseidon15 } from "poseidon-lite/poseidon15";
import { poseidon16 } from "poseidon-lite/poseidon16";
import { FixedPointError } from "./fixed-point.js";
import { P } from "./field.js";

type FixedPoseidon = (inputs: bigint[]) => bigint;

const BY_LENGTH: readonly FixedPoseidon[] = [
  poseidon1,
  poseidon2,
  poseidon3,
  poseidon4,
  poseidon5,
  poseidon6,
  poseidon7,
  poseidon8,
  poseidon9,
  poseidon10,
  poseidon11,
  poseidon12,
  poseidon13,
  poseidon14,
  poseidon15,
  poseidon16,
];

/** Hash of 1..16 canonical field elements. Throws FixedPointError for another count or an input outside [0, P). */
export function poseidon(inputs: readonly bigint[]): bigint {
  const hash = BY_LENGTH[inputs.length - 1];
  if (hash === undefined) {
    throw new FixedPointError("poseidon: number of inputs", BigInt(inputs.length), "must be 1 to 16");
  }
  for (let i = 0; i < inputs.length; i++) {
    // An unreduced input hashes like its residue, so two texts would commit to the same value. The input may be a secret: only its place is named.
    if (inputs[i]! < 0n || inputs[i]! >= P) throw new PoseidonInputError(i);
  }
  return hash([...inputs]);
}

/** An input that is no canonical field element. The value is not shown: it may be a witness. */
export class PoseidonInputError extends RangeError {
  override readonly name = "PoseidonInputError";

  constructor(readonly position: number) {
    super(`poseidon: input ${position} must be in [0, p)`);
  }
}

/**
 * The contracts' Groth16 library on a chain, for keys and signals that MarginVerifier would not pass on to it.
 */
import type { Contract, Signer } from "ethers";
import { deployHarness } from "./contract-harness.js";

export async function deployGroth16Harness(signer: Signer): Promise<Contract> {
  return deployHarness("test/Groth16Harness.sol", signer);
}

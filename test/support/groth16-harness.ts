/**
 * The contracts' Groth16 library on a chain, for keys and signals that MarginVerifier would not pass on to it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Contract, Signer } from "ethers";
import { projectRoot } from "../../prover/project-root.js";
import { deployHarness } from "./solidity-harness.js";

const LIBRARY = "src/libraries/Groth16.sol";
const HARNESS = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {Groth16} from "./${LIBRARY}";
contract Groth16Harness {
    function verify(uint256[] memory key, Groth16.Proof calldata proof, uint256[] memory signals) external view returns (bool) {
        return Groth16.verify(key, proof, signals);
    }
    function checkKey(uint256[] memory key, uint256 signalCount) external view {
        Groth16.checkKey(key, signalCount);
    }
}`;

export async function deployGroth16Harness(signer: Signer): Promise<Contract> {
  const library = readFileSync(join(projectRoot(), "verifier-contracts", LIBRARY), "utf8");
  return deployHarness(signer, "Groth16Harness", { "Harness.sol": HARNESS, [LIBRARY]: library });
}

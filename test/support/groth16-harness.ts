/**
 * The contracts' Groth16 library on a chain, for keys and signals that MarginVerifier would not pass on to it.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Contract, ContractFactory, type InterfaceAbi, type Signer } from "ethers";
import { projectRoot } from "../../prover/project-root.js";

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

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, { readonly abi: InterfaceAbi; readonly evm: { readonly bytecode: { readonly object: string } } }>>>>;
}

/** Compiled as the contracts are, with their compiler. */
export async function deployGroth16Harness(signer: Signer): Promise<Contract> {
  const output = JSON.parse(await compile(JSON.stringify({
    language: "Solidity",
    sources: { "Harness.sol": { content: HARNESS }, [LIBRARY]: { content: readFileSync(join(projectRoot(), "verifier-contracts", LIBRARY), "utf8") } },
    settings: { evmVersion: "cancun", viaIR: true, optimizer: { enabled: true, runs: 1_000_000 }, outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } },
  }))) as CompilerOutput;
  const compiled = output.contracts?.["Harness.sol"]?.["Groth16Harness"];
  if (compiled === undefined) throw new Error(`the harness does not compile: ${output.errors?.map((error) => error.formattedMessage).join("\n")}`);
  const contract = await new ContractFactory(compiled.abi, compiled.evm.bytecode.object, signer).deploy();
  await contract.waitForDeployment();
  return new Contract(await contract.getAddress(), compiled.abi, signer);
}

function compile(input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(projectRoot(), "scripts/solc.mjs"), "--standard-json"], { stdio: ["pipe", "pipe", "inherit"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(Buffer.concat(output).toString("utf8")) : reject(new Error(`the compiler ended with ${code}`))));
    child.stdin.end(input);
  });
}

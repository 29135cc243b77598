/**
 * Interfaces of the contracts for TypeScript, generated from the compiler's output, so that a client needs no compiler.
 *
 * Run as a program it rewrites src/relayer/generated/contract-abi.ts.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Interface } from "ethers";
import { projectRoot } from "../../prover/project-root.js";
import { compileContracts, type CompiledContract, type ContractName } from "./compile-contracts.js";

/** Path of the generated file, below the package's root. */
export const CONTRACT_ABI_TYPESCRIPT = "src/relayer/generated/contract-abi.ts";

/** Source of the module with one list of human-readable fragments a contract. */
export function contractAbiTypeScript(contracts: Readonly<Record<ContractName, CompiledContract>>): string {
  const lists = Object.values(contracts).map(({ name, abi }) => {
    const fragments = new Interface(abi).format().map((fragment) => `  ${JSON.stringify(fragment)},`);
    return [`/** Interface of ${name}. */`, `export const ${constantName(name)} = [`, ...fragments, "] as const;", ""].join("\n");
  });
  return [
    "// Generated from verifier-contracts/ by src/relayer/generate-abi.ts; do not edit.",
    "",
    lists.join("\n"),
  ].join("\n");
}

function constantName(contract: ContractName): string {
  return `${contract.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}_ABI`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(projectRoot(), CONTRACT_ABI_TYPESCRIPT);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contractAbiTypeScript(await compileContracts()));
}

/**
 * Names of the public signals for Solidity, generated from circuits.json.
 *
 * Run as a program it rewrites verifier-contracts/src/generated/PublicSignals.sol.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "../../prover/project-root.js";
import { PUBLIC_SIGNALS } from "../witness/public-signals.js";

/** Path of the generated file, below the package's root. */
export const PUBLIC_SIGNALS_SOLIDITY = "verifier-contracts/src/generated/PublicSignals.sol";

/**
 * Source of the library that gives each public signal's index a name.
 * @throws InvalidSignalNameError if a name is not camel case, or appears twice.
 */
export function publicSignalsSolidity(names: readonly string[]): string {
  names.forEach((name, index) => {
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) throw new InvalidSignalNameError(name, "must be camel case");
    if (names.indexOf(name) !== index) throw new InvalidSignalNameError(name, "must be unique");
  });
  const constants = names.map((name, index) => `    uint256 internal constant ${constantCase(name)} = ${index};`);
  return [
    "// SPDX-License-Identifier: MIT",
    "// Generated from circuits.json by src/relayer/generate-solidity.ts; do not edit.",
    "pragma solidity ^0.8.28;",
    "",
    "/// @title Indices of the public signals",
    "library PublicSignals {",
    ...constants,
    "",
    "    /// @dev How many there are.",
    `    uint256 internal constant COUNT = ${names.length};`,
    "}",
    "",
  ].join("\n");
}

function constantCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

export class InvalidSignalNameError extends Error {
  override readonly name = "InvalidSignalNameError";
  constructor(
    readonly signal: string,
    rule: string,
  ) {
    super(`public signal ${JSON.stringify(signal)} ${rule}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(projectRoot(), PUBLIC_SIGNALS_SOLIDITY), publicSignalsSolidity(PUBLIC_SIGNALS));
}

/**
 * Where the package's data files are (contracts, circuits.json), from the sources and from the compiled tree alike.
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Absolute path of the package's root: the nearest folder above this module with a circuits.json and the contracts in it.
 * @throws PackageRootNotFoundError
 */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "circuits.json")) && existsSync(join(folder, "verifier-contracts"))) return folder;
    if (folder === dirname(folder)) throw new PackageRootNotFoundError(start);
  }
}

export class PackageRootNotFoundError extends Error {
  override readonly name = "PackageRootNotFoundError";
  constructor(readonly start: string) {
    super(`no folder above ${start} has circuits.json and verifier-contracts/ in it`);
  }
}

/**
 * The contracts, compiled with npm `solc` and cached by the hash of everything that goes in.
 *
 * Compiler and settings are those of verifier-contracts/foundry.toml; a test compares the bytecode with forge's.
 */

import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { getBytes, type InterfaceAbi } from "ethers";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { cacheRoot } from "../../prover/cache.js";
import { projectRoot } from "../../prover/project-root.js";

/** The remapping of foundry.toml. */
const PACKAGE = { prefix: "@openzeppelin/", folder: "../node_modules/@openzeppelin/" } as const;

/** The contracts that are deployed, by the file they are in. */
const CONTRACT_SOURCES = {
  RiskOracle: "src/RiskOracle.sol",
  PortfolioRegistry: "src/PortfolioRegistry.sol",
  PolicyRegistry: "src/PolicyRegistry.sol",
  MarginVerifier: "src/MarginVerifier.sol",
  SolvencyRegistry: "src/SolvencyRegistry.sol",
  CollateralVault: "src/examples/CollateralVault.sol",
} as const;

const OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"] as const;

const COMPILER_SETTINGS = {
  remappings: [`${PACKAGE.prefix}=${PACKAGE.folder}`],
  evmVersion: "cancun",
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000_000 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
  // What is not selected is not compiled: libraries on their own, for example.
  outputSelection: Object.fromEntries(Object.entries(CONTRACT_SOURCES).map(([name, source]) => [source, { [name]: OUTPUTS }])),
} as const;

export type ContractName = keyof typeof CONTRACT_SOURCES;

export interface CompiledContract {
  readonly name: ContractName;
  readonly abi: InterfaceAbi;
  /** Creation code, 0x-prefixed, without constructor arguments. */
  readonly bytecode: string;
  /** sha256 of the creation code's bytes, hex. */
  readonly bytecodeSha256: string;
  /** Code after deployment, 0x-prefixed, with zeros where the immutables go. */
  readonly deployedBytecode: string;
  /** Byte ranges of the immutables in the deployed code. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

const byteRange = z.object({ start: z.number().int(), length: z.number().int() });
const compilerOutput = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).optional(),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.array(z.record(z.string(), z.unknown())),
          evm: z.object({
            bytecode: z.object({ object: z.string() }),
            deployedBytecode: z.object({
              object: z.string(),
              immutableReferences: z.record(z.string(), z.array(byteRange)).optional(),
            }),
          }),
        }),
      ),
    )
    .optional(),
});

/**
 * All contracts, from the cache if the sources, settings and compiler are those of an earlier call.
 * The cache is the folder `contracts` in that of cacheRoot.
 * @throws ContractCompilationError with the compiler's messages.
 */
export async function compileContracts(root: string = projectRoot()): Promise<Readonly<Record<ContractName, CompiledContract>>> {
  const input = JSON.stringify(compilerInput(root));
  const key = createHash("sha256").update(compilerVersion(root)).update("\0").update(input).digest("hex");
  const folder = join(cacheRoot(), "contracts");
  const cached = join(folder, `${key}.json`);

  let text: string;
  if (existsSync(cached)) {
    text = readFileSync(cached, "utf8");
  } else {
    text = await runCompiler(root, input);
    collectErrors(text);
    mkdirSync(folder, { recursive: true });
    await writeFileAtomic(cached, text);
  }
  return contractsOf(text);
}

function compilerInput(root: string): object {
  const sources: Record<string, { content: string }> = {};
  const pending: string[] = Object.values(CONTRACT_SOURCES);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (sources[name] !== undefined) continue;
    const content = readSource(root, name);
    sources[name] = { content };
    for (const [, path] of content.matchAll(/^import\s[^;"]*"([^"]+)"/gm)) pending.push(imported(name, path!));
  }
  return { language: "Solidity", sources: Object.fromEntries(Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1))), settings: COMPILER_SETTINGS };
}

/** Named by its path from verifier-contracts/. */
function readSource(root: string, name: string): string {
  const file = join(root, "verifier-contracts", name);
  if (!existsSync(file)) throw new ContractCompilationError([`${name} does not exist`]);
  return readFileSync(file, "utf8");
}

function imported(by: string, path: string): string {
  return path.startsWith(PACKAGE.prefix) ? PACKAGE.folder + path.slice(PACKAGE.prefix.length) : posix.join(posix.dirname(by), path);
}

function compilerVersion(root: string): string {
  const manifest = JSON.parse(readFileSync(join(root, "node_modules", "solc", "package.json"), "utf8")) as { version: string };
  return manifest.version;
}

/** In a process of its own: the compiler is synchronous, keeps its memory, and installs process-wide handlers. */
function runCompiler(root: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "scripts", "solc.mjs"), "--standard-json"], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    const messages: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => messages.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString("utf8"));
      else reject(new ContractCompilationError([`the compiler exited with ${code}: ${Buffer.concat(messages).toString("utf8")}`]));
    });
    // A compiler that dies early closes its input; its exit code tells.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function collectErrors(text: string): void {
  const errors = (compilerOutput.parse(JSON.parse(text)).errors ?? []).filter((error) => error.severity === "error");
  if (errors.length > 0) throw new ContractCompilationError(errors.map((error) => error.formattedMessage));
}

function contractsOf(text: string): Record<ContractName, CompiledContract> {
  const contracts = compilerOutput.parse(JSON.parse(text)).contracts ?? {};
  const entries = (Object.entries(CONTRACT_SOURCES) as [ContractName, string][]).map(([name, source]) => {
    const contract = contracts[source]?.[name];
    if (contract === undefined) throw new ContractCompilationError([`${source} has no contract ${name}`]);
    const bytecode = `0x${contract.evm.bytecode.object}`;
    const compiled: CompiledContract = {
      name,
      abi: contract.abi as unknown as InterfaceAbi,
      bytecode,
      bytecodeSha256: createHash("sha256").update(getBytes(bytecode)).digest("hex"),
      deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
      immutables: Object.values(contract.evm.deployedBytecode.immutableReferences ?? {}).flat(),
    };
    return [name, compiled] as const;
  });
  return Object.fromEntries(entries) as Record<ContractName, CompiledContract>;
}

export class ContractCompilationError extends Error {
  override readonly name = "ContractCompilationError";
  constructor(readonly messages: readonly string[]) {
    super(`the contracts do not compile:\n${messages.join("\n")}`);
  }
}

/** Contracts of verifier-contracts/test that make library functions callable, compiled as the contracts are, on a chain. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { Contract, ContractFactory, type InterfaceAbi, type Signer } from "ethers";
import { ROOT } from "./template.js";

const SETTINGS = {
  evmVersion: "cancun",
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000_000 },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
} as const;

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, { readonly abi: InterfaceAbi; readonly evm: { readonly bytecode: { readonly object: string } } }>>>>;
}

/** Deploys the contract that a file of verifier-contracts ("test/XHarness.sol") is named after; `args` are its constructor's. */
export async function deployHarness(file: string, signer: Signer, ...args: readonly unknown[]): Promise<Contract> {
  const name = posix.basename(file, ".sol");
  const sources = Object.fromEntries([...importedBy(file)].map(([path, content]) => [path, { content }]));
  const output = JSON.parse(await compile(JSON.stringify({ language: "Solidity", sources, settings: SETTINGS }))) as CompilerOutput;
  const compiled = output.contracts?.[file]?.[name];
  if (compiled === undefined) throw new Error(`${file} does not compile: ${output.errors?.map((error) => error.formattedMessage).join("\n")}`);
  const contract = await new ContractFactory(compiled.abi, compiled.evm.bytecode.object, signer).deploy(...args);
  await contract.waitForDeployment();
  return new Contract(await contract.getAddress(), compiled.abi, signer);
}

/** The file and all that it imports, by the names under which they import each other. */
function importedBy(file: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(file)) return found;
  const folder = file.startsWith("@") ? "node_modules" : "verifier-contracts";
  const text = readFileSync(join(ROOT, folder, file), "utf8");
  found.set(file, text);
  for (const [, target] of text.matchAll(/^import\s[^"]*"([^"]+)";/gm)) {
    importedBy(target!.startsWith(".") ? posix.join(dirname(file), target!) : target!, found);
  }
  return found;
}

function compile(input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "scripts/solc.mjs"), "--standard-json"], { stdio: ["pipe", "pipe", "inherit"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(Buffer.concat(output).toString("utf8")) : reject(new Error(`the compiler ended with ${code}`))));
    child.stdin.end(input);
  });
}

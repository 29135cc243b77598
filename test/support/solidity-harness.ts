/** A contract for tests, compiled as the protocol's contracts are, with their compiler, and deployed. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Contract, ContractFactory, type InterfaceAbi, type Signer } from "ethers";
import { projectRoot } from "../../prover/project-root.js";

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, { readonly abi: InterfaceAbi; readonly evm: { readonly bytecode: { readonly object: string } } }>>>>;
}

/** @param sources everything that is compiled, by name; the contract is in the first */
export async function deployHarness(signer: Signer, name: string, sources: Readonly<Record<string, string>>): Promise<Contract> {
  const output = JSON.parse(await compile(JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: { evmVersion: "cancun", viaIR: true, optimizer: { enabled: true, runs: 1_000_000 }, outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } },
  }))) as CompilerOutput;
  const compiled = output.contracts?.[Object.keys(sources)[0]!]?.[name];
  if (compiled === undefined) throw new Error(`${name} does not compile: ${output.errors?.map((error) => error.formattedMessage).join("\n")}`);
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

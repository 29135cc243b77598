/**
 * A temporary folder with the generated example market in the exchanges' file formats, and commands run on it.
 */
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildOnce, cacheRoot } from "../../prover/cache.js";
import { projectRoot } from "../../prover/project-root.js";
import { EXAMPLE_ASSETS, exampleChain, exampleHistory, examplePerpetuals } from "../../src/market/example-chain.js";
import { type Run, runCli } from "./run-cli.js";

/** Two buckets (BTC and ETH, expiry in two weeks), four slots; healthy under maintenance margin. */
export const PORTFOLIO = {
  cash: "90000.00",
  positions: [
    { instrument: "BTC-30JAN26-105000-C", quantity: "-2" },
    { instrument: "BTC-30JAN26-112000-C", quantity: "2" },
    { instrument: "ETH-30JAN26-3000-P", quantity: "-20" },
    { instrument: "ETH-30JAN26-2850-P", quantity: "20.5" },
  ],
} as const;

export interface Workspace {
  readonly folder: string;
  path(name: string): string;
  write(name: string, content: string): string;
  read(name: string): string;
  /** Runs in the folder; a failure throws what was printed. */
  succeed(...args: readonly string[]): Promise<Run>;
  run(...args: readonly string[]): Promise<Run>;
  remove(): void;
}

export function emptyWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-cli-"));
  const path = (name: string) => join(folder, name);
  const run = (...args: readonly string[]) => runCli(args, { cwd: folder });
  return {
    folder, path, run,
    write: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
    read: (name) => readFileSync(path(name), "utf8"),
    succeed: async (...args) => {
      const result = await run(...args);
      if (result.code !== 0) throw new Error(`zkmargin ${args.join(" ")} ended with ${result.code}: ${result.stderr}${result.stdout}`);
      return result;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** chain.csv, BTCUSDT_1d.csv, ETHUSDT_1d.csv, perpetual_futures_prices.csv, portfolio.json. */
export function exampleWorkspace(): Workspace {
  const workspace = emptyWorkspace();
  workspace.write("chain.csv", exampleChain());
  for (const asset of EXAMPLE_ASSETS) workspace.write(`${asset}USDT_1d.csv`, exampleHistory(asset));
  workspace.write("perpetual_futures_prices.csv", examplePerpetuals());
  workspace.write("portfolio.json", JSON.stringify(PORTFOLIO));
  return workspace;
}

export const IMPORT_EXAMPLE = [
  "market", "import", "chain.csv", "--history", "BTCUSDT_1d.csv", "ETHUSDT_1d.csv", "--futures", "perpetual_futures_prices.csv",
] as const;

/** The example market imported to snapshot.json and built to risk/; by the first test that wants it, of the same compiled program, for all. */
export async function builtWorkspace(): Promise<Workspace> {
  // Of the sources that dist/ was compiled from, and of the packages.
  const program = readFileSync(join(projectRoot(), "build/typescript.sha256"), "utf8");
  const hash = createHash("sha256").update(JSON.stringify([program, IMPORT_EXAMPLE])).digest("hex").slice(0, 16);
  const built = join(cacheRoot(), `example-market-${hash}`);
  await buildOnce(built, async (folder) => {
    const workspace = exampleWorkspace();
    try {
      await workspace.succeed(...IMPORT_EXAMPLE, "--out", "snapshot.json");
      await workspace.succeed("risk", "build", "--market", "snapshot.json", "--out", "risk");
      cpSync(workspace.path("snapshot.json"), join(folder, "snapshot.json"));
      cpSync(workspace.path("risk"), join(folder, "risk"), { recursive: true });
    } finally {
      workspace.remove();
    }
  });
  const workspace = exampleWorkspace();
  cpSync(built, workspace.folder, { recursive: true });
  return workspace;
}

/** Every file below a folder with its content. */
export function filesIn(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(files.map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]));
}

/** "12.345678" as value units of 0.000001. */
export function units(decimal: string): bigint {
  const match = /^(-?)(\d+)\.(\d{6})$/.exec(decimal);
  if (match === null) throw new Error(`${decimal} is not a decimal with six places`);
  return BigInt(`${match[1]}${match[2]}${match[3]}`);
}

/** The salts in a salt file, in hex. */
export function saltsIn(text: string): string[] {
  return [...text.matchAll(/"salt": ?"(0x[0-9a-f]{64})"/g)].map((match) => match[1]!);
}

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Contract, Wallet } from "ethers";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verificationKeyJson } from "../prover/verification-key.js";
import { deployOptionsOf, readDeployConfig } from "../src/cli/deploy-config.js";
import { openTierKey } from "../src/cli/tier-key.js";
import { defaultStressPolicy } from "../src/policy/stress-parameters.js";
import { checkDeployOptions } from "../src/relayer/deploy-options.js";
import { contractRevert } from "../src/relayer/transaction.js";
import { hashPayload } from "../src/risk/instrument-tree.js";
import { computeMargin } from "../src/risk/margin.js";
import { parsePortfolio, portfolioCommitment } from "../src/risk/portfolio.js";
import { formatRiskFiles, writeRiskFiles } from "../src/risk/risk-files.js";
import { indexInstruments } from "../src/risk/risk-payload.js";
import { deployHarness } from "./support/contract-harness.js";
import { startProtocol, type ProtocolChain } from "./support/protocol.js";
import { specPayload } from "./support/spec-payload.js";
import { ROOT } from "./support/template.js";

const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const readme = textOf("README.md");
const DESK = "verifier-contracts/src/examples/OrderDesk.sol";
const FILL = "examples/fill-order.ts";

mkdirSync(join(ROOT, "build"), { recursive: true });
// Inside the package, so that its own name resolves through the exports map.
const folder = mkdtempSync(join(ROOT, "build/example-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const payload = specPayload();
const tree = hashPayload(payload);
const book = (cash: string): string => JSON.stringify({ cash, positions: [{ instrument: "I7", quantity: "-0.0025" }] });

beforeAll(() => {
  writeRiskFiles(join(folder, "risk"), formatRiskFiles({ payload, tree }));
  writeFileSync(join(folder, "book.json"), book("1.00"));
});

/** Runs a program beside the example as JavaScript. It ends by itself: nothing that proving starts may outlive it. */
async function runWith(example: string, program: string): Promise<Readonly<Record<string, unknown>>> {
  const { outputText } = ts.transpileModule(textOf(example), { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
  writeFileSync(join(folder, "example.mjs"), outputText);
  writeFileSync(join(folder, "run.mjs"), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "run.mjs")], { timeout: 240_000 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("the examples", () => {
  it.each([["examples/prove-margin.ts", "ts"], [FILL, "ts"], [DESK, "solidity"]])("%s: its text is in README.md", (path, language) => {
    expect(readme).toContain(`\`\`\`${language}\n${textOf(path)}\`\`\``);
  });

  it.each([FILL, DESK])("%s: is of at most 30 lines of code", (path) => {
    const lines = textOf(path).split("\n").filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/\*\*)/.test(line));
    expect(lines.length).toBeLessThanOrEqual(30);
  });

  it("in TypeScript are well typed against the package's exports", () => {
    const files = readdirSync(join(ROOT, "examples")).filter((name) => name.endsWith(".ts")).map((name) => join(ROOT, "examples", name));
    const { options } = ts.parseJsonConfigFileContent(JSON.parse(textOf("tsconfig.json")), ts.sys, ROOT);
    const program = ts.createProgram(files, { ...options, noEmit: true });
    const diagnostics = files.flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)!));
    expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  });
});

describe("the deployment example", () => {
  it("is a configuration within the contracts' rules, with the stress parameters of generation 3 that ship with the package", async () => {
    const config = readDeployConfig(join(ROOT, "examples/deploy/deploy.json"));
    const vkey = join(folder, "vkey.json");
    writeFileSync(vkey, JSON.stringify(verificationKeyJson((await openTierKey("S")).key.verificationKey)));
    const here = { ...config, tiers: config.tiers.map(({ tier }) => ({ tier, vkey })) };
    const options = await deployOptionsOf(here, join(ROOT, "examples/deploy/deploy.json"));
    expect(() => checkDeployOptions({ ...options, signer: Wallet.createRandom() })).not.toThrow();
    expect(options.policy).toEqual(defaultStressPolicy(3));
  });
});

describe("the contracts' README", () => {
  it("has the gas of the snapshot (UPDATE_SNAPSHOTS=1 rewrites it)", () => {
    const path = "verifier-contracts/README.md";
    const gas = Object.entries(JSON.parse(textOf("verifier-contracts/snapshots/gas.json")) as Record<string, number>);
    const expected = gas.map(([transaction, used]) => `| ${transaction} | ${used.toLocaleString("en")} |`);
    const table = /(?<=\| transaction \| gas \|\n\|---\|---\|\n)(\|.*\n)+/;
    if (process.env["UPDATE_SNAPSHOTS"] === "1") writeFileSync(join(ROOT, path), textOf(path).replace(table, `${expected.join("\n")}\n`));
    expect(table.exec(textOf(path))?.[0].trimEnd().split("\n")).toEqual(expected);
  });
});

describe("the library example", () => {
  it("proves a book through the package's exports", async () => {
    const result = await runWith("examples/prove-margin.ts", `
      import { proveSolvency } from "./example.mjs";
      const { requirement, healthy, proof } = await proveSolvency(${JSON.stringify(join(folder, "risk"))}, ${JSON.stringify(join(folder, "book.json"))}, 77n);
      console.log(JSON.stringify({ requirement: String(requirement), healthy, context: String(proof.publicSignals.context), disclosed: String(proof.publicSignals.disclosedRequirement) }));
    `);
    expect(result).toMatchObject({ healthy: true, context: "77", disclosed: String(payload.granularity) });
    // The largest d of id 7 is 7 x 3650: 25 short lots can lose at most 638,750 units undamped, plus buffer, lots and charges.
    expect(BigInt(result["requirement"] as string)).toBeGreaterThan(25n);
    expect(BigInt(result["requirement"] as string)).toBeLessThanOrEqual(((65_536n + 6_554n) * (638_750n + 25n)) / 65_536n + 1n + 25n * 14n + 1n);
  }, 300_000);
});

describe("the integration examples", () => {
  const SALT = 192_837_465n;
  let chain: ProtocolChain;
  let desk: Contract;

  beforeAll(async () => {
    const { key } = await openTierKey("S");
    chain = await startProtocol({ tiers: [{ tier: "S", vkey: verificationKeyJson(key.verificationKey), development: true }], assets: 2 });
    desk = await deployHarness("src/examples/OrderDesk.sol", chain.owner, chain.deployment.addresses.PolicyRegistry);
    await chain.publish(tree.riskRoot, BigInt(payload.epoch));
  });

  afterAll(() => chain?.stop());

  it("fill an order with a proof of the initial margin, once, and for nobody else's margin", async () => {
    const portfolio = parsePortfolio(book("2.00"), payload, indexInstruments(payload));
    await chain.register(chain.holder.address, portfolioCommitment(portfolio, SALT));
    const result = await runWith(FILL, `
      import { Contract, JsonRpcProvider } from "ethers";
      import { tierCircuit } from "zkmargin/prover/artifacts";
      import { declaredTiers } from "zkmargin/prover/circuits-config";
      import { developmentKey } from "zkmargin/prover/development-key";
      import { loadKey } from "zkmargin/prover/keys";
      import { parsePortfolio } from "zkmargin/risk/portfolio";
      import { readRiskFiles } from "zkmargin/risk/risk-files";
      import { indexInstruments } from "zkmargin/risk/risk-payload";
      import { fillOrder } from "./example.mjs";
      const provider = new JsonRpcProvider(${JSON.stringify(chain.anvil.url)}, undefined, { cacheTimeout: -1 });
      provider.pollingInterval = 20;
      const signer = await provider.getSigner(${JSON.stringify(chain.holder.address)});
      const desk = new Contract(${JSON.stringify(await desk.getAddress())}, ${desk.interface.formatJson()}, signer);
      const risk = readRiskFiles(${JSON.stringify(join(folder, "risk"))});
      const portfolio = parsePortfolio(${JSON.stringify(book("2.00"))}, risk.payload, indexInstruments(risk.payload));
      const circuit = await tierCircuit("S");
      const { zkey, vkey } = await developmentKey(circuit);
      const key = { tier: "S", circuit, key: await loadKey(zkey, vkey, circuit.statistics.publicSignals) };
      const tier = declaredTiers().find(({ name }) => name === "S");
      const receipt = await fillOrder(signer, desk, 7n, risk, { portfolio, salt: ${SALT}n }, tier, key);
      const filled = receipt.logs.map((log) => desk.interface.parseLog(log)).find((event) => event?.name === "Filled");
      console.log(JSON.stringify({ status: receipt.status, args: filled.args.map(String), data: (await provider.getTransaction(receipt.hash)).data }));
      provider.destroy();
    `);
    // 1.25 maintenance margins in a calm market, a sixteenth more, up to the payload's granularity.
    const { requirement } = computeMargin(payload, portfolio, { factor: 87_040n, collateral: 0n });
    const disclosed = ((requirement + payload.granularity - 1n) / payload.granularity) * payload.granularity;
    expect(result).toMatchObject({ status: 1, args: [chain.holder.address, "7", String(disclosed)] });
    const call = (from: string) => chain.provider.call({ from, to: desk, data: result["data"] as string });
    const errorName = (error: unknown) => contractRevert(error)?.name;
    expect(await call(chain.holder.address).catch(errorName)).toBe("ContextAlreadyUsed");
    expect(await call(chain.owner.address).catch(errorName)).toBe("UnknownPortfolio");
  }, 300_000);
});

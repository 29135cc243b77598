import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { encryptKeystoreJsonSync, JsonRpcProvider, Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { configuredOptions } from "../../src/cli/deploy.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { deployProtocol } from "../../src/relayer/deploy.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { groth16Simulator } from "../relayer/groth16-simulator.js";
import { runCli, type Run } from "./run-cli.js";
import { emptyWorkspace, type Workspace } from "./workspace.js";

const KEY = anvilWallet(0, new JsonRpcProvider()).privateKey;
const PASSWORD = "correct horse battery staple";
const CREDENTIAL = "dontprintme";
const SECRETS = [KEY, KEY.slice(2), KEY.slice(2).toUpperCase(), PASSWORD, CREDENTIAL];
const [owner, guardian, settlement, ...signers] = [0, 6, 5, 2, 3, 4].map((index) => anvilWallet(index, new JsonRpcProvider()).address);

const STRESS = {
  generation: 1, base: "1", maximum: "3", decayPerDay: "0.5", fastWeight: "0.5", volatility: { from: "0.75", slope: "2.5", cap: "1.5" },
};
const CONFIG = {
  format: "zkmargin-deploy-config-1",
  chainId: 10,
  rpcUrl: "$ZKMARGIN_TEST_RPC",
  signer: { privateKeyEnv: "ZKMARGIN_TEST_KEY" },
  owner, guardian,
  riskOracle: {
    timelock: 86400,
    limits: {
      grace: 600, maxAge: 86400, maxClockSkew: 15, minInterval: 60, breakerDelay: 600,
      deviation: { spot: "0.25", fastVolatility: "1", slowVolatility: "1", depth: "1", openInterestSkew: "1", utilisation: "1", correlation: "1", contagion: "1" },
    },
    signers, threshold: 2, assets: [1, 2],
  },
  portfolioRegistry: { timelock: 86400, settlement },
  policyRegistry: { timelock: 86400, maxDelay: 3600 },
  tiers: [{ tier: "S", vkey: "vkey.json" }],
  policy: "stress.json",
};

let workspace: Workspace;
let remote: Anvil;
let local: Anvil;

beforeAll(async () => {
  [remote, local] = await Promise.all([startAnvil({ chainId: 10 }), startAnvil()]);
  workspace = emptyWorkspace();
  // A key that is no development key as far as anybody can tell.
  workspace.write("vkey.json", JSON.stringify((await groth16Simulator(7)).verificationKey));
  workspace.write("stress.json", JSON.stringify(STRESS));
  workspace.write("vkey-twice.json", workspace.read("vkey.json").replace("{", '{"nPublic":1,'));
  workspace.write("stress-twice.json", JSON.stringify(STRESS).replace("{", '{"base":"2",'));
  workspace.write("deploy.json", JSON.stringify(CONFIG));
  const { signer: _, ...rest } = CONFIG;
  workspace.write("keystore.json", encryptKeystoreJsonSync(new Wallet(KEY), PASSWORD, { scrypt: { N: 2, r: 8, p: 1 } }));
  workspace.write("with-keystore.json", JSON.stringify({ ...rest, signer: { keystore: "keystore.json", passwordEnv: "ZKMARGIN_TEST_PASSWORD" } }));
});

afterAll(async () => {
  workspace?.remove();
  await Promise.all([remote?.stop(), local?.stop()]);
});

/** With a credential in the address, which anvil does not look at. */
const environment = (anvil: Anvil) => ({
  ZKMARGIN_TEST_RPC: anvil.url.replace("http://", `http://user:${CREDENTIAL}@`), ZKMARGIN_TEST_KEY: KEY, ZKMARGIN_TEST_PASSWORD: PASSWORD,
});

async function run(args: string, env: Readonly<Record<string, string>> = environment(remote)): Promise<Run> {
  const result = await runCli(args.split(" "), { cwd: workspace.folder, env });
  for (const secret of SECRETS) expect(`${result.stdout}${result.stderr}`).not.toContain(secret);
  expect(result.stderr).not.toContain("    at ");
  return result;
}

describe("zkmargin deploy", () => {
  it("deploys what a file says, and check finds the chain as the deployment file says", async () => {
    const { code, stdout, stderr } = await run("deploy --config deploy.json --out deployment.json --json");
    expect(code, stderr).toBe(0);
    const printed = JSON.parse(stdout) as { readonly chainId: string; readonly addresses: object; readonly policyVersion: number };
    const { format, complete, ...written } = JSON.parse(workspace.read("deployment.json")) as Record<string, unknown>;
    expect([format, complete]).toEqual(["zkmargin-deployment-1", true]);
    expect(printed).toEqual({ ...written, out: "deployment.json" });
    expect([printed.chainId, printed.policyVersion]).toEqual(["10", 1]);

    const checked = await run(`deploy check deployment.json --rpc $ZKMARGIN_TEST_RPC --json`);
    expect([checked.code, JSON.parse(checked.stdout)]).toEqual([0, { valid: true, awaitingOwner: [], activeVersion: 0, development: [] }]);
    const shown = await run(`deploy check deployment.json --rpc ${remote.url}`);
    expect(shown.stdout).toContain("the chain holds what the file says");

    workspace.write("moved.json", workspace.read("deployment.json").replace(guardian!, owner!));
    const moved = await run(`deploy check moved.json --rpc ${remote.url} --json`);
    expect([moved.code, JSON.parse(moved.stdout)]).toMatchObject([1, { valid: false, reason: `RiskOracle.guardian on chain is ${guardian} and must be ${owner}` }]);

    const again = await run("deploy --config deploy.json --out deployment.json");
    expect([again.code, again.stderr]).toMatchObject([2, expect.stringContaining('--out "deployment.json" is a finished deployment: it will not be replaced')]);
  });

  it("goes on with what was interrupted, paid from a keystore", async () => {
    const finished = JSON.parse(workspace.read("deployment.json")) as { readonly addresses: Record<string, string> };
    const { RiskOracle, PortfolioRegistry } = finished.addresses;
    workspace.write("resumed.json", JSON.stringify({ format: "zkmargin-deployment-1", complete: false, chainId: "10", addresses: { PortfolioRegistry } }));
    const { code, stderr } = await run("deploy --config with-keystore.json --out resumed.json");
    expect(code, stderr).toBe(0);
    const resumed = JSON.parse(workspace.read("resumed.json")) as typeof finished;
    expect(resumed.addresses["PortfolioRegistry"]).toBe(PortfolioRegistry);
    expect(resumed.addresses["RiskOracle"]).not.toBe(RiskOracle);
  });

  it("deploys to a local chain with development keys, whose file may be replaced", async () => {
    for (let time = 0; time < 2; time++) {
      const { code, stdout, stderr } = await run(`deploy --local --rpc ${local.url} --out local.json`);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain("development: convinces nobody");
    }
    expect((await run(`deploy check local.json --rpc ${local.url}`)).stdout).toContain("development keys, under which anyone can forge proofs: tier S");
    const elsewhere = await run(`deploy check local.json --rpc ${remote.url}`);
    expect([elsewhere.code, elsewhere.stderr]).toMatchObject([2, expect.stringContaining("chainId is 10 and must be 31337")]);
    expect(await run(`deploy --local --rpc ${remote.url} --out other.json`)).toMatchObject({ code: 2, stderr: expect.stringContaining("is chain 10: --local needs one of") });
  });

  const changed = (change: object): object => ({ ...CONFIG, ...change });
  const oracle = (change: object): object => changed({ riskOracle: { ...CONFIG.riskOracle, ...change } });

  it.each<[string, object | string]>([
    ["must be JSON", "{"],
    ["format: ", changed({ format: "zkmargin-deploy-config-2" })],
    ["chainId: ", changed({ chainId: "10" })],
    ["owner: must be an address", changed({ owner: "0x1" })],
    ["guardian: Invalid input: expected string, received undefined", changed({ guardian: undefined })],
    ["Unrecognized key", changed({ key: "0x1" })],
    ["signer", changed({ signer: { privateKey: KEY } })],
    ...[KEY, KEY.slice(2).toUpperCase()].flatMap((key): [string, object][] => [
      ["signer.privateKeyEnv: looks like a private key: name the variable that holds it", changed({ signer: { privateKeyEnv: key } })],
      ["signer.keystore: looks like a private key", changed({ signer: { keystore: key, passwordEnv: "ZKMARGIN_TEST_PASSWORD" } })],
      ["signer.passwordEnv: looks like a private key", changed({ signer: { keystore: "keystore.json", passwordEnv: key } })],
      ['keystore "', changed({ signer: { keystore: `keys/${key}`, passwordEnv: "ZKMARGIN_TEST_PASSWORD" } })],
      ["signer: must be privateKeyEnv alone, or keystore and passwordEnv", changed({ signer: { privateKeyEnv: "ZKMARGIN_TEST_KEY", [key]: 1 } })],
      ["file: Unrecognized key", changed({ [key]: "" })],
      ['rpcUrl "..." must name an environment variable that is set', changed({ rpcUrl: `$${key}` })],
      ["owner: must be an address", changed({ owner: key })],
      ['policy "', changed({ policy: key })],
      ['--tier "', changed({ tiers: [{ tier: key, vkey: "vkey.json" }] })],
    ]),
    ['signer.privateKeyEnv "..." must name an environment variable that is set', changed({ signer: { privateKeyEnv: "ABSENT_VARIABLE" } })],
    ['signer.passwordEnv "..." must name an environment variable that is set', changed({ signer: { keystore: "keystore.json", passwordEnv: CREDENTIAL } })],
    ['signer.privateKeyEnv "ZKMARGIN_TEST_PASSWORD" must hold a private key', changed({ signer: { privateKeyEnv: "ZKMARGIN_TEST_PASSWORD" } })],
    ["must be an encrypted JSON keystore that the password in ZKMARGIN_TEST_RPC opens", changed({ signer: { keystore: "keystore.json", passwordEnv: "ZKMARGIN_TEST_RPC" } })],
    ['absent.json" does not exist', changed({ signer: { keystore: "absent.json", passwordEnv: "ZKMARGIN_TEST_PASSWORD" } })],
    ['rpcUrl "..." must name an environment variable that is set', changed({ rpcUrl: `$${CREDENTIAL}` })],
    ['rpcUrl "..." must be an http or https address', changed({ rpcUrl: `ws://user:${CREDENTIAL}@127.0.0.1:1` })],
    ["the chain does not do as asked", changed({ rpcUrl: `http://user:${CREDENTIAL}@127.0.0.1:1` })],
    ["chainId is 10 and must be 11", changed({ chainId: 11 })],
    ['tiers.vkey "', changed({ tiers: [{ tier: "S", vkey: "absent.json" }] })],
    ['--tier "Q" must be one of S', changed({ tiers: [{ tier: "Q", vkey: "vkey.json" }] })],
    ["protocol is undefined, must be groth16", changed({ tiers: [{ tier: "S", vkey: "stress.json" }] })],
    ['policy "', changed({ policy: "absent.json" })],
    ["generation", changed({ policy: "vkey.json" })],
    ['riskOracle.threshold "1" must be in 2..3 for 3 signers', oracle({ threshold: 1 })],
    ['riskOracle.limits.grace "90000" must be in 0..86400', oracle({ limits: { ...CONFIG.riskOracle.limits, grace: 90_000 } })],
    [
      'riskOracle.limits.deviation.spot: must be a decimal with at most 8 digits after the point, is "a quarter"',
      oracle({ limits: { ...CONFIG.riskOracle.limits, deviation: { ...CONFIG.riskOracle.limits.deviation, spot: "a quarter" } } }),
    ],
    ['riskOracle.timelock: Invalid input: expected number, received string, is "86400"', oracle({ timelock: "86400" })],
    ['riskOracle.signers.1: must be an address, with a valid checksum if it has one, is "0x12"', oracle({ signers: [owner, "0x12"] })],
    ['riskOracle: must be an address, with a valid checksum if it has one, is "0x1"', changed({ riskOracle: "0x1" })],
    ["riskOracle: Invalid input: expected object, received undefined", changed({ riskOracle: undefined })],
    ['portfolioRegistry: Unrecognized key: "oracle"', changed({ portfolioRegistry: { ...CONFIG.portfolioRegistry, oracle: owner } })],
    ["policyRegistry.maxDelay: Too small: expected number to be >=0, is -1", changed({ policyRegistry: { timelock: 1, maxDelay: -1 } })],
    ['signer.privateKeyEnv: must be the name of an environment variable', changed({ signer: { privateKeyEnv: PASSWORD } })],
    ["no key twice", JSON.stringify(CONFIG).replace('"chainId":10', '"chainId":1,"chainId":10')],
    ['vkey-twice.json" must be plain JSON: no key twice', changed({ tiers: [{ tier: "S", vkey: "vkey-twice.json" }] })],
    ['stress-twice.json" must be plain JSON: no key twice', changed({ policy: "stress-twice.json" })],
    ["RiskOracle code on chain is 0x and must be", changed({ riskOracle: owner })],
  ])("is refused with %s, and nothing is sent", async (message, config) => {
    const file = workspace.write("bad.json", typeof config === "string" ? config : JSON.stringify(config));
    const provider = new JsonRpcProvider(remote.url);
    const before = await provider.getTransactionCount(owner!);
    for (const [name, value] of Object.entries(environment(remote))) vi.stubEnv(name, value);
    try {
      const refused: unknown = await configuredOptions(file).then(deployProtocol).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Error);
      const { name, message: said } = refused as Error;
      expect(said).toContain(message);
      // Typed, so that the command shows one line and no stack.
      expect(["Error", "TypeError", "RangeError", "SyntaxError"]).not.toContain(name);
      for (const secret of SECRETS) expect(`${said}${(refused as Error).stack}`).not.toContain(secret);
      expect(await provider.getTransactionCount(owner!)).toBe(before);
    } finally {
      vi.unstubAllEnvs();
      provider.destroy();
    }
  });

  it("ends with 2, one line and no file for bad input", async () => {
    const cases: readonly (readonly [string, object | string])[] = [
      ["signer", changed({ signer: { privateKey: KEY } })],
      ["the chain does not do as asked", changed({ rpcUrl: `http://user:${CREDENTIAL}@127.0.0.1:1` })],
      ['riskOracle.threshold "1" must be in 2..3 for 3 signers', oracle({ threshold: 1 })],
    ];
    for (const [message, config] of cases) {
      workspace.write("bad.json", JSON.stringify(config));
      const { code, stdout, stderr } = await run("deploy --config bad.json --out none.json");
      expect([code, stdout], stderr).toEqual([2, ""]);
      expect(stderr).toContain(message);
      expect(() => workspace.read("none.json")).toThrow("ENOENT");
    }
  });

  it("sends nothing when its file can't be written, and shows what it would have recorded", async () => {
    const { addresses: { PortfolioRegistry } } = JSON.parse(workspace.read("deployment.json")) as { readonly addresses: Record<string, string> };
    // Room for the name itself, and not for that of the temporary file beside it.
    const out = `${"d".repeat(245)}.json`;
    const content = JSON.stringify({ format: "zkmargin-deployment-1", complete: false, chainId: "10", addresses: { PortfolioRegistry } });
    workspace.write(out, content);
    const provider = new JsonRpcProvider(remote.url);
    const before = await provider.getTransactionCount(owner!);
    const { code, stderr } = await run(`deploy --config deploy.json --out ${out}`);
    expect(code).toBe(2);
    expect(stderr).toContain(`DeploymentWriteError: deployment file ${out} cannot be written (ENAMETOOLONG)`);
    expect(stderr).toContain(`not recorded: {"addresses":{"PortfolioRegistry":"${PortfolioRegistry}"}`);
    expect([await provider.getTransactionCount(owner!), workspace.read(out)]).toEqual([before, content]);
    provider.destroy();
  });

  it("says what its options need", async () => {
    expect(await run("deploy")).toMatchObject({ code: 2, stderr: expect.stringContaining('--config "" or --local must be given, and not both') });
    expect(await run("deploy --local --config deploy.json")).toMatchObject({ code: 2, stderr: expect.stringContaining("and not both") });
    for (const option of ["--rpc", "--tier", "--assets"]) {
      expect(await run(`deploy --config deploy.json ${option} 2`)).toMatchObject({ code: 2, stderr: expect.stringContaining(`${option} "..." is for --local`) });
    }
    expect(await run("deploy --local --tier Q")).toMatchObject({ code: 2, stderr: expect.stringContaining('--tier "Q" must be one of') });
    expect(await run("deploy --local --assets 17")).toMatchObject({ code: 2, stderr: expect.stringContaining("must be a whole number in 1..16") });
    expect(await run("deploy --local --out vkey.json")).toMatchObject({ code: 2, stderr: expect.stringContaining("is no zkmargin-deployment-1 file: it will not be replaced") });
    expect(await run("deploy check absent.json")).toMatchObject({ code: 2, stderr: expect.stringContaining('deployment "absent.json" does not exist') });
    workspace.write("partial.json", JSON.stringify({ format: "zkmargin-deployment-1", complete: false, chainId: "10", addresses: {} }));
    expect(await run("deploy check partial.json")).toMatchObject({ code: 2, stderr: expect.stringContaining("is an interrupted deployment") });
  });

  it("does not show an address with a credential when the server refuses", async () => {
    const server: Server = createServer((_, response) => response.writeHead(401).end("no"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await run(`deploy check deployment.json --rpc http://user:${CREDENTIAL}@127.0.0.1:${port}/${CREDENTIAL}`);
    expect([code, stderr]).toMatchObject([2, expect.stringContaining("ChainAccessError")]);
    await new Promise((resolve) => server.close(resolve));
  });
});

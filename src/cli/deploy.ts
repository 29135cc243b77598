import { existsSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import { verificationKeyJson } from "../../prover/verification-key.js";
import { checkDeployment, DeploymentMismatchError, type DeploymentState } from "../relayer/check-deployment.js";
import { deployProtocol } from "../relayer/deploy.js";
import { LOCAL_CHAIN_IDS, type DeployOptions, type TierOptions } from "../relayer/deploy-options.js";
import { DEPLOYMENT_FORMAT, parseDeployment, writeDeployment, type Deployment, type DeploymentFile } from "../relayer/deployment-file.js";
import { localDeployOptions } from "../relayer/local-protocol.js";
import { chainCall, deployOptionsOf, openProvider, openSigner, readDeployConfig, withoutKeys } from "./deploy-config.js";
import { InputError, readText, requireReplaceable } from "./inputs.js";
import { printJson, printLine, printTable } from "./output.js";
import { startProgress } from "./progress.js";
import { openTierKey, tierOf } from "./tier-key.js";

interface DeployCommand {
  readonly config?: string;
  readonly local?: boolean;
  readonly rpc?: string;
  readonly tier?: readonly string[];
  readonly assets?: number;
  readonly out?: string;
  readonly json?: boolean;
}

const LOCAL_RPC = "http://127.0.0.1:8545";
/** What most payloads have: BTC and ETH. */
const LOCAL_ASSETS = 2;
/** Compiling takes most of it, at first use. */
const EXPECTED_SECONDS = 30;

export function registerDeploy(program: Command): void {
  const deploy = program.command("deploy")
    .description("deploy the protocol's contracts, or go on with a deployment that was interrupted")
    .option("--config <file>", "what to deploy where, zkmargin-deploy-config-1")
    .option("--local", "deploy to a local anvil, its own accounts in every role, with development keys")
    .option("--rpc <url>", "with --local: address of the chain, or $NAME of the environment variable that holds it", LOCAL_RPC)
    .option("--tier <tiers...>", "with --local: circuit tiers (default: S)")
    .option("--assets <n>", "with --local: number of assets of the risk payload", assetCount, LOCAL_ASSETS)
    .option("--out <file>", "deployment file to write", "deployment.json")
    .option("--json", "print the deployment as JSON")
    .action((options: DeployCommand, command: Command) => run(options, command));
  deploy.command("check <deployment>")
    .description("compare a chain with a deployment file: exit code 0 the same, 1 not, 2 bad input")
    .option("--rpc <url>", "address of the chain, or $NAME of the environment variable that holds it", LOCAL_RPC)
    .option("--json", "print the result as JSON")
    // --rpc and --json are options of both commands.
    .action((file: string, _: unknown, command: Command) => check(file, command.optsWithGlobals()));
}

async function run({ config, local, rpc = LOCAL_RPC, tier, assets = LOCAL_ASSETS, out = "deployment.json", json }: DeployCommand, command: Command): Promise<void> {
  if ((config === undefined) === (local !== true)) throw new InputError("--config", config ?? "", "or --local must be given, and not both");
  const ignored = config === undefined ? undefined : (["rpc", "tier", "assets"] as const).find((name) => command.getOptionValueSource(name) === "cli");
  if (ignored !== undefined) throw new InputError(`--${ignored}`, "...", "is for --local: with --config the file says it");
  requireReplaceable("--out", out, DEPLOYMENT_FORMAT);
  const earlier = existsSync(out) ? parseDeployment(readText(out, "--out")) : undefined;
  const options = config === undefined ? await withoutKeys(() => localOptions(rpc, tier ?? ["S"], assets)) : await configuredOptions(config);
  const resume = resumable(out, earlier, options.chainId);

  const progress = startProgress(resume === undefined ? "contracts compiled at first use, deployed" : "the rest of the contracts deployed", EXPECTED_SECONDS);
  const deployment = await chainCall(() => deployProtocol({
    ...options,
    ...(resume === undefined ? {} : { resume }),
    onProgress: (partial) => record(out, { complete: false, ...partial }),
  }));
  progress.finish();
  record(out, { complete: true, ...deployment });
  if (json === true) printJson({ ...deployment, out });
  else {
    show(deployment);
    printLine(`policy version ${deployment.policyVersion} is proposed: it can be activated once a risk header is published`);
    printLine(`written to ${out}`);
  }
}

/** What can't be written is shown: without its addresses an interrupted deployment would be paid for twice. */
function record(out: string, deployment: DeploymentFile): void {
  try {
    writeDeployment(out, deployment);
  } catch (error) {
    const { addresses, collateralSource } = deployment;
    process.stderr.write(`not recorded: ${JSON.stringify({ addresses, collateralSource })}\n`);
    throw error;
  }
}

/** What a configuration file says, with its chain and its signer. Throws as its parts do, and shows no secret. */
export async function configuredOptions(file: string): Promise<DeployOptions> {
  return withoutKeys(async () => {
    const config = readDeployConfig(file);
    const options = await deployOptionsOf(config, file);
    const provider = await openProvider(config.rpcUrl, "rpcUrl");
    return { ...options, signer: await openSigner(config, file, provider) };
  });
}

async function localOptions(rpc: string, names: readonly string[], assets: number): Promise<DeployOptions> {
  for (const name of names) tierOf(name);
  const provider = await openProvider(rpc, "--rpc");
  const { chainId } = await provider.getNetwork();
  if (!LOCAL_CHAIN_IDS.includes(chainId)) throw new InputError("--rpc", "...", `is chain ${chainId}: --local needs one of ${LOCAL_CHAIN_IDS.join(", ")}`);
  const tiers: TierOptions[] = [];
  for (const tier of names) {
    const { key } = await openTierKey(tier);
    tiers.push({ tier, vkey: verificationKeyJson(key.verificationKey), development: key.development });
  }
  return chainCall(() => localDeployOptions(provider, { tiers, assets }));
}

/** An interrupted deployment goes on; a finished one is not lost, unless it was on a chain that nobody keeps. */
function resumable(out: string, earlier: DeploymentFile | undefined, chainId: bigint): DeployOptions["resume"] {
  if (earlier === undefined || LOCAL_CHAIN_IDS.includes(earlier.chainId)) return undefined;
  if (earlier.complete) throw new InputError("--out", out, "is a finished deployment: it will not be replaced");
  if (earlier.chainId !== chainId) throw new InputError("--out", out, `is an interrupted deployment on chain ${earlier.chainId}: it will not be replaced`);
  return earlier;
}

async function check(file: string, { rpc = LOCAL_RPC, json }: { readonly rpc?: string; readonly json?: boolean }): Promise<void> {
  const deployment = parseDeployment(readText(file, "deployment"));
  if (!deployment.complete) throw new InputError("deployment", file, "is an interrupted deployment: run zkmargin deploy again with it as --out");
  const provider = await openProvider(rpc, "--rpc");
  let state: DeploymentState | undefined;
  let reason: string | undefined;
  try {
    state = await chainCall(() => checkDeployment(provider, deployment));
  } catch (error) {
    if (!(error instanceof DeploymentMismatchError)) throw error;
    reason = error.message;
  }
  process.exitCode = reason === undefined ? 0 : 1;
  if (json === true) return printJson({ valid: reason === undefined, ...(reason === undefined ? {} : { reason }), ...state });
  if (state === undefined) return printLine(`not as it should be: ${reason}`);
  show(deployment);
  printLine("the chain holds what the file says");
  printLine(state.activeVersion === 0 ? "no policy version is active yet" : `policy version ${state.activeVersion} is active`);
  if (state.awaitingOwner.length > 0) printLine(`the owner has yet to accept: ${state.awaitingOwner.join(", ")}`);
  if (state.development.length > 0) printLine(`development keys, under which anyone can forge proofs: tier ${state.development.join(", ")}`);
}

function show({ chainId, addresses, collateralSource, tiers }: Deployment): void {
  printTable(["contract", `address on chain ${chainId}`], [...Object.entries(addresses), ["collateral source", collateralSource]]);
  printTable(["tier", "key", ""], tiers.map(({ tier, keyHash, development }) => [tier, keyHash, development ? "development: convinces nobody" : ""]));
}

function assetCount(text: string): number {
  if (!/^([1-9]|1[0-6])$/.test(text)) throw new InvalidArgumentError("must be a whole number in 1..16");
  return Number(text);
}

/**
 * Keys: a tier's development key in seconds, or the steps of a real ceremony (docs/ceremony.md).
 */
import { existsSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import { tierCircuit } from "../../prover/artifacts.js";
import { configuredPublicSignals, readCircuitsConfig } from "../../prover/circuits-config.js";
import { setupEngine } from "../../prover/backends/setup-engine.js";
import { applyBeacon, contribute, exportVerificationKey, readCeremonyKey, readContributions, startCeremony, verifyCeremony } from "../../prover/ceremony.js";
import { developmentKey, developmentPtau, tierDevelopmentKey } from "../../prover/development-setup/development-key.js";
import { updateKeysLock } from "../../prover/keys.js";
import { checkPtau, downloadPtau, ptauPower, PtauError } from "../../prover/ptau.js";
import { printJson, printLine } from "./output.js";
import { isDevelopmentKey } from "../../prover/verification-key.js";
import { startProgress } from "./progress.js";
import { readText, requireWritable } from "./inputs.js";
import { scaledSeconds, stageProgress, tierOf } from "./tier-key.js";

interface SetupCommand {
  readonly tier: string;
  readonly dev?: boolean;
  readonly ptau?: string;
  readonly url?: string;
  readonly out?: string;
  readonly withPtau?: boolean;
  readonly updateLock?: boolean;
  readonly json?: boolean;
}

interface CeremonyCommand {
  readonly tier: string;
  readonly json?: boolean;
}

/** Seconds of `snarkjs zkey verify` for tier S on two cores, most of which recompute the first key. */
const SNARKJS_VERIFY_SECONDS = 190;
/** The same for the first key itself: by the native engine, and by snarkjs. */
const SETUP_SECONDS = { native: 3, snarkjs: 190 } as const;

export function registerSetup(program: Command): void {
  program.command("setup")
    .description("build a tier's circuit and its development key, or begin a ceremony from powers of tau")
    .option("--tier <tier>", "circuit tier", "S")
    .option("--dev", "development key: its secrets are public, its proofs convince nobody (default)")
    .option("--ptau <file>", "begin a ceremony from this file, after checking it against ptau/table.json")
    .option("--url <address>", "download to the --ptau file first, if that is absent")
    .option("--out <file>", "first key of the ceremony", "margin_0000.zkey")
    .option("--with-ptau", "also write the powers of tau of the development key, for snarkjs zkey verify")
    .option("--update-lock", "pin the development key in artifacts.lock.json")
    .option("--json", "print the result as JSON")
    .action(setup);

  const ceremony = program.command("ceremony").description("steps of a phase-2 ceremony; see docs/ceremony.md");
  ceremony.command("contribute <before> <after>")
    .description("multiply a secret of yours in")
    .requiredOption("--name <name>", "your name in the transcript", name)
    .requiredOption("--entropy-file <file>", "at least 32 characters of your own randomness, mixed with the system's; - for standard input")
    .option("--json", "print the result as JSON")
    .action(async (before: string, after: string, options: { name: string; entropyFile: string; json?: boolean }) => {
      requireWritable("<after>", after, "file");
      const entropy = options.entropyFile === "-" ? await standardInput() : readText(options.entropyFile, "--entropy-file").trim();
      print(options.json, { zkey: after, contributionHash: await contribute(before, after, options.name, entropy) });
    });
  ceremony.command("beacon <before> <after>")
    .description("close the ceremony with a public random value that nobody could choose")
    .requiredOption("--value <hex>", "the beacon")
    .option("--name <name>", "where the value is from", name, "final beacon")
    .option("--json", "print the result as JSON")
    .action(async (before: string, after: string, options: { name: string; value: string; json?: boolean }) => {
      requireWritable("<after>", after, "file");
      print(options.json, { zkey: after, contributionHash: await applyBeacon(before, after, options.name, options.value) });
    });
  ceremony.command("verify <zkey> <ptau>")
    .description("recompute the first key and check every contribution")
    .option("--tier <tier>", "circuit tier", "S")
    .option("--unlisted-ptau", "accept powers of tau that ptau/table.json does not list, such as a development key's: that they are sound is then your word")
    .option("--json", "print the result as JSON")
    .action(verify);
  ceremony.command("export <zkey> <vkey>")
    .description("write the checked verification key")
    .option("--tier <tier>", "circuit tier", "S")
    .option("--json", "print the result as JSON")
    .action(async (zkey: string, vkey: string, options: CeremonyCommand) => {
      requireWritable("<vkey>", vkey, "file");
      tierOf(options.tier);
      print(options.json, { vkey, ...(await exportVerificationKey(zkey, vkey, configuredPublicSignals(readCircuitsConfig()))) });
    });
}

async function setup(options: SetupCommand): Promise<void> {
  tierOf(options.tier);
  if (options.ptau === undefined) {
    if (options.url !== undefined) throw new SetupError("--url needs --ptau: the file to download to");
    await setupDevelopment(options);
  } else {
    if (options.dev === true || options.withPtau === true || options.updateLock === true) {
      throw new SetupError("--ptau begins a ceremony; --dev, --with-ptau and --update-lock are for the development key");
    }
    await setupCeremony(options, options.ptau);
  }
}

async function setupDevelopment({ tier, withPtau, updateLock, json }: SetupCommand): Promise<void> {
  const { listener, finish } = stageProgress(tierOf(tier));
  try {
    if (updateLock === true) {
      // The new pin goes in first: the key being pinned may be the one that differs.
      updateKeysLock(tier, (await developmentKey(await tierCircuit(tier, listener), listener)).hashes);
    }
    const { circuit, files, key, locked } = await tierDevelopmentKey(tier, listener);
    const ptau = withPtau === true ? await developmentPtau(circuit.statistics.domainPower, listener) : undefined;
    finish();
    print(json, {
      tier,
      ...circuit.statistics,
      r1cs: circuit.r1cs,
      wasm: circuit.wasm,
      zkey: files.zkey,
      vkey: files.vkey,
      ...(ptau === undefined ? {} : { ptau }),
      keyHash: key.hash,
      development: true,
      locked,
    });
  } finally {
    finish();
  }
}

async function setupCeremony({ tier, url, out = "margin_0000.zkey", json }: SetupCommand, ptau: string): Promise<void> {
  requireWritable("--out", out, "file");
  if (url !== undefined && !existsSync(ptau)) await downloadPtau(url, ptau);
  // The file is looked at before the long part.
  const power = ptauPower(ptau);
  await checkPtau(ptau, power);
  const circuit = await builtCircuit(tier);
  if (power < circuit.statistics.domainPower) {
    throw new PtauError(`${ptau} is for power ${power}, tier ${tier} needs ${circuit.statistics.domainPower} or more`);
  }
  const progress = startProgress("groth16 setup", scaledSeconds(SETUP_SECONDS[setupEngine() === undefined ? "snarkjs" : "native"], tierOf(tier)));
  const circuitHash = await startCeremony(circuit.r1cs, ptau, out, (fraction) => progress.update(fraction));
  progress.finish();
  print(json, { tier, ...circuit.statistics, zkey: out, circuitHash, next: "zkmargin ceremony contribute" });
}

async function verify(zkey: string, ptau: string, { tier, json, unlistedPtau }: CeremonyCommand & { readonly unlistedPtau?: boolean }): Promise<void> {
  tierOf(tier);
  // A chain of contributions is worth no more than the powers of tau under it.
  const listed = unlistedPtau === true ? undefined : await checkPtau(ptau, ptauPower(ptau));
  const development = await isDevelopmentKey(await readCeremonyKey(zkey));
  const contributions = await readContributions(zkey);
  const circuit = await builtCircuit(tier);
  const progress = startProgress("ceremony verify", scaledSeconds(SNARKJS_VERIFY_SECONDS, tierOf(tier)));
  const valid = await verifyCeremony(circuit.r1cs, ptau, zkey);
  progress.finish();
  const result = { zkey, tier, valid, ptau: listed?.name ?? "unlisted", development };
  if (json === true) printJson({ ...result, contributions });
  else {
    print(false, result);
    for (const { name, beacon, hash } of contributions) printLine(`${beacon ? "beacon" : "contribution"}  ${name}\n  ${hash}`);
  }
  if (!valid) process.exitCode = 1;
}

async function builtCircuit(tier: string): ReturnType<typeof tierCircuit> {
  const { listener, finish } = stageProgress(tierOf(tier));
  try {
    return await tierCircuit(tier, listener);
  } finally {
    finish();
  }
}

function print(json: boolean | undefined, result: Readonly<Record<string, unknown>>): void {
  if (json === true) {
    printJson(result);
    return;
  }
  const width = Math.max(...Object.keys(result).map((key) => key.length));
  for (const [key, value] of Object.entries(result)) printLine(`${key.padEnd(width)}  ${String(value)}`);
}

/** Entropy never comes as an argument, which other users of the machine can read. */
async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8").trim();
}

function name(text: string): string {
  if (!/^[\x20-\x7e]{1,64}$/.test(text)) throw new InvalidArgumentError("1 to 64 printable ASCII characters");
  return text;
}

export class SetupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SetupError";
  }
}

/**
 * The circuit and key a command proves or verifies with: the tier's development key from the cache, built at first use, or the files
 * of a ceremony that the user names.
 */
import { findCompiled, tierCircuit, tierSource } from "../../prover/artifacts.js";
import { configuredPublicSignals, declaredTiers, readCircuitsConfig, type DeclaredTier } from "../../prover/circuits-config.js";
import { tierDevelopmentKey } from "../../prover/development-setup/development-key.js";
import { loadKey, type KeyHandle } from "../../prover/keys.js";
import type { ProgressListener } from "../../prover/progress.js";
import type { TierKey } from "../../prover/prove-margin.js";
import { checkVerificationKey, parseVerificationKey, type VerificationKey } from "../../prover/verification-key.js";
import { requireFits, selectTier, type Portfolio } from "../risk/portfolio.js";
import { InputError, readText, requireReadable } from "./inputs.js";
import { startProgress, type Progress } from "./progress.js";

/** Seconds of stages on two cores for a domain of 2^16, shown before anything is measured; all grow with the domain. */
const EXPECTED_SECONDS = { compile: 25 } as const;
const BASE_POWER = 16;
/** The compiler tells nothing of its own progress. */
const TICK_MS = 2_000;
const LATEST_TICK = 0.95;

/** @throws InputError unless circuits.json declares it */
export function tierOf(name: string): DeclaredTier {
  const tiers = declaredTiers();
  const tier = tiers.find((declared) => declared.name === name);
  if (tier === undefined) throw new InputError("--tier", name, `must be one of ${tiers.map((declared) => declared.name).join(", ")}`);
  return tier;
}

/**
 * The tier that is named, or the smallest that holds the book.
 * @throws PortfolioError if the book does not fit, UnbuiltTierError if nobody named the tier it needs and that would have to be compiled on demand
 */
export function tierFor(portfolio: Portfolio, name: string | undefined): DeclaredTier {
  if (name === undefined) {
    const tier = selectTier(portfolio, declaredTiers());
    requireBuilt(tier, "the book needs");
    return tier;
  }
  const tier = tierOf(name);
  requireFits(portfolio, tier);
  return tier;
}

/** Minutes and gigabytes are not spent unless somebody asked for them. @throws UnbuiltTierError */
export function requireBuilt(tier: DeclaredTier, why: string): void {
  if (tier.onDemand !== undefined && findCompiled(tierSource(tier.name)) === undefined) throw new UnbuiltTierError(tier, why);
}

/** "about 5 min, 3.0 GiB of memory" */
function compileCost({ seconds, gibibytes }: NonNullable<DeclaredTier["onDemand"]>): string {
  return `about ${Math.ceil(seconds / 60)} min on two cores, and ${gibibytes.toFixed(1)} GiB of memory`;
}

/** What a stage that takes `seconds` in tier S takes in another. */
export function scaledSeconds(seconds: number, { domainPower }: Pick<DeclaredTier, "domainPower">): number {
  return seconds * 2 ** (domainPower - BASE_POWER);
}

/**
 * The key of a ceremony, if one is named: looked at before anything long or lasting.
 * @throws InputError, KeyError, VerificationKeyError
 */
export async function ceremonyKey(files: { readonly zkey?: string; readonly vkey?: string }): Promise<KeyHandle | undefined> {
  const { zkey, vkey } = files;
  if (zkey === undefined) {
    if (vkey !== undefined) throw new InputError("--vkey", vkey, "needs --zkey with it");
    return undefined;
  }
  if (vkey === undefined) throw new InputError("--zkey", zkey, "needs --vkey with it");
  requireReadable("--zkey", zkey);
  requireReadable("--vkey", vkey);
  return loadKey(zkey, vkey, configuredPublicSignals(readCircuitsConfig()));
}

/**
 * @param given key of a ceremony; without it the development key
 * @throws InputError when the key is for another circuit than the tier's
 */
export async function openTierKey(tier: string, given?: KeyHandle): Promise<TierKey> {
  const { listener, finish } = stageProgress(tierOf(tier));
  try {
    if (given === undefined) {
      const { circuit, key } = await tierDevelopmentKey(tier, listener);
      return { tier, circuit, key };
    }
    const circuit = await tierCircuit(tier, listener);
    if (given.wires !== circuit.statistics.wires) {
      throw new InputError("--zkey", given.zkeyPath, `is for a circuit of ${given.wires} wires, tier ${tier} has ${circuit.statistics.wires}`);
    }
    return { tier, circuit, key: given };
  } finally {
    finish();
  }
}

export async function openVerificationKey(tier: string, file: string | undefined): Promise<VerificationKey> {
  if (file === undefined) {
    requireBuilt(tierOf(tier), "without --vkey the development key is needed, of");
    return (await openTierKey(tier)).key.verificationKey;
  }
  let json: unknown;
  const text = readText(file, "--vkey");
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError("--vkey", file, "must be a verification key in JSON");
  }
  const key = parseVerificationKey(json);
  await checkVerificationKey(key, configuredPublicSignals(readCircuitsConfig()));
  return key;
}

/** One progress line a stage of a tier's builds. */
export function stageProgress(tier: DeclaredTier): { readonly listener: ProgressListener; readonly finish: () => void } {
  const expected: Readonly<Record<string, number>> = { compile: tier.onDemand?.seconds ?? scaledSeconds(EXPECTED_SECONDS.compile, tier) };
  const compiling = `compile tier ${tier.name}${tier.onDemand === undefined ? "" : `, in ${tier.onDemand.gibibytes.toFixed(1)} GiB of memory`}`;
  let stage: string | undefined;
  let progress: Progress | undefined;
  let ticks: NodeJS.Timeout | undefined;
  const finish = () => {
    clearInterval(ticks);
    progress?.finish();
    progress = undefined;
  };
  const listener: ProgressListener = (state) => {
    if (state.stage !== stage) {
      finish();
      stage = state.stage;
      const seconds = expected[stage];
      progress = startProgress(stage === "compile" ? compiling : stage, seconds);
      if (seconds !== undefined) {
        const started = performance.now();
        ticks = setInterval(() => progress?.update(Math.min(LATEST_TICK, (performance.now() - started) / 1000 / seconds)), TICK_MS);
      }
    }
    progress?.update(state.fraction);
  };
  return { listener, finish };
}

export class UnbuiltTierError extends Error {
  constructor(readonly tier: DeclaredTier, why: string) {
    const cost = tier.onDemand === undefined ? "" : `: ${compileCost(tier.onDemand)}`;
    super(`${why} tier ${tier.name}, whose circuit is not in the cache and is compiled on demand only${cost}; "zkmargin setup --tier ${tier.name}" does it`);
    this.name = "UnbuiltTierError";
  }
}

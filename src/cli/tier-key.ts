/**
 * The circuit and key a command proves or verifies with: the tier's development key from the cache, built at first use, or the files
 * of a ceremony that the user names.
 */
import { tierCircuit } from "../../prover/artifacts.js";
import { readCircuitsConfig } from "../../prover/circuits-config.js";
import { tierDevelopmentKey } from "../../prover/development-setup/development-key.js";
import { loadKey } from "../../prover/keys.js";
import type { ProgressListener } from "../../prover/progress.js";
import type { TierKey } from "../../prover/prove-margin.js";
import { checkVerificationKey, parseVerificationKey, type VerificationKey } from "../../prover/verification-key.js";
import type { Tier } from "../witness/circuit-input.js";
import { InputError, readText } from "./inputs.js";
import { startProgress, type Progress } from "./progress.js";

/** Seconds a stage takes on two cores, shown before anything is measured. */
const EXPECTED_SECONDS: Readonly<Record<string, number>> = { compile: 25 };

export function tierOf(name: string): Tier {
  const { tiers } = readCircuitsConfig();
  // "constructor" is no tier, though every object has one.
  const sizes = Object.hasOwn(tiers, name) ? tiers[name] : undefined;
  if (sizes === undefined) throw new InputError("--tier", name, `must be one of ${Object.keys(tiers).join(", ")}`);
  return { name, positions: sizes["positions"]!, buckets: sizes["buckets"]! };
}

/** @throws InputError unless both files of a ceremony are named, or none */
export function requireKeyPair(files: { readonly zkey?: string; readonly vkey?: string }): void {
  if (files.zkey === undefined && files.vkey !== undefined) throw new InputError("--vkey", files.vkey, "needs --zkey with it");
  if (files.zkey !== undefined && files.vkey === undefined) throw new InputError("--zkey", files.zkey, "needs --vkey with it");
}

/** @param files of a ceremony; without them the development key */
export async function openTierKey(tier: string, files: { readonly zkey?: string; readonly vkey?: string }): Promise<TierKey> {
  requireKeyPair(files);
  const { listener, finish } = stageProgress();
  try {
    if (files.zkey === undefined || files.vkey === undefined) {
      const { circuit, key } = await tierDevelopmentKey(tier, listener);
      return { tier, circuit, key };
    }
    const circuit = await tierCircuit(tier, listener);
    return { tier, circuit, key: await loadKey(files.zkey, files.vkey, circuit.statistics.publicSignals) };
  } finally {
    finish();
  }
}

export async function openVerificationKey(tier: string, file: string | undefined): Promise<VerificationKey> {
  if (file === undefined) return (await openTierKey(tier, {})).key.verificationKey;
  let json: unknown;
  const text = readText(file, "--vkey");
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError("--vkey", file, "must be a verification key in JSON");
  }
  const key = parseVerificationKey(json);
  const config = readCircuitsConfig();
  await checkVerificationKey(key, config.publicSignals.outputs.length + config.publicSignals.inputs.length);
  return key;
}

/** One progress line a stage of the prover's builds. */
export function stageProgress(): { readonly listener: ProgressListener; readonly finish: () => void } {
  let stage: string | undefined;
  let progress: Progress | undefined;
  const finish = () => {
    progress?.finish();
    progress = undefined;
  };
  const listener: ProgressListener = (state) => {
    if (state.stage !== stage) {
      finish();
      stage = state.stage;
      progress = startProgress(stage, EXPECTED_SECONDS[stage]);
    }
    progress?.update(state.fraction);
  };
  return { listener, finish };
}

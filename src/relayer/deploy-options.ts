/**
 * What a deployment is to be made of, checked before anything is sent.
 */

import { getAddress, isAddress, ZeroAddress, type Signer } from "ethers";
import { checkVerificationKey, isDevelopmentKey, parseVerificationKey, type VerificationKeyJson } from "../../prover/verification-key.js";
import { Q32 } from "../math/fixed-point.js";
import { checkParameters, type Generation, type PolicyParameters } from "../policy/stress-multiplier.js";
import { PUBLIC_SIGNALS } from "../witness/public-signals.js";
import type { PartialDeployment } from "./deployment-file.js";
import { verificationKeyHash, verificationKeyWords } from "./proof-encoding.js";

/** Chains on which a key with known toxic waste may be used. */
export const LOCAL_CHAIN_IDS: readonly bigint[] = [31337n, 1337n];

export interface DeployOptions {
  /** Pays and sends; its provider is the chain. Owns what it deploys until the last step, in which it offers it to `owner`. */
  readonly signer: Signer;
  /** The chain that is meant; deployment stops if the signer is on another. */
  readonly chainId: bigint;
  /** Of the three registries. Another one than the signer has to accept ownership. */
  readonly owner: string;
  /** May pause, and raise the multiplier's floor; the zero address if nobody but the owner. */
  readonly guardian: string;
  /** The address of an existing one, or what a new one is made with. */
  readonly riskOracle: string | OracleOptions;
  readonly portfolioRegistry: string | PortfolioRegistryOptions;
  readonly policyRegistry: string | PolicyRegistryOptions;
  /** The address of an existing one; else a new one is deployed. */
  readonly solvencyRegistry?: string;
  /** At least one. */
  readonly tiers: readonly TierOptions[];
  /** Who holds the accounts' collateral; undefined if nobody. A function deploys one for the policy registry and returns its address. */
  readonly collateralSource?: string | ((policyRegistry: string) => Promise<string>);
  /** The first version, proposed and not activated: that needs indices, so a published header. */
  readonly policy: { readonly generation: Generation; readonly parameters: PolicyParameters };
  /** An interrupted deployment: what it lists is not deployed again. */
  readonly resume?: PartialDeployment;
  /** Told before the first step and after each, with everything so far. What it throws stops the deployment. */
  readonly onProgress?: (deployment: PartialDeployment) => void;
}

/** Changes of the fields of `DeviationBounds`, Q32, above 0, below 2^40. */
export const DEVIATION_BOUNDS = [
  "spot", "fastVolatility", "slowVolatility", "depth", "openInterestSkew", "utilisation", "correlation", "contagion",
] as const;

/** `OracleLimits` of the contracts, seconds. */
export interface OracleLimits {
  readonly grace: bigint;
  readonly maxAge: bigint;
  readonly maxClockSkew: bigint;
  readonly minInterval: bigint;
  readonly breakerDelay: bigint;
  readonly deviation: Readonly<Record<(typeof DEVIATION_BOUNDS)[number], bigint>>;
}

export interface OracleOptions {
  /** Seconds between the announcement of a change and the change. */
  readonly timelock: bigint;
  readonly limits: OracleLimits;
  /** In any order. */
  readonly signers: readonly string[];
  readonly threshold: number;
  /** Numbers of the assets in the risk payload, in any order. */
  readonly assets: readonly number[];
}

export interface PortfolioRegistryOptions {
  readonly timelock: bigint;
  /** Who signs updates. */
  readonly settlement: string;
}

export interface PolicyRegistryOptions {
  readonly timelock: bigint;
  /** Seconds after the timelock from which an activation is drawn in any block. */
  readonly maxDelay: bigint;
}

export interface TierOptions {
  /** As in circuits.json. */
  readonly tier: string;
  readonly vkey: VerificationKeyJson;
  /** Whether the key's toxic waste is known. A key that says so itself, or has the alpha of the development keys, counts as one in any case. */
  readonly development: boolean;
}

/** A tier's key as the contracts take it. */
export interface TierWords {
  readonly tier: string;
  readonly words: readonly bigint[];
  readonly keyHash: string;
  readonly development: boolean;
}

const MAX_TIMELOCK = 90n * 86_400n;
const MAX_LIMIT = 30n * 86_400n;
const MAX_DELAY = 7n * 86_400n;
const MAX_SIGNERS = 16;
const MAX_ASSETS = 16;
const MAX_TIERS = 8;

/**
 * The contracts' own rules, and those that no contract can know.
 * @throws DeployOptionError naming field, value and rule; ParameterError of the policy
 */
export function checkDeployOptions({ owner, guardian, riskOracle, portfolioRegistry, policyRegistry, solvencyRegistry, collateralSource, policy, tiers }: DeployOptions): void {
  address("owner", owner);
  address("guardian", guardian, "may be zero");
  if (typeof riskOracle === "string") address("riskOracle", riskOracle);
  else checkOracleOptions(riskOracle);
  if (typeof portfolioRegistry === "string") address("portfolioRegistry", portfolioRegistry);
  else {
    within("portfolioRegistry.timelock", portfolioRegistry.timelock, 1n, MAX_TIMELOCK);
    address("portfolioRegistry.settlement", portfolioRegistry.settlement);
  }
  if (typeof policyRegistry === "string") address("policyRegistry", policyRegistry);
  else {
    within("policyRegistry.timelock", policyRegistry.timelock, 1n, MAX_TIMELOCK);
    within("policyRegistry.maxDelay", policyRegistry.maxDelay, 1n, MAX_DELAY);
  }
  if (solvencyRegistry !== undefined) address("solvencyRegistry", solvencyRegistry);
  if (typeof collateralSource === "string") address("collateralSource", collateralSource);
  within("policy.generation", BigInt(policy.generation), 1n, 3n);
  checkParameters(policy.parameters);
  within("tiers", BigInt(tiers.length), 1n, BigInt(MAX_TIERS), "in number");
  distinct("tiers", tiers.map(({ tier }) => tier));
  for (const { tier } of tiers) if (!/^[A-Z]{1,4}$/.test(tier)) throw new DeployOptionError("tiers", tier, "must be one to four capital letters");
}

function checkOracleOptions({ timelock, limits, signers, threshold, assets }: OracleOptions): void {
  within("riskOracle.timelock", timelock, 1n, MAX_TIMELOCK);
  const { grace, maxAge, maxClockSkew, minInterval, breakerDelay, deviation } = limits;
  within("riskOracle.limits.maxAge", maxAge, 1n, MAX_LIMIT);
  within("riskOracle.limits.grace", grace, 0n, maxAge);
  within("riskOracle.limits.maxClockSkew", maxClockSkew, 0n, MAX_LIMIT);
  within("riskOracle.limits.minInterval", minInterval, 1n, MAX_LIMIT);
  within("riskOracle.limits.breakerDelay", breakerDelay, 1n, MAX_LIMIT);
  for (const name of DEVIATION_BOUNDS) within(`riskOracle.limits.deviation.${name}`, deviation[name], 1n, (Q32 << 8n) - 1n);
  within("riskOracle.signers", BigInt(signers.length), 1n, BigInt(MAX_SIGNERS), "in number");
  for (const signer of signers) address("riskOracle.signers", signer);
  distinct("riskOracle.signers", signers.map((signer) => getAddress(signer)));
  const majority = Math.floor(signers.length / 2) + 1;
  within("riskOracle.threshold", BigInt(threshold), BigInt(majority), BigInt(signers.length), `for ${signers.length} signers`);
  within("riskOracle.assets", BigInt(assets.length), 1n, BigInt(MAX_ASSETS), "in number");
  for (const asset of assets) within("riskOracle.assets", BigInt(asset), 1n, (1n << 32n) - 1n);
  distinct("riskOracle.assets", assets.map(String));
}

/**
 * The tiers' keys, checked as the verifier's constructor does and for what it can't see.
 * @throws ProofEncodingError for a malformed key, DevelopmentKeyError off local chains, DeployOptionError for a key of two tiers, WrongSignalCountError, VerificationKeyError for a point
 * off its curve or outside its group
 */
export async function checkTierKeys(tiers: readonly TierOptions[], chainId: bigint): Promise<readonly TierWords[]> {
  const checked: TierWords[] = [];
  for (const { tier, vkey, development: declared } of tiers) {
    const words = verificationKeyWords(vkey);
    const keyHash = verificationKeyHash(vkey);
    const key = parseVerificationKey(vkey);
    const development = declared || (await isDevelopmentKey(key));
    if (development && !LOCAL_CHAIN_IDS.includes(chainId)) throw new DevelopmentKeyError(chainId, keyHash);
    if (vkey.nPublic !== PUBLIC_SIGNALS.length) throw new WrongSignalCountError(vkey.nPublic, PUBLIC_SIGNALS.length);
    await checkVerificationKey(key, PUBLIC_SIGNALS.length);
    const other = checked.find((earlier) => earlier.keyHash === keyHash);
    if (other !== undefined) throw new DeployOptionError("tiers", tier, `has the key of tier ${other.tier}, ${keyHash}: each must have its own`);
    checked.push({ tier, words, keyHash, development });
  }
  return checked;
}

function within(field: string, value: bigint, least: bigint, most: bigint, of = ""): void {
  if (value < least || value > most) throw new DeployOptionError(field, String(value), `must be in ${least}..${most}${of === "" ? "" : ` ${of}`}`);
}

function address(field: string, value: string, zero?: "may be zero"): void {
  if (!isAddress(value)) throw new DeployOptionError(field, value, "must be an address, with a valid checksum if it has one");
  if (zero === undefined && getAddress(value) === ZeroAddress) throw new DeployOptionError(field, value, "must not be the zero address");
}

function distinct(field: string, values: readonly string[]): void {
  const repeated = values.find((value, at) => values.indexOf(value) !== at);
  if (repeated !== undefined) throw new DeployOptionError(field, repeated, "must not be there twice");
}

export class DeployOptionError extends Error {
  override readonly name = "DeployOptionError";
  constructor(
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`${field} "${value}" ${rule}`);
  }
}

export class DevelopmentKeyError extends Error {
  override readonly name = "DevelopmentKeyError";
  constructor(
    readonly chainId: bigint,
    readonly keyHash: string,
  ) {
    super(`verification key ${keyHash} is a development key: anyone can forge proofs under it, so it is refused on chain ${chainId}`);
  }
}

export class WrongSignalCountError extends Error {
  override readonly name = "WrongSignalCountError";
  constructor(
    readonly actual: number,
    readonly expected: number,
  ) {
    super(`nPublic of the verification key is ${actual} and must be ${expected}, the public signals of circuits.json`);
  }
}

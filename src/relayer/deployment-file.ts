/**
 * deployment.json: where the contracts of a deployment are, and what they were made of. Nothing in it is secret.
 */

import { readFileSync } from "node:fs";
import { getAddress, isAddress } from "ethers";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";

export const DEPLOYMENT_FORMAT = "zkmargin-deployment-1";

/** The contracts of a deployment, in the order they are deployed. */
export const DEPLOYED_CONTRACTS = ["RiskOracle", "PortfolioRegistry", "PolicyRegistry", "MarginVerifier", "SolvencyRegistry"] as const;
export type DeployedContract = (typeof DEPLOYED_CONTRACTS)[number];

export interface DeployedTier {
  readonly tier: string;
  /** keccak256 of the key's words. */
  readonly keyHash: string;
  /** Data contract with the key's words. */
  readonly keyStore: string;
  /** Anyone can forge proofs under it. */
  readonly development: boolean;
}

export interface Deployment {
  readonly chainId: bigint;
  /** The block in which it was complete. */
  readonly block: number;
  readonly owner: string;
  readonly guardian: string;
  readonly addresses: Readonly<Record<DeployedContract, string>>;
  /** Who holds the accounts' collateral; the zero address if nobody. */
  readonly collateralSource: string;
  readonly tiers: readonly DeployedTier[];
  /** Of the policy, as proposed. */
  readonly policyVersion: number;
  /** sha256 of the creation codes. */
  readonly bytecodeSha256: Readonly<Record<DeployedContract, string>>;
}

/** What an interrupted deployment has left. */
export interface PartialDeployment {
  readonly chainId: bigint;
  readonly addresses: Readonly<Partial<Record<DeployedContract, string>>>;
  readonly collateralSource?: string;
}

/** A deployment is the file's `complete: true`. */
export type DeploymentFile = ({ readonly complete: true } & Deployment) | ({ readonly complete: false } & PartialDeployment);

export function formatDeployment(deployment: DeploymentFile): string {
  const decimal = (_: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
  return `${JSON.stringify({ format: DEPLOYMENT_FORMAT, ...deployment }, decimal, 2)}\n`;
}

/** Replaces the file in one step. @throws DeploymentWriteError */
export function writeDeployment(path: string, deployment: DeploymentFile): void {
  try {
    writeFileAtomic.sync(path, formatDeployment(deployment));
  } catch (cause) {
    throw new DeploymentWriteError(path, cause);
  }
}

/** @throws DeploymentFileError naming the field and the rule */
export function readDeployment(path: string): DeploymentFile {
  return parseDeployment(readFileSync(path, "utf8"));
}

/** @throws DeploymentFileError naming the field and the rule */
export function parseDeployment(text: string): DeploymentFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DeploymentFileError("file", "is not JSON");
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new DeploymentFileError(issue.path.join(".") || "file", issue.message);
  }
  const { format: _, ...deployment } = parsed.data;
  return deployment as DeploymentFile;
}

const address = z.string().refine((text) => /^0x/.test(text) && isAddress(text), "must be an address, with a valid checksum if it has one").transform(getAddress);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/, "must be 0x and 64 hex digits");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits");
const chainId = z.string().regex(/^[1-9]\d{0,18}$/, "must be a decimal number").transform(BigInt);
const format = z.literal(DEPLOYMENT_FORMAT);

const schema = z.discriminatedUnion("complete", [
  z.strictObject({
    format,
    complete: z.literal(true),
    chainId,
    block: z.int().min(0),
    owner: address,
    guardian: address,
    addresses: z.strictObject(Object.fromEntries(DEPLOYED_CONTRACTS.map((name) => [name, address]))),
    collateralSource: address,
    tiers: z.array(z.strictObject({ tier: z.string().regex(/^[A-Z]{1,4}$/, "must be one to four capital letters"), keyHash: hash, keyStore: address, development: z.boolean() })).min(1),
    policyVersion: z.int().min(1),
    bytecodeSha256: z.strictObject(Object.fromEntries(DEPLOYED_CONTRACTS.map((name) => [name, sha256]))),
  }),
  z.strictObject({
    format,
    complete: z.literal(false),
    chainId,
    addresses: z.strictObject(Object.fromEntries(DEPLOYED_CONTRACTS.map((name) => [name, address.optional()]))),
    collateralSource: address.optional(),
  }),
]);

export class DeploymentFileError extends Error {
  override readonly name = "DeploymentFileError";
  constructor(
    readonly field: string,
    readonly rule: string,
  ) {
    super(`deployment file: ${field} ${rule}`);
  }
}

export class DeploymentWriteError extends Error {
  override readonly name = "DeploymentWriteError";
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(`deployment file ${path} cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, { cause });
  }
}

/**
 * Deployment of a margin verifier and its registries, checked afterwards against what was meant to be deployed.
 */

import { ContractFactory, Contract, concat, dataLength, dataSlice, getAddress, solidityPacked, zeroPadValue, type Signer } from "ethers";
import { checkVerificationKey, isDevelopmentKey, parseVerificationKey } from "../../prover/verification-key.js";
import { PUBLIC_SIGNALS } from "../witness/public-signals.js";
import { compileContracts, type CompiledContract } from "./compile-contracts.js";
import type { VerificationKeyJson } from "../../prover/verification-key.js";
import { verificationKeyHash, verificationKeyWords } from "./proof-encoding.js";

/** Chains on which a key with known toxic waste may be used. */
export const LOCAL_CHAIN_IDS: readonly bigint[] = [31337n, 1337n];

export interface DeployOptions {
  /** Pays and sends; its provider is the chain. */
  readonly signer: Signer;
  /** The chain that is meant; deployment stops if the signer is on another. */
  readonly chainId: bigint;
  readonly vkey: VerificationKeyJson;
  /** Whether the key's toxic waste is known. A key that says so itself, or has the alpha of the development keys, counts as one in any case. */
  readonly development: boolean;
  /** Existing registries, or what new ones are to be made with. */
  readonly riskRegistry: string | RiskRegistryOptions;
  readonly portfolioRegistry: string | PortfolioRegistryOptions;
}

export interface RiskRegistryOptions {
  readonly owner: string;
  readonly publisher: string;
  /** Seconds a superseded root stays valid. */
  readonly grace: bigint;
  /** Seconds a root stays valid at most. */
  readonly maxAge: bigint;
}

export interface PortfolioRegistryOptions {
  readonly owner: string;
  readonly settlement: string;
}

export interface MarginDeployment {
  readonly chainId: bigint;
  readonly marginVerifier: string;
  readonly riskRegistry: string;
  readonly portfolioRegistry: string;
  /** Data contract with the key's words. */
  readonly keyStore: string;
  /** keccak256 of the key's words. */
  readonly keyHash: string;
  readonly development: boolean;
  /** sha256 of the creation codes used. */
  readonly bytecodeSha256: Readonly<Record<"MarginVerifier" | "RiskRegistry" | "PortfolioRegistry", string>>;
}

/**
 * Deploys the registries that are not given, and the verifier, whose constructor stores the key in a data contract.
 * @throws before anything is sent WrongChainError, DevelopmentKeyError, WrongSignalCountError, ProofEncodingError for a malformed key, and
 * VerificationKeyError for one with a point off its curve or outside its group; DeploymentMismatchError if the chain does not hold what was sent.
 */
export async function deployMarginVerifier(options: DeployOptions): Promise<MarginDeployment> {
  const { signer, vkey } = options;
  const provider = signer.provider;
  if (provider === null) throw new WrongChainError(options.chainId, undefined);
  const { chainId } = await provider.getNetwork();
  if (chainId !== options.chainId) throw new WrongChainError(options.chainId, chainId);

  const words = verificationKeyWords(vkey);
  const keyHash = verificationKeyHash(vkey);
  const development = options.development || (await isDevelopmentKey(parseVerificationKey(vkey)));
  if (development && !LOCAL_CHAIN_IDS.includes(chainId)) throw new DevelopmentKeyError(chainId, keyHash);
  if (vkey.nPublic !== PUBLIC_SIGNALS.length) throw new WrongSignalCountError(vkey.nPublic, PUBLIC_SIGNALS.length);
  // The constructor refuses the same points, but by then registries would be there and paid for.
  await checkVerificationKey(parseVerificationKey(vkey), PUBLIC_SIGNALS.length);

  const contracts = await compileContracts();
  const risk = options.riskRegistry;
  const riskRegistry =
    typeof risk === "string"
      ? getAddress(risk)
      : await deploy(signer, contracts.RiskRegistry, [risk.owner, risk.publisher, risk.grace, risk.maxAge]);
  const portfolio = options.portfolioRegistry;
  const portfolioRegistry =
    typeof portfolio === "string"
      ? getAddress(portfolio)
      : await deploy(signer, contracts.PortfolioRegistry, [portfolio.owner, portfolio.settlement]);
  const marginVerifier = await deploy(signer, contracts.MarginVerifier, [words, riskRegistry, portfolioRegistry]);

  const verifier = new Contract(marginVerifier, contracts.MarginVerifier.abi, provider);
  const keyStore = getAddress(String(await verifier.getFunction("keyStore")()));
  await checkCode(signer, contracts.MarginVerifier, marginVerifier);
  if (typeof risk !== "string") await checkCode(signer, contracts.RiskRegistry, riskRegistry);
  if (typeof portfolio !== "string") await checkCode(signer, contracts.PortfolioRegistry, portfolioRegistry);
  check("keyStore code", await provider.getCode(keyStore), concat(["0x00", solidityPacked(["uint256[]"], [words])]));
  check("keyHash", String(await verifier.getFunction("keyHash")()), keyHash);
  check("riskRegistry", String(await verifier.getFunction("riskRegistry")()), riskRegistry);
  check("portfolioRegistry", String(await verifier.getFunction("portfolioRegistry")()), portfolioRegistry);

  return {
    chainId,
    marginVerifier,
    riskRegistry,
    portfolioRegistry,
    keyStore,
    keyHash,
    development,
    bytecodeSha256: {
      MarginVerifier: contracts.MarginVerifier.bytecodeSha256,
      RiskRegistry: contracts.RiskRegistry.bytecodeSha256,
      PortfolioRegistry: contracts.PortfolioRegistry.bytecodeSha256,
    },
  };
}

/** Deploys one compiled contract and returns its address once it is mined. */
export async function deploy(signer: Signer, contract: CompiledContract, args: readonly unknown[]): Promise<string> {
  const factory = new ContractFactory(contract.abi, contract.bytecode, signer);
  const deployed = await factory.deploy(...args);
  await deployed.waitForDeployment();
  return getAddress(await deployed.getAddress());
}

async function checkCode(signer: Signer, contract: CompiledContract, address: string): Promise<void> {
  const code = (await signer.provider?.getCode(address)) ?? "0x";
  check(`${contract.name} code`, withoutImmutables(code, contract), contract.deployedBytecode);
}

/** The compiler leaves zeros where the constructor writes immutables. */
function withoutImmutables(code: string, contract: CompiledContract): string {
  if (dataLength(code) !== dataLength(contract.deployedBytecode)) return code;
  return contract.immutables.reduce(
    (masked, { start, length }) =>
      concat([dataSlice(masked, 0, start), zeroPadValue("0x", length), dataSlice(masked, start + length)]),
    code,
  );
}

function check(what: string, actual: string, expected: string): void {
  if (actual.toLowerCase() !== expected.toLowerCase()) throw new DeploymentMismatchError(what, actual, expected);
}

export class WrongChainError extends Error {
  override readonly name = "WrongChainError";
  constructor(
    readonly expected: bigint,
    readonly actual: bigint | undefined,
  ) {
    super(`chainId is ${actual ?? "unknown (the signer has no provider)"} and must be ${expected}`);
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

export class DeploymentMismatchError extends Error {
  override readonly name = "DeploymentMismatchError";
  constructor(
    readonly what: string,
    readonly actual: string,
    readonly expected: string,
  ) {
    super(`${what} on chain is ${shorten(actual)} and must be ${shorten(expected)}`);
  }
}

function shorten(hex: string): string {
  return hex.length <= 80 ? hex : `${hex.slice(0, 40)}... (${(hex.length - 2) / 2} bytes)`;
}


/**
 * Deployment of the whole protocol, or of what is missing of it: checked before anything is sent, and afterwards against what was meant.
 */

import { Contract, ContractFactory, encodeBytes32String, getAddress, ZeroAddress, type Provider, type Signer } from "ethers";
import { RAMPS } from "../policy/stress-multiplier.js";
import { checkCode, checkDeployment, match, OWNED_CONTRACTS, reader, WrongChainError, type Reader } from "./check-deployment.js";
import { compileContracts, type CompiledContract, type ContractName } from "./compile-contracts.js";
import { checkDeployOptions, checkTierKeys, DeployOptionError, DEVIATION_BOUNDS, type DeployOptions, type OracleLimits, type TierWords } from "./deploy-options.js";
import { DEPLOYED_CONTRACTS, type DeployedContract, type Deployment } from "./deployment-file.js";
import { propose, readVersion, versionCount } from "./policy-client.js";
import { callNamed, sendNamed } from "./transaction.js";

type Addresses = Partial<Record<DeployedContract, string>>;

/** The steps' common ground. */
interface Site {
  readonly options: DeployOptions;
  readonly provider: Provider;
  readonly deployer: string;
  readonly contracts: Readonly<Record<ContractName, CompiledContract>>;
  readonly tiers: readonly TierWords[];
}

/**
 * Deploys what is not there, makes the policy registry the oracle's observer, proposes the policy, and offers ownership to the owner if that
 * is another one than the signer. The policy is not activated: `activateFirst` of policy-client.ts does that once a header is published.
 * @throws before anything is sent WrongChainError, DeployOptionError, ParameterError, DevelopmentKeyError, WrongSignalCountError, ProofEncodingError,
 * VerificationKeyError, ContractRefusedError if a constructor would refuse, DeploymentMismatchError if something existing is not what it is
 * said to be or was made with other settings, NotMinedError if something recorded is not there; afterwards DeploymentMismatchError if the chain does not hold what was sent.
 */
export async function deployProtocol(options: DeployOptions): Promise<Deployment> {
  const { signer, chainId } = options;
  const provider = signer.provider;
  if (provider === null) throw new WrongChainError(chainId, undefined);
  const network = await provider.getNetwork();
  if (network.chainId !== chainId) throw new WrongChainError(chainId, network.chainId);
  if (options.resume !== undefined && options.resume.chainId !== chainId) throw new WrongChainError(options.resume.chainId, chainId);
  checkDeployOptions(options);
  const tiers = await checkTierKeys(options.tiers, chainId);
  const site: Site = { options, provider, deployer: await signer.getAddress(), contracts: await compileContracts(), tiers };

  const addresses = await existingAddresses(site);
  let collateralSource = await existingSource(site);
  await requireRights(site, addresses);
  await requireWiring(site, addresses, collateralSource);
  await checkSettings(options, addresses, reader(provider, site.contracts, addresses));
  await simulate(site, addresses);

  const report = (): void => options.onProgress?.({ chainId, addresses: { ...addresses }, ...(collateralSource === undefined ? {} : { collateralSource }) });
  // Before anything is paid for: who can't take the report stops it here.
  report();
  for (const name of DEPLOYED_CONTRACTS) {
    // Told as soon as it is sent: what is interrupted while waiting can be found.
    addresses[name] ??= await deploy(signer, site.contracts[name], constructorArguments(site, name, addresses, collateralSource), (sent) => {
      addresses[name] = sent;
      report();
    });
    if (name === "PolicyRegistry" && collateralSource === undefined) {
      collateralSource = getAddress(await (options.collateralSource as (policyRegistry: string) => Promise<string>)(addresses.PolicyRegistry!));
      report();
    }
  }
  const deployed = addresses as Record<DeployedContract, string>;
  await setObserver(site, deployed);
  const policyVersion = await proposePolicy(site, deployed);
  await offerOwnership(site, deployed);

  const read = reader(provider, site.contracts, deployed);
  const deployment: Deployment = {
    chainId,
    block: await provider.getBlockNumber(),
    owner: getAddress(options.owner),
    guardian: getAddress(options.guardian),
    addresses: deployed,
    collateralSource: collateralSource!,
    tiers: await Promise.all(tiers.map(async ({ tier, keyHash, development }) => ({
      tier, keyHash, keyStore: getAddress(String(await read("MarginVerifier", "keyStoreOf", encodeBytes32String(tier)))), development,
    }))),
    policyVersion,
    bytecodeSha256: Object.fromEntries(DEPLOYED_CONTRACTS.map((name) => [name, site.contracts[name].bytecodeSha256])) as Record<DeployedContract, string>,
  };
  await checkDeployment(provider, deployment);
  await checkSettings(options, deployed, read);
  return deployment;
}

/** Deploys one compiled contract and returns its address once it is mined. */
export async function deploy(signer: Signer, contract: CompiledContract, args: readonly unknown[], onSent?: (address: string) => void): Promise<string> {
  const factory = new ContractFactory(contract.abi, contract.bytecode, signer);
  const deployed = await callNamed(() => factory.deploy(...args));
  const address = getAddress(await deployed.getAddress());
  onSent?.(address);
  await callNamed(() => deployed.waitForDeployment());
  return address;
}

/** Addresses given, and those of an interrupted deployment; each has the code that it must have. */
async function existingAddresses({ options, provider, contracts }: Site): Promise<Addresses> {
  const given: Addresses = {
    ...(typeof options.riskOracle === "string" ? { RiskOracle: options.riskOracle } : {}),
    ...(typeof options.portfolioRegistry === "string" ? { PortfolioRegistry: options.portfolioRegistry } : {}),
    ...(typeof options.policyRegistry === "string" ? { PolicyRegistry: options.policyRegistry } : {}),
    ...(options.solvencyRegistry === undefined ? {} : { SolvencyRegistry: options.solvencyRegistry }),
  };
  const addresses: Addresses = {};
  for (const name of DEPLOYED_CONTRACTS) {
    const address = given[name] ?? options.resume?.addresses[name];
    if (address === undefined) continue;
    // What is sent and not mined yet would be paid for twice.
    if (given[name] === undefined && (await provider.getCode(address)) === "0x") throw new NotMinedError(name, address);
    await checkCode(provider, contracts[name], address);
    addresses[name] = getAddress(address);
  }
  return addresses;
}

/** What has to be configured must be the signer's, and what is kept must be the owner's. */
async function requireRights({ options, provider, contracts, deployer }: Site, addresses: Addresses): Promise<void> {
  const read = reader(provider, contracts, addresses);
  for (const name of OWNED_CONTRACTS) {
    if (addresses[name] === undefined) continue;
    const holder = String(await read(name, "owner"));
    if (name === "PolicyRegistry" && addresses.MarginVerifier === undefined && holder !== deployer) {
      throw new DeployOptionError(name, addresses[name], `is owned by ${holder}: it must be owned by the signer, who proposes a version`);
    }
    if (![deployer, getAddress(options.owner)].includes(holder)) throw new DeployOptionError(name, addresses[name], `is owned by ${holder}: it must be owned by the signer or the owner`);
  }
  if (addresses.RiskOracle === undefined) return;
  const observer = String(await read("RiskOracle", "observer"));
  if (observer !== ZeroAddress && observer !== addresses.PolicyRegistry) {
    throw new DeployOptionError("riskOracle", addresses.RiskOracle, `has an observer, ${observer}: it must be the policy registry`);
  }
  const holder = String(await read("RiskOracle", "owner"));
  if (observer === ZeroAddress && holder !== deployer) {
    throw new DeployOptionError("riskOracle", addresses.RiskOracle, `has no observer and is owned by ${holder}: it must be owned by the signer, who makes the policy registry its observer`);
  }
}

/** What exists must point at what it is to work with, none of which is new then. */
async function requireWiring({ provider, contracts, tiers }: Site, addresses: Addresses, collateralSource: string | undefined): Promise<void> {
  const read = reader(provider, contracts, addresses);
  const pointsAt = async (name: DeployedContract, view: string, expected: string | undefined): Promise<void> => match(`${name}.${view}`, await read(name, view), expected ?? "a new contract");
  const { RiskOracle, PortfolioRegistry, PolicyRegistry, MarginVerifier, SolvencyRegistry } = addresses;
  if (PolicyRegistry !== undefined) await pointsAt("PolicyRegistry", "oracle", RiskOracle);
  if (SolvencyRegistry !== undefined) {
    await pointsAt("SolvencyRegistry", "policyRegistry", PolicyRegistry);
    await pointsAt("SolvencyRegistry", "collateralSource", collateralSource);
  }
  if (MarginVerifier !== undefined) {
    await pointsAt("MarginVerifier", "riskOracle", RiskOracle);
    await pointsAt("MarginVerifier", "portfolioRegistry", PortfolioRegistry);
    await pointsAt("MarginVerifier", "policyRegistry", PolicyRegistry);
    await pointsAt("MarginVerifier", "collateralSource", collateralSource);
    const keys = (await read("MarginVerifier", "keys")) as readonly { readonly tier: string; readonly keyHash: string }[];
    match("MarginVerifier.keys", keys.flatMap(({ tier, keyHash }) => [tier, keyHash]), tiers.flatMap(({ tier, keyHash }) => [encodeBytes32String(tier), keyHash]));
  }
}

/** Runs the constructors that are to come. Where an address is not known yet, the signer's stands in for it. */
async function simulate(site: Site, addresses: Addresses): Promise<void> {
  const { options, provider, contracts, deployer } = site;
  const known = Object.fromEntries(DEPLOYED_CONTRACTS.map((name) => [name, addresses[name] ?? deployer]));
  for (const name of DEPLOYED_CONTRACTS) {
    if (addresses[name] !== undefined) continue;
    const factory = new ContractFactory(contracts[name].abi, contracts[name].bytecode, options.signer);
    const { data } = await factory.getDeployTransaction(...constructorArguments(site, name, known, ZeroAddress));
    await callNamed(() => provider.call({ from: deployer, data }));
  }
}

/** Undefined if it is yet to be deployed. */
async function existingSource({ options, provider }: Site): Promise<string | undefined> {
  const { collateralSource, resume } = options;
  if (collateralSource === undefined) return ZeroAddress;
  const isNew = typeof collateralSource === "function";
  const source = isNew ? resume?.collateralSource : collateralSource;
  if (source === undefined) return undefined;
  if ((await provider.getCode(source)) === "0x") {
    throw isNew ? new NotMinedError("collateralSource", source) : new DeployOptionError("collateralSource", source, "has no code: it must be a contract");
  }
  return getAddress(source);
}

function constructorArguments({ options, deployer, tiers }: Site, name: DeployedContract, addresses: Addresses, collateralSource: string | undefined): readonly unknown[] {
  const { guardian, riskOracle, portfolioRegistry, policyRegistry } = options;
  switch (name) {
    case "RiskOracle": {
      const { timelock, limits, signers, threshold, assets } = given(riskOracle);
      return [deployer, guardian, timelock, limits, ascending(signers), threshold, [...assets].sort((a, b) => a - b)];
    }
    case "PortfolioRegistry":
      return [deployer, guardian, given(portfolioRegistry).timelock, given(portfolioRegistry).settlement];
    case "PolicyRegistry":
      return [deployer, guardian, given(policyRegistry).timelock, given(policyRegistry).maxDelay, addresses.RiskOracle];
    case "MarginVerifier":
      return [
        tiers.map(({ tier }) => encodeBytes32String(tier)), tiers.map(({ words }) => words),
        addresses.RiskOracle, addresses.PortfolioRegistry, addresses.PolicyRegistry, collateralSource,
      ];
    case "SolvencyRegistry":
      return [addresses.PolicyRegistry, collateralSource];
  }
}

/** Of a contract that is not there yet: an address has been checked by then. */
function given<T>(option: string | T): T {
  return option as T;
}

function ascending(addresses: readonly string[]): readonly string[] {
  return addresses.map((address) => getAddress(address)).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
}

async function setObserver({ options, contracts }: Site, addresses: Readonly<Record<DeployedContract, string>>): Promise<void> {
  const oracle = new Contract(addresses.RiskOracle, contracts.RiskOracle.abi, options.signer);
  if ((await oracle.getFunction("observer")()) !== ZeroAddress) return;
  await sendNamed(() => oracle.getFunction("setObserver").send(addresses.PolicyRegistry));
}

/** An interrupted deployment may have proposed it already. What is recorded is compared either way. */
async function proposePolicy({ options, provider, tiers }: Site, { PolicyRegistry, MarginVerifier }: Readonly<Record<DeployedContract, string>>): Promise<number> {
  const keys = tiers.map(({ tier, keyHash }) => ({ tier, keyHash }));
  const asked = describePolicy(options.policy);
  for (let version = await versionCount(provider, PolicyRegistry); version >= 1; version--) {
    const recorded = await readVersion(provider, PolicyRegistry, version);
    if (recorded.verifier === MarginVerifier && describePolicy(recorded) === asked) return version;
  }
  const version = await propose(options.signer, PolicyRegistry, { ...options.policy, verifier: MarginVerifier, keys });
  match(`policy version ${version}`, describePolicy(await readVersion(provider, PolicyRegistry, version)), asked);
  return version;
}

function describePolicy({ generation, parameters }: DeployOptions["policy"]): string {
  const { base, maximum, decay, fastWeight, depthTarget } = parameters;
  const ramps = RAMPS.map((name) => [parameters[name].from, parameters[name].slope, parameters[name].cap]);
  return [generation, base, maximum, decay, fastWeight, depthTarget, ...ramps].join(" ");
}

async function offerOwnership({ options, contracts, deployer }: Site, addresses: Readonly<Record<DeployedContract, string>>): Promise<void> {
  const owner = getAddress(options.owner);
  if (owner === deployer) return;
  for (const name of OWNED_CONTRACTS) {
    const contract = new Contract(addresses[name], contracts[name].abi, options.signer);
    if ((await contract.getFunction("owner")()) !== deployer || (await contract.getFunction("pendingOwner")()) === owner) continue;
    await sendNamed(() => contract.getFunction("transferOwnership").send(owner));
  }
}

/** What the contracts that are there were made with. The wiring is `checkDeployment`'s, and `requireWiring`'s before. */
async function checkSettings({ guardian, riskOracle, portfolioRegistry, policyRegistry }: DeployOptions, addresses: Addresses, read: Reader): Promise<void> {
  for (const name of OWNED_CONTRACTS) if (addresses[name] !== undefined) match(`${name}.guardian`, await read(name, "guardian"), guardian);
  if (typeof riskOracle !== "string" && addresses.RiskOracle !== undefined) {
    match("RiskOracle.timelock", await read("RiskOracle", "timelock"), riskOracle.timelock);
    const limits = (await read("RiskOracle", "limits")) as OracleLimits;
    for (const name of ["grace", "maxAge", "maxClockSkew", "minInterval", "breakerDelay"] as const) match(`RiskOracle.limits.${name}`, limits[name], riskOracle.limits[name]);
    for (const name of DEVIATION_BOUNDS) match(`RiskOracle.limits.deviation.${name}`, limits.deviation[name], riskOracle.limits.deviation[name]);
    match("RiskOracle.signers", await read("RiskOracle", "signers"), ascending(riskOracle.signers));
    match("RiskOracle.threshold", await read("RiskOracle", "threshold"), riskOracle.threshold);
    match("RiskOracle.assets", await read("RiskOracle", "assets"), [...riskOracle.assets].sort((a, b) => a - b));
  }
  if (typeof portfolioRegistry !== "string" && addresses.PortfolioRegistry !== undefined) {
    match("PortfolioRegistry.timelock", await read("PortfolioRegistry", "timelock"), portfolioRegistry.timelock);
    match("PortfolioRegistry.settlement", await read("PortfolioRegistry", "settlement"), portfolioRegistry.settlement);
  }
  if (typeof policyRegistry !== "string" && addresses.PolicyRegistry !== undefined) {
    match("PolicyRegistry.timelock", await read("PolicyRegistry", "timelock"), policyRegistry.timelock);
    match("PolicyRegistry.maxDelay", await read("PolicyRegistry", "maxDelay"), policyRegistry.maxDelay);
  }
}

export class NotMinedError extends Error {
  override readonly name = "NotMinedError";
  constructor(
    readonly what: DeployedContract | "collateralSource",
    readonly address: string,
  ) {
    super(`${what} is recorded at ${address}, where there is no code: wait until its transaction is mined, or remove it from the deployment file if it never will be`);
  }
}

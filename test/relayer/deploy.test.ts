import { Contract, getAddress, JsonRpcProvider, ZeroAddress } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tauSecrets } from "../../prover/development-setup/toxic-waste.js";
import { VerificationKeyError } from "../../prover/verification-key.js";
import { Q32 } from "../../src/math/fixed-point.js";
import { ParameterError } from "../../src/policy/stress-multiplier.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { checkDeployment, DeploymentMismatchError, WrongChainError } from "../../src/relayer/check-deployment.js";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import { deploy, deployProtocol, NotMinedError } from "../../src/relayer/deploy.js";
import { DeployOptionError, DevelopmentKeyError, WrongSignalCountError, type DeployOptions } from "../../src/relayer/deploy-options.js";
import type { Deployment, PartialDeployment } from "../../src/relayer/deployment-file.js";
import { activateLocally, LOCAL_LIMITS, localDeployOptions, publishLocally } from "../../src/relayer/local-protocol.js";
import { activeVersion, AlreadyActiveError, activate, propose, readVersion, requiredFactor, scheduleActivation, tighten, versionCount } from "../../src/relayer/policy-client.js";
import { ProofEncodingError, verificationKeyHash } from "../../src/relayer/proof-encoding.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { calmIndices, GENESIS } from "../support/protocol.js";
import { groth16Simulator, type Groth16Simulator } from "./groth16-simulator.js";

type Oracle = Exclude<DeployOptions["riskOracle"], string>;

describe("a deployment", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let simulator: Groth16Simulator;
  let options: DeployOptions;
  let deployed: Deployment;
  let snapshot: string | undefined;

  beforeAll(async () => {
    anvil = await startAnvil({ timestamp: GENESIS });
    provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    simulator = await groth16Simulator(7);
    options = await localDeployOptions(provider, { tiers: [{ tier: "S", vkey: simulator.verificationKey, development: false }], assets: 2 });
    deployed = await deployProtocol(options);
  });

  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });

  beforeEach(async () => {
    if (snapshot !== undefined) await provider.send("evm_revert", [snapshot]);
    snapshot = (await provider.send("evm_snapshot", [])) as string;
  });

  const nonce = (): Promise<number> => provider.getTransactionCount(options.owner);

  it("says where everything is, and the chain agrees", async () => {
    expect(deployed).toMatchObject({ chainId: 31337n, owner: options.owner, guardian: options.guardian, collateralSource: ZeroAddress, policyVersion: 1 });
    expect(deployed.tiers).toEqual([{ tier: "S", keyHash: verificationKeyHash(simulator.verificationKey), keyStore: deployed.tiers[0]!.keyStore, development: false }]);
    expect(await provider.getCode(deployed.tiers[0]!.keyStore)).toHaveLength(2 + 2 * (1 + 30 * 32));
    expect(await checkDeployment(provider, deployed)).toEqual({ awaitingOwner: [], activeVersion: 0, development: [] });
  });

  it("has its policy proposed, which the first header lets be activated, once", async () => {
    await expect(activateLocally(provider, deployed)).rejects.toThrow("refused on chain: NoIndices()");
    const header = { epoch: 1n, time: BigInt(GENESIS), riskRoot: 5n, assets: [calmIndices(1), calmIndices(2)] };
    expect((await publishLocally(provider, deployed, header)).published).toBe(true);
    await activateLocally(provider, deployed);
    await expect(activateLocally(provider, deployed)).rejects.toThrow(AlreadyActiveError);
    const policy = deployed.addresses.PolicyRegistry;
    expect([await activeVersion(provider, policy), await requiredFactor(provider, policy), await versionCount(provider, policy)]).toEqual([1, 65_536n, 1]);
    expect(await readVersion(provider, policy, 1)).toEqual({ ...options.policy, verifier: deployed.addresses.MarginVerifier, keys: [{ tier: "S", keyHash: deployed.tiers[0]!.keyHash }] });
    expect((await checkDeployment(provider, deployed)).activeVersion).toBe(1);

    // A later version waits for the timelock, and then for its block or the end of the delay.
    const second = await propose(options.signer, policy, await readVersion(provider, policy, 1));
    const window = (await scheduleActivation(options.signer, policy, second))!;
    expect(window.until - window.from).toBe(3_600n);
    await expect(activate(options.signer, policy)).rejects.toThrow("refused on chain: ActivationTooEarly");
    await provider.send("evm_setNextBlockTimestamp", [Number(window.until)]);
    expect(await activate(options.signer, policy)).toBe(true);
    expect(await activeVersion(provider, policy)).toBe(2);
    await tighten(anvilWallet(6, provider), policy, 2n * Q32);
    expect(await requiredFactor(provider, policy)).toBe(131_072n);
  });

  it("is offered to an owner other than the signer, who has to accept", async () => {
    const owner = anvilWallet(8, provider);
    const other = await deployProtocol({ ...options, owner: owner.address });
    expect((await checkDeployment(provider, other)).awaitingOwner).toEqual(["RiskOracle", "PortfolioRegistry", "PolicyRegistry"]);
    for (const name of ["RiskOracle", "PortfolioRegistry", "PolicyRegistry"] as const) {
      await (await new Contract(other.addresses[name], ["function acceptOwnership()"], owner).getFunction("acceptOwnership").send()).wait();
    }
    expect((await checkDeployment(provider, other)).awaitingOwner).toEqual([]);
  });

  it("puts a new verifier beside registries that exist, as the next version", async () => {
    const before = await nonce();
    const { RiskOracle, PortfolioRegistry, PolicyRegistry, SolvencyRegistry } = deployed.addresses;
    const next = await deployProtocol({ ...options, riskOracle: RiskOracle, portfolioRegistry: PortfolioRegistry, policyRegistry: PolicyRegistry, solvencyRegistry: SolvencyRegistry });
    expect(next.addresses).toEqual({ ...deployed.addresses, MarginVerifier: next.addresses.MarginVerifier });
    expect([next.addresses.MarginVerifier === deployed.addresses.MarginVerifier, next.policyVersion, (await nonce()) - before]).toEqual([false, 2, 2]);
  });

  it("has a collateral source of its own making", async () => {
    let seen = "";
    const { PortfolioRegistry } = await compileContracts();
    const next = await deployProtocol({
      ...options,
      collateralSource: async (policyRegistry) => {
        seen = policyRegistry;
        // Any contract: it is asked nothing here.
        return deploy(options.signer, PortfolioRegistry, [options.owner, options.guardian, 1n, options.owner]);
      },
    });
    expect(seen).toBe(next.addresses.PolicyRegistry);
    expect(next.collateralSource).not.toBe(ZeroAddress);
  });

  it("that was interrupted anywhere goes on where it stopped, and nothing is paid for twice", async () => {
    const sent = await nonce();
    await deployProtocol(options);
    const steps = (await nonce()) - sent;
    expect(steps).toBe(7);
    for (const stop of [1, 2, 4, 6]) {
      const start = await nonce();
      let last: PartialDeployment | undefined;
      let reports = 0;
      const interrupted = deployProtocol({
        ...options,
        onProgress: (partial) => {
          last = partial;
          // Of the step that reports, nothing more is waited for. The first report comes before anything is sent.
          if (++reports === stop) throw new Error("interrupted");
        },
      });
      await expect(interrupted).rejects.toThrow("interrupted");
      const resumed = await deployProtocol({ ...options, resume: last! });
      expect((await nonce()) - start, `stopped at report ${stop}`).toBe(steps);
      expect(resumed.addresses).toMatchObject(last!.addresses);
      expect(resumed.policyVersion).toBe(1);
    }
  });

  it("that was finished is found complete, and nothing is sent", async () => {
    const { chainId, addresses } = deployed;
    const before = await nonce();
    expect(await deployProtocol({ ...options, resume: { chainId, addresses } })).toMatchObject({ addresses, policyVersion: 1 });
    expect(await nonce()).toBe(before);
  });

  it("does not take a contract for what it is not", async () => {
    const before = await nonce();
    const { chainId, addresses } = deployed;
    await expect(deployProtocol({ ...options, riskOracle: addresses.PolicyRegistry })).rejects.toThrow(DeploymentMismatchError);
    await expect(deployProtocol({ ...options, riskOracle: options.owner })).rejects.toThrow("RiskOracle code on chain is 0x and must be");
    await expect(deployProtocol({ ...options, resume: { chainId, addresses: { RiskOracle: addresses.PortfolioRegistry } } })).rejects.toThrow(DeploymentMismatchError);
    await expect(deployProtocol({ ...options, riskOracle: addresses.RiskOracle })).rejects.toThrow(`has an observer, ${addresses.PolicyRegistry}: it must be the policy registry`);
    const stranger = await provider.getSigner(9);
    await expect(deployProtocol({ ...options, signer: stranger, riskOracle: addresses.RiskOracle, policyRegistry: addresses.PolicyRegistry })).rejects.toThrow("it must be owned by the signer");
    // Resumed with other settings than those it was begun with.
    const changed = { ...options, riskOracle: { ...(options.riskOracle as Oracle), limits: { ...LOCAL_LIMITS, grace: 1n } } };
    await expect(deployProtocol({ ...changed, resume: { chainId, addresses } })).rejects.toThrow("RiskOracle.limits.grace on chain is 3600 and must be 1");
    expect(await nonce()).toBe(before);
  });

  it("is not begun with contracts that exist and work with others", async () => {
    const { chainId, addresses } = deployed;
    const { RiskOracle, PortfolioRegistry, PolicyRegistry, SolvencyRegistry } = addresses;
    const other = (await deployProtocol(options)).addresses;
    const { RiskOracle: compiled } = await compileContracts();
    const { timelock, limits, signers, threshold, assets } = options.riskOracle as Oracle;
    const ascending = [...signers].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const unobserved = await deploy(options.signer, compiled, [anvilWallet(8, provider).address, options.guardian, timelock, limits, ascending, threshold, assets]);
    const before = await nonce();
    const cases: readonly (readonly [string, Partial<DeployOptions>])[] = [
      ["has no code: it must be a contract", { collateralSource: anvilWallet(9, provider).address }],
      [`PolicyRegistry.oracle on chain is ${RiskOracle} and must be a new contract`, { policyRegistry: PolicyRegistry }],
      [`has an observer, ${PolicyRegistry}: it must be the policy registry`, { riskOracle: RiskOracle, policyRegistry: other.PolicyRegistry }],
      [`SolvencyRegistry.policyRegistry on chain is ${PolicyRegistry} and must be a new contract`, { solvencyRegistry: SolvencyRegistry }],
      [`SolvencyRegistry.policyRegistry on chain is ${other.PolicyRegistry} and must be ${PolicyRegistry}`, { riskOracle: RiskOracle, policyRegistry: PolicyRegistry, solvencyRegistry: other.SolvencyRegistry }],
      [
        `SolvencyRegistry.collateralSource on chain is ${ZeroAddress} and must be ${PortfolioRegistry}`,
        { riskOracle: RiskOracle, policyRegistry: PolicyRegistry, solvencyRegistry: SolvencyRegistry, collateralSource: PortfolioRegistry },
      ],
      [
        `SolvencyRegistry.collateralSource on chain is ${ZeroAddress} and must be a new contract`,
        { riskOracle: RiskOracle, policyRegistry: PolicyRegistry, solvencyRegistry: SolvencyRegistry, collateralSource: async () => { throw new Error("deployed"); } },
      ],
      ["has no observer and is owned by", { riskOracle: unobserved, owner: anvilWallet(8, provider).address }],
      ["MarginVerifier.portfolioRegistry on chain is", { resume: { chainId, addresses: { ...addresses, PortfolioRegistry: other.PortfolioRegistry } } }],
      ["MarginVerifier.keys on chain is", { resume: { chainId, addresses }, tiers: [{ ...options.tiers[0]!, tier: "M" }] }],
    ];
    for (const [message, change] of cases) {
      await expect(deployProtocol({ ...options, ...change }), message).rejects.toThrow(message);
      expect(await nonce(), message).toBe(before);
    }
  });

  it("does not go on while something recorded is not there", async () => {
    const before = await nonce();
    const { chainId, addresses } = deployed;
    const { address } = anvilWallet(9, provider);
    const resumed = (change: PartialDeployment["addresses"]): Promise<Deployment> => deployProtocol({ ...options, resume: { chainId, addresses: { ...addresses, ...change } } });
    for (const name of Object.keys(addresses) as (keyof typeof addresses)[]) {
      const refused: unknown = await resumed({ [name]: address }).catch((error: unknown) => error);
      expect(refused, name).toBeInstanceOf(NotMinedError);
      expect((refused as Error).message).toContain(`${name} is recorded at ${address}, where there is no code: wait until its transaction is mined, or remove it from the deployment file`);
    }
    const source = deployProtocol({ ...options, collateralSource: async () => { throw new Error("deployed twice"); }, resume: { chainId, addresses: {}, collateralSource: address } });
    await expect(source).rejects.toThrow(`collateralSource is recorded at ${address}`);
    expect(await nonce()).toBe(before);
  });

  it("does not go on with other settings than those it was begun with", async () => {
    const before = await nonce();
    const { chainId, addresses: { RiskOracle, PortfolioRegistry, PolicyRegistry } } = deployed;
    const { signers } = options.riskOracle as Oracle;
    const stranger = anvilWallet(9, provider).address;
    const cases: readonly (readonly [string, Partial<DeployOptions>])[] = [
      ["RiskOracle.guardian on chain is", { guardian: stranger }],
      ["RiskOracle.timelock on chain is 86400 and must be 1", oracle({ timelock: 1n })],
      ["RiskOracle.limits.deviation.depth on chain is", limits({ deviation: { ...LOCAL_LIMITS.deviation, depth: 1n } })],
      ["RiskOracle.signers on chain is", oracle({ signers: [...signers.slice(1), stranger] })],
      ["RiskOracle.threshold on chain is 2 and must be 3", oracle({ threshold: 3 })],
      ["RiskOracle.assets on chain is 1,2 and must be 1,3", oracle({ assets: [3, 1] })],
      ["PortfolioRegistry.settlement on chain is", { portfolioRegistry: { timelock: 86_400n, settlement: stranger } }],
      ["PortfolioRegistry.timelock on chain is 86400 and must be 2", { portfolioRegistry: { timelock: 2n, settlement: stranger } }],
      ["PolicyRegistry.timelock on chain is 86400 and must be 3", { policyRegistry: { timelock: 3n, maxDelay: 3_600n } }],
      ["PolicyRegistry.maxDelay on chain is 3600 and must be 4", { policyRegistry: { timelock: 86_400n, maxDelay: 4n } }],
    ];
    for (const [message, change] of cases) {
      await expect(deployProtocol({ ...options, ...change, resume: { chainId, addresses: { RiskOracle, PortfolioRegistry, PolicyRegistry } } }), message).rejects.toThrow(message);
    }
    // Nor with a contract that exists whose guardian is another.
    await expect(deployProtocol({ ...options, guardian: stranger, portfolioRegistry: PortfolioRegistry })).rejects.toThrow("PortfolioRegistry.guardian on chain is");
    expect(await nonce()).toBe(before);
  });

  const oracle = (change: Partial<Oracle>): Partial<DeployOptions> => ({ riskOracle: { ...(options.riskOracle as Oracle), ...change } });
  const limits = (change: Partial<Oracle["limits"]>): Partial<DeployOptions> => oracle({ limits: { ...LOCAL_LIMITS, ...change } });
  const parameters = (change: Partial<DeployOptions["policy"]["parameters"]>): Partial<DeployOptions> => ({ policy: { ...options.policy, parameters: { ...options.policy.parameters, ...change } } });
  const [one, two] = [anvilWallet(2, new JsonRpcProvider()).address, anvilWallet(3, new JsonRpcProvider()).address];

  it.each<[string, () => Partial<DeployOptions>]>([
    ['owner "0x0000000000000000000000000000000000000000" must not be the zero address', () => ({ owner: ZeroAddress })],
    ['owner "me" must be an address', () => ({ owner: "me" })],
    ['guardian "0xf39fd6e51aad88F6F4ce6aB8827279cffFb92266" must be an address, with a valid checksum', () => ({ guardian: "0xf39fd6e51aad88F6F4ce6aB8827279cffFb92266" })],
    ['riskOracle.timelock "0" must be in 1..7776000', () => oracle({ timelock: 0n })],
    ['riskOracle.limits.maxAge "0" must be in 1..2592000', () => limits({ maxAge: 0n })],
    ['riskOracle.limits.grace "86401" must be in 0..86400', () => limits({ grace: 86_401n })],
    ['riskOracle.limits.minInterval "0"', () => limits({ minInterval: 0n })],
    ['riskOracle.limits.breakerDelay "2592001"', () => limits({ breakerDelay: 2_592_001n })],
    ['riskOracle.limits.deviation.depth "0"', () => limits({ deviation: { ...LOCAL_LIMITS.deviation, depth: 0n } })],
    ['riskOracle.signers "0" must be in 1..16 in number', () => oracle({ signers: [] })],
    [`riskOracle.signers "${one}" must not be there twice`, () => oracle({ signers: [one, one.toLowerCase()], threshold: 2 })],
    ['riskOracle.threshold "1" must be in 2..2 for 2 signers', () => oracle({ signers: [one, two], threshold: 1 })],
    ['riskOracle.threshold "3"', () => oracle({ signers: [one, two], threshold: 3 })],
    ['riskOracle.assets "0" must be in 1..16 in number', () => oracle({ assets: [] })],
    ['riskOracle.assets "1" must not be there twice', () => oracle({ assets: [1, 1] })],
    ['riskOracle.assets "0" must be in 1..4294967295', () => oracle({ assets: [0, 1] })],
    ['portfolioRegistry.settlement "0x0000000000000000000000000000000000000000" must not be the zero', () => ({ portfolioRegistry: { timelock: 1n, settlement: ZeroAddress } })],
    ['policyRegistry.maxDelay "604801" must be in 1..604800', () => ({ policyRegistry: { timelock: 1n, maxDelay: 604_801n } })],
    ['tiers "0" must be in 1..8 in number', () => ({ tiers: [] })],
    ['tiers "S" must not be there twice', () => ({ tiers: [options.tiers[0]!, options.tiers[0]!] })],
    ['tiers "small" must be one to four capital letters', () => ({ tiers: [{ ...options.tiers[0]!, tier: "small" }] })],
    ["parameter maximum = 1:", () => parameters({ maximum: 1n })],
  ])("is not begun with %s", async (message, change) => {
    const before = await nonce();
    const refused: unknown = await deployProtocol({ ...options, ...change() }).catch((error: unknown) => error);
    expect(refused instanceof DeployOptionError || refused instanceof ParameterError, String(refused)).toBe(true);
    expect((refused as Error).message).toContain(message);
    expect(await nonce()).toBe(before);
  });

  it("is not begun with a key that is none, is for another number of signals, or has a point off its curve", async () => {
    const before = await nonce();
    const keyed = (vkey: DeployOptions["tiers"][0]["vkey"]): DeployOptions => ({ ...options, tiers: [{ tier: "S", vkey, development: true }] });
    await expect(deployProtocol(keyed({ ...simulator.verificationKey, curve: "bls12381" }))).rejects.toThrow(ProofEncodingError);
    await expect(deployProtocol(keyed((await groth16Simulator(6)).verificationKey))).rejects.toThrow(WrongSignalCountError);
    await expect(deployProtocol(keyed({ ...simulator.verificationKey, vk_alpha_1: ["1", "3", "1"] }))).rejects.toThrow(VerificationKeyError);
    expect(await nonce()).toBe(before);
  });

  it("is not begun with one key for two tiers", async () => {
    const before = await nonce();
    const twice = deployProtocol({ ...options, tiers: [...options.tiers, { ...options.tiers[0]!, tier: "M" }] });
    await expect(twice).rejects.toThrow(DeployOptionError);
    await expect(twice).rejects.toThrow(`tiers "M" has the key of tier S, ${verificationKeyHash(simulator.verificationKey)}: each must have its own`);
    expect(await nonce()).toBe(before);
  });

  it("is not begun on another chain than the one meant, nor with a development key off a local one", async () => {
    await expect(deployProtocol({ ...options, chainId: 1n })).rejects.toThrow(WrongChainError);
    await expect(deployProtocol({ ...options, resume: { chainId: 1n, addresses: {} } })).rejects.toThrow(WrongChainError);
    const other = await startAnvil({ chainId: 10 });
    const elsewhere = new JsonRpcProvider(other.url, undefined, { cacheTimeout: -1 });
    try {
      const there = await localDeployOptions(elsewhere, { tiers: options.tiers, assets: 2 });
      const keyed = (vkey: DeployOptions["tiers"][0]["vkey"], development: boolean): DeployOptions => ({ ...there, tiers: [...options.tiers, { tier: "M", vkey, development }] });
      await expect(deployProtocol(keyed(simulator.verificationKey, true))).rejects.toThrow(DevelopmentKeyError);
      const marked = { ...simulator.verificationKey, development: true };
      await expect(deployProtocol(keyed(marked, false))).rejects.toThrow(DevelopmentKeyError);
      const unmarked = { ...simulator.verificationKey, vk_alpha_1: simulator.g1(tauSecrets().alpha) };
      await expect(deployProtocol(keyed(unmarked, false))).rejects.toThrow(DevelopmentKeyError);
      expect(await elsewhere.getTransactionCount(there.owner)).toBe(0);
    } finally {
      elsewhere.destroy();
      await other.stop();
    }
  });

  it("is told from what the chain holds by whoever checks it", async () => {
    const check = (change: Partial<Deployment>): Promise<unknown> => checkDeployment(provider, { ...deployed, ...change });
    const { addresses, bytecodeSha256, tiers } = deployed;
    const stranger = getAddress(anvilWallet(9, provider).address);
    await expect(check({ chainId: 1n })).rejects.toThrow(WrongChainError);
    for (const name of Object.keys(addresses) as (keyof typeof addresses)[]) {
      await expect(check({ addresses: { ...addresses, [name]: stranger } }), name).rejects.toThrow(`${name} code on chain is 0x`);
    }
    await expect(check({ bytecodeSha256: { ...bytecodeSha256, MarginVerifier: "00".repeat(32) } })).rejects.toThrow("bytecode of MarginVerifier");
    await expect(check({ collateralSource: stranger })).rejects.toThrow("MarginVerifier.collateralSource");
    await expect(check({ tiers: [{ ...tiers[0]!, keyHash: `0x${"11".repeat(32)}` }] })).rejects.toThrow("MarginVerifier.keys");
    await expect(check({ tiers: [{ ...tiers[0]!, tier: "M" }] })).rejects.toThrow("MarginVerifier.keys");
    await expect(check({ tiers: [{ ...tiers[0]!, keyStore: stranger }] })).rejects.toThrow("key store of tier S");
    await expect(check({ policyVersion: 2 })).rejects.toThrow("number of policy versions on chain is 1 and must be at least 2");
    await expect(check({ owner: stranger })).rejects.toThrow("RiskOracle.owner");
    await expect(check({ guardian: stranger })).rejects.toThrow("RiskOracle.guardian");
    // Parts of two deployments, each as it should be.
    const other = await deployProtocol(options);
    for (const name of ["RiskOracle", "PortfolioRegistry", "PolicyRegistry", "MarginVerifier", "SolvencyRegistry"] as const) {
      await expect(check({ addresses: { ...addresses, [name]: other.addresses[name] } }), name).rejects.toThrow(DeploymentMismatchError);
    }
  });

  it("says which of its keys are development keys by the keys, whatever the file says", async () => {
    const vkey = { ...simulator.verificationKey, vk_alpha_1: simulator.g1(tauSecrets().alpha) };
    const next = await deployProtocol({ ...options, tiers: [...options.tiers, { tier: "M", vkey, development: false }] });
    expect(next.tiers.map(({ development }) => development)).toEqual([false, true]);
    const claimed = { ...next, tiers: next.tiers.map((tier) => ({ ...tier, development: false })) };
    expect((await checkDeployment(provider, claimed)).development).toEqual(["M"]);
  });
});

/**
 * The whole protocol on a chain of a test's own, with calm indices: what a test of proofs and refusals needs around it.
 */
import { id, type HDNodeWallet, JsonRpcProvider } from "ethers";
import { Q32 } from "../../src/math/fixed-point.js";
import type { AssetIndices } from "../../src/policy/asset-indices.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { deployProtocol } from "../../src/relayer/deploy.js";
import type { OracleLimits } from "../../src/relayer/deploy-options.js";
import type { Deployment } from "../../src/relayer/deployment-file.js";
import { activateLocally, LOCAL_ACCOUNTS, LOCAL_LIMITS, localDeployOptions, publishLocally, registerLocally, type LocalOptions } from "../../src/relayer/local-protocol.js";
import { anvilWallet } from "./anvil-wallet.js";

/** Unix second of the first block. */
export const GENESIS = 1_800_000_000;
/** Seconds a superseded root stays usable, and any root does. */
export const GRACE = 600n;
export const MAX_AGE = 86_400n;

export const LIMITS: OracleLimits = { ...LOCAL_LIMITS, grace: GRACE, maxAge: MAX_AGE };

/** A market in which the multiplier is 1. */
export function calmIndices(asset: number): AssetIndices {
  return {
    asset, spot: 70_000n * 10n ** 8n, fastVolatility: Q32 / 4n, slowVolatility: Q32 / 4n, openInterestSkew: 0n, correlation: 0n, depth: 10n ** 15n,
    utilisation: 0n, contagion: 0n,
  };
}

export interface ProtocolChain {
  readonly anvil: Anvil;
  readonly provider: JsonRpcProvider;
  readonly deployment: Deployment;
  /** Deploys, and owns what is deployed. */
  readonly owner: HDNodeWallet;
  readonly holder: HDNodeWallet;
  /** A header of a calm market; the first one makes the policy active. Unless a test waits, its second does not depend on the clock. */
  publish(riskRoot: bigint, epoch: bigint): Promise<void>;
  /** The next version of an account's portfolio. */
  register(account: string, commitment: bigint): Promise<void>;
  wait(seconds: bigint): Promise<void>;
  /** Undoes what was done since the last call; each test begins with it. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export interface ProtocolOptions extends Pick<LocalOptions, "tiers"> {
  /** Default 1. */
  readonly assets?: number;
  /** Default LIMITS. */
  readonly limits?: OracleLimits;
  /** Deploys one; nobody holds collateral by default. */
  readonly collateralSource?: (policyRegistry: string, owner: HDNodeWallet) => Promise<string>;
}

export async function startProtocol({ tiers, assets = 1, limits = LIMITS, collateralSource }: ProtocolOptions): Promise<ProtocolChain> {
  const anvil = await startAnvil({ timestamp: GENESIS });
  const provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
  provider.pollingInterval = 20;
  try {
    const owner = anvilWallet(LOCAL_ACCOUNTS.owner, provider);
    const source = collateralSource && ((policyRegistry: string) => collateralSource(policyRegistry, owner));
    const deployment = await deployProtocol(await localDeployOptions(provider, { tiers, assets, limits, ...(source === undefined ? {} : { collateralSource: source }) }));
    const versions = new Map<string, bigint>();
    let time = BigInt(GENESIS);
    let snapshot: { readonly id: string; readonly versions: ReadonlyMap<string, bigint>; readonly time: bigint } | undefined;
    return {
      anvil, provider, deployment, owner, holder: anvilWallet(LOCAL_ACCOUNTS.holder, provider),
      publish: async (riskRoot, epoch) => {
        const indices = Array.from({ length: assets }, (_, at) => calmIndices(at + 1));
        const now = BigInt((await provider.getBlock("latest"))!.timestamp);
        const first = time === BigInt(GENESIS);
        time = now - time > MAX_AGE / 2n ? now : time + 1n;
        await publishLocally(provider, deployment, { epoch, time, riskRoot, assets: indices });
        if (first) await activateLocally(provider, deployment);
      },
      register: async (account, commitment) => {
        const version = (versions.get(account) ?? 0n) + 1n;
        await registerLocally(provider, deployment, { account, version, commitment, bookHash: id("a book") });
        versions.set(account, version);
      },
      wait: async (seconds) => {
        await provider.send("evm_increaseTime", [Number(seconds)]);
        await provider.send("evm_mine", []);
      },
      reset: async () => {
        if (snapshot !== undefined) {
          await provider.send("evm_revert", [snapshot.id]);
          versions.clear();
          for (const [account, version] of snapshot.versions) versions.set(account, version);
          time = snapshot.time;
        }
        snapshot = { id: (await provider.send("evm_snapshot", [])) as string, versions: new Map(versions), time };
      },
      stop: async () => {
        provider.destroy();
        await anvil.stop();
      },
    };
  } catch (error) {
    provider.destroy();
    await anvil.stop();
    throw error;
  }
}

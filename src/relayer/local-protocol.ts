/**
 * The whole protocol on a local chain, its roles played by the chain's own accounts: for the demonstration, the benchmark and tests.
 */

import type { JsonRpcProvider, JsonRpcSigner } from "ethers";
import { Q32 } from "../math/fixed-point.js";
import { defaultStressPolicy } from "../policy/stress-parameters.js";
import { combineSignatures, oracleDomain, signHeader, type RiskHeader } from "../signer/risk-header.js";
import type { DeployOptions, OracleLimits, TierOptions } from "./deploy-options.js";
import type { Deployment } from "./deployment-file.js";
import { publishHeader, type Publication } from "./oracle-client.js";
import { activateFirst } from "./policy-client.js";
import { signUpdate, submitUpdate, type PortfolioUpdate } from "./portfolio-client.js";

/** Numbers of the accounts that play the roles. */
export const LOCAL_ACCOUNTS = { owner: 0, holder: 1, signers: [2, 3, 4], settlement: 5, guardian: 6 } as const;

/** Two of three oracle signers; an hour's grace for proving, a day until a root is too old. */
export const LOCAL_LIMITS: OracleLimits = {
  grace: 3_600n,
  maxAge: 86_400n,
  maxClockSkew: 15n,
  minInterval: 1n,
  breakerDelay: 600n,
  deviation: {
    spot: Q32 / 4n, fastVolatility: 2n * Q32, slowVolatility: Q32, depth: Q32, openInterestSkew: Q32, utilisation: Q32, correlation: Q32, contagion: Q32,
  },
};

const THRESHOLD = 2;
const TIMELOCK = 86_400n;
const MAX_DELAY = 3_600n;
/** How long a signature of the settlement layer is good for. */
const SIGNATURE_SECONDS = 600n;

export interface LocalOptions {
  readonly tiers: readonly TierOptions[];
  /** How many assets the risk payload has. */
  readonly assets: number;
  /** Default LOCAL_LIMITS. */
  readonly limits?: OracleLimits;
  readonly collateralSource?: DeployOptions["collateralSource"];
}

/** With the stress parameters of generation 3 that ship with the package. */
export async function localDeployOptions(provider: JsonRpcProvider, { tiers, assets, limits = LOCAL_LIMITS, collateralSource }: LocalOptions): Promise<DeployOptions> {
  const [owner, guardian, settlement, ...signers] = await Promise.all(
    [LOCAL_ACCOUNTS.owner, LOCAL_ACCOUNTS.guardian, LOCAL_ACCOUNTS.settlement, ...LOCAL_ACCOUNTS.signers].map((index) => provider.getSigner(index)),
  ) as [JsonRpcSigner, JsonRpcSigner, JsonRpcSigner, ...JsonRpcSigner[]];
  const { chainId } = await provider.getNetwork();
  return {
    signer: owner,
    chainId,
    owner: owner.address,
    guardian: guardian.address,
    riskOracle: {
      timelock: TIMELOCK, limits, threshold: THRESHOLD,
      signers: signers.map(({ address }) => address), assets: Array.from({ length: assets }, (_, at) => at + 1),
    },
    portfolioRegistry: { timelock: TIMELOCK, settlement: settlement.address },
    policyRegistry: { timelock: TIMELOCK, maxDelay: MAX_DELAY },
    tiers,
    ...(collateralSource === undefined ? {} : { collateralSource }),
    policy: defaultStressPolicy(3),
  };
}

/** Has a header signed by as many as must and publishes it. @throws ContractRefusedError */
export async function publishLocally(provider: JsonRpcProvider, { chainId, addresses }: Deployment, header: RiskHeader): Promise<Publication> {
  const signers = await Promise.all(LOCAL_ACCOUNTS.signers.map((index) => provider.getSigner(index)));
  const domain = oracleDomain(chainId, addresses.RiskOracle);
  const signatures = await Promise.all(signers.slice(0, THRESHOLD).map((signer) => signHeader(signer, domain, header)));
  const combined = combineSignatures(domain, header, signatures, { signers: signers.map(({ address }) => address), threshold: THRESHOLD });
  return publishHeader(await provider.getSigner(LOCAL_ACCOUNTS.owner), addresses.RiskOracle, header, combined);
}

/** @throws ContractRefusedError before the first header, AlreadyActiveError */
export async function activateLocally(provider: JsonRpcProvider, { addresses, policyVersion }: Deployment): Promise<void> {
  await activateFirst(await provider.getSigner(LOCAL_ACCOUNTS.owner), addresses.PolicyRegistry, policyVersion);
}

/** Has a change of a book signed by the settlement layer and sends it. @throws ContractRefusedError */
export async function registerLocally(provider: JsonRpcProvider, { chainId, addresses }: Deployment, update: PortfolioUpdate): Promise<void> {
  const settlement = await provider.getSigner(LOCAL_ACCOUNTS.settlement);
  const deadline = BigInt((await provider.getBlock("latest"))!.timestamp) + SIGNATURE_SECONDS;
  const signature = await signUpdate(settlement, { chainId, portfolioRegistry: addresses.PortfolioRegistry }, update, deadline);
  await submitUpdate(settlement, addresses.PortfolioRegistry, update, deadline, signature);
}

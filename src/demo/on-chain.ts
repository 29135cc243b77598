/**
 * The chain's side of the demonstration: a real EVM node with the whole protocol on it, its roles played by the node's accounts.
 */
import { encodeBytes32String, JsonRpcProvider, type TransactionReceipt } from "ethers";
import { verificationKeyJson } from "../../prover/verification-key.js";
import type { TierKey } from "../../prover/prove-margin.js";
import { startAnvil } from "../relayer/anvil.js";
import { deployProtocol } from "../relayer/deploy.js";
import type { Deployment } from "../relayer/deployment-file.js";
import { activateLocally, LOCAL_ACCOUNTS, LOCAL_LIMITS, localDeployOptions, publishLocally, registerLocally } from "../relayer/local-protocol.js";
import { attest, prepareAttestation, type PreparedProof } from "../relayer/margin-client.js";
import type { Demand, MarginProof } from "../relayer/margin-context.js";
import { portfolioUpdate } from "../relayer/portfolio-client.js";
import { ContractRefusedError } from "../relayer/transaction.js";
import { FACTOR_ONE } from "../risk/margin.js";
import type { Portfolio } from "../risk/portfolio.js";
import type { RiskHeader } from "../signer/risk-header.js";

export interface LocalChain {
  readonly deployment: Deployment;
  readonly provider: JsonRpcProvider;
  readonly account: string;
  /** Signed by two of the three oracle signers; the first one makes the policy active. */
  publish(header: RiskHeader): Promise<void>;
  /** Signed by the settlement layer: the account's first book. */
  register(portfolio: Portfolio, salt: bigint): Promise<void>;
  /** What the proof must be for; the account itself is the consumer, and asks for its maintenance margin. */
  prepare(terms: Pick<Demand, "collateral" | "disclose">): Promise<PreparedProof>;
  attest(demand: Demand, margin: MarginProof): Promise<TransactionReceipt>;
  /** Seconds pass. */
  wait(seconds: bigint): Promise<void>;
  stop(): Promise<void>;
}

/** @param timestamp unix second of the first block: that of the market's data, which would be too old today */
export async function startLocalChain({ tier, key }: TierKey, assets: number, timestamp: number): Promise<LocalChain> {
  const anvil = await startAnvil({ timestamp });
  const provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
  try {
    const vkey = verificationKeyJson(key.verificationKey);
    const deployment = await deployProtocol(await localDeployOptions(provider, { tiers: [{ tier, vkey, development: key.development }], assets }));
    const holder = await provider.getSigner(LOCAL_ACCOUNTS.holder);
    const { MarginVerifier } = deployment.addresses;
    let active = false;
    return {
      deployment, provider, account: holder.address,
      publish: async (header) => {
        await publishLocally(provider, deployment, header);
        if (!active) await activateLocally(provider, deployment);
        active = true;
      },
      register: (portfolio, salt) => registerLocally(provider, deployment, portfolioUpdate(holder.address, 1n, portfolio, salt)),
      prepare: async (terms) => {
        const deadline = BigInt((await provider.getBlock("latest"))!.timestamp) + 2n * LOCAL_LIMITS.maxAge;
        const demand = { account: holder.address, action: encodeBytes32String("withdraw"), amount: 1_000_000_000n, healthy: true, ratio: FACTOR_ONE, ...terms };
        return prepareAttestation(provider, MarginVerifier, holder.address, demand, { tier, deadline });
      },
      attest: (demand, margin) => attest(holder, MarginVerifier, demand, margin),
      wait: async (seconds) => {
        await provider.send("evm_increaseTime", [Number(seconds)]);
        await provider.send("evm_mine", []);
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

/** The name of the contract's error; throws if the call is accepted or fails otherwise. */
export async function refusal(send: () => Promise<unknown>): Promise<string> {
  try {
    await send();
  } catch (error) {
    if (error instanceof ContractRefusedError) return error.revert.name;
    throw error;
  }
  throw new AcceptedError();
}

/** Seconds until a root that a newer one has followed is refused. */
export const SUPERSEDED_AFTER = LOCAL_LIMITS.grace + 1n;

export class AcceptedError extends Error {
  constructor() {
    super("the contract accepted what it must refuse");
    this.name = "AcceptedError";
  }
}

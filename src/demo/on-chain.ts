/**
 * The chain's side of the demonstration: a real EVM node, the contracts on it, a proof accepted and three refused.
 */
import { Contract, JsonRpcProvider, NonceManager, encodeBytes32String, type TransactionReceipt } from "ethers";
import { verificationKeyJson } from "../../prover/verification-key.js";
import type { KeyHandle } from "../../prover/keys.js";
import { startAnvil } from "../relayer/anvil.js";
import { deployMarginVerifier, type MarginDeployment } from "../relayer/deploy.js";
import { PORTFOLIO_REGISTRY_ABI, RISK_REGISTRY_ABI } from "../relayer/generated/contract-abi.js";
import { attest, MarginRefusedError, prepareRequest, type AttestArguments, type PreparedRequest } from "../relayer/margin-client.js";

/** Seconds that a superseded root stays usable, and that any root does. */
const GRACE = 600n;
const MAX_AGE = 86_400n;

export interface LocalChain {
  readonly deployment: MarginDeployment;
  readonly account: string;
  publishRoot(riskRoot: bigint, epoch: number): Promise<void>;
  register(commitment: bigint): Promise<void>;
  /** What the proof must be for; the account itself is the consumer. */
  prepare(terms: { factor: bigint; collateral: bigint; disclose: bigint }): Promise<PreparedRequest>;
  attest(args: AttestArguments): Promise<TransactionReceipt>;
  /** Seconds pass. */
  wait(seconds: bigint): Promise<void>;
  stop(): Promise<void>;
}

export async function startLocalChain(key: KeyHandle): Promise<LocalChain> {
  const anvil = await startAnvil();
  const provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
  try {
    // One account plays owner, publisher and settlement layer; the other holds the book.
    const operator = new NonceManager(await provider.getSigner(0));
    const holder = await provider.getSigner(1);
    const owner = await operator.getAddress();
    const deployment = await deployMarginVerifier({
      signer: operator, chainId: 31337n, vkey: verificationKeyJson(key.verificationKey), development: key.development,
      riskRegistry: { owner, publisher: owner, grace: GRACE, maxAge: MAX_AGE },
      portfolioRegistry: { owner, settlement: owner },
    });
    const risk = new Contract(deployment.riskRegistry, RISK_REGISTRY_ABI, operator);
    const portfolios = new Contract(deployment.portfolioRegistry, PORTFOLIO_REGISTRY_ABI, operator);
    return {
      deployment, account: holder.address,
      publishRoot: async (riskRoot, epoch) => void (await (await risk.getFunction("publish").send(riskRoot, epoch)).wait()),
      register: async (commitment) => void (await (await portfolios.getFunction("commit").send(holder.address, commitment)).wait()),
      prepare: async (terms) => {
        const deadline = BigInt((await provider.getBlock("latest"))!.timestamp) + 2n * MAX_AGE;
        return prepareRequest(provider, deployment.marginVerifier, holder.address, {
          account: holder.address, action: encodeBytes32String("withdraw"), amount: 1_000_000_000n, deadline, ...terms,
        });
      },
      attest: (args) => attest(holder, deployment.marginVerifier, args),
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
    if (error instanceof MarginRefusedError) return error.revert.name;
    throw error;
  }
  throw new AcceptedError();
}

export const SUPERSEDED_AFTER = GRACE + 1n;

export class AcceptedError extends Error {
  constructor() {
    super("the contract accepted what it must refuse");
    this.name = "AcceptedError";
  }
}

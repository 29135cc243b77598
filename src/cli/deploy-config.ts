/**
 * The file that `zkmargin deploy --config` reads.
 */
import { dirname, isAbsolute, join } from "node:path";
import { FetchRequest, getAddress, isAddress, JsonRpcProvider, Network, Wallet } from "ethers";
import { z } from "zod";
import { configuredPublicSignals, readCircuitsConfig } from "../../prover/circuits-config.js";
import { checkVerificationKey, isDevelopmentKey, parseVerificationKey, type VerificationKeyJson } from "../../prover/verification-key.js";
import { parsePlainJson, PlainJsonError } from "../market/plain-json.js";
import { decimalUnits } from "../policy/decimals.js";
import { parseStressParameters, type StressPolicy } from "../policy/stress-parameters.js";
import { Q32, ceilDiv, DecimalError } from "../math/fixed-point.js";
import { DEVIATION_BOUNDS, type DeployOptions, type TierOptions } from "../relayer/deploy-options.js";
import { InputError, readText } from "./inputs.js";
import { tierOf } from "./tier-key.js";

const address = z.string().refine((text) => text.startsWith("0x") && isAddress(text), "must be an address, with a valid checksum if it has one").transform(getAddress);
const seconds = z.int().min(0).transform(BigInt);
const q32 = z.string().transform((text, context) => {
  try {
    return ceilDiv(decimalUnits(text) * Q32, decimalUnits("1"));
  } catch (error) {
    if (!(error instanceof DecimalError)) throw error;
    context.addIssue({ code: "custom", message: "must be a decimal with at most 8 digits after the point" });
    return z.NEVER;
  }
});
const RPC_TIMEOUT_MS = 30_000;
const PRIVATE_KEY = /^\s*(0x)?[0-9a-f]{64}\s*$/i;
const notPrivateKey = z.string().refine((text) => !PRIVATE_KEY.test(text), "looks like a private key: name the variable that holds it");
const environmentName = notPrivateKey.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable");

/** Parses as one of the forms that a field may have, so that errors name what is wrong in that form. */
function branch<T extends z.ZodType>(form: T, value: unknown, context: z.RefinementCtx): z.output<T> {
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: "custom", path, message });
  return z.NEVER;
}

/** The address of what exists, or the settings of what is new. */
function addressOr<T extends z.ZodType>(settings: T) {
  return z.unknown().transform((value, context): string | z.output<T> => (typeof value === "string" ? branch(address, value, context) : branch(settings, value, context)));
}

const schema = z.strictObject({
  format: z.literal("zkmargin-deploy-config-1"),
  chainId: z.int().min(1),
  rpcUrl: z.string().describe("http or https; or $NAME: the environment variable that holds it"),
  signer: z.unknown().transform((value, context) => {
    const inline = typeof value === "object" && value !== null && "privateKeyEnv" in value;
    return branch(inline ? z.strictObject({ privateKeyEnv: environmentName }) : z.strictObject({ keystore: notPrivateKey, passwordEnv: environmentName }), value, context);
  }),
  owner: address,
  guardian: address,
  riskOracle: addressOr(z.strictObject({
    timelock: seconds,
    limits: z.strictObject({
      grace: seconds, maxAge: seconds, maxClockSkew: seconds, minInterval: seconds, breakerDelay: seconds,
      deviation: z.strictObject(Object.fromEntries(DEVIATION_BOUNDS.map((name) => [name, q32]))),
    }),
    signers: z.array(address),
    threshold: z.int(),
    assets: z.array(z.int()),
  })),
  portfolioRegistry: addressOr(z.strictObject({ timelock: seconds, settlement: address })),
  policyRegistry: addressOr(z.strictObject({ timelock: seconds, maxDelay: seconds })),
  solvencyRegistry: address.optional(),
  collateralSource: address.optional(),
  tiers: z.array(z.strictObject({ tier: z.string(), vkey: z.string() })).min(1),
  policy: z.string().describe("file of stress parameters"),
});

export type DeployConfig = z.infer<typeof schema>;

/** Names in it are relative to its own folder. @throws InputError naming field, value and rule */
export function readDeployConfig(file: string): DeployConfig {
  const json = readPlainJson(file, "--config");
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    // A secret in the wrong place must not come back in a message, as the name of a field neither.
    const mayBeSecret = ["signer", "rpcUrl"].includes(String(path[0]));
    const rule = mayBeSecret && message.startsWith("Unrecognized key") ? "must be privateKeyEnv alone, or keystore and passwordEnv" : message;
    const value = path.reduce<unknown>((part, name) => (part as Readonly<Record<PropertyKey, unknown>> | undefined)?.[name], json);
    const shown = mayBeSecret || path.length === 0 || value === undefined || typeof value === "object" ? "" : `, is ${JSON.stringify(value)}`;
    throw new InputError("--config", file, maskKeys(`${path.join(".") || "file"}: ${rule}${shown}`));
  }
  return parsed.data;
}

/** The text without what could be a private key. */
export function maskKeys(text: string): string {
  return text.replace(/(0x)?[0-9a-f]{64,}/gi, "(64 hex digits, not shown)");
}

/** Runs what reads a configuration; whatever it throws shows nothing that could be a private key. */
export async function withoutKeys<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error) {
      error.message = maskKeys(error.message);
      error.stack = maskKeys(error.stack ?? "");
    }
    throw error;
  }
}

/** Everything but signer and chain, which come last: what can be wrong without them is looked at first. @throws InputError, VerificationKeyError, PolicyError */
export async function deployOptionsOf(config: DeployConfig, file: string): Promise<Omit<DeployOptions, "signer">> {
  const { riskOracle, portfolioRegistry, policyRegistry, solvencyRegistry, collateralSource, owner, guardian } = config;
  return {
    chainId: BigInt(config.chainId), owner, guardian,
    riskOracle: riskOracle as DeployOptions["riskOracle"],
    portfolioRegistry, policyRegistry,
    ...(solvencyRegistry === undefined ? {} : { solvencyRegistry }),
    ...(collateralSource === undefined ? {} : { collateralSource }),
    tiers: await Promise.all(config.tiers.map(({ tier, vkey }) => readTier(tier, beside(file, vkey)))),
    policy: readStressPolicy(beside(file, config.policy)),
  };
}

async function readTier(tier: string, file: string): Promise<TierOptions> {
  tierOf(tier);
  const vkey = readPlainJson(file, "tiers.vkey") as VerificationKeyJson;
  const key = parseVerificationKey(vkey);
  await checkVerificationKey(key, configuredPublicSignals(readCircuitsConfig()));
  return { tier, vkey, development: await isDevelopmentKey(key) };
}

function readStressPolicy(file: string): StressPolicy {
  return parseStressParameters(readPlainJson(file, "policy"));
}

function readPlainJson(file: string, field: string): unknown {
  const text = readText(file, field);
  try {
    return parsePlainJson(text);
  } catch (error) {
    throw error instanceof PlainJsonError ? new InputError(field, file, error.rule) : error;
  }
}

/**
 * The chain at an address, or at the one that an environment variable holds ($NAME).
 * @throws InputError, ChainAccessError if it does not answer; neither shows the address, which may hold a credential
 */
export async function openProvider(rpcUrl: string, field: string): Promise<JsonRpcProvider> {
  const text = rpcUrl.startsWith("$") ? secret(field, rpcUrl.slice(1)) : rpcUrl;
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (!["http:", "https:"].includes(protocol)) throw new InputError(field, "...", "must be an http or https address");
  const request = new FetchRequest(text);
  request.timeout = RPC_TIMEOUT_MS;
  // Asked once, since a provider asks for its network until somebody answers.
  const chainId = await chainCall(async () => {
    const probe = new JsonRpcProvider(request.clone());
    const [answer] = await probe._send({ id: 1, jsonrpc: "2.0", method: "eth_chainId", params: [] });
    probe.destroy();
    if (answer === undefined || !("result" in answer)) throw new ChainAccessError("eth_chainId is refused");
    return BigInt(String(answer.result));
  });
  const network = Network.from(chainId);
  return new JsonRpcProvider(request, network, { staticNetwork: network, cacheTimeout: -1 });
}

/** Turns an error of ethers into one whose message has neither address nor data. Ours and those of the contracts come as they are. */
export async function chainCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { shortMessage, code } = error as { readonly shortMessage?: unknown; readonly code?: unknown };
    if (typeof shortMessage === "string") throw new ChainAccessError(shortMessage);
    if (typeof code === "string") throw new ChainAccessError(code);
    throw error;
  }
}

/** The wallet that pays. @throws InputError, which shows neither key nor password */
export async function openSigner({ signer }: DeployConfig, file: string, provider: JsonRpcProvider): Promise<Wallet> {
  if ("privateKeyEnv" in signer) {
    try {
      return new Wallet(secret("signer.privateKeyEnv", signer.privateKeyEnv), provider);
    } catch (error) {
      throw error instanceof InputError ? error : new InputError("signer.privateKeyEnv", signer.privateKeyEnv, "must hold a private key: 0x and 64 hex digits");
    }
  }
  const path = beside(file, signer.keystore);
  const json = readText(path, "signer.keystore");
  const password = secret("signer.passwordEnv", signer.passwordEnv);
  try {
    return new Wallet((await Wallet.fromEncryptedJson(json, password)).privateKey, provider);
  } catch {
    throw new InputError("signer.keystore", path, `must be an encrypted JSON keystore that the password in ${signer.passwordEnv} opens`);
  }
}

function secret(field: string, name: string): string {
  const value = process.env[name];
  // What is no variable could be the secret itself.
  if (value === undefined || value === "") throw new InputError(field, "...", "must name an environment variable that is set");
  return value;
}

function beside(file: string, name: string): string {
  return isAbsolute(name) ? name : join(dirname(file), name);
}


export class ChainAccessError extends Error {
  override readonly name = "ChainAccessError";
  constructor(reason: string) {
    super(`the chain does not do as asked: ${reason}`);
  }
}

/**
 * The independent reference (test/oracle/reference): one Python process that answers requests in order. Its arithmetic is its own; only
 * payloads, books and figures cross, as JSON.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { MarketSnapshot } from "../../src/market/market-snapshot.js";
import type { RiskModel } from "../../src/policy/risk-model.js";
import type { Margin } from "../../src/risk/margin.js";
import type { Portfolio } from "../../src/risk/portfolio.js";
import type { RiskPayload } from "../../src/risk/risk-payload.js";
import type { Statement } from "../../src/witness/circuit-input.js";
import { packTerms, discloseSignal, type PublicSignals } from "../../src/witness/public-signals.js";

const SCRIPT = fileURLToPath(new URL("../oracle/reference/evaluate.py", import.meta.url));

/** A JSON value in which integers, beyond the JSON's own, are decimal text. */
export type Answer = Readonly<Record<string, unknown>>;

export interface Reference {
  /** Makes the payload known under a key. A string is a folder that `risk build` wrote. */
  payload(key: string, source: RiskPayload | string, options?: { readonly hash: boolean }): Promise<Answer>;
  /** d, mark, dollar delta and vega of every instrument that is not settled; kept for `exact`. */
  prices(key: string, snapshot: MarketSnapshot, model: RiskModel): Promise<ReferencePrice[]>;
  /** @param parameters replace the known payload's own */
  evaluate(key: string, portfolio: Portfolio, salt: bigint, statement: Statement, parameters?: Parameters): Promise<Answer>;
  exact(key: string, portfolio: Portfolio, statement: Statement, parameters?: Parameters): Promise<ExactMargin>;
  /** Poseidon. */
  hash(inputs: readonly bigint[]): Promise<bigint>;
  /** N(x), Q40, x in Q32. */
  cdf(x: bigint): Promise<bigint>;
  /** Ends the process. */
  close(): void;
}

/** Those of a payload that are not of a bucket. */
export type Parameters = Partial<Pick<RiskPayload, "tail" | "buffer" | "granularity" | "weights" | "damping" | "epoch" | "time">>;

export interface ReferencePrice {
  readonly id: string;
  readonly d: readonly (readonly string[])[];
  readonly mark: string;
  readonly dollarDelta: string;
  readonly vega: string;
}

/** Value units, nothing rounded. */
export interface ExactMargin {
  readonly maintenance: Rational;
  readonly requirement: Rational;
  readonly equity: Rational;
  /** Sum of lots x forward. */
  readonly notional: Rational;
  /** What the exact charges may be less at most. */
  readonly chargeSlack: Rational;
}

export interface Rational {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;
}

export function startReference(): Reference {
  const child = spawn("python3", ["-B", SCRIPT]);
  const ask = requests(child);
  const key = (name: string, id: string) => ({ [name]: id });
  return {
    payload: (id, source, { hash } = { hash: true }) => ask({ ...key("payload", id), source, hash }),
    prices: async (id, snapshot, model) => (await ask({ ...key("prices", id), snapshot, model }))["instruments"] as ReferencePrice[],
    evaluate: (id, portfolio, salt, statement, parameters = {}) => ask({ ...key("evaluate", id), ...bookRequest(portfolio, statement, salt), parameters }),
    async exact(id, portfolio, statement, parameters = {}) {
      const answer = await ask({ ...key("exact", id), ...bookRequest(portfolio, statement), parameters });
      return Object.fromEntries(Object.entries(answer).map(([name, text]) => [name, rational(text as string)])) as unknown as ExactMargin;
    },
    hash: async (inputs) => BigInt((await ask({ hash: inputs }))["hash"] as string),
    cdf: async (x) => BigInt((await ask({ cdf: x }))["cdf"] as string),
    close: () => child.stdin.end(),
  };
}

/** The risk core's figures in the form of the reference's answer to `evaluate`. */
export function figures(margin: Margin, expected: PublicSignals, statement: Statement): Answer {
  const text = (value: bigint) => String(value);
  return {
    losses: margin.losses.map(text), es: text(margin.shortfall.es), worst: text(margin.worst.worst), shortLots: text(margin.shortLots),
    liquidity: text(margin.liquidity), charges: text(margin.charges), maintenance: text(margin.maintenance), equity: text(margin.equity),
    requirement: text(margin.requirement), healthy: margin.healthy, riskRoot: text(expected.riskRoot),
    disclosedRequirement: text(expected.disclosedRequirement), disclosedEquity: text(expected.disclosedEquity),
    terms: text(packTerms({ ...statement, disclose: discloseSignal(statement.disclose) })), portfolioCommitment: text(expected.portfolioCommitment),
  };
}

function bookRequest(portfolio: Portfolio, statement: Statement, salt?: bigint): object {
  // Whole positions: the reference fills slots itself.
  const lots = new Map<number, bigint>();
  for (const { location, quantity } of portfolio.holdings) lots.set(location.instrument.id, (lots.get(location.instrument.id) ?? 0n) + quantity);
  const { factor, collateral, disclose } = statement;
  return { book: { cash: portfolio.cash, positions: [...lots].reverse(), ...(salt === undefined ? {} : { salt }) }, statement: { factor, collateral, ...disclose } };
}

function rational(text: string): Rational {
  const [numerator, denominator = "1"] = text.split("/") as [string, string?];
  return { numerator: BigInt(numerator), denominator: BigInt(denominator) };
}

/** Answers come in the order of the requests; an error of the process fails all that wait. */
function requests(child: ChildProcessWithoutNullStreams): (request: object) => Promise<Answer> {
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (messages += text));
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line) as Answer));
  let ended: Error | undefined;
  const end = (reason: string) => {
    ended ??= new Error(`the reference (python3 ${SCRIPT}) ended: ${reason}`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  child.on("error", (error) => end(error.message));
  child.on("close", () => end(messages));
  // Writing to a process that ended; what matters is told by "close".
  child.stdin.on("error", () => {});
  return (request) => new Promise((resolve, reject) => {
    if (ended !== undefined) return reject(ended);
    waiting.push({ resolve, reject });
    child.stdin.write(`${JSON.stringify(request, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))}\n`);
  });
}

/**
 * Public signals of the margin circuit: names and order come from circuits.json.
 */
import circuits from "../../circuits.json" with { type: "json" };

export const PUBLIC_SIGNALS = [...circuits.publicSignals.outputs, ...circuits.publicSignals.inputs] as readonly PublicSignalName[];

export type PublicSignalName =
  | "healthy" | "disclosedRequirement" | "disclosedEquity" | "portfolioCommitment" | "riskRoot"
  | "context" | "factor" | "disclose" | "collateral";

export type PublicSignals = Readonly<Record<PublicSignalName, bigint>>;

/** Signed public values carry this offset; an undisclosed value is 0. */
export const SIGNED_OFFSET = 1n << 100n;

export interface Disclosure {
  readonly requirement: boolean;
  readonly equity: boolean;
}

export function discloseSignal({ requirement, equity }: Disclosure): bigint {
  return (requirement ? 1n : 0n) + (equity ? 2n : 0n);
}

/** @throws PublicSignalsError if the number of signals differs from circuits.json */
export function namePublicSignals(values: readonly bigint[]): PublicSignals {
  if (values.length !== PUBLIC_SIGNALS.length) throw new PublicSignalsError(values.length);
  return Object.fromEntries(PUBLIC_SIGNALS.map((name, at) => [name, values[at]!])) as PublicSignals;
}

export function listPublicSignals(signals: PublicSignals): bigint[] {
  return PUBLIC_SIGNALS.map((name) => signals[name]);
}

/** What a verifier reads off the signals: undefined where undisclosed. Value units. */
export function readDisclosed(signals: PublicSignals): { healthy: boolean; requirement?: bigint; equity?: bigint } {
  return {
    healthy: signals.healthy === 1n,
    ...((signals.disclose & 1n) === 1n ? { requirement: signals.disclosedRequirement } : {}),
    ...((signals.disclose & 2n) === 2n ? { equity: signals.disclosedEquity - SIGNED_OFFSET } : {}),
  };
}

export class PublicSignalsError extends Error {
  constructor(readonly count: number) {
    super(`a margin proof has ${PUBLIC_SIGNALS.length} public signals, not ${count}`);
    this.name = "PublicSignalsError";
  }
}

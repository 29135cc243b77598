/**
 * Public signals of the margin circuit: names and order come from circuits.json.
 */
import circuits from "../../circuits.json" with { type: "json" };

/** In the order of the proof. */
export const PUBLIC_SIGNALS: readonly string[] = [...circuits.publicSignals.outputs, ...circuits.publicSignals.inputs];

/** What a margin proof states. On the wire factor, disclose and collateral share one signal, `terms`. */
export interface PublicSignals extends Terms {
  /** 0 or 1. */
  readonly healthy: bigint;
  /** Value units, rounded up to the granularity; 0 if not disclosed. */
  readonly disclosedRequirement: bigint;
  /** Value units, rounded down to the granularity, plus 2^100; 0 if not disclosed. */
  readonly disclosedEquity: bigint;
  readonly portfolioCommitment: bigint;
  readonly riskRoot: bigint;
  readonly context: bigint;
}

/** What the contract asks for. */
export interface Terms {
  /** Q16, below 2^24. */
  readonly factor: bigint;
  /** Bit 0: requirement, bit 1: equity. */
  readonly disclose: bigint;
  /** Value units, below 2^72. */
  readonly collateral: bigint;
}

export const STATEMENT_FIELDS = [
  "healthy", "disclosedRequirement", "disclosedEquity", "portfolioCommitment", "riskRoot", "context", "factor", "disclose", "collateral",
] as const satisfies readonly (keyof PublicSignals)[];

/** Signed public values carry this offset; an undisclosed value is 0. */
export const SIGNED_OFFSET = 1n << 100n;

const DISCLOSE_SHIFT = 24n;
const COLLATERAL_SHIFT = 26n;
const TERMS_LIMIT = 1n << 98n;

/** @throws PublicSignalsError if a part is out of its range: it would spill into the next */
export function packTerms({ factor, disclose, collateral }: Terms): bigint {
  const part = (name: string, value: bigint, bits: bigint) => {
    if (value < 0n || value >= 1n << bits) throw new PublicSignalsError(name, value, `must lie in [0, 2^${bits})`);
  };
  part("factor", factor, DISCLOSE_SHIFT);
  part("disclose", disclose, 2n);
  part("collateral", collateral, 72n);
  return factor + (disclose << DISCLOSE_SHIFT) + (collateral << COLLATERAL_SHIFT);
}

/** @throws PublicSignalsError at 2^98 or above */
export function unpackTerms(terms: bigint): Terms {
  if (terms < 0n || terms >= TERMS_LIMIT) throw new PublicSignalsError("terms", terms, "must lie in [0, 2^98)");
  return { factor: terms & ((1n << DISCLOSE_SHIFT) - 1n), disclose: (terms >> DISCLOSE_SHIFT) & 3n, collateral: terms >> COLLATERAL_SHIFT };
}

export interface Disclosure {
  readonly requirement: boolean;
  readonly equity: boolean;
}

export function discloseSignal({ requirement, equity }: Disclosure): bigint {
  return (requirement ? 1n : 0n) + (equity ? 2n : 0n);
}

/** @throws PublicSignalsError if the number of signals differs from circuits.json */
export function namePublicSignals(values: readonly bigint[]): PublicSignals {
  if (values.length !== PUBLIC_SIGNALS.length) throw new PublicSignalsError("signals", BigInt(values.length), `must be ${PUBLIC_SIGNALS.length} in number`);
  const { terms, ...rest } = Object.fromEntries(PUBLIC_SIGNALS.map((name, at) => [name, values[at]!]));
  return { ...(rest as unknown as Omit<PublicSignals, keyof Terms>), ...unpackTerms(terms!) };
}

/** In the order of the proof. */
export function listPublicSignals(signals: PublicSignals): bigint[] {
  const onWire: Readonly<Record<string, bigint>> = { ...signals, terms: packTerms(signals) };
  return PUBLIC_SIGNALS.map((name) => onWire[name]!);
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
  constructor(readonly field: string, readonly value: bigint, readonly rule: string) {
    super(`public ${field} ${value} ${rule}`);
    this.name = "PublicSignalsError";
  }
}

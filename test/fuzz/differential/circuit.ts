/** A tier's witness program, and what it says of a book: public outputs and the inner values that survive as wires. */
import { tierOf } from "../../../src/cli/tier-key.js";
import { tierCircuit } from "../../../prover/artifacts.js";
import { readCircuitsConfig } from "../../../prover/circuits-config.js";
import { calculateWitness } from "../../../prover/witness-calculator.js";
import { fromField } from "../../../src/math/field.js";
import { SCENARIOS } from "../../../src/policy/risk-model.js";
import type { CircuitInput, Tier } from "../../../src/witness/circuit-input.js";
import { PUBLIC_SIGNALS } from "../../../src/witness/public-signals.js";
import type { Answer } from "../../reference/reference.js";
import { readSymbols, witnessValue } from "../../support/circuit-files.js";

/** Figure, and the signals that carry it or its negative: the compiler keeps one of those that are linear in each other, not the same in each tier. */
const INNER: Readonly<Record<string, readonly string[]>> = {
  es: ["main.margin.es", "main.shortfall.es"],
  worst: ["main.margin.worst", "main.worst.worst"],
  liquidity: ["main.liquidity.liquidity", "main.margin.liquidity"],
  maintenance: ["main.disclosure.maintenance", "main.margin.maintenance"],
  equity: ["main.disclosure.equity", "-main.disclosure.down.in"],
  requirement: ["main.disclosure.requirement", "main.disclosure.scaled.out", "main.disclosure.up.in"],
};

export interface TierCircuit {
  readonly tier: Tier;
  /** The figures under the names that the reference uses; `context` beside them. */
  figures(input: CircuitInput): Promise<Answer>;
}

/** Of circuits.json, without those that are compiled only when somebody asks. */
export function tierNames(): string[] {
  return Object.entries(readCircuitsConfig().tiers).filter(([, sizes]) => !("onDemand" in sizes)).map(([name]) => name);
}

export async function loadTier(name: string): Promise<TierCircuit> {
  const { wasm, sym } = await tierCircuit(name);
  const wires = new Map(readSymbols(sym).map(({ wire, name: signal }) => [signal, wire]));
  const wire = (figure: string, signals: readonly string[]): { readonly figure: string; readonly number: number; readonly negative: boolean } => {
    const signal = signals.find((name) => wires.has(name.replace("-", "")));
    if (signal === undefined) throw new Error(`tier ${name} has no wire of ${figure}: none of ${signals.join(", ")}`);
    return { figure, number: wires.get(signal.replace("-", ""))!, negative: signal.startsWith("-") };
  };
  const inner = Object.entries(INNER).map(([figure, signals]) => wire(figure, signals));
  const losses = Array.from({ length: SCENARIOS }, (_, s) => wire("losses", [`main.loss[${s}]`]).number);
  return {
    tier: tierOf(name),
    async figures(input) {
      const witness = await calculateWitness(wasm, input);
      const value = (number: number) => witnessValue(witness, number);
      const signed = (number: number, negative = false) => String(fromField(value(number)) * (negative ? -1n : 1n));
      const signals = Object.fromEntries(PUBLIC_SIGNALS.map((signal, at) => [signal, String(value(at + 1))]));
      const figures = Object.fromEntries(inner.map(({ figure, number, negative }) => [figure, signed(number, negative)]));
      return { ...signals, ...figures, healthy: signals["healthy"] === "1", losses: losses.map((number) => signed(number)) };
    },
  };
}

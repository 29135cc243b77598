/** One case through risk core, circuit and, where it is asked, the independent reference: every figure that differs. */
import { isDeepStrictEqual } from "node:util";
import { prepareProof, type PreparedProof } from "../../../src/witness/circuit-input.js";
import { figures, type Answer } from "../../reference/reference.js";
import type { DifferentialCase } from "./cases.js";
import type { TierCircuit } from "./circuit.js";

export interface Difference {
  readonly figure: string;
  readonly core: unknown;
  readonly other: unknown;
  readonly from: "circuit" | "reference";
}

/** What the risk core expects; another one in the test of this test. */
export type Expectation = (drawn: DifferentialCase) => PreparedProof;

export const riskCore: Expectation = ({ payload, tree, portfolio, salt, statement, tier }) =>
  prepareProof(payload, tree, portfolio, salt, statement, tier);

/** @param reference its figures, if it is asked; only those it gives are compared */
export async function compareCase(
  drawn: DifferentialCase, circuit: TierCircuit, expectation: Expectation = riskCore, reference?: Promise<Answer>,
): Promise<Difference[]> {
  let prepared: PreparedProof;
  try {
    prepared = expectation(drawn);
  } catch (error) {
    // Every drawn book fits its tier.
    return [{ figure: "refused", core: (error as Error).message, other: undefined, from: "circuit" }];
  }
  const core: Answer = { ...figures(prepared.margin, prepared.expected, drawn.statement), context: String(prepared.expected.context) };
  const differences = differ(core, await circuitFigures(circuit, prepared), "circuit");
  return reference === undefined ? differences : [...differences, ...differ(core, await reference, "reference")];
}

async function circuitFigures(circuit: TierCircuit, prepared: PreparedProof): Promise<Answer> {
  try {
    return await circuit.figures(prepared.input);
  } catch (error) {
    // An honest book that the circuit refuses.
    return { refused: (error as Error).message };
  }
}

function differ(core: Answer, other: Answer, from: Difference["from"]): Difference[] {
  return Object.keys(other).filter((figure) => !isDeepStrictEqual(core[figure], other[figure])).map((figure) => ({ figure, core: core[figure], other: other[figure], from }));
}

/** For an assertion's message. */
export function describeDifferences(differences: readonly Difference[]): string {
  return differences.map(({ figure, core, other, from }) => `${figure}: risk core ${short(core)}, ${from} ${short(other)}`).join("; ");
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

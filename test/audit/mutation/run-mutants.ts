import { calculator, compileSystem, violations } from "../compile.js";
import { openSignals } from "../statements.js";
import type { Subject } from "../subjects.js";
import type { Case } from "./cases.js";
import type { Mutant } from "./source-mutants.js";

/**
 * compiler: it does not compile. value: a true statement is refused, or proven with another output. lie: inputs that no witness may exist for are taken.
 * audit: a statement about what is determined no longer follows.
 */
export type MutantKiller = "compiler" | "value" | "lie" | "audit";

export interface Outcome {
  readonly mutant: Mutant;
  readonly killer: MutantKiller | undefined;
}

/** Who notices a change of the source. */
export async function runMutant(subject: Subject, cases: readonly Case[], mutant: Mutant): Promise<Outcome> {
  // The change first: it replaces the file as it stands, which other edits of the subject go on from.
  const changed = { ...subject, edits: [mutant.edit, ...(subject.edits ?? [])] };
  let system;
  try {
    system = await compileSystem(changed);
  } catch {
    return { mutant, killer: "compiler" };
  }
  const assign = await calculator(system, changed);
  const taken: Case[] = [];
  for (const { inputs, outputs } of cases) {
    // A program that stops has no witness to offer.
    const values = await assign(inputs).catch(() => undefined);
    const accepted = values !== undefined && violations(system, values).length === 0;
    if (outputs === undefined && accepted) taken.push({ inputs });
    if (outputs !== undefined && (!accepted || values.slice(1, 1 + system.outputs).some((value, i) => value !== outputs[i]))) return { mutant, killer: "value" };
  }
  if (taken.length > 0) return { mutant, killer: "lie" };
  return { mutant, killer: subject.statements.some((statement) => openSignals(system, statement).length > 0) ? "audit" : undefined };
}

/** Every constraint of a template taken out in turn, and who notices. */
import { calculator, violations, type Assignment } from "../compile.js";
import type { System } from "../forms.js";
import type { HashedSystem } from "../opaque-hashes.js";
import { openSignals } from "../statements.js";
import type { Subject } from "../subjects.js";
import type { Case } from "./cases.js";

/** audit: a statement about what is determined no longer follows. lie: inputs that no witness may exist for are taken. */
export type Killer = "audit" | "lie";

export interface Deletion {
  readonly row: number;
  /** Signals of the constraint, without indices. */
  readonly signals: string;
  readonly killer: Killer | undefined;
}

/**
 * One system with a row less for each row that `selected` has. With fewer rows less follows (but for what a lemma concludes from a wire's being used nowhere
 * else), so a set of constraints is noticed if one of them is; and a signal that is assigned without its constraint (<-- for <==) is its row deleted.
 */
export async function deletions(system: HashedSystem, subject: Subject, cases: readonly Case[], selected: readonly number[]): Promise<Deletion[]> {
  const lies = await falseAssignments(system, subject, cases);
  return selected.map((row) => {
    const without = { ...system, rows: system.rows.filter((_, at) => at !== row) };
    const killer = lies.some((violated) => violated.length === 1 && violated[0] === row) ? "lie"
      : subject.statements.some((statement) => openSignals(without, statement).length > 0) ? "audit" : undefined;
    return { row, signals: signalsOf(system, row), killer };
  });
}

/** Rows that each false assignment violates. */
async function falseAssignments(system: System, subject: Subject, cases: readonly Case[]): Promise<number[][]> {
  const assign = await calculator(system, subject);
  const assignments: Assignment[] = await Promise.all(cases.filter(({ outputs }) => outputs === undefined).map(({ inputs }) => assign(inputs)));
  return assignments.map((values) => violations(system, values));
}

/** First, middle and last of the rows that differ in indices only. */
export function representatives(system: System): number[] {
  const classes = new Map<string, number[]>();
  for (const row of system.rows.keys()) {
    const key = signalsOf(system, row);
    classes.set(key, [...(classes.get(key) ?? []), row]);
  }
  return [...classes.values()].flatMap((rows) => [...new Set([rows[0]!, rows[rows.length >> 1]!, rows.at(-1)!])]).sort((x, y) => x - y);
}

/** "factor x other = product" with the signals of each, indices left out. */
export function signalsOf(system: System, row: number): string {
  const { a, b, c } = system.rows[row]!;
  const names = (form: ReadonlyMap<number, bigint>) => [...new Set([...form.keys()].filter((wire) => wire !== 0).map((wire) => system.names[wire]!.replace(/^main\./, "").replace(/\[[^\]]*\]/g, "")))].sort().join(", ");
  const [left, right] = [names(a), names(b)].sort();
  return left === "" && right === "" ? `${names(c)} linear` : `(${left}) (${right}) = ${names(c) === "" ? "0" : names(c)}`;
}

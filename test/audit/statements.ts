/** What a statement about a template leaves open. */
import { addTerm, type Form, type System } from "./forms.js";
import type { HashedSystem } from "./opaque-hashes.js";
import type { Statement } from "./subjects.js";
import { auditUniqueness, inputsOf, type Rule } from "./uniqueness.js";

/** Signals that two witnesses may disagree on although the statement says they cannot; empty: it is shown. */
export function openSignals(system: HashedSystem, statement: Statement): string[] {
  return [...new Set((statement.cases ?? [{}]).flatMap((values) => openInCase(system, statement, values)))];
}

/** Why each wire is determined in a statement without cases. */
export function rulesOf(system: HashedSystem, statement: Statement): readonly (Rule | undefined)[] {
  return auditUniqueness(system, givenWires(system, statement), system.hashes).rules;
}

function openInCase(system: HashedSystem, statement: Statement, values: Readonly<Record<string, number>>): string[] {
  const known = new Map(Object.entries(values).map(([signal, value]) => [system.names.indexOf(`main.${signal}`), BigInt(value)]));
  if (known.has(-1)) throw new Error("a case names no signal of the system");
  const { undetermined } = auditUniqueness(substituted(system, known), [...givenWires(system, statement), ...known.keys()], system.hashes);
  const open = new Set(statement.open ?? []);
  // With something left open, what is computed from it is too: inputs and outputs are what counts.
  const last = system.outputs + system.publicInputs + system.privateInputs;
  return undetermined.filter((wire) => (open.size === 0 || wire <= last) && !open.has(stem(system.names[wire]!))).map((wire) => system.names[wire]!);
}

function givenWires(system: System, { given }: Statement): number[] {
  if (given === undefined) return inputsOf(system);
  const wires = system.names.flatMap((name, wire) => (given.includes(stem(name)) ? [wire] : []));
  for (const signal of given) if (!wires.some((wire) => stem(system.names[wire]!) === signal)) throw new Error(`no signal ${signal}`);
  return wires;
}

/** "main.used[3]" -> "used" */
function stem(name: string): string {
  return name.replace(/^main\./, "").replace(/\[.*$/, "");
}

/** The system with values in the place of wires. */
function substituted(system: System, known: ReadonlyMap<number, bigint>): System {
  if (known.size === 0) return system;
  const substitute = (form: Form): Form => {
    const out = new Map<number, bigint>();
    for (const [wire, coefficient] of form) {
      const value = known.get(wire);
      if (value === undefined) addTerm(out, wire, coefficient);
      else if (value !== 0n) addTerm(out, 0, coefficient * value);
    }
    return out;
  };
  return { ...system, rows: system.rows.map(({ a, b, c }) => ({ a: substitute(a), b: substitute(b), c: substitute(c) })) };
}

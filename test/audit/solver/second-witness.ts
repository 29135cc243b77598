/**
 * Search for a second witness: two assignments that satisfy every row of a constraint system over a small prime field, alike in the given signals and
 * different in a sought one. The field has a small prime in place of that of BN254, so a template takes part at widths scaled down with it.
 */
import type { System } from "../forms.js";
import type { Hash } from "../uniqueness.js";
import { eliminate, followed, valueOf, type Reduced } from "./elimination.js";
import { runZ3, SolverError } from "./run-z3.js";
import { addModulo, balanced, booleanWires, inverseModulo, modulo, overSmallField, smallViolations, type SmallRow } from "./small-field.js";
import { Program, type Unknown } from "./translation.js";

export interface SearchOptions {
  readonly prime: number;
  /** Signals that are alike in both witnesses, without "main."; an array's name stands for all of it. Default: all inputs. */
  readonly given?: readonly string[];
  /** Signals of which at least one differs. Default: all outputs. */
  readonly sought?: readonly string[];
  /** What callers guarantee of inputs: signed, both ends included. Others are any field element. */
  readonly ranges?: Readonly<Record<string, readonly [least: number, most: number]>>;
  /**
   * Signals to seek first, set after set: one of which the solver finds no two values is taken as given in what follows, with all that it fixes. It changes how
   * long the search takes, not what it finds.
   */
  readonly stages?: readonly (readonly string[])[];
  /** For each stage, and for the search itself. */
  readonly seconds: number;
}

/** A value of each wire, in [0, prime). */
export type SmallAssignment = readonly number[];

export type Search =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly first: SmallAssignment; readonly second: SmallAssignment }
  /** Not decided in time. */
  | { readonly kind: "unknown" };

interface Question {
  readonly prime: number;
  readonly rows: readonly SmallRow[];
  readonly reduced: Reduced;
  readonly booleans: ReadonlySet<number>;
  /** The given signals and what they fix, a row at a time. */
  readonly alike: ReadonlySet<number>;
  readonly sought: readonly number[];
  readonly ranges: ReadonlyMap<number, readonly [number, number]>;
  readonly calls: readonly Hash[];
  readonly wires: number;
}

type SearchedSystem = System & { readonly hashes?: readonly Hash[] };

const COPIES = ["a", "b"] as const;
type Copy = (typeof COPIES)[number];

/**
 * A found pair was checked, row by row and apart from the solver. Hashes that the rows say nothing of have no collisions: instances with as many inputs have the
 * same out if and only if they have the same inputs. Throws SolverError, and SmallFieldError for a system that has no counterpart.
 */
export async function findSecondWitness(system: SearchedSystem, options: SearchOptions): Promise<Search> {
  const { stages = [], ...rest } = options;
  const [stage, ...later] = stages;
  if (stage !== undefined) {
    const { kind } = await findSecondWitness(system, { ...rest, sought: stage });
    const given = [...(options.given ?? inputsOf(system)), ...(kind === "none" ? stage : [])];
    return findSecondWitness(system, { ...rest, given, stages: later });
  }
  const question = ask(system, options);
  if (question.sought.every((wire) => question.alike.has(wire))) return { kind: "none" };
  const { text, unknowns } = written(question);
  const answer = await runZ3(text, options.seconds);
  if (answer === undefined || /^unknown\b/.test(answer)) return { kind: "unknown" };
  if (/^unsat\b/.test(answer)) return { kind: "none" };
  if (!/^sat\b/.test(answer) || answer.includes("(error")) throw new SolverError(answer);
  const values = readValues(answer, unknowns);
  const [first, second] = COPIES.map((copy) => assignment(question, copy, values)) as [SmallAssignment, SmallAssignment];
  const faults = faultsOf(question, first, second);
  if (faults.length > 0) throw new SolverError(`a pair that is none: ${faults.join(", ")}`);
  return { kind: "found", first, second };
}

function ask(system: SearchedSystem, options: SearchOptions): Question {
  const { prime } = options;
  const wiresOf = new Map<string, number[]>();
  for (const [wire, name] of system.names.entries()) {
    for (const prefix of prefixesOf(name)) wiresOf.set(prefix, [...(wiresOf.get(prefix) ?? []), wire]);
  }
  const named = (signal: string): readonly number[] => {
    const found = wiresOf.get(`main.${signal}`);
    if (found === undefined) throw new RangeError(`no signal ${signal}`);
    return found;
  };
  const outputs = Array.from({ length: system.outputs }, (_, i) => 1 + i);
  const given = new Set((options.given ?? inputsOf(system)).flatMap(named));
  const sought = options.sought?.flatMap(named) ?? outputs;
  const ranges = new Map(Object.entries(options.ranges ?? {}).flatMap(([signal, range]) => named(signal).map((wire) => [wire, range] as const)));
  const calls = system.hashes ?? [];
  const rows = overSmallField(system, prime);
  const booleans = booleanWires(rows, prime);
  const kept = new Set([...given, ...sought, ...ranges.keys(), ...booleans, ...calls.flatMap(({ inputs: wires, out }) => [...wires, out])]);
  const alike = followed(rows, given);
  const reduced = eliminate(rows, prime, kept, alike);
  for (const [wire, range] of impliedRanges(reduced.rows, booleans, prime)) if (!ranges.has(wire)) ranges.set(wire, range);
  return { prime, rows, reduced, booleans, alike, sought, ranges, calls, wires: system.wires };
}

/** The inputs' names, without "main.". */
function inputsOf(system: System): string[] {
  return system.names.slice(1 + system.outputs, 1 + system.outputs + system.publicInputs + system.privateInputs).map((name) => name.replace(/^main\./, ""));
}

/** Of a wire that a linear row makes a sum of booleans. */
function impliedRanges(rows: readonly SmallRow[], booleans: ReadonlySet<number>, prime: number): Map<number, readonly [number, number]> {
  const ranges = new Map<number, readonly [number, number]>();
  for (const { a, b, c } of rows) {
    const [wire, ...others] = [...c.keys()].filter((key) => key !== 0 && !booleans.has(key));
    if (a.size > 0 || b.size > 0 || wire === undefined || others.length > 0) continue;
    const sum = new Map<number, number>();
    addModulo(sum, c, -inverseModulo(c.get(wire)!, prime), prime);
    let [least, most] = [0, 0];
    for (const [key, value] of sum) {
      const coefficient = balanced(value, prime);
      if (key === wire) continue;
      if (key === 0 || coefficient < 0) least += coefficient;
      if (key === 0 || coefficient > 0) most += coefficient;
    }
    if (most - least < prime - 1) ranges.set(wire, [least, most]);
  }
  return ranges;
}

/** "main.a[1].b[2]" is also part of "main.a[1].b" and "main.a[1]" is part of "main.a". */
function prefixesOf(name: string): string[] {
  const prefixes = [name];
  for (let at = name; at.endsWith("]"); prefixes.push(at)) at = at.slice(0, at.lastIndexOf("["));
  return prefixes;
}

function written(question: Question): { readonly text: string; readonly unknowns: ReadonlyMap<string, Unknown> } {
  const { prime, reduced, sought, calls } = question;
  const program = new Program(prime);
  const unknowns = new Map<string, Unknown>();
  const unknownOf = (copy: Copy) => (wire: number): Unknown => {
    const unknown = unknownOfWire(question, copy, wire);
    if (!unknowns.has(unknown.name)) {
      program.declare(unknown);
      unknowns.set(unknown.name, unknown);
    }
    return unknown;
  };
  for (const copy of COPIES) for (const row of reduced.rows) program.assert(program.row(row, unknownOf(copy)));
  const same = (x: readonly Unknown[], y: readonly Unknown[]): string => `(and ${x.map((unknown, i) => program.alike(unknown, y[i]!)).join(" ")})`;
  const both = sought.map((wire) => COPIES.map((copy) => unknownOf(copy)(wire)));
  program.assert(`(not ${same(both.map(([first]) => first!), both.map(([, second]) => second!))})`);
  const called = COPIES.flatMap((copy) => calls.map(({ inputs, out }) => ({ inputs: inputs.map(unknownOf(copy)), out: unknownOf(copy)(out) })));
  for (const [i, call] of called.entries()) {
    for (const other of called.slice(0, i)) {
      if (other.inputs.length === call.inputs.length) program.assert(`(= ${same([call.out], [other.out])} ${same(call.inputs, other.inputs)})`);
    }
  }
  return { text: `${program.text}\n(check-sat)\n(get-value (${[...unknowns.keys()].join(" ")}))\n`, unknowns };
}

function unknownOfWire({ booleans, alike, ranges, prime }: Question, copy: Copy, wire: number): Unknown {
  const name = `${alike.has(wire) ? "s" : copy}${wire}`;
  if (booleans.has(wire)) return { name, kind: "bool" };
  const [least, most] = ranges.get(wire) ?? [0, prime - 1];
  return { name, kind: "integer", least, most };
}

function readValues(answer: string, unknowns: ReadonlyMap<string, Unknown>): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const [, name, binary, hexadecimal, truth] of answer.matchAll(/\((\w+) (?:#b([01]+)|#x([0-9a-f]+)|(true|false))\)/g)) {
    const unknown = unknowns.get(name!);
    if (unknown?.kind === "bool") values.set(name!, truth === "true" ? 1 : 0);
    else if (unknown !== undefined) values.set(name!, unknown.least + (binary === undefined ? parseInt(hexadecimal!, 16) : parseInt(binary, 2)));
  }
  return values;
}

function assignment(question: Question, copy: Copy, values: ReadonlyMap<string, number>): SmallAssignment {
  const { prime, reduced, wires } = question;
  const left = Array.from({ length: wires }, (_, wire) => (wire === 0 ? 1 : modulo(values.get(unknownOfWire(question, copy, wire).name) ?? 0, prime)));
  return left.map((value, wire) => {
    const form = reduced.solved.get(wire);
    return form === undefined ? value : valueOf(form, left, prime);
  });
}

/** What keeps a pair from being two witnesses as the question wants them. Reads the rows as compiled, not those that the solver was given. */
function faultsOf({ rows, prime, alike, sought, ranges, calls }: Question, first: SmallAssignment, second: SmallAssignment): string[] {
  const pair = [first, second];
  const inRange = (value: number, [least, most]: readonly [number, number]): boolean => modulo(value - least, prime) <= most - least;
  const called = pair.flatMap((values) => calls.map(({ inputs, out }) => ({ inputs: inputs.map((wire) => values[wire]!).join(), arity: inputs.length, out: values[out]! })));
  return [
    ...pair.flatMap((values, i) => smallViolations(rows, prime, values).map((row) => `row ${row} of witness ${i + 1}`)),
    ...[...alike].filter((wire) => first[wire] !== second[wire]).map((wire) => `wire ${wire} that is alike`),
    ...(sought.some((wire) => first[wire] !== second[wire]) ? [] : ["nothing sought differs"]),
    ...[...ranges].filter(([wire, range]) => !pair.every((values) => inRange(values[wire]!, range))).map(([wire]) => `range of wire ${wire}`),
    ...(called.some((x) => called.some((y) => x.arity === y.arity && (x.out === y.out) !== (x.inputs === y.inputs))) ? ["a collision"] : []),
  ];
}

import { describe, expect, it } from "vitest";
import { circuitFiles, circuitSource } from "../support/template.js";
import { CASES } from "./mutation/cases.js";
import { MARGIN, marginCases } from "./mutation/margin.js";
import { runMutant, type MutantKiller, type Outcome } from "./mutation/run-mutants.js";
import { mutantsOf } from "./mutation/source-mutants.js";
import { AUDIT_PAGE, explained, lineIn, linesOf } from "./mutation/table.js";
import { SUBJECTS } from "./subjects.js";

const FILE = "test/audit/mutation/source-mutants.csv";
const subjects = [...SUBJECTS.filter(({ file }) => file !== "margin.circom"), MARGIN];
const templateOf = (instance: string) => instance.split("(")[0]!;

describe(`${FILE}: widths one bit larger, range checks of nothing, signs exchanged (UPDATE_SNAPSHOTS=1 renews it; its difference is reviewed)`, () => {
  it("is about every template", () => {
    const templates = circuitFiles().flatMap((file) => [...circuitSource(file).matchAll(/^template (\w+)\(/gm)].map(([, name]) => name!));
    expect(subjects.map(({ name }) => templateOf(name)).sort()).toEqual(templates.sort());
    expect(linesOf(FILE).sort()).toEqual(subjects.map(({ name }) => name).sort());
  });

  it.each(subjects)("$name", async (subject) => {
    const cases = subject === MARGIN ? await marginCases(subject) : CASES[subject.name]!;
    const outcomes: Outcome[] = [];
    for (const mutant of mutantsOf(subject.file, templateOf(subject.name))) outcomes.push(await runMutant(subject, cases, mutant));
    const count = (killer: MutantKiller | undefined) => outcomes.filter((each) => each.killer === killer).length;
    const line = { mutants: outcomes.length, compiler: count("compiler"), value: count("value"), lie: count("lie"), audit: count("audit"), alive: count(undefined) };
    expect(lineIn(FILE, subject.name, line)).toEqual(line);
    const survivors = outcomes.filter(({ killer }) => killer === undefined).map(({ mutant }) => mutant.to);
    expect(survivors.sort(), `survivors are explained in ${AUDIT_PAGE}`).toEqual(explained(subject.name));
  });
});

import { describe, expect, it } from "vitest";
import { compileSystem } from "./compile.js";
import { CASES } from "./mutation/cases.js";
import { deletions, representatives, type Deletion } from "./mutation/deletions.js";
import { joiningRows, NARROW } from "./mutation/margin.js";
import { AUDIT_PAGE, explained, lineIn, linesOf } from "./mutation/table.js";
import { SUBJECTS, type Subject } from "./subjects.js";

const FILE = "test/audit/mutation/deletions.csv";
/** Up to this many rows each of them is deleted, above it three of each kind. */
const EACH = 300;

async function deleted(subject: Subject): Promise<{ rows: number; found: Deletion[] }> {
  const joining = subject.file === "margin.circom";
  const system = await compileSystem(joining ? { ...subject, edits: [...subject.edits!, ...NARROW] } : subject);
  const selected = joining ? joiningRows(system) : system.rows.length <= EACH ? [...system.rows.keys()] : representatives(system);
  return { rows: system.rows.length, found: await deletions(system, subject, CASES[subject.name] ?? [], selected) };
}

/** Of the whole circuit only how its templates are joined, at the smallest size. */
const subjects = SUBJECTS.map((subject) => (subject.file === "margin.circom" ? { ...subject, name: "Margin(2, 2, 8, 8)", instance: "Margin(2, 2, 8, 8)" } : subject));

describe(`${FILE}: constraints taken out, one at a time (UPDATE_SNAPSHOTS=1 renews it; its difference is reviewed)`, () => {
  it("has a line for each template and no other", () => {
    expect(linesOf(FILE).sort()).toEqual(subjects.map(({ name }) => name).sort());
  });
  it.each(subjects)("$name", async (subject) => {
    const { rows, found } = await deleted(subject);
    const count = (killer: Deletion["killer"]) => found.filter((each) => each.killer === killer).length;
    const line = { constraints: rows, deleted: found.length, audit: count("audit"), lie: count("lie"), alive: count(undefined) };
    expect(lineIn(FILE, subject.name, line)).toEqual(line);
    const survivors = found.filter(({ killer }) => killer === undefined).map(({ signals }) => signals);
    expect([...new Set(survivors)].sort(), `survivors are explained in ${AUDIT_PAGE}`).toEqual(explained(`${subject.name} less`));
  });
});

import { describe, expect, it } from "vitest";
import { compileSystem } from "./compile.js";
import { openSignals } from "./statements.js";
import { SUBJECTS } from "./subjects.js";

describe.each(SUBJECTS)("$name", (subject) => {
  it.each(subject.statements)("$claim", async (statement) => {
    expect(openSignals(await compileSystem(subject), statement)).toEqual([]);
  });
});

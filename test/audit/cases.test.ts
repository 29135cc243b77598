import { describe, expect, it } from "vitest";
import { calculator, compileSystem, violations } from "./compile.js";
import { CASES } from "./mutation/cases.js";
import { SUBJECTS } from "./subjects.js";

describe.each(SUBJECTS.filter(({ name }) => CASES[name] !== undefined))("$name", (subject) => {
  it("gives the specified outputs, and refuses what has none", async () => {
    const system = await compileSystem(subject);
    const assign = await calculator(system, subject);
    for (const [at, { inputs, outputs }] of CASES[subject.name]!.entries()) {
      const values = await assign(inputs);
      if (outputs === undefined) expect(violations(system, values).length, `case ${at}`).toBeGreaterThan(0);
      else {
        expect(violations(system, values), `case ${at}`).toEqual([]);
        expect(values.slice(1, 1 + system.outputs), `case ${at}`).toEqual(outputs);
      }
    }
  });
});

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { circuitFiles, circuitSource, ROOT, type Edit } from "../support/template.js";
import { circomspect, inspectTier, templateFiles } from "./circuit-tools.js";
import { compareWithReviewed, EXPLAINED } from "./reviewed.js";

function beforeDeltas(statements: string): Edit {
  const from = "    signal deltaSquared[buckets];\n";
  return { file: "liquidity.circom", from, to: `    signal planted;\n${statements}${from}` };
}

/** A signal without a value, one that nothing uses, and one whose hint nothing pins. */
const unassigned = beforeDeltas("");
const unused = beforeDeltas("    planted <== 3;\n");
const freeHint = beforeDeltas("    planted <-- asset[0] \\ 2;\n");
/** A constraint that became a hint: a prover may take any multiple. */
const hintForConstraint: Edit = { file: "lib/division.circom", from: "    multiple <== ceil * divisor;", to: "    multiple <-- ceil * divisor;" };
/** Health that the equity does not enter. */
const alwaysHealthy: Edit = { file: "requirement.circom", from: "    healthy <== surplus.out[91];", to: "    healthy <== 1;" };

describe("circomspect", () => {
  it("finds nothing in the circuits that docs/static-analysis.md does not explain, and all that it explains", async () => {
    const { findings, analysed } = await circomspect(circuitFiles());
    expect(compareWithReviewed("circomspect", findings)).toEqual(EXPLAINED);
    // It goes on without a file that it cannot parse.
    expect([...analysed].sort()).toEqual([...templateFiles(join(ROOT, "circuits")).keys()].sort());
  });

  it.each([
    { flaw: "signal without a value", edit: unassigned, reported: ["CS0006 liquidity.circom: signal planted;", "CS0017 liquidity.circom: signal planted;"] },
    { flaw: "signal that nothing uses", edit: unused, reported: ["CS0008 liquidity.circom: planted <== 3;", "CS0017 liquidity.circom: signal planted;"] },
    { flaw: "hint that no constraint pins", edit: freeHint, reported: ["CS0005 liquidity.circom: planted <-- asset[0] \\ 2;", "CS0006 liquidity.circom: planted <-- asset[0] \\ 2;"] },
    { flaw: "constraint that became a hint", edit: hintForConstraint, reported: ["CS0013 lib/division.circom: multiple <-- ceil * divisor;"] },
  ])("reports a planted $flaw", async ({ edit, reported }) => {
    const { findings } = await circomspect([edit.file], [edit]);
    expect(compareWithReviewed("circomspect", findings).unexplained).toEqual(expect.arrayContaining(reported));
  });
});

describe("circom --inspect", () => {
  it("finds nothing in the constraints of tier S that docs/static-analysis.md does not explain, and all that it explains", async () => {
    expect(compareWithReviewed("circom --inspect", await inspectTier("S"))).toEqual(EXPLAINED);
  });

  it("reports a planted hint that no constraint pins", async () => {
    expect(compareWithReviewed("circom --inspect", await inspectTier("S", [freeHint])).unexplained).toEqual(["CA01 liquidity.circom: Liquidity(2): planted"]);
  });

  it("reports a health that the equity no longer enters", async () => {
    expect(compareWithReviewed("circom --inspect", await inspectTier("S", [alwaysHealthy]))).toEqual({
      unexplained: ["CA02 requirement.circom: Disclosure(): surplus.out, 92 signals"],
      stale: ["CA02 requirement.circom: Disclosure(): surplus.out, 91 signals"],
    });
  });
});

describe("the circuits", () => {
  it("silence no tool where they stand", () => {
    expect(circuitFiles().filter((file) => circuitSource(file).includes("circomspect"))).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { compareFindings, FindingsError, readReviewed } from "../../scripts/findings.mjs";

const LIST = [
  "# Title", "", "Text.", "",
  "## `tool`", "", "What it is.", "",
  "### `R1`: first", "", "Because of this,", "and that.", "", "```text", "a.circom: x <-- y;", "a.circom: x <-- y;", "```", "",
  "### `R2`", "", "Counters.", "", "```text", "…: for (var …", "b.circom: for (var i = 0; i < 3; i++) {", "```", "",
].join("\n");
const x = { rule: "R1", file: "a.circom", statement: "x <-- y;" };
const loop = { rule: "R2", file: "b.circom", statement: "for (var i = 0; i < 3; i++) {" };
const otherLoop = { rule: "R2", file: "c.circom", statement: "for (var j = 0; j < 4; j++) {" };

describe("the list of reviewed findings", () => {
  it("gives each line its tool, its rule and the reason above its block", () => {
    expect(readReviewed(LIST)).toEqual([
      { tool: "tool", ...x, reason: "Because of this, and that." },
      { tool: "tool", ...x, reason: "Because of this, and that." },
      { tool: "tool", rule: "R2", file: "…", statement: "for (var …", reason: "Counters." },
      { tool: "tool", ...loop, reason: "Counters." },
    ]);
  });

  it.each([
    { what: "a block without a reason", text: "## `tool`\n### `R`\n```\na: b\n```", line: 3 },
    { what: "a second block without a reason of its own", text: "## `tool`\n### `R`\nreason\n```\na: b\n```\n```\na: b\n```", line: 7 },
    { what: "a block outside of a rule", text: "## `tool`\nreason\n```\na: b\n```", line: 3 },
    { what: "a line without a statement", text: "## `tool`\n### `R`\nreason\n```\na.circom\n```", line: 5 },
    { what: "a block that does not end", text: "## `tool`\n### `R`\nreason\n```\na: b", line: 5 },
  ])("refuses $what", ({ text, line }) => {
    expect(() => readReviewed(text)).toThrow(FindingsError);
    expect(() => readReviewed(text)).toThrow(`docs/static-analysis.md:${line}: `);
  });

  it("agrees with the findings that it lists, whatever their order", () => {
    expect(compareFindings("tool", [otherLoop, x, loop, x], readReviewed(LIST))).toEqual({ unexplained: [], stale: [] });
  });

  it("tells a finding that it doesn't list, once for each time too many", () => {
    const { unexplained } = compareFindings("tool", [x, x, x, loop, otherLoop, { ...x, rule: "R3" }, { ...loop, rule: "R1" }], readReviewed(LIST));
    expect(unexplained).toEqual(["R1 a.circom: x <-- y;", "R3 a.circom: x <-- y;", "R1 b.circom: for (var i = 0; i < 3; i++) {"]);
  });

  it("tells a line that nothing was found for, with a wildcard or without", () => {
    expect(compareFindings("tool", [x, loop], readReviewed(LIST)).stale).toEqual(["R1 a.circom: x <-- y;", "R2 …: for (var …"]);
  });

  it("takes characters of a statement for themselves", () => {
    const listed = readReviewed("## `tool`\n### `R`\nreason\n```\na: x.y * …\n```");
    expect(compareFindings("tool", [{ rule: "R", file: "a", statement: "xzy * 2" }], listed).unexplained).toEqual(["R a: xzy * 2"]);
  });

  it("keeps tools apart", () => {
    expect(compareFindings("other", [x], readReviewed(LIST))).toEqual({ unexplained: ["R1 a.circom: x <-- y;"], stale: [] });
  });
});

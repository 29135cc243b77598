// The findings of the static analysis that were reviewed: docs/static-analysis.md, read by the tests and by scripts/audit.mjs.
//
// A second-level heading that is one word in backquotes names a tool, a third-level heading starts with the rule in backquotes, a
// paragraph gives the reason, and the fenced block after it holds the findings that it explains, one a line: `file: statement`.

/** Reads the list. Throws where a block has no tool, rule or reason, or a line no statement: an unexplained finding. */
export function readReviewed(markdown) {
  const reviewed = [];
  let tool, rule, reason = "", fenced = false;
  markdown.split("\n").forEach((line, index) => {
    const refuse = (why) => {
      throw new FindingsError(index + 1, line, why);
    };
    if (line.startsWith("```")) {
      if (!fenced && (tool === undefined || rule === undefined)) refuse("a block stands under a tool and a rule");
      if (!fenced && reason === "") refuse("a block follows the reason for its findings");
      fenced = !fenced;
      if (!fenced) reason = "";
    } else if (fenced) {
      const [, file, statement] = /^(\S+): (.+)$/.exec(line) ?? refuse("a finding is `file: statement`");
      reviewed.push({ tool, rule, file, statement, reason });
    } else if (line.startsWith("## ")) {
      [tool, rule, reason] = [/^## `([^`]+)`$/.exec(line)?.[1], undefined, ""];
    } else if (line.startsWith("### ")) {
      [rule, reason] = [/^### `([^`]+)`/.exec(line)?.[1] ?? refuse("a rule stands in backquotes"), ""];
    } else {
      reason = `${reason} ${line}`.trim();
    }
  });
  if (fenced) throw new FindingsError(markdown.split("\n").length, "", "a block does not end");
  return reviewed;
}

/**
 * What one tool found against what was reviewed of it: both lists are empty when each finding is explained and each explanation is
 * needed. A finding that occurs twice is listed twice. "…" in a listed file or statement stands for any text, and such a line for at
 * least one finding.
 */
export function compareFindings(tool, found, reviewed) {
  const entries = reviewed.filter((entry) => entry.tool === tool);
  const rest = [...found];
  const stale = [];
  // Lines without a wildcard first, so that each has the finding it was written for.
  for (const general of [false, true]) {
    for (const entry of entries.filter(({ file, statement }) => `${file}${statement}`.includes("…") === general)) {
      const matches = rest.filter((finding) => finding.rule === entry.rule && fits(entry.file, finding.file) && fits(entry.statement, finding.statement));
      if (matches.length === 0) stale.push(describe(entry));
      for (const match of general ? matches : matches.slice(0, 1)) rest.splice(rest.indexOf(match), 1);
    }
  }
  return { unexplained: rest.map(describe), stale };
}

function fits(listed, text) {
  const parts = listed.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

function describe({ rule, file, statement }) {
  return `${rule} ${file}: ${statement}`;
}

export class FindingsError extends Error {
  constructor(line, value, rule) {
    super(`docs/static-analysis.md:${line}: ${rule}: ${value}`);
    this.name = "FindingsError";
    this.field = `line ${line}`;
    this.value = value;
    this.rule = rule;
  }
}

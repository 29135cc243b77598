// Asks the registry for advisories against the run-time packages, by `npm audit`, and holds them against docs/static-analysis.md.
// Usage: node scripts/audit.mjs. Prints one line, and the advisories under it. Ends with 0: none of severity high or critical that is
// not excepted there; 1: some, or an exception that no advisory needs; 2: the registry gave no answer, so nothing is known.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareFindings, readReviewed } from "./findings.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const SECONDS = Number(process.env.ZKMARGIN_AUDIT_SECONDS ?? 60);
const SEVERE = new Set(["high", "critical"]);

const { unanswered, advisories } = await askRegistry();
if (unanswered !== undefined) {
  console.log(`advisories: not checked, the registry gave no answer (${unanswered})`);
  process.exitCode = 2;
} else {
  const severe = advisories.filter(({ severity }) => SEVERE.has(severity));
  const { unexplained, stale } = compareFindings("npm audit", severe, readReviewed(readFileSync(join(root, "docs/static-analysis.md"), "utf8")));
  console.log(`advisories: ${unexplained.length} of severity high or critical without an exception, ${stale.length} exceptions without an advisory, ${advisories.length - severe.length} of lower severity`);
  for (const line of [...unexplained, ...stale]) console.log(`  ${line}`);
  process.exitCode = unexplained.length + stale.length > 0 ? 1 : 0;
}

function askRegistry() {
  const parameters = ["audit", "--omit=dev", "--package-lock-only", "--json", "--fetch-retries=0", `--fetch-timeout=${SECONDS * 1000}`];
  return new Promise((resolve) => {
    execFile("npm", parameters, { cwd: root, timeout: SECONDS * 1000, killSignal: "SIGKILL", maxBuffer: 1 << 26 }, (error, stdout) => {
      // npm ends with 1 when it found something, and when it got no answer.
      if (error?.killed) resolve({ unanswered: `none in ${SECONDS} s` });
      else resolve(readReport(stdout));
    });
  });
}

/** The report of `npm audit --json`: an advisory is an object in `via`, under the package that it is about. */
function readReport(text) {
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    return { unanswered: "npm gave no report" };
  }
  if (report.auditReportVersion !== 2) return { unanswered: report.statusCode === undefined ? report.error?.code ?? "no report of version 2" : `status ${report.statusCode}` };
  const advisories = new Map();
  for (const { via } of Object.values(report.vulnerabilities)) {
    for (const advisory of via.filter((cause) => typeof cause === "object")) {
      const number = /GHSA(-\w{4}){3}/.exec(advisory.url)?.[0] ?? String(advisory.source);
      advisories.set(`${advisory.name} ${number}`, { rule: "advisory", file: advisory.name, statement: number, severity: advisory.severity });
    }
  }
  return { advisories: [...advisories.values()] };
}

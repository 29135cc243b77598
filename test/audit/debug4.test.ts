import { it } from "vitest";
import { compileSystem } from "./compile.js";
import { auditUniqueness, inputsOf } from "./uniqueness.js";
import { withOpaqueHashes } from "./opaque-hashes.js";
import { openHash } from "../support/template.js";
it("margin", async () => {
  let t = performance.now();
  const edits = ["portfolio-commitment.circom", "instrument-tree.circom", "risk-root.circom"].map(openHash);
  const { system, hashes } = withOpaqueHashes(await compileSystem({ file: "margin.circom", instance: process.env["INST"] ?? "Margin(2, 2, 8, 8)", edits }));
  console.log("read", system.rows.length, hashes.length, performance.now() - t); t = performance.now();
  const given = system.names.flatMap((name, wire) => /^main\.(portfolioCommitment|riskRoot|context|terms|inBucket\[.*|groupBit\[.*|placeBit\[.*|indexBit\[.*)$/.test(name) ? [wire] : []);
  const { rules, undetermined } = auditUniqueness(system, given, hashes);
  const counts = new Map<string, number>();
  for (const r of rules) counts.set(r ?? "?", (counts.get(r ?? "?") ?? 0) + 1);
  console.log("open inputs", inputsOf(system).filter((w) => rules[w] === undefined).map((w) => system.names[w]).join(" ")); console.log("audit", (performance.now() - t)|0, [...counts].join(" "), undetermined.length);
});

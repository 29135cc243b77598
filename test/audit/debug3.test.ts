import { it } from "vitest";
import { readSystem } from "./forms.js";
import { auditUniqueness } from "./uniqueness.js";
it("S", () => {
  const d = process.env["DIR"]!;
  let t = performance.now();
  const system = readSystem(`${d}/circuit.r1cs`, `${d}/circuit.sym`);
  console.log("read", performance.now() - t); t = performance.now();
  const { rules, undetermined } = auditUniqueness(system);
  const counts = new Map<string, number>();
  for (const r of rules) counts.set(r ?? "?", (counts.get(r ?? "?") ?? 0) + 1);
  console.log("audit", (performance.now() - t)|0, [...counts].join(" "), undetermined.slice(0,8).map((w) => system.names[w]).join(" "));
});

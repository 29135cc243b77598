import { it } from "vitest";
import { SUBJECTS } from "./subjects.js";
import { compileSystem } from "./compile.js";
import { auditUniqueness, inputsOf } from "./uniqueness.js";
it.each(SUBJECTS.filter(({name})=>!process.env["ONLY"]||name.startsWith(process.env["ONLY"])))("$name", async (subject) => {
  let t = performance.now();
  const system = await compileSystem(subject);
  const c = performance.now() - t; t = performance.now();
  const free = process.env["FREE"]?.split(",") ?? [];
  const { rules, undetermined } = auditUniqueness(system, inputsOf(system).filter((w) => !free.some((f) => system.names[w]!.startsWith("main." + f))));
  const counts = new Map<string, number>();
  for (const r of rules) counts.set(r ?? "?", (counts.get(r ?? "?") ?? 0) + 1);
  console.log(subject.name, system.rows.length, system.wires, "compile", c|0, "audit", (performance.now() - t)|0, [...counts].join(" "), undetermined.slice(0,8).map((w) => system.names[w]).join(" "));
});

import { it } from "vitest";
import { SUBJECTS } from "./subjects.js";
import { compileSystem } from "./compile.js";
import { fromField } from "../../src/math/field.js";
it.each(SUBJECTS.filter(({name})=>name.startsWith(process.env["ONLY"]!)))("$name", async (subject) => {
  const s = await compileSystem(subject);
  const show = (f: ReadonlyMap<number, bigint>) => [...f].map(([w, c]) => `${fromField(c)}*${(s.names[w]??"y"+w).replace("main.","")}`).slice(0,6).join(" + ");
  for (const [i, {a,b,c}] of s.rows.entries()) if (!/Num2Bits|out\[/.test(show(b))) console.log(i, "(", show(a), ") * (", show(b), ") = ", show(c));
});

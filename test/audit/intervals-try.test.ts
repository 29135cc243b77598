import { it } from "vitest";
import { readRows } from "/work/main/test/audit/intervals/rows.js";
import { analyse } from "/work/main/test/audit/intervals/propagate.js";
import { ofLanes } from "/work/main/test/audit/intervals/value.js";
it("x", () => {
  for (const tier of (process.env.TIERS ?? "S").split(",")) {
  let t = Date.now(); const lap = (s: string) => { console.log(tier, s, Date.now() - t); t = Date.now(); };
  const sys = readRows(`/tmp/iv/${tier}/main.r1cs`, `/tmp/iv/${tier}/main.sym`);
  lap("read");
  const assumed = new Map();
  const lane = { lo: -(1n << 28n) + 1n, hi: (1n << 28n) - 1n };
  for (const w of sys.signals.get("main.gridElement[][]")!) assumed.set(w, ofLanes([lane, lane, lane, lane]));
  for (const w of sys.signals.get("main.linearElement[]")!) assumed.set(w, ofLanes([lane, lane, lane, { lo: 0n, hi: 0n }]));
  for (const w of sys.signals.get("main.asset[]")!) assumed.set(w, { lo: 0n, hi: (1n << 32n) - 1n });
  for (const n of ["lambdaDelta", "lambdaVega"]) for (const w of sys.signals.get(`main.${n}[]`)!) assumed.set(w, { lo: 0n, hi: (1n << 64n) - 1n });
  const an = analyse(sys, assumed);
  lap("analyse");
  const f = (x: bigint) => { const n = x < 0n ? -x : x; return n < 5n ? String(x) : (x < 0n ? "-" : "") + "2^" + (n.toString(2).length - 8 > 0 ? Math.log2(Number(n >> BigInt(n.toString(2).length - 50 > 0 ? n.toString(2).length - 50 : 0))) + Math.max(0, n.toString(2).length - 50) : Math.log2(Number(n))).toFixed(2); };
  if (process.env.SHOW) for (const [name, wires] of sys.signals) {
    let lo: bigint | undefined, hi: bigint | undefined, field = 0;
    for (const w of wires) { const v = an.values[w]; if (!v) { field++; continue; } if (lo === undefined || v.lo < lo) lo = v.lo; if (hi === undefined || v.hi > hi) hi = v.hi; }
    if (process.env.SHOW === "field" && field === 0) continue;
    console.log(name, wires.length, field ? `field ${field}` : "", lo === undefined ? "" : `[${f(lo)}, ${f(hi!)}]`);
  }
  for (const n of ["gridElement[][]", "grid.quantity[][]", "grid.gridTerm[][][]", "grid.grid[][].packed", "grid.grid[][].bits.in", "column[].pnl[][]"]) { const w = sys.signals.get("main." + n)![0]!; const v = an.values[w]!; console.log(n, f(v.lo), f(v.hi), v.lanes?.map((l) => `${f(l.lo)} ${f(l.hi)} ${l.share?.bound.weights.size}`), v.share?.bound.weights.size); }
  lap("show");
  console.log(process.memoryUsage().rss / 1e6);
  }
});

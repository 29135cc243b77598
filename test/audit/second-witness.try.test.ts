import { it } from "vitest";
import { compileSystem } from "./compile.js";
import { findSecondWitness } from "./solver/second-witness.js";
import { smallestPrimeFrom as up, largestPrimeBelow as down } from "./solver/small-field.js";

async function go(label: string, template: any, options: any) {
  const t0 = Date.now();
  try {
  const system = await compileSystem(template);
  const t = Date.now();
  const r = await findSecondWitness(system, { seconds: 25, ...options });
  console.log(label, options.prime, r.kind, Date.now() - t, "ms; compile", t - t0);
  } catch (e) { console.log(label, String(e).slice(0, 600)); }
}
const edits = (file: string, pairs: [string, string][]) => pairs.map(([from, to]) => ({ file, from, to }));
const OPAQUE = { file: "lib/poseidon.circom", from: "template Poseidon(n) {", to: "template Poseidon(n) { signal input inputs[n]; signal output out; out <-- inputs[0]; }\ntemplate Replaced(n) {" };
const withHash = (file: string, pairs: [string, string][]) => [OPAQUE, ...edits(file, pairs)];
const es = (n: number, w: number, side: number, tb: number, qb: number) => ({ file: "expected-shortfall.circom", instance: `ExpectedShortfall(${n})`, edits: edits("expected-shortfall.circom", [
  ["weightRange[s] = Num2Bits(20)", `weightRange[s] = Num2Bits(${w})`], ["side[s] = Num2Bits(63)", `side[s] = Num2Bits(${side})`],
  ["thetaRange = Num2Bits(20)", `thetaRange = Num2Bits(${w})`], ["thetaBelow = Num2Bits(20)", `thetaBelow = Num2Bits(${w})`], ["CeilDiv(28, 64)", `CeilDiv(${tb}, ${qb})`]]) });
const worst = (n: number, d: number, bits: number) => ({ file: "worst-loss.circom", instance: `WorstLoss(${n})`, edits: edits("worst-loss.circom", [
  ["Num2Bits(10)", `Num2Bits(${d})`], ["notNegative = Num2Bits(73)", `notNegative = Num2Bits(${bits})`], ["atLeast[k] = Num2Bits(73)", `atLeast[k] = Num2Bits(${bits})`], ["CeilDivPow2(10, 63)", `CeilDivPow2(${d}, ${bits - d})`]]) });
const liq = (n: number, s: number, b: number) => ({ file: "liquidity.circom", instance: `Liquidity(${n})`, edits: edits("liquidity.circom", [["CeilDivPow2(80, 80)", `CeilDivPow2(${s}, ${b})`]]) });
const mm = { file: "requirement.circom", instance: "MaintenanceMargin()", edits: edits("requirement.circom", [["difference = Num2Bits(65)", "difference = Num2Bits(4)"], ["es - worst + 2 ** 64", "es - worst + 2 ** 3"], ["difference.out[64]", "difference.out[3]"], ["CeilDivPow2(16, 66)", "CeilDivPow2(2, 4)"], ["(2 ** 16 + buffer)", "(2 ** 2 + buffer)"]]) };
const disc = { file: "requirement.circom", instance: "Disclosure()", edits: edits("requirement.circom", [["CeilDivPow2(16, 90)", "CeilDivPow2(1, 3)"], ["surplus = Num2Bits(92)", "surplus = Num2Bits(5)"], ["2 ** 91;", "2 ** 4;"], ["surplus.out[91]", "surplus.out[4]"], ["up = CeilDiv(40, 92)", "up = CeilDiv(2, 4)"], ["down = CeilDiv(40, 92)", "down = CeilDiv(2, 4)"], ["2 ** 100 -", "2 ** 5 -"]]) };
const inc = { file: "instrument-tree.circom", instance: "StrictlyIncreasing(3)", edits: edits("instrument-tree.circom", [["Num2Bits(6)", "Num2Bits(3)"]]) };
const terms = { file: "requirement.circom", instance: "Terms()", edits: edits("requirement.circom", [["Num2Bits(98)", "Num2Bits(6)"], ["i < 24", "i < 2"], ["[bits.out[24], bits.out[25]]", "[bits.out[2], bits.out[3]]"], ["i < 72", "i < 2"], ["26 + i", "4 + i"]]) };
const lanes = { file: "scenario-pnl.circom", instance: "UnpackLanes()", edits: edits("scenario-pnl.circom", [["2 ** 62 * 2 ** (63 * k)", "2 ** 1 * 2 ** (2 * k)"], ["Num2Bits(252)", "Num2Bits(8)"], ["i < 63", "i < 2"], ["63 * k + i", "2 * k + i"], ["sum - 2 ** 62", "sum - 2 ** 1"]]) };
const instr = { file: "instrument-tree.circom", instance: "InstrumentOpening(2)", edits: withHash("instrument-tree.circom", [["longRange = Num2Bits(28)", "longRange = Num2Bits(1)"], ["shortRange = Num2Bits(28)", "shortRange = Num2Bits(1)"], ["longCharge * 2 ** 32 + shortCharge * 2 ** 60", "longCharge * 2 ** 2 + shortCharge * 2 ** 3"]]) };
const bucket = { file: "instrument-tree.circom", instance: "BucketOpening()", edits: withHash("instrument-tree.circom", []) };
const port = { file: "portfolio-commitment.circom", instance: "PortfolioCommitment(3)", edits: withHash("portfolio-commitment.circom", [["(positions + 14) \\ 15", "(positions + 1) \\ 2"], ["signal slot[blocks * 15]", "signal slot[blocks * 2]"], ["Num2Bits(32)", "Num2Bits(2)"], ["Num2Bits(25)", "Num2Bits(2)"], ["quantity[i] * 2 ** 32 + sign[i] * 2 ** 57", "quantity[i] * 2 ** 2 + sign[i] * 2 ** 4"], ["i < blocks * 15", "i < blocks * 2"], ["Num2Bits(72)", "Num2Bits(3)"], ["cashRange.in <== cash + 2 ** 71", "cashRange.in <== cash + 2 ** 2"], ["Poseidon(16)", "Poseidon(3)"], ["i < 15;", "i < 2;"], ["slot[15 * k + i]", "slot[2 * k + i]"], ["used[15 * k]", "used[2 * k]"], ["salt, cash + 2 ** 71", "salt, cash + 2 ** 2"]]) };
const root = { file: "risk-root.circom", instance: "RiskRoot(4, 4)", edits: withHash("risk-root.circom", [["(scenarios + 11) \\ 12", "(scenarios + 1) \\ 2"], ["(stressRows + 18) \\ 19", "(stressRows + 1) \\ 2"], ["k < 12 && 12 * m + k", "k < 2 && 2 * m + k"], ["weight[12 * m + k] * 2 ** (20 * k)", "weight[2 * m + k] * 2 ** (2 * k)"], ["k < 19 && 19 * m + k", "k < 2 && 2 * m + k"], ["damping[19 * m + k] * 2 ** (10 * k)", "damping[2 * m + k] * 2 ** (1 * k)"], ["Num2Bits(28)", "Num2Bits(2)"], ["Num2Bits(16)", "Num2Bits(2)"], ["Num2Bits(40)", "Num2Bits(2)"]]) };
const column = { file: "scenario-pnl.circom", instance: "ScenarioColumn(8)" };
it("x", async () => {
  for (const prime of [up(2 ** 5 - 1), down(29)]) await go("WorstLoss(2)", worst(2, 1, 4), { stages: [["maximum"]], prime });
  for (const prime of [up(2 ** 5 - 1)]) await go("WorstLoss(3)", worst(3, 1, 4), { stages: [["maximum"]], prime });
  await go("MM", mm, { stages: [["difference.out"]], prime: up(64) }); await go("MM", mm, { stages: [["difference.out"]], prime: down(64) });
  await go("Disc", disc, { stages: [["requirement"]], prime: up(48), ranges: { granularity: [0, 3] } }); await go("Disc", disc, { stages: [["requirement"]], prime: down(48), ranges: { granularity: [0, 3] } });
  await go("Inc", inc, { prime: up(8), sought: ["step[1].out", "step[2].out"] }); await go("Inc", inc, { prime: down(8), sought: ["step[1].out", "step[2].out"] });
  await go("Terms", terms, { prime: up(64) }); await go("Terms", terms, { prime: down(64) });
  await go("Lanes", lanes, { prime: up(256) }); await go("Lanes", lanes, { prime: down(256) });
  const CONTENT = ["gridElement", "linearElement", "longCharge", "shortCharge", "leaf"];
  await go("Instr", instr, { prime: 17, hashes: ["leafHash", "groupHash"], given: ["id", "group", "inBucket", "groupBit", "placeBit"], sought: CONTENT, ranges: { id: [0, 3] } });
  await go("Instr free place", instr, { prime: 17, hashes: ["leafHash", "groupHash"], given: ["id", "group", "inBucket", "groupBit"], sought: CONTENT, ranges: { id: [0, 3] } });
  await go("Bucket", bucket, { prime: 67, hashes: ["cap", "bucket", "siblings"], given: ["node", "index"], sought: ["column", "asset", "lambdaDelta", "lambdaVega", "group", "indexBit", "sibling"] });
  await go("Bucket", bucket, { prime: 61, hashes: ["cap", "bucket", "siblings"], given: ["node", "index"], sought: ["column", "asset", "lambdaDelta", "lambdaVega", "group", "indexBit", "sibling"] });
  await go("Port", port, { prime: 37, hashes: ["hash", "link[0]", "link[1]"], given: ["commitment"], sought: ["count", "used", "id", "quantity", "sign", "salt", "cash"] });
  await go("Port", port, { prime: 31, hashes: ["hash", "link[0]", "link[1]"], given: ["commitment"], sought: ["count", "used", "id", "quantity", "sign", "salt", "cash"] });
  const PAYLOAD = ["node", "weight", "damping", "tail", "buffer", "granularity", "epoch", "time"];
  await go("Root", root, { prime: 17, hashes: ["bucketRoot", "weights", "hash"], given: ["root"], sought: PAYLOAD, ranges: { weight: [0, 3], damping: [0, 1] } });
  await go("Root unranged", root, { prime: 17, hashes: ["bucketRoot", "weights", "hash"], given: ["root"], sought: PAYLOAD, ranges: { damping: [0, 1] } });
  await go("Column", column, { stages: [["nodeBit"]], prime: 257, given: ["column", "pnl"], sought: ["nodeBit", "scenarioPnl"] }); await go("Column", column, { stages: [["nodeBit"]], prime: 251, given: ["column", "pnl"], sought: ["nodeBit", "scenarioPnl"]  });
  for (const prime of [up(8), down(8), 17]) await go("Liq 2 1,2", liq(2, 1, 2), { stages: [["sameAsset[1].out"]], prime });
  await go("Liq 3 1,2", liq(3, 1, 2), { stages: [["sameAsset[1].out","sameAsset[2].out"]], prime: 11 });
  await go("Liq 2 2,2", liq(2, 2, 3), { stages: [["sameAsset[1].out"]], prime: 37 });
  const esOptions = (tb: number, L: number) => ({ stages: [["mean.in"]], given: ["loss", "weight", "tail"], ranges: { loss: [-L, L - 1], tail: [0, 2 ** tb - 1] } });
  await go("ES 2", es(2, 1, 2, 2, 3), { prime: 29, ...esOptions(2, 2) });
  await go("ES 3", es(3, 1, 2, 2, 3), { prime: 29, ...esOptions(2, 2) });
  await go("ES 3", es(3, 2, 2, 3, 3), { prime: 59, ...esOptions(3, 2) });
  await go("ES 4", es(4, 2, 2, 3, 3), { prime: 59, ...esOptions(3, 2) });
});

import { describe, expect, it } from "vitest";
import { spotLevels, zeroNode } from "../../src/policy/nodes.js";
import { defaultPolicy, parsePolicy } from "../../src/policy/policy.js";
import { stressRows } from "../../src/policy/stress.js";
import { toFloat } from "./synthetic-snapshot.js";

const levelsAt = (percent: number) => spotLevels(defaultPolicy, "BTC", (BigInt(percent) << 32n) / 100n)[0]!;
const VOLATILITIES = [5, 20, 40, 60, 80, 120, 200, 300, 400, 900];

describe("spotLevels", () => {
  it("has a core of at least 16 % and the absolute stress nodes at low volatility", () => {
    const levels = levelsAt(40).map((level) => toFloat(level).toFixed(6));
    expect([levels[0], levels[1], levels[2], levels[6], levels[10], levels[11], levels[12], levels[13]])
      .toEqual(["-0.600000", "-0.350000", "-0.160000", "0.000000", "0.160000", "0.350000", "0.750000", "2.000000"]);
  });

  it("has a core of four daily sigmas, in logs, at high volatility", () => {
    const width = (4 * 2) / Math.sqrt(365);
    expect(toFloat(levelsAt(200)[2]!)).toBeCloseTo(Math.exp(-width) - 1, 6);
    expect(toFloat(levelsAt(200)[10]!)).toBeCloseTo(Math.exp(width) - 1, 6);
  });

  it.each(VOLATILITIES)("is strictly ascending within -95 %% and +900 %%, stress nodes spaced, at %i %%", (percent) => {
    const levels = levelsAt(percent).map(toFloat);
    expect(levels).toHaveLength(14);
    for (let k = 1; k < 14; k++) expect(levels[k]!).toBeGreaterThan(levels[k - 1]!);
    expect(levels[0]!).toBeGreaterThanOrEqual(-0.95);
    expect(levels[13]!).toBeLessThanOrEqual(9);
    expect(levels[zeroNode(defaultPolicy)]).toBe(0);
    for (const [inner, outer] of [[2, 1], [1, 0], [10, 11], [11, 12], [12, 13]] as const) {
      expect(Math.log1p(levels[outer]!) / Math.log1p(levels[inner]!)).toBeGreaterThanOrEqual(1.25 - 1e-6);
    }
  });

  it("never gets narrower when volatility rises", () => {
    for (let k = 1; k < VOLATILITIES.length; k++) {
      const [before, after] = [levelsAt(VOLATILITIES[k - 1]!), levelsAt(VOLATILITIES[k]!)];
      after.forEach((level, node) => {
        if (node < 6) expect(level).toBeLessThanOrEqual(before[node]!);
        else expect(level).toBeGreaterThanOrEqual(before[node]!);
      });
    }
  });

  it("lets a regime have a wider core of its own", () => {
    const states = defaultPolicy.regimes.states.map((state, r) => (r === 3 ? { ...state, minimumRange: "0.25" } : state));
    const policy = parsePolicy({ ...defaultPolicy, regimes: { ...defaultPolicy.regimes, states } });
    const levels = spotLevels(policy, "BTC", 1n << 31n);
    expect([toFloat(levels[0]![2]!), toFloat(levels[3]![2]!)].map((x) => x.toFixed(6))).toEqual(["-0.160000", "-0.250000"]);
  });
});

describe("stressRows", () => {
  it.each([1, 2, 3, 5, 8])("shows every node of each of %i assets in one row of each regime", (assets) => {
    for (const rows of stressRows(defaultPolicy, assets).nodes) {
      for (let asset = 0; asset < assets; asset++) {
        expect(rows.map((row) => row[asset]!).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
      }
    }
  });

  it("turns any two assets against each other somewhere, and in the opposed regime only", () => {
    const { nodes } = stressRows(defaultPolicy, 8);
    for (let a = 0; a < 8; a++) {
      for (let b = 0; b < a; b++) {
        const parted = nodes.map((rows) => rows.some((row) => row[a] !== row[b] && isCore(row[a]!)));
        expect(parted).toEqual([false, true, false, false]);
      }
    }
  });

  it("mirrors the second of two assets about zero", () => {
    expect(stressRows(defaultPolicy, 2).nodes[1]!.map(([, second]) => second)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 13]);
  });

  it("damps stress nodes, opposed rows more, and core rows not at all", () => {
    const { damping } = stressRows(defaultPolicy, 1);
    // 0.25, 0.5, 1 ..., 0.5, 0.25, 0.1 as (field + 1) / 1024; 0.1 is rounded up to 103 / 1024
    expect(damping.slice(0, 14)).toEqual([255, 511, 1023, 1023, 1023, 1023, 1023, 1023, 1023, 1023, 1023, 511, 255, 102]);
    expect(damping.slice(14, 28)).toEqual(damping.slice(0, 14));
    // 0.4 x 0.5 and 0.4 x 1, rounded up
    expect(stressRows(defaultPolicy, 2).damping.slice(15, 17)).toEqual([204, 409]);
  });
});

/** The default policy has two stress nodes below the core's nine, and three above. */
function isCore(node: number): boolean {
  return node >= 2 && node < 11;
}

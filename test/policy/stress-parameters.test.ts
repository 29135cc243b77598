import { describe, expect, it } from "vitest";
import type { AssetIndices } from "../../src/policy/asset-indices.js";
import { PolicyError, defaultPolicy } from "../../src/policy/policy.js";
import { factorOf, multiplierOf, stressOf, type Generation } from "../../src/policy/stress-multiplier.js";
import { defaultStressPolicy, parseStressParameters } from "../../src/policy/stress-parameters.js";
import { deriveIndices } from "../../src/signer/derive-indices.js";
import { haveData } from "../market/market-files.js";
import { optionMarkets } from "../quality/markets.js";
import { ONE } from "./stress-cases.js";

const GENERATIONS = [1, 2, 3] as const;
const volatilityOnly = {
  generation: 1, base: "1", maximum: "3", decayPerDay: "0.5", fastWeight: "0.5", volatility: { from: "0.75", slope: "2.5", cap: "1.5" },
};

function faultsOf(json: unknown): string[] {
  try {
    parseStressParameters(json);
  } catch (error) {
    if (error instanceof PolicyError) return error.faults.map(({ field, rule }) => `${field}: ${rule}`);
    throw error;
  }
  return [];
}

const percent = (value: number) => (BigInt(value) * ONE) / 100n;
function asset(volatility: number, change: Partial<AssetIndices> = {}): AssetIndices {
  return {
    asset: 1, spot: 1n, fastVolatility: percent(volatility), slowVolatility: percent(volatility), openInterestSkew: 0n, correlation: percent(83),
    depth: 50_000_000_000_000n, utilisation: percent(40), contagion: 0n, ...change,
  };
}
const multiplier = (generation: Generation, ...indices: AssetIndices[]) => multiplierOf(generation, defaultStressPolicy(generation).parameters, indices);

describe("stress parameters as JSON", () => {
  it("are scaled to Q32, value units and seconds", () => {
    const { generation, parameters } = parseStressParameters(volatilityOnly);
    const none = { from: 0n, slope: 0n, cap: 0n };
    expect(generation).toBe(1);
    expect(parameters).toEqual({
      base: ONE, maximum: 3n * ONE, decay: 24_855n, fastWeight: ONE / 2n, depthTarget: 0n,
      volatility: { from: 3n << 30n, slope: 5n << 31n, cap: 3n << 31n },
      depth: none, openInterest: none, utilisation: none, correlation: none, contagion: none,
    });
    expect(defaultStressPolicy(2).parameters.depthTarget).toBe(25_000_000_000_000n);
  });

  it("are rounded to the side on which the multiplier is larger", () => {
    const tenth = parseStressParameters({ ...volatilityOnly, base: "1.1", volatility: { from: "0.1", slope: "0.1", cap: "0.1" } }).parameters;
    const down = ONE / 10n;
    expect(tenth.base).toBe((11n * ONE) / 10n + 1n);
    expect(tenth.volatility).toEqual({ from: down, slope: down + 1n, cap: down + 1n });
  });

  it("are refused by field and rule", () => {
    expect(faultsOf(volatilityOnly)).toEqual([]);
    expect(faultsOf({ ...volatilityOnly, maximum: "1.5", base: "2" })).toEqual(["maximum: must be at least base (2)"]);
    expect(faultsOf({ ...volatilityOnly, base: "0.99" })).toEqual(["base: must be in [1, 8]"]);
    expect(faultsOf({ ...volatilityOnly, decayPerDay: "0" })).toEqual(["decayPerDay: must be in [0.001, 23.9]"]);
    expect(faultsOf({ ...volatilityOnly, fastWeight: 0.5 })).toHaveLength(1);
    expect(faultsOf({ ...volatilityOnly, generation: 4 })).toHaveLength(1);
    expect(faultsOf({ ...volatilityOnly, generation: 2 })).toHaveLength(4);
    // A term that its generation does not read would be a mistake unseen.
    expect(faultsOf({ ...volatilityOnly, depthTarget: "1" })[0]).toContain("depthTarget");
    expect(faultsOf(null)).toHaveLength(1);
  });

  it("may be at any end of their ranges", () => {
    const widest = { from: "255", slope: "255", cap: "255" };
    expect(faultsOf({ ...volatilityOnly, base: "8", maximum: "255", decayPerDay: "23.9", fastWeight: "1", volatility: widest })).toEqual([]);
    expect(parseStressParameters({ ...volatilityOnly, decayPerDay: "0.001" }).parameters.decay).toBe(49n);
  });
});

describe("the sets that ship with the package", () => {
  it("give 1 in calm markets and clearly more in the crash of 2026-02-05", () => {
    for (const generation of GENERATIONS) {
      expect(multiplier(generation, asset(30), asset(46))).toBe(ONE);
      expect(multiplier(generation, asset(40), asset(58))).toBe(ONE);
      expect(Number(multiplier(generation, asset(67), asset(84))) / Number(ONE)).toBeCloseTo(1.225, 6);
    }
  });

  it("add a term of each index of their generation in stress, and stop at 3", () => {
    const stressed: Partial<AssetIndices>[] = [
      { fastVolatility: 2n * ONE }, { depth: 10_000_000_000_000n }, { openInterestSkew: -percent(60) }, { utilisation: percent(95) }, { correlation: percent(92) }, { contagion: percent(50) },
    ];
    const terms = GENERATIONS.map((generation) => stressed.filter((change) => stressOf(generation, defaultStressPolicy(generation).parameters, asset(40, change)) > 0n).length);
    expect(terms).toEqual([1, 4, 6]);
    expect(multiplier(3, asset(300, { depth: 0n, openInterestSkew: ONE, utilisation: ONE, correlation: ONE, contagion: ONE }))).toBe(3n * ONE);
  });

  describe.skipIf(!haveData)("on real chains of BTC and ETH (../shared/data)", () => {
    const factorAt = (stamp: string, generation: Generation) => {
      const [{ market }] = optionMarkets([stamp]) as [ReturnType<typeof optionMarkets>[number]];
      const states = { BTC: { utilisation: "0.4", contagion: "0" }, ETH: { utilisation: "0.4", contagion: "0" } };
      return factorOf(multiplier(generation, ...deriveIndices(market, defaultPolicy, states)));
    };

    it("leave the margin alone in calm markets", () => {
      for (const stamp of ["20251230T173115Z", "20260131T153300Z", "20260808T094856Z"]) {
        for (const generation of GENERATIONS) expect(factorAt(stamp, generation), stamp).toBe(1n << 16n);
      }
    });

    it("raise it by more than a fifth in the crash of 2026-02-05", () => {
      for (const generation of GENERATIONS) {
        const factor = Number(factorAt("20260205T155132Z", generation)) / 2 ** 16;
        expect(factor).toBeGreaterThan(1.2);
        expect(factor).toBeLessThan(1.3);
      }
    });
  });
});

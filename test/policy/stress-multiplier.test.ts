import { Contract, JsonRpcProvider } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetIndices } from "../../src/policy/asset-indices.js";
import {
  MAX_DECAY,
  MULTIPLIER_LIMIT,
  ParameterError,
  RAMPS,
  blend,
  checkParameters,
  decayed,
  factorOf,
  multiplierOf,
  ramp,
  shortfall,
  stressOf,
  type Generation,
  type PolicyParameters,
} from "../../src/policy/stress-multiplier.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { deployHarness } from "../support/contract-harness.js";
import { seededRandom } from "../support/random.js";
import { ONE, type Case, cornerCases, randomAsset, randomCase, randomParameters, value, wide } from "./stress-cases.js";

const GENERATIONS = [1, 2, 3] as const;

/** The words of abi.encode of the harness's struct Case; all but the list is static. */
function encoded({ generation, parameters, indices }: Case): bigint[] {
  const { base, maximum, decay, fastWeight, depthTarget } = parameters;
  const head = [BigInt(generation), base, maximum, decay, fastWeight, depthTarget, ...RAMPS.flatMap((name) => [parameters[name].from, parameters[name].slope, parameters[name].cap])];
  const assets = indices.flatMap((asset) => [
    BigInt(asset.asset), asset.spot, asset.fastVolatility, asset.slowVolatility, asset.openInterestSkew, asset.correlation, asset.depth, asset.utilisation, asset.contagion,
  ]);
  return [32n, ...head, BigInt(32 * (head.length + 1)), BigInt(indices.length), ...assets];
}

/** Calldata of multipliersOf(bytes[]), put together here: the general encoder takes a minute for 10,000 cases. */
function calldataOf(selector: string, cases: readonly Case[]): string {
  const members = cases.map(encoded);
  const offsets: bigint[] = [];
  let offset = 32n * BigInt(members.length);
  for (const member of members) {
    offsets.push(offset);
    offset += 32n * BigInt(member.length + 1);
  }
  const words = [32n, BigInt(members.length), ...offsets, ...members.flatMap((member) => [32n * BigInt(member.length), ...member])];
  return selector + words.map((word) => BigInt.asUintN(256, word).toString(16).padStart(64, "0")).join("");
}

describe("the policy function on chain", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let harness: Contract;

  beforeAll(async () => {
    anvil = await startAnvil();
    provider = new JsonRpcProvider(anvil.url, anvil.chainId, { staticNetwork: true, cacheTimeout: -1 });
    harness = await deployHarness("test/StressMultiplierHarness.sol", anvilWallet(0, provider));
  }, 120_000);
  afterAll(async () => {
    provider.destroy();
    await anvil.stop();
  });

  async function inChunks<T, R>(name: string, inputs: readonly T[], size: number): Promise<R[]> {
    const results: R[] = [];
    for (let at = 0; at < inputs.length; at += size) {
      results.push(...((await harness.getFunction(name)(inputs.slice(at, at + size))) as Iterable<R>));
    }
    return results;
  }

  it("gives the same multiplier to the bit on 10,000 random and all corner inputs", async () => {
    const random = seededRandom(1);
    const cases = [...cornerCases(), ...Array.from({ length: 10_000 }, () => randomCase(random))];
    const here = cases.map(({ generation, parameters, indices }) => multiplierOf(generation, parameters, indices));
    const { fragment } = harness.getFunction("multipliersOf");
    const there: bigint[] = [];
    for (let at = 0; at < cases.length; at += 250) {
      const answer = await provider.call({ to: harness.target, data: calldataOf(fragment.selector, cases.slice(at, at + 250)) });
      there.push(...(harness.interface.decodeFunctionResult(fragment, answer)[0] as bigint[]));
    }
    expect(there).toEqual(here);
    // The inputs must not all end at a bound, or the sums would not be compared at all.
    const between = cases.filter(({ parameters }, i) => here[i]! > parameters.base && here[i]! < parameters.maximum);
    expect(between.length).toBeGreaterThan(2_000);
    for (const generation of GENERATIONS) expect(between.filter((one) => one.generation === generation).length).toBeGreaterThan(500);
  }, 120_000);

  it("falls alike, from any value at any decay for any time", async () => {
    const random = seededRandom(2);
    const falls = Array.from({ length: 2_000 }, () => {
      const start = wide(random, ONE, MULTIPLIER_LIMIT);
      return { value: start, decay: value(random, 1n, random.chance(0.5) ? ONE / 1000n : (1n << 64n) - 1n), elapsed: value(random, 0n, random.chance(0.5) ? 10_000n : (1n << 64n) - 1n), target: value(random, 0n, start) };
    });
    const here = falls.map((fall) => decayed(fall.value, fall.decay, fall.elapsed, fall.target));
    expect(await inChunks<unknown, bigint>("decayedValues", falls, 1_000)).toEqual(here);
    expect(falls.filter((fall, i) => here[i]! > fall.target && here[i]! < fall.value).length).toBeGreaterThan(200);
  }, 60_000);

  it("makes the same factor of a multiplier and accepts the same parameters", async () => {
    const random = seededRandom(3);
    const multipliers = [ONE, ONE + 1n, ONE + 65_535n, ONE + 65_536n, MULTIPLIER_LIMIT, ...Array.from({ length: 500 }, () => wide(random, ONE, MULTIPLIER_LIMIT))];
    expect(await inChunks<unknown, bigint>("factorsOf", multipliers, 1_000)).toEqual(multipliers.map(factorOf));

    const valid = randomParameters(seededRandom(4));
    const edges: Partial<PolicyParameters>[] = [
      {}, { base: ONE - 1n }, { base: 0n }, { base: ONE, maximum: ONE - 1n }, { base: 2n * ONE, maximum: 2n * ONE - 1n }, { base: ONE, maximum: ONE }, { maximum: MULTIPLIER_LIMIT },
      { maximum: MULTIPLIER_LIMIT + 1n }, { maximum: (1n << 64n) - 1n }, { decay: 0n }, { decay: MAX_DECAY }, { decay: MAX_DECAY + 1n }, { fastWeight: ONE }, { fastWeight: ONE + 1n },
    ];
    const candidates = edges.map((edge) => ({ ...valid, ...edge }));
    const accepted = (parameters: PolicyParameters) => {
      try {
        checkParameters(parameters);
        return true;
      } catch {
        return false;
      }
    };
    const here = candidates.map(accepted);
    expect(await inChunks<unknown, boolean>("checksOf", candidates, 100)).toEqual(here);
    expect(here).toEqual([true, false, false, false, false, true, true, false, false, false, true, false, true, false]);
  }, 60_000);
});

/** A rational number; the definition in them, without any rounding, is what the integers are held against. */
type Rational = readonly [numerator: bigint, denominator: bigint];
const less = ([a, b]: Rational, [c, d]: Rational) => a * d < c * b;
const larger = (x: Rational, y: Rational) => (less(x, y) ? y : x);
const smaller = (x: Rational, y: Rational) => (less(x, y) ? x : y);
const plus = ([a, b]: Rational, [c, d]: Rational): Rational => [a * d + c * b, b * d];
const times = ([a, b]: Rational, [c, d]: Rational): Rational => [a * c, b * d];
const minus = (x: Rational, [c, d]: Rational): Rational => plus(x, [-c, d]);
const ZERO: Rational = [0n, 1n];
const q32 = (fraction: bigint): Rational => [fraction, ONE];

function exactMultiplier(generation: Generation, parameters: PolicyParameters, indices: readonly AssetIndices[]): Rational {
  const term = (name: (typeof RAMPS)[number], index: Rational): Rational => {
    const { from, slope, cap } = parameters[name];
    return less(index, q32(from)) ? ZERO : smaller(q32(cap), times(q32(slope), minus(index, q32(from))));
  };
  let most: Rational = q32(parameters.base);
  for (const asset of indices) {
    const weight = q32(parameters.fastWeight);
    const mix = plus(times(weight, q32(asset.fastVolatility)), times(minus([1n, 1n], weight), q32(asset.slowVolatility)));
    let sum = plus(q32(parameters.base), term("volatility", larger(mix, q32(asset.slowVolatility))));
    if (generation !== 1) {
      const { depthTarget } = parameters;
      const missing: Rational = depthTarget > asset.depth ? [depthTarget - asset.depth, depthTarget] : ZERO;
      sum = plus(sum, term("depth", missing));
      sum = plus(sum, term("openInterest", q32(asset.openInterestSkew < 0n ? -asset.openInterestSkew : asset.openInterestSkew)));
      sum = plus(sum, term("utilisation", q32(asset.utilisation)));
    }
    if (generation === 3) {
      sum = plus(sum, term("correlation", larger(ZERO, q32(asset.correlation))));
      sum = plus(sum, term("contagion", q32(asset.contagion)));
    }
    most = larger(most, sum);
  }
  return smaller(most, q32(parameters.maximum));
}

describe("the policy function beside exact fractions", () => {
  it("is never below the exact multiplier, and above by the rounding of its quotients alone", () => {
    const random = seededRandom(5);
    let rounded = 0;
    for (const { generation, parameters, indices } of [...cornerCases(), ...Array.from({ length: 3_000 }, () => randomCase(random))]) {
      const multiplier = q32(multiplierOf(generation, parameters, indices));
      const exact = exactMultiplier(generation, parameters, indices);
      expect(less(multiplier, exact)).toBe(false);
      // Less than one unit for each of six ramps, and the slope for the one unit each by which blend and shortfall may be too large.
      const slopes = parameters.volatility.slope + parameters.depth.slope;
      expect(less(multiplier, plus(exact, [6n * ONE + slopes, ONE * ONE]))).toBe(true);
      if (less(exact, multiplier)) rounded += 1;
    }
    expect(rounded).toBeGreaterThan(300);
  });
});

const PLAIN: PolicyParameters = {
  base: ONE,
  maximum: 3n * ONE,
  decay: 1n,
  fastWeight: ONE / 2n,
  depthTarget: 1_000n,
  volatility: { from: ONE / 2n, slope: 2n * ONE, cap: ONE },
  depth: { from: 0n, slope: ONE, cap: ONE / 2n },
  openInterest: { from: ONE / 2n, slope: ONE, cap: ONE / 4n },
  utilisation: { from: ONE / 2n, slope: ONE, cap: ONE },
  correlation: { from: ONE / 2n, slope: ONE, cap: ONE },
  contagion: { from: 0n, slope: ONE, cap: ONE },
};
const CALM: AssetIndices = {
  asset: 1, spot: 1n, fastVolatility: ONE / 4n, slowVolatility: ONE / 4n, openInterestSkew: 0n, correlation: 0n, depth: 1_000n, utilisation: 0n, contagion: 0n,
};

describe("the policy function by hand", () => {
  const added = (generation: Generation, change: Partial<AssetIndices>) => stressOf(generation, PLAIN, { ...CALM, ...change });

  it("adds nothing in a calm market and gives base for no asset", () => {
    for (const generation of GENERATIONS) {
      expect(multiplierOf(generation, PLAIN, [CALM])).toBe(ONE);
      expect(multiplierOf(generation, { ...PLAIN, base: 2n * ONE }, [])).toBe(2n * ONE);
    }
  });

  it("blends volatilities with the weight, but not below the slow one", () => {
    expect(blend(ONE / 4n, ONE, ONE / 2n)).toBe((5n * ONE) / 8n);
    expect(blend(ONE / 4n, ONE / 4n, ONE / 2n)).toBe(ONE / 2n);
    expect(blend(1n, 1n, 0n)).toBe(1n);
    // A blend of 3/4 is 1/4 above from: 2 x 1/4.
    expect(added(1, { fastVolatility: ONE, slowVolatility: ONE / 2n })).toBe(ONE / 2n);
    expect(added(1, { slowVolatility: 2n * ONE })).toBe(ONE);
  });

  it("reads depth, skew and utilisation from generation 2 on", () => {
    const change = { depth: 750n, openInterestSkew: (-5n * ONE) / 8n, utilisation: (9n * ONE) / 16n };
    expect(added(1, change)).toBe(0n);
    expect(added(2, change)).toBe(ONE / 4n + ONE / 8n + ONE / 16n);
    expect(added(2, { openInterestSkew: (5n * ONE) / 8n })).toBe(ONE / 8n);
    expect(added(2, { openInterestSkew: -ONE })).toBe(ONE / 4n);
    expect(added(2, { depth: 0n })).toBe(ONE / 2n);
    expect(shortfall(3n, 2n)).toBe((ONE + 2n) / 3n);
    expect(shortfall(0n, 0n)).toBe(0n);
    expect(shortfall(3n, 4n)).toBe(0n);
  });

  it("reads correlation and contagion from generation 3 on, a negative correlation as none", () => {
    const change = { correlation: (3n * ONE) / 4n, contagion: ONE / 8n };
    expect(added(2, change)).toBe(0n);
    expect(added(3, change)).toBe(ONE / 4n + ONE / 8n);
    expect(added(3, { correlation: -ONE })).toBe(0n);
  });

  it("takes the worst asset, not the sum of them, and stops at the maximum", () => {
    const [one, other] = [{ ...CALM, slowVolatility: ONE }, { ...CALM, asset: 2, contagion: ONE / 2n }];
    expect(multiplierOf(3, PLAIN, [one, other])).toBe(2n * ONE);
    expect(multiplierOf(3, PLAIN, [other, one])).toBe(2n * ONE);
    expect(multiplierOf(3, PLAIN, [{ ...one, contagion: ONE, depth: 0n }])).toBe(3n * ONE);
  });

  it("rounds a ramp up and begins after its threshold", () => {
    const shape = { from: 10n, slope: 1n, cap: 5n };
    expect([9n, 10n, 11n, 10n + ONE, 11n + ONE].map((index) => ramp(shape, index))).toEqual([0n, 0n, 1n, 1n, 2n]);
    expect(ramp(shape, 100n * ONE)).toBe(5n);
  });

  it("falls by the decay to the target and not below it, and makes a factor that is not too small", () => {
    expect([0n, 1n, 9n, 10n, 11n].map((elapsed) => decayed(100n, 5n, elapsed, 50n))).toEqual([100n, 95n, 55n, 50n, 50n]);
    expect(decayed(100n, 1n << 63n, 1n << 63n, 0n)).toBe(0n);
    expect([ONE, ONE + 1n, MULTIPLIER_LIMIT].map(factorOf)).toEqual([1n << 16n, (1n << 16n) + 1n, (1n << 24n) - 1n]);
  });

  it("names the parameter that is out of its range", () => {
    const refusal = (change: Partial<PolicyParameters>) => {
      try {
        checkParameters({ ...PLAIN, ...change });
      } catch (error) {
        if (error instanceof ParameterError) return [error.field, error.value];
        throw error;
      }
      return undefined;
    };
    expect(refusal({})).toBeUndefined();
    expect(refusal({ base: ONE - 1n })).toEqual(["base", ONE - 1n]);
    expect(refusal({ base: 4n * ONE })).toEqual(["maximum", 3n * ONE]);
    expect(refusal({ depthTarget: 1n << 96n })).toEqual(["depthTarget", 1n << 96n]);
    expect(refusal({ contagion: { from: 0n, slope: 1n << 40n, cap: 0n } })).toEqual(["contagion.slope", 1n << 40n]);
    expect(refusal({ depth: { from: -1n, slope: 0n, cap: 0n } })).toEqual(["depth.from", -1n]);
  });
});

describe("the policy function", () => {
  const scenario = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => {
    const random = seededRandom(seed);
    const one = randomCase(random);
    // At least one asset, and half of the time a maximum out of the way.
    const parameters = random.chance(0.5) ? { ...one.parameters, maximum: MULTIPLIER_LIMIT } : one.parameters;
    const indices = one.indices.length > 0 ? one.indices : [randomAsset(random, parameters)];
    return { ...one, generation: random.chance(0.5) ? 3 : one.generation, parameters, indices, random };
  });
  const runs = { numRuns: 1_000, seed: 6 };

  function rises(field: keyof Omit<AssetIndices, "asset">, least: bigint, most: bigint, sign: 1n | -1n, size = (index: bigint) => index): void {
    let moved = 0;
    fc.assert(
      fc.property(scenario, ({ generation, parameters, indices, random }) => {
        const [first, ...others] = indices;
        const [low, high] = [value(random, least, most), value(random, least, most)].sort((a, b) => (size(a) < size(b) ? -1 : 1)) as [bigint, bigint];
        const at = (index: bigint) => multiplierOf(generation, parameters, [{ ...first!, [field]: index }, ...others]);
        if (at(low) !== at(high)) moved += 1;
        return (at(high) - at(low)) * sign >= 0n;
      }),
      runs,
    );
    // A function that never moves would pass.
    expect(moved).toBeGreaterThan(30);
  }

  const uint40 = (1n << 40n) - 1n;
  const magnitude = (index: bigint) => (index < 0n ? -index : index);
  it("never falls when the fast volatility rises", () => rises("fastVolatility", 0n, uint40, 1n));
  it("never falls when the slow volatility rises", () => rises("slowVolatility", 0n, uint40, 1n));
  it("never rises when the depth rises", () => rises("depth", 0n, (1n << 96n) - 1n, -1n));
  it("never falls when the open interest becomes more one-sided, either way", () => rises("openInterestSkew", -ONE, ONE, 1n, magnitude));
  it("never falls when the utilisation rises", () => rises("utilisation", 0n, ONE, 1n));
  it("never falls when the correlation rises", () => rises("correlation", -ONE, ONE, 1n));
  it("never falls when the contagion rises", () => rises("contagion", 0n, ONE, 1n));
  it("does not read spot or the asset's number", () => {
    fc.assert(
      fc.property(scenario, ({ generation, parameters, indices }) => {
        const others = indices.map((asset) => ({ ...asset, asset: 7, spot: 1n }));
        return multiplierOf(generation, parameters, indices) === multiplierOf(generation, parameters, others);
      }),
      runs,
    );
  });

  it("is never below base, never above maximum, and never falls from one generation to the next or with one asset more", () => {
    fc.assert(
      fc.property(scenario, ({ generation, parameters, indices, random }) => {
        const [first, second, third] = GENERATIONS.map((number) => multiplierOf(number, parameters, indices)) as [bigint, bigint, bigint];
        const more = multiplierOf(generation, parameters, [...indices, randomAsset(random, parameters)]);
        return parameters.base <= first && first <= second && second <= third && third <= parameters.maximum && multiplierOf(generation, parameters, indices) <= more;
      }),
      runs,
    );
  });
});

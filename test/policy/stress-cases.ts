/** Random and corner inputs of the policy function, over everything that its types hold. */
import type { AssetIndices } from "../../src/policy/asset-indices.js";
import { MAX_DECAY, MULTIPLIER_LIMIT, RAMPS, type Generation, type PolicyParameters, type Ramp } from "../../src/policy/stress-multiplier.js";
import type { Random } from "../support/random.js";

export const ONE = 1n << 32n;
const UINT40 = (1n << 40n) - 1n;
const UINT96 = (1n << 96n) - 1n;

export interface Case {
  readonly generation: Generation;
  readonly parameters: PolicyParameters;
  readonly indices: readonly AssetIndices[];
}

/** Uniform in [low, high], both of any size. */
export function wide(random: Random, low: bigint, high: bigint): bigint {
  let bits = 0n;
  for (let i = 0; i < 5; i++) bits = (bits << 30n) + BigInt(random.integer(0, 2 ** 30 - 1));
  return low + (bits % (high - low + 1n));
}

/** Often an end or next to it, often of a random size, else uniform. */
export function value(random: Random, low: bigint, high: bigint): bigint {
  const kind = random.integer(0, 5);
  if (kind === 0) return low;
  if (kind === 1) return high;
  if (kind === 2) return high > low ? random.pick([low + 1n, high - 1n]) : low;
  if (kind === 3) {
    const size = wide(random, 0n, (1n << BigInt(random.integer(0, 96))) - 1n);
    return low + size > high ? high : low + size;
  }
  return wide(random, low, high);
}

function ramp(random: Random): Ramp {
  // Half of them as policies have them, so that the sums stay below the maximum.
  if (random.chance(0.5)) return { from: value(random, 0n, ONE), slope: value(random, 0n, 3n * ONE), cap: value(random, 0n, ONE) };
  return { from: value(random, 0n, UINT40), slope: value(random, 0n, UINT40), cap: value(random, 0n, UINT40) };
}

export function randomParameters(random: Random): PolicyParameters {
  const base = value(random, ONE, random.chance(0.5) ? 2n * ONE : MULTIPLIER_LIMIT);
  return {
    base,
    maximum: value(random, base, MULTIPLIER_LIMIT),
    decay: value(random, 1n, MAX_DECAY),
    fastWeight: value(random, 0n, ONE),
    depthTarget: value(random, 0n, UINT96),
    volatility: ramp(random),
    depth: ramp(random),
    openInterest: ramp(random),
    utilisation: ramp(random),
    correlation: ramp(random),
    contagion: ramp(random),
  };
}

export function randomAsset(random: Random, { depthTarget, volatility }: PolicyParameters): AssetIndices {
  const share = () => (random.chance(0.8) ? value(random, 0n, ONE) : value(random, 0n, UINT40));
  const signed = () => (random.chance(0.8) ? value(random, -ONE, ONE) : value(random, -(1n << 39n), (1n << 39n) - 1n));
  // Around the point at which a ramp begins, where an error of one would show.
  const near = (point: bigint, most: bigint) => (random.chance(0.2) ? value(random, point > 2n ? point - 2n : 0n, point + 2n > most ? most : point + 2n) : value(random, 0n, most));
  return {
    asset: random.integer(1, 0xffff_ffff),
    spot: value(random, 1n, (1n << 64n) - 1n),
    fastVolatility: near(volatility.from, UINT40),
    slowVolatility: near(volatility.from, UINT40),
    openInterestSkew: signed(),
    correlation: signed(),
    depth: near(depthTarget, UINT96),
    utilisation: share(),
    contagion: share(),
  };
}

export function randomCase(random: Random): Case {
  const parameters = randomParameters(random);
  const indices = Array.from({ length: random.pick([0, 1, 1, 1, 2, 3]) }, () => randomAsset(random, parameters));
  return { generation: random.pick([1, 2, 3] as const), parameters, indices };
}

/** Every field at both ends of its type, one at a time and all together. */
export function cornerCases(): Case[] {
  const steep: Ramp = { from: 0n, slope: UINT40, cap: UINT40 };
  const parameters: PolicyParameters = {
    base: ONE, maximum: MULTIPLIER_LIMIT, decay: 1n, fastWeight: ONE / 2n, depthTarget: 1_000_000n,
    volatility: steep, depth: steep, openInterest: steep, utilisation: steep, correlation: steep, contagion: steep,
  };
  const mild = { ...parameters, ...Object.fromEntries(RAMPS.map((name) => [name, { from: ONE / 2n, slope: ONE, cap: ONE / 2n }])) };
  const calm: AssetIndices = {
    asset: 1, spot: 1n, fastVolatility: 0n, slowVolatility: 0n, openInterestSkew: 0n, correlation: 0n, depth: UINT96, utilisation: 0n, contagion: 0n,
  };
  const ends: Partial<AssetIndices>[] = [
    {}, { fastVolatility: UINT40 }, { slowVolatility: UINT40 }, { openInterestSkew: (1n << 39n) - 1n }, { openInterestSkew: -(1n << 39n) }, { openInterestSkew: -ONE },
    { correlation: (1n << 39n) - 1n }, { correlation: -(1n << 39n) }, { correlation: ONE }, { depth: 0n }, { depth: 1n }, { depth: 999_999n }, { depth: 1_000_000n }, { depth: 1_000_001n },
    { utilisation: UINT40 }, { utilisation: ONE }, { utilisation: 1n }, { contagion: UINT40 }, { contagion: ONE },
  ];
  const widths: Partial<PolicyParameters>[] = [{}, { depthTarget: 0n }, { depthTarget: 1n }, { depthTarget: UINT96 }, { fastWeight: 0n }, { fastWeight: ONE }, { maximum: ONE }];
  const all = Object.assign({}, ...ends) as Partial<AssetIndices>;
  return [parameters, mild].flatMap((set) =>
    widths.flatMap((width) =>
      [...ends, all].flatMap((end) => ([1, 2, 3] as const).map((generation) => ({ generation, parameters: { ...set, ...width }, indices: [{ ...calm, ...end }] }))),
    ),
  );
}

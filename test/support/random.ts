/** Seeded randomness for tests: mulberry32, so that a failure can be run again. */
export interface Random {
  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number;
  /** Uniform bigint in [low, high], high - low below 2^52 or so. */
  big(low: bigint, high: bigint): bigint;
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    integer,
    big: (low, high) => low + (BigInt(integer(0, 2 ** 30 - 1)) * 2n ** 30n + BigInt(integer(0, 2 ** 30 - 1))) % (high - low + 1n),
    pick: (items) => items[integer(0, items.length - 1)]!,
    chance: (probability) => next() < probability,
  };
}

/** Random books over a chain, by class. */
import type { ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import type { Random } from "../support/random.js";
import type { Leg } from "./unreduced.js";

export const BOOK_CLASSES = ["linear", "spread", "short options", "long options", "option spreads", "mixed"] as const;
export type BookClass = (typeof BOOK_CLASSES)[number];

export interface Chain {
  readonly linear: readonly ListedInstrument[];
  readonly options: readonly ListedInstrument[];
}

/** One asset's part of the books: perpetual, futures and options of four expiries beyond two days, strikes at 60..150 % of the forward. */
export function chainOf({ time, instruments }: MarketSnapshot, symbol: string): Chain {
  const own = instruments.filter(({ asset, status }) => asset === symbol && status === "live");
  const options = own.filter(({ kind, strike, forward, expiry }) =>
    kind === "option" && expiry! - time > 2 * 86_400 && Number(strike) / Number(forward) > 0.6 && Number(strike) / Number(forward) < 1.5);
  const expiries = [...new Set(options.map(({ expiry }) => expiry!))].sort((a, b) => a - b);
  const used = [0, 0.3, 0.6, 0.9].map((share) => expiries[Math.floor(share * expiries.length)]);
  return {
    linear: own.filter(({ kind, expiry }) => kind === "spot" || kind === "perpetual" || (kind === "future" && expiry! - time > 2 * 86_400)).slice(0, 4),
    options: used.flatMap((expiry) => thinned(options.filter((option) => option.expiry === expiry), 12)),
  };
}

function thinned<T>(items: readonly T[], count: number): T[] {
  return items.filter((_, i) => Math.floor((i * count) / items.length) !== Math.floor(((i - 1) * count) / items.length));
}

/** Sizes are about equal in money: a contract's forward weighs it. At most 16 legs. */
export function randomBook(random: Random, chains: readonly Chain[], kind: BookClass): Leg[] {
  const both = random.chance(0.6);
  const used = both ? chains : [random.pick(chains)];
  const size = () => random.pick([0.3, 1, 1, 2, 3]);
  const leg = (instrument: ListedInstrument, money: number): Leg => ({ instrument, quantity: (100_000 * money) / Number(instrument.forward) });
  const sign = random.chance(0.5) ? 1 : -1;
  const options = (chain: Chain, count: number) => Array.from({ length: count }, () => random.pick(chain.options));
  switch (kind) {
    case "linear":
      return used.map((chain) => leg(random.pick(chain.linear), sign * size()));
    case "spread": {
      const [first, second] = chains;
      const ratio = random.pick([0.5, 0.7, 1, 1, 1.3, 2]);
      return [leg(random.pick(first!.linear), sign), leg(random.pick(second!.linear), -sign * ratio)];
    }
    case "short options":
      return used.flatMap((chain) => options(chain, random.integer(1, 4)).map((option) => leg(option, -size())));
    case "long options":
      return used.flatMap((chain) => options(chain, random.integer(1, 4)).map((option) => leg(option, size())));
    case "option spreads":
      return used.flatMap((chain) => {
        const first = random.pick(chain.options);
        const pairs = chain.options.filter((other) => other.id !== first.id && other.optionType === first.optionType && (other.expiry === first.expiry || other.strike === first.strike));
        const way = (random.chance(0.5) ? 1 : -1) * size();
        return [leg(first, way), leg(random.pick(pairs.length > 0 ? pairs : chain.options), -way * random.pick([1, 1, 1, 2]))];
      });
    case "mixed":
      return used.flatMap((chain) => [
        ...options(chain, random.integer(1, 5)).map((option) => leg(option, (random.chance(0.5) ? 1 : -1) * size())),
        leg(random.pick(chain.linear), (random.chance(0.5) ? 1 : -1) * size()),
      ]);
  }
}

/** Quantities of value about equal in risk, one an asset: outright, pairs, baskets against each other, random. */
export function randomQuantities(random: Random, sigmas: readonly number[]): number[] {
  const kind = random.integer(0, 3);
  const held = sigmas.map(() => 0);
  const order = sigmas.map((_, i) => i).sort(() => random.integer(-1, 1));
  if (kind === 0) held[order[0]!] = random.chance(0.5) ? 1 : -1;
  else if (kind === 1) [held[order[0]!], held[order[1]!]] = [1, -random.pick([0.7, 1, 1, 1.4])];
  else for (const i of order) held[i] = random.pick([0.3, 1, 2]) * (kind === 2 && random.chance(0.8) ? 1 : random.pick([1, -1]));
  return held.map((x, i) => x / sigmas[i]!);
}

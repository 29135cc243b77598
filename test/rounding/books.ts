/**
 * Books in which roundings add up: many short lots, prices of a fraction of a unit, largest quantities, ties, and accounts at the edge of
 * health. Every kind is drawn at random within its idea.
 */
import { SCENARIOS, STRESS_ROWS } from "../../src/policy/risk-model.js";
import { computeMargin } from "../../src/risk/margin.js";
import { canonicalPortfolio, MAX_SLOT_LOTS, type Holding, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type InstrumentLocation, type RiskPayload } from "../../src/risk/risk-payload.js";
import type { Random } from "../support/random.js";
import type { Parameters } from "../reference/reference.js";

export interface Book {
  readonly portfolio: Portfolio;
  /** Of the payload, replaced for this book. */
  readonly parameters: Parameters;
  readonly factor: bigint;
  readonly collateral: bigint;
}

type Draw = (random: Random, locations: readonly InstrumentLocation[]) => Holding[];

const some = (random: Random, locations: readonly InstrumentLocation[], most: number): InstrumentLocation[] => {
  const left = [...locations];
  const count = random.integer(1, Math.min(most, left.length));
  return Array.from({ length: count }, () => left.splice(random.integer(0, left.length - 1), 1)[0]!);
};
const lots = (random: Random) => random.big(1n, random.pick([1n, 9n, 1_000n, 1_000_000n, MAX_SLOT_LOTS]));
const all = (sign: (random: Random) => bigint, most: number): Draw => (random, locations) =>
  some(random, locations, most).map((location) => ({ location, quantity: sign(random) * lots(random) }));
const short = () => -1n;
const cheap = (locations: readonly InstrumentLocation[]) => {
  const found = locations.filter(({ instrument: { mark } }) => mark <= 3n);
  return found.length === 0 ? locations : found;
};

export const BOOK_KINDS: Readonly<Record<string, Draw>> = {
  "short only": all(short, 14),
  "many shorts of a single lot": (random, locations) => some(random, locations, 300).map((location) => ({ location, quantity: -1n })),
  "short, almost worthless": (random, locations) => all(short, 14)(random, cheap(locations)),
  "long, almost worthless": (random, locations) => all(() => 1n, 14)(random, cheap(locations)),
  "largest quantities": (random, locations) => some(random, locations, 14).map((location) => ({ location, quantity: (random.chance(0.5) ? 1n : -1n) * MAX_SLOT_LOTS })),
  "a single lot": (random, locations) => [{ location: random.pick(locations), quantity: random.pick([1n, -1n]) }],
  "one instrument": all((random) => random.pick([1n, -1n]), 1),
  // Losses that cancel: what is left of the margin is rounding.
  "offsetting pairs": (random, locations) => some(random, locations, 6).flatMap((location) => {
    const quantity = lots(random);
    const other = random.pick(locations.filter(({ bucket }) => bucket === location.bucket));
    return other === location ? [{ location, quantity }] : [{ location, quantity }, { location: other, quantity: -quantity }];
  }),
  mixed: all((random) => (random.chance(0.5) ? 1n : -1n), 30),
};

export function drawBook(random: Random, kind: string, payload: RiskPayload): Book {
  const locations = [...indexInstruments(payload).byId.values()];
  const merged = new Map<InstrumentLocation, bigint>();
  for (const { location, quantity } of BOOK_KINDS[kind]!(random, locations)) merged.set(location, (merged.get(location) ?? 0n) + quantity);
  const holdings = [...merged].filter(([, quantity]) => quantity !== 0n).map(([location, quantity]) => ({ location, quantity }));
  const parameters = drawParameters(random, payload);
  const factor = random.pick([1n << 16n, 85_197n, 65_537n, random.big(0n, (1n << 24n) - 1n)]);
  const collateral = random.pick([0n, 1n, random.big(0n, 1n << 50n)]);
  // Cash that leaves the account at the edge of health, or a unit on either side.
  const { equity, requirement } = computeMargin({ ...payload, ...parameters }, canonicalPortfolio(0n, holdings), { factor, collateral });
  const cash = requirement - equity + random.pick([0n, 0n, -1n, 1n, random.big(-(1n << 40n), 1n << 40n)]);
  return { portfolio: canonicalPortfolio(cash, holdings), parameters, factor, collateral };
}

function drawParameters(random: Random, payload: RiskPayload): Parameters {
  if (random.chance(0.3)) return {};
  const weights = random.pick([
    payload.weights,
    payload.weights.map((weight) => (random.chance(0.5) ? 0 : weight)),
    Array.from({ length: SCENARIOS }, () => random.integer(0, 3)),
    Array.from({ length: SCENARIOS }, (_, s) => (s === 100 ? 7 : 0)),
  ]);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // All zero leaves no tail.
  const usable = total > 0 ? weights : payload.weights;
  const most = total > 0 ? total : payload.weights.reduce((sum, weight) => sum + weight, 0);
  return {
    weights: usable,
    tail: BigInt(random.pick([1, most, random.integer(1, most), random.integer(1, Math.ceil(most / 50))])),
    buffer: random.pick([0n, 1n, payload.buffer, 65_535n]),
    damping: random.pick([payload.damping, Array.from({ length: STRESS_ROWS }, () => random.integer(0, 1023)), new Array<number>(STRESS_ROWS).fill(1023)]),
  };
}

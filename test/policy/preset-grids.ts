/** The published grids, written down from their sources and not from the preset files. */

type Direction = "down" | "same" | "up";

export interface PublishedScenario {
  /** Relative spot move. */
  readonly move: number;
  readonly volatility: Direction;
  /** Part of the loss that counts. */
  readonly counted: number;
}

export interface PublishedGrid {
  readonly scenarios: readonly PublishedScenario[];
  /** Factor on the implied volatility at a tenor in days. */
  readonly volatilityFactor: (direction: Direction, days: number) => number;
  /** Days that have passed at revaluation. */
  readonly days: number;
}

const every = (moves: readonly number[], directions: readonly Direction[]) =>
  moves.flatMap((move) => directions.map((volatility): PublishedScenario => ({ move, volatility, counted: 1 })));
const ALL: readonly Direction[] = ["down", "same", "up"];
const flat = (up: number, down: number) => (direction: Direction) => (direction === "up" ? 1 + up : direction === "down" ? 1 - down : 1);
const tenorScaled = (up: number, down: number) => (direction: Direction, days: number) => {
  const scale = (30 / Math.max(days, 1)) ** (days <= 30 ? 0.3 : 0.13);
  return Math.max(0, direction === "up" ? 1 + up * scale : direction === "down" ? 1 - down * scale : 1);
};

/** Price scan range of the SPAN preset; CME sets it for each product. */
export const SPAN_RANGE = 0.25;
const SPAN_EXTREMES: readonly PublishedScenario[] = [
  { move: 2 * SPAN_RANGE, volatility: "same", counted: 0.35 },
  { move: -2 * SPAN_RANGE, volatility: "same", counted: 0.35 },
];

/** PMRM_2 of derivexyz/v2-core. */
const PM2_TAILS: readonly (readonly [number, number])[] = [
  [-0.66, 0.21], [-0.33, 0.42], [0.5, 0.2772], [1, 0.1386], [2, 0.0693], [3, 0.0462], [4, 0.03465], [5, 0.02772],
];
const DERIBIT_TABLE = [-0.66, -0.33, 0.5, 1, 2, 3, 4, 5];
const tail = ([move, counted]: readonly [number, number]): PublishedScenario => ({ move, volatility: "up", counted });

export const publishedGrids: Readonly<Record<string, PublishedGrid>> = {
  span16: {
    scenarios: [...every([0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1, -1].map((part) => part * SPAN_RANGE), ["up", "down"]), ...SPAN_EXTREMES],
    volatilityFactor: flat(0.35, 0.35),
    days: 1,
  },
  derive23: {
    scenarios: [...every([0.15, 0.1, 0.05, 0, -0.05, -0.1, -0.15], ALL), ...every([0.2, -0.2], ["up"])],
    volatilityFactor: tenorScaled(0.6, 0.3),
    days: 0,
  },
  derive33: {
    scenarios: [...every([0.135, 0.09, 0.045, 0, -0.045, -0.09, -0.135], ALL), ...every([0.18, -0.18], ["up"]), ...PM2_TAILS.map(tail)],
    volatilityFactor: tenorScaled(0.5, 0.3),
    days: 0,
  },
  deribit: {
    scenarios: [...every([-4, -3, -2, -1, 0, 1, 2, 3, 4].map((step) => (step * 0.16) / 4), ALL), ...DERIBIT_TABLE.map((move) => tail([move, 0.16 / Math.abs(move)]))],
    volatilityFactor: tenorScaled(0.5, 0.25),
    days: 0,
  },
  aevo: {
    scenarios: every([1, 0.5, 0, -0.5, -1].map((part) => part * 0.2), ALL),
    volatilityFactor: flat(0.5, 0.25),
    days: 0,
  },
};

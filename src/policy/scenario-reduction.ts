import { isqrt } from "../math/fixed-point.js";
import { NODES } from "./risk-model.js";
import type { NodeTuple } from "./paths.js";

/**
 * What the reduction works in. Everything is an integer, exact in a JS number: coordinates (11 bits), costs (below 2^48 outward; inward cut at
 * 50 bits, so never before an outward one), importance of a tuple's weight (cut at 11 bits), at most 2400 candidates; at most 8 assets.
 */
export interface ReductionScale {
  /** coordinates[asset][node]: spot levels in 1/8 sigma, strictly ascending; beyond +-COORDINATE_LIMIT one apart. */
  readonly coordinates: readonly (readonly number[])[];
  /** Correlation of the distance in sixteenths, 0..8: a move that breaks correlation counts as far. */
  readonly correlation: number;
}

export const COORDINATE_LIMIT = 1023;
export const COORDINATES_PER_SIGMA = 8n;
const LARGEST_COST = 2 ** 50 - 1;
/** Costs are summed in two parts, so that no sum passes 2^53. */
const LOW_PART = 2 ** 22;
const LARGEST_IMPORTANCE = 2 ** 11 - 1;
const CANDIDATES = 2400;
/** What a move towards the centre costs, in moves away from it: it understates losses, which nothing makes good. */
const INWARD = 128;
/** Squared distance from no move inside of which all tuples are about equally far in: two sigmas in a model of one asset, about one in others. */
const CENTRE = 4096n;

/** A tuple in the metric. */
interface Point {
  readonly nodes: readonly number[];
  readonly at: readonly number[];
  readonly sum: number;
  readonly weight: number;
  /** Squared distance from no move. */
  readonly extremity: number;
  /** Root of the squared distance from no move, at least that of the centre. */
  readonly radius: number;
}

/**
 * The tuples that stay scenarios: greedily those that save most cost when the weight of every tuple goes to the cheapest one retained (a
 * k-median). All of them if there are no more than `count`, and unvisited moves of all assets together while there is room. Sorted by nodes.
 */
export function chooseTuples(tuples: readonly NodeTuple[], count: number, scale: ReductionScale): (readonly number[])[] {
  const assets = scale.coordinates.length;
  const unvisited = Array.from({ length: NODES }, (_, k): NodeTuple => ({ nodes: Array.from({ length: assets }, () => k), weight: 0 }));
  const points = weightiest(distinct([...tuples, ...unvisited], scale));
  const importance = points.map(({ weight }) => weightImportance(weight));
  const costs = points.map((candidate) => Float64Array.from(points, (from) => moveCost(from, candidate, scale)));
  const left = new Float64Array(points.length).fill(LARGEST_COST);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, points.length)) {
    let best = -1;
    let most = -1;
    let mostRest = 0;
    for (let c = 0; c < points.length; c++) {
      if (chosen.has(c)) continue;
      const cost = costs[c]!;
      let high = 0;
      let low = 0;
      for (let i = 0; i < cost.length; i++) {
        const saved = left[i]! - cost[i]!;
        if (saved <= 0) continue;
        const part = saved % LOW_PART;
        low += part * importance[i]!;
        high += ((saved - part) / LOW_PART) * importance[i]!;
      }
      const rest = low % LOW_PART;
      const whole = high + (low - rest) / LOW_PART;
      if (whole > most || (whole === most && rest > mostRest)) [best, most, mostRest] = [c, whole, rest];
    }
    chosen.add(best);
    const cost = costs[best]!;
    for (let i = 0; i < cost.length; i++) left[i] = Math.min(left[i]!, cost[i]!);
  }
  return points.filter((_, i) => chosen.has(i)).map(({ nodes }) => nodes);
}

/**
 * Gives the weight of every tuple to the retained one that is cheapest: near, and not further in. Where weight goes is a property of the
 * tuple alone, so that the result is continuous in the weights. Weights add up. In the order of `retained`; those without weight stay.
 */
export function mergeOutward(tuples: readonly NodeTuple[], retained: readonly (readonly number[])[], scale: ReductionScale): NodeTuple[] {
  const targets = retained.map((nodes) => pointOf(nodes, 0, scale));
  const weights = new Array<number>(targets.length).fill(0);
  for (const from of distinct(tuples, scale)) {
    let best = 0;
    let least = Infinity;
    targets.forEach((target, k) => {
      const cost = moveCost(from, target, scale);
      if (cost < least || (cost === least && target.extremity > targets[best]!.extremity)) [best, least] = [k, cost];
    });
    weights[best]! += from.weight;
  }
  return retained.map((nodes, k) => ({ nodes, weight: weights[k]! }));
}

/** Squared displacement x distance of the outer of the two from no move: the centre may be coarse, tails may not. A tuple stays itself for nothing. */
function moveCost(from: Point, to: Point, scale: ReductionScale): number {
  let sum = 0;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < from.at.length; i++) {
    const difference = from.at[i]! - to.at[i]!;
    sum += difference;
    squares += difference * difference;
    products += from.at[i]! * to.at[i]!;
  }
  const assets = from.at.length;
  const cost = innerProduct(sum * sum, squares, assets, scale) * Math.max(from.radius, to.radius);
  // The nearest of 34 tuples can be far off to the side, which hides part of a spread's loss: at least half of the move must be in the target
  // too, more from five assets on, and from six on it must lie further out.
  const outward = 16 * to.extremity >= Math.max(16, 1 + 3 * assets) * from.extremity;
  const along = 16 * innerProduct(from.sum * to.sum, products, assets, scale) >= Math.max(8, 4 + assets) * from.extremity;
  return Math.min(LARGEST_COST, outward && along ? cost : cost * INWARD);
}

/**
 * Mahalanobis inner product of moves x and y of equicorrelated assets, up to a constant, x 16: (1 + (n - 1) rho) x.y - rho (sum x)(sum y), from
 * the product of the sums and the sum of the products. Below 2^32 in size.
 */
function innerProduct(sums: number, products: number, assets: number, { correlation }: ReductionScale): number {
  return (16 + (assets - 1) * correlation) * products - correlation * sums;
}

/** weight^(3/4): a little less than proportional, because rare tuples are the tails. */
function weightImportance(weight: number): number {
  const big = BigInt(weight);
  return Math.min(LARGEST_IMPORTANCE, Number(isqrt(big * isqrt(big))));
}

/** The candidates: those that would cost most if their weight had to come from the centre, so that tails are among them with many assets too. */
function weightiest(points: readonly Point[]): Point[] {
  if (points.length <= CANDIDATES) return [...points];
  const moment = ({ weight, extremity }: Point) => weightImportance(weight) * extremity;
  return points
    .map((point) => ({ point, moment: moment(point) }))
    .sort((a, b) => b.moment - a.moment || keyOf(a.point.nodes) - keyOf(b.point.nodes))
    .slice(0, CANDIDATES)
    .map(({ point }) => point)
    .sort((a, b) => keyOf(a.nodes) - keyOf(b.nodes));
}

/** One point for each tuple, sorted by nodes. */
function distinct(tuples: readonly NodeTuple[], scale: ReductionScale): Point[] {
  const weights = new Map<number, { nodes: readonly number[]; weight: number }>();
  for (const { nodes, weight } of tuples) {
    const key = keyOf(nodes);
    const known = weights.get(key);
    weights.set(key, { nodes, weight: weight + (known?.weight ?? 0) });
  }
  return [...weights]
    .sort(([a], [b]) => a - b)
    .map(([, { nodes, weight }]) => pointOf(nodes, weight, scale));
}

/** Base-14 number of a tuple: below 2^31 for 8 assets. */
function keyOf(nodes: readonly number[]): number {
  return nodes.reduce((key, node) => key * NODES + node, 0);
}

function pointOf(nodes: readonly number[], weight: number, scale: ReductionScale): Point {
  const at = nodes.map((node, asset) => scale.coordinates[asset]?.[node] ?? 0);
  const sum = at.reduce((total, x) => total + x, 0);
  const extremity = innerProduct(sum * sum, at.reduce((total, x) => total + x * x, 0), at.length, scale);
  return { nodes, at, sum, weight, extremity, radius: Number(isqrt(BigInt(extremity) + CENTRE)) };
}

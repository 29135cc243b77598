import { NODES } from "./risk-model.js";
import type { NodeTuple } from "./paths.js";

/**
 * What the reduction works in. Everything is an integer below 2^53, exact in a JS number, without division: coordinates (8 bits), squared
 * distances (cut at 26 bits), weights (cut at 14 bits) and the importance factor (11 bits); at most 8 assets.
 */
export interface ReductionScale {
  /** coordinates[asset][node]: spot levels in 1/8 horizon sigma, cut at +-COORDINATE_LIMIT. */
  readonly coordinates: readonly (readonly number[])[];
  /** Correlation of the distance in sixteenths, 0..15: a move that breaks correlation counts as far. */
  readonly correlation: number;
  /** Weight above which more weight is not more important: the tail weight T. */
  readonly tail: number;
}

export const COORDINATE_LIMIT = 255;
export const COORDINATES_PER_SIGMA = 8n;
const LARGEST_DISTANCE = 2 ** 26 - 1;
const LARGEST_WEIGHT = 2 ** 14 - 1;
const LARGEST_IMPORTANCE = 2 ** 11 - 1;
/** Pairwise merging is quadratic; above this many tuples, near ones are joined in passes first. */
const PAIRWISE_LIMIT = 800;

interface Cluster {
  readonly nodes: readonly number[];
  readonly point: readonly number[];
  readonly weight: number;
  /** Squared distance from no move. */
  readonly extremity: number;
}

/**
 * Merges weighted tuples until at most `count` are left, the cheapest pair first, so that the centre is merged and tail points stay
 * apart. Two tuples become their outer join: for each asset the node further out, so that a tuple is only moved to one at least as
 * extreme wherever the two have the same direction. Weights add up. Sorted by nodes.
 */
export function reduceScenarios(tuples: readonly NodeTuple[], count: number, scale: ReductionScale): NodeTuple[] {
  let clusters = distinct(tuples, scale);
  for (let limit = 2 ** 16; clusters.length > PAIRWISE_LIMIT; limit *= 4) clusters = joinNear(clusters, limit, scale);
  return mergePairs(clusters, count, scale)
    .map(({ nodes, weight }) => ({ nodes, weight }))
    .sort((a, b) => keyOf(a.nodes) - keyOf(b.nodes));
}

function distinct(tuples: readonly NodeTuple[], scale: ReductionScale): Cluster[] {
  const weights = new Map<number, { nodes: readonly number[]; weight: number }>();
  for (const { nodes, weight } of tuples) {
    const key = keyOf(nodes);
    const known = weights.get(key);
    weights.set(key, { nodes, weight: weight + (known?.weight ?? 0) });
  }
  return [...weights]
    .sort(([a], [b]) => a - b)
    .map(([, { nodes, weight }]) => clusterOf(nodes, weight, scale));
}

/** Base-14 number of a tuple: below 2^31 for 8 assets. */
function keyOf(nodes: readonly number[]): number {
  return nodes.reduce((key, node) => key * NODES + node, 0);
}

function clusterOf(nodes: readonly number[], weight: number, scale: ReductionScale): Cluster {
  const point = nodes.map((node, asset) => scale.coordinates[asset]?.[node] ?? 0);
  return { nodes, point, weight, extremity: squaredLength(point, scale) };
}

function squaredLength(point: readonly number[], scale: ReductionScale): number {
  let sum = 0;
  let squares = 0;
  for (const x of point) {
    sum += x;
    squares += x * x;
  }
  return squaredDistance(sum, squares, point.length, scale);
}

/** Mahalanobis distance of equicorrelated assets up to a constant, x 16: (1 + (n - 1) rho) sum x^2 - rho (sum x)^2. */
function squaredDistance(sum: number, squares: number, assets: number, { correlation }: ReductionScale): number {
  const distance = (16 + (assets - 1) * correlation) * squares - correlation * sum * sum;
  return distance < LARGEST_DISTANCE ? distance : LARGEST_DISTANCE;
}

/** What merging moves, times how far out it happens: weight x squared displacement x (1 + squared distance of the join from no move). */
function mergeCost(a: Cluster, b: Cluster, scale: ReductionScale): number {
  const [heavier, lighter] = b.weight > a.weight ? [b, a] : [a, b];
  let [sumOut, squaresOut, sumHeavy, squaresHeavy, sumLight, squaresLight] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < heavier.point.length; i++) {
    const x = heavier.point[i]!;
    const y = lighter.point[i]!;
    const outer = y * y > x * x ? y : x;
    sumOut += outer;
    squaresOut += outer * outer;
    sumHeavy += outer - x;
    squaresHeavy += (outer - x) * (outer - x);
    sumLight += outer - y;
    squaresLight += (outer - y) * (outer - y);
  }
  const assets = heavier.point.length;
  const importance = 1 + (squaredDistance(sumOut, squaresOut, assets, scale) >> 8);
  const moved =
    cut(heavier.weight, scale.tail) * squaredDistance(sumHeavy, squaresHeavy, assets, scale) +
    cut(lighter.weight, scale.tail) * squaredDistance(sumLight, squaresLight, assets, scale);
  return moved * (importance < LARGEST_IMPORTANCE ? importance : LARGEST_IMPORTANCE);
}

function cut(weight: number, tail: number): number {
  const limit = tail < LARGEST_WEIGHT ? tail : LARGEST_WEIGHT;
  return weight < limit ? weight : limit;
}

/** The outer join; where the two lie opposite at the same distance, the heavier's node. */
function join(a: Cluster, b: Cluster, scale: ReductionScale): Cluster {
  const [heavier, lighter] = b.weight > a.weight ? [b, a] : [a, b];
  const nodes = heavier.nodes.map((node, asset) => {
    const own = heavier.point[asset]!;
    const other = lighter.point[asset]!;
    return other * other > own * own ? lighter.nodes[asset]! : node;
  });
  return clusterOf(nodes, a.weight + b.weight, scale);
}

/** One pass, furthest first: each cluster joins the first one already kept that costs no more than the limit. */
function joinNear(clusters: readonly Cluster[], limit: number, scale: ReductionScale): Cluster[] {
  const kept: Cluster[] = [];
  for (const cluster of clusters.toSorted((a, b) => b.extremity - a.extremity || keyOf(a.nodes) - keyOf(b.nodes))) {
    const near = kept.findIndex((other) => mergeCost(other, cluster, scale) <= limit);
    if (near === -1) kept.push(cluster);
    else kept[near] = join(kept[near]!, cluster, scale);
  }
  return kept;
}

/** Greedy pairwise merging with a cached cheapest partner for each cluster; ties go to the lower index. */
function mergePairs(start: readonly Cluster[], count: number, scale: ReductionScale): Cluster[] {
  const clusters: (Cluster | undefined)[] = [...start];
  const partner: number[] = [];
  const cost: number[] = [];
  const findPartner = (i: number) => {
    cost[i] = Infinity;
    partner[i] = -1;
    for (let j = 0; j < clusters.length; j++) {
      const other = clusters[j];
      if (j === i || other === undefined) continue;
      const value = mergeCost(clusters[i]!, other, scale);
      if (value < cost[i]!) {
        cost[i] = value;
        partner[i] = j;
      }
    }
  };
  start.forEach((_, i) => findPartner(i));
  for (let left = start.length; left > count; left--) {
    let best = -1;
    for (let i = 0; i < clusters.length; i++) {
      if (clusters[i] !== undefined && (best === -1 || cost[i]! < cost[best]!)) best = i;
    }
    const gone = partner[best]!;
    clusters[best] = join(clusters[best]!, clusters[gone]!, scale);
    clusters[gone] = undefined;
    findPartner(best);
    for (let i = 0; i < clusters.length; i++) {
      if (clusters[i] === undefined || i === best) continue;
      if (partner[i] === best || partner[i] === gone) findPartner(i);
      else {
        const value = mergeCost(clusters[i]!, clusters[best]!, scale);
        if (value < cost[i]!) {
          cost[i] = value;
          partner[i] = best;
        }
      }
    }
  }
  return clusters.filter((cluster) => cluster !== undefined);
}

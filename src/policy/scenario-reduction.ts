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
/** Pairwise merging is quadratic; above this many tuples, near ones are merged in passes first. */
const PAIRWISE_LIMIT = 800;

interface Cluster {
  readonly nodes: readonly number[];
  readonly point: readonly number[];
  readonly weight: number;
  /** Squared distance from no move. */
  readonly extremity: number;
}

/**
 * Merges weighted tuples until at most `count` are left, the cheapest pair first. Of two tuples the one nearer to no move gives its
 * weight to the one further out (Mahalanobis distance), so weight only ever moves outward, what is left are simulated tuples, and
 * tuples that break the correlation survive. The centre is merged, tail points stay apart. Weights add up. Sorted by nodes.
 */
export function reduceScenarios(tuples: readonly NodeTuple[], count: number, scale: ReductionScale): NodeTuple[] {
  let clusters = distinct(tuples, scale);
  for (let limit = 2 ** 24; clusters.length > PAIRWISE_LIMIT; limit *= 4) clusters = mergeNear(clusters, limit, scale);
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

/** What merging moves, times how far out: weight of the inner x squared displacement x (1 + squared distance of the outer from no move). */
function mergeCost(a: Cluster, b: Cluster, scale: ReductionScale): number {
  const [outer, inner] = outerFirst(a, b);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < outer.point.length; i++) {
    const difference = outer.point[i]! - inner.point[i]!;
    sum += difference;
    squares += difference * difference;
  }
  const importance = 1 + (outer.extremity >> 8);
  const moved = cut(inner.weight, scale.tail) * squaredDistance(sum, squares, outer.point.length, scale);
  return moved * (importance < LARGEST_IMPORTANCE ? importance : LARGEST_IMPORTANCE);
}

function merged(a: Cluster, b: Cluster): Cluster {
  return { ...outerFirst(a, b)[0], weight: a.weight + b.weight };
}

/** Distances that tie are decided by the nodes, so that the order of the arguments never matters. */
function outerFirst(a: Cluster, b: Cluster): [Cluster, Cluster] {
  const difference = a.extremity - b.extremity || keyOf(a.nodes) - keyOf(b.nodes);
  return difference < 0 ? [b, a] : [a, b];
}

function cut(weight: number, tail: number): number {
  const limit = tail < LARGEST_WEIGHT ? tail : LARGEST_WEIGHT;
  return weight < limit ? weight : limit;
}

/** One pass, furthest first: each cluster is merged into the first one kept that costs no more than the limit. */
function mergeNear(clusters: readonly Cluster[], limit: number, scale: ReductionScale): Cluster[] {
  const kept: Cluster[] = [];
  for (const cluster of clusters.toSorted((a, b) => b.extremity - a.extremity || keyOf(a.nodes) - keyOf(b.nodes))) {
    const near = kept.findIndex((other) => mergeCost(other, cluster, scale) <= limit);
    if (near === -1) kept.push(cluster);
    else kept[near] = merged(kept[near]!, cluster);
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
    clusters[best] = merged(clusters[best]!, clusters[gone]!);
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

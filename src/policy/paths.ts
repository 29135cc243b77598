import { Q32, abs, ceilDiv, floorDiv, max, roundDiv } from "../math/fixed-point.js";
import { expQ32, sqrtQ32 } from "../math/elementary.js";
import { blockCorrelation, choleskyFactor, type CorrelationMatrix } from "./correlation.js";
import { decimalQ32, decimalUnits } from "./decimals.js";
import type { Policy } from "./policy.js";
import { normalDeviate, splitMix64, type RandomStream } from "./random.js";

/** One simulated joint move over the horizon. */
export interface Path {
  readonly block: number;
  readonly weight: number;
  readonly regime: number;
  /** Log moves in horizon sigmas, Q32, one for each asset. */
  readonly draws: readonly bigint[];
}

/**
 * Joint moves over the horizon: per block a multivariate Student t of unit variance, scaled to the block's volatility, in antithetic
 * pairs that share their mixing variable. Weights add up to the policy's totalWeight. Nothing here depends on the assets' volatility.
 */
export function simulatePaths(policy: Policy, correlation: CorrelationMatrix): Path[] {
  const { scenarios } = policy;
  const stream = splitMix64(BigInt(scenarios.seed));
  const paths: Path[] = [];
  const total = BigInt(scenarios.totalWeight);
  const regimeOf = regimeRule(policy);
  let probability = 0n;
  scenarios.blocks.forEach((block, index) => {
    const factor = choleskyFactor(blockCorrelation(correlation, decimalQ32(block.tighten), decimalQ32(block.loosen)));
    const volatility = decimalQ32(block.volatility);
    const start = weightUpTo(total, probability);
    probability += decimalUnits(block.probability);
    const mass = weightUpTo(total, probability) - start;
    const count = BigInt(scenarios.pathsPerBlock);
    for (let i = 0n; i < count; i += 2n) {
      const standard = studentVector(stream, scenarios.degreesOfFreedom, factor);
      for (const [side, draw] of [standard, standard.map((x) => -x)].entries()) {
        const at = i + BigInt(side);
        const scaled = draw.map((x) => roundDiv(x * volatility, Q32));
        paths.push({
          block: index,
          weight: Number(floorDiv((at + 1n) * mass, count) - floorDiv(at * mass, count)),
          regime: regimeOf(scaled, normalDeviate(stream.next())),
          draws: scaled,
        });
      }
    }
  });
  return paths;
}

/** Relative spot moves of a path, Q32, at the assets' horizon sigmas, Q32. */
export function pathMoves({ draws }: Path, sigmas: readonly bigint[]): bigint[] {
  return draws.map((x, asset) => spotMove(roundDiv(x * (sigmas[asset] ?? 0n), Q32)));
}

/**
 * A fall x is a log move, e^x - 1, so that it can't pass -100 %; a rise x is x itself: the exponential of a Student t has no mean, so
 * no short would have an expected shortfall.
 */
function spotMove(x: bigint): bigint {
  return x < 0n ? expQ32(x) - Q32 : x;
}

function weightUpTo(total: bigint, probabilityUnits: bigint): bigint {
  return floorDiv(total * probabilityUnits, decimalUnits("1"));
}

/** Correlated Student t of unit variance, Q32: L z sqrt((df - 2) / chi2_df). */
function studentVector(stream: RandomStream, degreesOfFreedom: number, factor: CorrelationMatrix): bigint[] {
  let chiSquare = 0n;
  for (let k = 0; k < degreesOfFreedom; k++) {
    const z = normalDeviate(stream.next());
    chiSquare += z * z;
  }
  // Q64 / Q64, brought to Q32; a chi-square of 0 can't be divided by and has no measurable probability.
  const scale = sqrtQ32(floorDiv(BigInt(degreesOfFreedom - 2) << 96n, max(chiSquare, 1n)));
  const normals = factor.map(() => normalDeviate(stream.next()));
  return factor.map((row) => {
    const correlated = row.reduce((sum, weight, k) => sum + weight * (normals[k] ?? 0n), 0n);
    return roundDiv(roundDiv(correlated, Q32) * scale, Q32);
  });
}

/** Regime by a volatility score: falls and large moves lift volatility, the rest is an independent draw. Moves in sigmas, Q32. */
function regimeRule({ scenarios }: Policy): (moves: readonly bigint[], draw: bigint) => number {
  const rule = scenarios.regimeRule;
  const [direction, magnitude, independent] = [rule.directionLoading, rule.magnitudeLoading, rule.independentLoading].map(decimalQ32) as [bigint, bigint, bigint];
  const [flatAbove, upAbove, skewAbove] = [rule.flatAbove, rule.upAbove, rule.skewAbove].map(decimalQ32) as [bigint, bigint, bigint];
  return (moves, draw) => {
    const systemic = roundDiv(moves.reduce((sum, x) => sum + x, 0n), BigInt(moves.length));
    const score = roundDiv(direction * systemic + magnitude * abs(systemic) + independent * draw, Q32);
    if (score < flatAbove) return 0;
    if (score < upAbove) return 1;
    return score >= skewAbove && systemic < 0n ? 3 : 2;
  };
}

/** Part of a path's weight at one tuple of nodes. */
export interface NodeTuple {
  readonly nodes: readonly number[];
  readonly weight: number;
}

/**
 * Splits a path's weight between the nodes around each of its moves (Q32) so that the mean move of every asset is kept, all assets switching from lower to
 * upper node in one order. Given the path, node moves are a mean-preserving spread of it, so by Jensen no expected shortfall of a book linear (or
 * concave, as short options) in spot gets smaller; rounding every move outward would instead hand profits to long options.
 * A move beyond the outermost node counts as that node. Integer weights are rounded away from zero moves.
 * levels[asset][node], Q32.
 */
export function splitPath(moves: readonly bigint[], pathWeight: number, levels: readonly (readonly bigint[])[]): NodeTuple[] {
  const weight = BigInt(pathWeight);
  const brackets = moves.map((move, asset) => bracket(move, levels[asset] ?? [], weight));
  const cuts = [...new Set(brackets.map(({ upper }) => upper))].sort((a, b) => a - b);
  const tuples: NodeTuple[] = [];
  let from = 0;
  for (const to of [...cuts, pathWeight]) {
    if (to <= from) continue;
    const start = from;
    tuples.push({ nodes: brackets.map(({ lower, upper }) => (start < upper ? lower + 1 : lower)), weight: to - from });
    from = to;
  }
  return tuples;
}

/** Lower node and the part of the weight that belongs to the node above it. */
function bracket(move: bigint, levels: readonly bigint[], weight: bigint): { lower: number; upper: number } {
  const above = levels.findIndex((level) => level > move);
  const low = levels[above - 1];
  const high = levels[above];
  if (above === -1) return { lower: levels.length - 1, upper: 0 };
  if (low === undefined || high === undefined) return { lower: 0, upper: 0 };
  const round = move > 0n ? ceilDiv : floorDiv;
  return { lower: above - 1, upper: Number(round(weight * (move - low), high - low)) };
}

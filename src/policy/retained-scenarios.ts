import { Q32, abs, ceilDiv, floorDiv, max, min } from "../math/fixed-point.js";
import type { CorrelationMatrix } from "./correlation.js";
import { decimalQ32 } from "./decimals.js";
import { sigmaOfCore, spotLevelsAt } from "./nodes.js";
import { pathMoves, splitPath, type NodeTuple, type Path } from "./paths.js";
import type { Policy } from "./policy.js";
import { REGIMES } from "./risk-model.js";
import { COORDINATES_PER_SIGMA, COORDINATE_LIMIT, chooseTuples, type ReductionScale } from "./scenario-reduction.js";

/**
 * Volatilities at which the tuples are chosen, as the core's half width over the minimum range: each asset in turn lively among calm ones, then
 * all alike, from calm to lively. Where the core is wider than the minimum range, nodes grow with volatility, and what is right at 1 stays so.
 */
const ALIKE = ["0.45", "0.75", "1"];
const LIVELY = "1";
const CALM = "0.3";
/** Of sixteenths. Above it a single asset's move would be as far as a spread, and what halves the one could pass for near to the other. */
const LARGEST_CORRELATION = 8n;

/** What a regime's scenarios are, before they have weights. */
export interface RetainedTuples {
  readonly tuples: readonly (readonly number[])[];
  readonly scale: ReductionScale;
}

/**
 * The node tuples that stay scenarios, for each regime. They are chosen by policy, seed and correlation at reference volatilities, never by
 * the assets' own: which tuples there are and where weight goes must not change with volatility, or a margin could fall when it rises.
 */
export function retainedTuples(
  policy: Policy, symbols: readonly string[], paths: readonly Path[], correlation: CorrelationMatrix, count: number,
): RetainedTuples[] {
  const references = referenceWidths(symbols.length).map((widths) => {
    const sigmas = symbols.map((symbol, i) => sigmaOfCore(policy, symbol, decimalQ32(widths[i]!)));
    const levels = symbols.map((symbol, i) => spotLevelsAt(policy, symbol, sigmas[i]!));
    return { sigmas, levels, tuples: tuplesByRegime(paths, sigmas, levels) };
  });
  // Distances are those of the last reference.
  const { sigmas, levels } = references.at(-1)!;
  return Array.from({ length: REGIMES }, (_, r) => {
    const scale = reductionScale(levels.map((asset) => asset[r]!), sigmas, correlation);
    return { tuples: chooseTuples(references.flatMap(({ tuples }) => tuples[r]!), count, scale), scale };
  });
}

/** One width an asset for each reference. */
function referenceWidths(assets: number): string[][] {
  const all = (width: string) => Array.from({ length: assets }, () => width);
  const alone = assets === 1 ? [] : Array.from({ length: assets }, (_, i) => all(CALM).with(i, LIVELY));
  return [...alone, ...ALIKE.map(all)];
}

/** The paths at horizon sigmas (Q32), split onto the nodes levels[asset][regime][node] (Q32). */
export function tuplesByRegime(paths: readonly Path[], sigmas: readonly bigint[], levels: readonly (readonly (readonly bigint[])[])[]): NodeTuple[][] {
  const byRegime: NodeTuple[][] = Array.from({ length: REGIMES }, () => []);
  const own = Array.from({ length: REGIMES }, (_, r) => levels.map((asset) => asset[r] ?? []));
  for (const path of paths) byRegime[path.regime]?.push(...splitPath(pathMoves(path, sigmas), path.weight, own[path.regime] ?? []));
  return byRegime;
}

function reductionScale(levels: readonly (readonly bigint[])[], sigmas: readonly bigint[], correlation: CorrelationMatrix): ReductionScale {
  const coordinates = levels.map((asset, i) => {
    // Away from zero, so that only the node without a move has the coordinate 0.
    const sizes = asset.map((level) => Number(min(BigInt(COORDINATE_LIMIT), ceilDiv(abs(level) * COORDINATES_PER_SIGMA, sigmas[i]!))));
    const zero = asset.indexOf(0n);
    for (let j = zero + 1; j < sizes.length; j++) sizes[j] = Math.max(sizes[j]!, sizes[j - 1]! + 1);
    for (let j = zero - 1; j >= 0; j--) sizes[j] = Math.max(sizes[j]!, sizes[j + 1]! + 1);
    return sizes.map((size, j) => (j < zero ? -size : size));
  });
  return { coordinates, correlation: Number(averageCorrelationSixteenths(correlation)) };
}

function averageCorrelationSixteenths(correlation: CorrelationMatrix): bigint {
  const size = BigInt(correlation.length);
  if (size < 2n) return 0n;
  const sum = correlation.flat().reduce((total, entry) => total + entry, 0n) - size * Q32;
  return min(LARGEST_CORRELATION, max(0n, floorDiv(16n * sum, size * (size - 1n) * Q32)));
}

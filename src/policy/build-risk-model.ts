import type { MarketSnapshot } from "../market/market-snapshot.js";
import { floorDiv, max } from "../math/fixed-point.js";
import { chargesOf } from "./charges.js";
import { assetCorrelation, type CorrelationMatrix } from "./correlation.js";
import { amountUnitsDown, decimalQ16Up, decimalQ32, decimalUnits } from "./decimals.js";
import { liquidityOf, type Liquidity } from "./liquidity.js";
import { spotLevels } from "./nodes.js";
import { simulatePaths, type NodeTuple, type Path } from "./paths.js";
import { liquidationHorizon, type Policy } from "./policy.js";
import { type AnyPolicy, isWorstCase } from "./policy-file.js";
import { surfaceRegimes } from "./regimes.js";
import { NODES, REGIME_BLOCK, type AssetRisk, type RiskModel } from "./risk-model.js";
import { retainedTuples, tuplesByRegime } from "./retained-scenarios.js";
import { mergeOutward } from "./scenario-reduction.js";
import { stressRows } from "./stress.js";
import { DAY } from "../market/utc-time.js";
import { estimateVolatility, horizonSigma, type VolatilityEstimate } from "./volatility.js";
import { worstCaseModel } from "./worst-case-model.js";

/** Scenarios of a regime block that are not stress rows. */
export const CORE_SCENARIOS = REGIME_BLOCK - NODES;
/** Assets that one policy run can hold: tuples of nodes are numbered in 31 bits. */
export const MAX_ASSETS = 8;
/** Node number of an unmoved asset. */
const UNMOVED = NODES;
const NO_SCENARIO: NodeTuple = { nodes: [], weight: 0 };

/** How a model came about, for reports and audits. */
export interface RiskModelOrigin {
  readonly volatilities: readonly VolatilityEstimate[];
  readonly liquidity: readonly Liquidity[];
  readonly correlation: CorrelationMatrix;
  readonly paths: readonly Path[];
  /** Tuples of nodes, before the reduction, by regime. */
  readonly tuples: readonly (readonly NodeTuple[])[];
}

/** A pure function of its inputs. Throws AssetCountError, and what the estimators throw: BarError, NoVolatilityError, LambdaRangeError. */
export function buildRiskModel(snapshot: MarketSnapshot, policy: AnyPolicy): RiskModel {
  return isWorstCase(policy) ? worstCaseModel(snapshot, policy) : traceRiskModel(snapshot, policy).model;
}

/** As buildRiskModel of a policy of expected shortfall, with the intermediate results. */
export function traceRiskModel(snapshot: MarketSnapshot, policy: Policy): { readonly model: RiskModel; readonly origin: RiskModelOrigin } {
  const { assets } = snapshot;
  if (assets.length < 1 || assets.length > MAX_ASSETS) throw new AssetCountError(assets.length);
  const horizon = liquidationHorizon(policy);
  const tail = tailWeight(policy);

  const volatilities = assets.map((asset) => estimateVolatility(snapshot, asset, policy));
  const sigmas = volatilities.map(({ blended }) => horizonSigma(blended, horizon));
  const levels = volatilities.map(({ symbol, blended }) => spotLevels(policy, symbol, blended));
  const correlation = assetCorrelation(assets, policy);

  const symbols = assets.map(({ symbol }) => symbol);
  const paths = simulatePaths(policy, correlation);
  const retained = retainedTuples(policy, symbols, paths, correlation, CORE_SCENARIOS);
  const tuples = tuplesByRegime(paths, sigmas, levels);
  const reduced = tuples.map((own, r) => mergeOutward(own, retained[r]!.tuples, retained[r]!.scale));
  const stress = stressRows(policy, assets.length);
  const blocks = reduced.map((core, r) => [
    ...Array.from({ length: CORE_SCENARIOS }, (_, k) => core[k] ?? NO_SCENARIO),
    ...(stress.nodes[r] ?? []).map((nodes): NodeTuple => ({ nodes, weight: 0 })),
  ]);
  const scenarios = blocks.flat();

  const liquidity = assets.map((asset, i) => liquidityOf(snapshot, asset, policy, volatilities[i]?.blended ?? 0n));
  const model: RiskModel = {
    time: snapshot.time,
    epoch: snapshot.epoch,
    horizon,
    tail,
    buffer: decimalQ16Up(policy.margin.buffer),
    initialFactor: decimalQ16Up(policy.margin.initialFactor),
    granularity: amountUnitsDown(policy.margin.granularity),
    weights: scenarios.map(({ weight }) => weight),
    damping: stress.damping,
    regimes: surfaceRegimes(policy),
    assets: volatilities.map(({ symbol, blended }, i): AssetRisk => ({
      symbol,
      volatility: blended,
      spotLevels: levels[i] ?? [],
      column: scenarios.map(({ nodes }) => nodes[i] ?? UNMOVED),
      lambdaDelta: liquidity[i]?.lambdaDelta ?? 0n,
      lambdaVega: liquidity[i]?.lambdaVega ?? 0n,
      ...chargesOf(policy, blended),
    })),
    bands: [...policy.margin.bandDays.map((days) => days * DAY), Number.MAX_SAFE_INTEGER],
    gapSafety: decimalQ32(policy.margin.gapSafety),
  };
  return { model, origin: { volatilities, liquidity, correlation, paths, tuples } };
}

/** T = floor((1 - confidence) W), at least 1: a smaller tail has the larger mean loss, so rounding down is against the account. */
function tailWeight({ margin, scenarios }: Policy): bigint {
  const one = decimalUnits("1");
  return max(1n, floorDiv((one - decimalUnits(margin.confidence)) * BigInt(scenarios.totalWeight), one));
}

export class AssetCountError extends Error {
  override readonly name = "AssetCountError";

  constructor(readonly count: number) {
    super(`snapshot has ${count} assets: a risk model holds 1 to ${MAX_ASSETS}`);
  }
}

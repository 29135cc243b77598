import { formatDecimal, formatDecimalTrimmed, roundDiv } from "../math/fixed-point.js";
import type { RiskModelOrigin } from "./build-risk-model.js";
import { NODES, REGIME_BLOCK, type RiskModel } from "./risk-model.js";

/** Readable numbers with units: what a RiskModel says and where it is from. Text, for people; not an interchange format. */
export interface RiskModelReport {
  readonly parameters: readonly ReportLine[];
  readonly regimes: readonly { readonly name: string; readonly lines: readonly ReportLine[] }[];
  readonly assets: readonly { readonly symbol: string; readonly lines: readonly ReportLine[] }[];
}

export interface ReportLine {
  readonly name: string;
  readonly value: string;
}

/** With an origin the report also tells sources; without, only what the model itself holds. */
export function describeRiskModel(model: RiskModel, origin?: RiskModelOrigin): RiskModelReport {
  const total = model.weights.reduce((sum, weight) => sum + weight, 0);
  return {
    parameters: [
      line("horizon", `${formatDecimalTrimmed(roundDiv(BigInt(model.horizon) * 100n, 3600n), 2)} h`),
      line("tail", `worst ${percent(roundDiv(model.tail << 32n, BigInt(total)))} of the weight (${model.tail} of ${total})`),
      line("buffer", percent(model.buffer << 16n)),
      line("initial margin", `${ratio(model.initialFactor << 16n)} x maintenance margin`),
      line("granularity", `${formatDecimalTrimmed(model.granularity, 6)} quote currency`),
      line("bands", model.bands.map((end) => (end === Number.MAX_SAFE_INTEGER ? "beyond" : `${roundDiv(BigInt(end), 86_400n)} d`)).join(", ")),
      line("gap safety", `${ratio(model.gapSafety)} x`),
    ],
    regimes: model.regimes.map((regime, r) => ({
      name: regime.name,
      lines: [
        line("probability", percent(roundDiv(BigInt(blockWeight(model, r)) << 32n, BigInt(total)))),
        line("elapsed", `${percent(regime.elapsed)} of the horizon`),
        line("volatility at 30 d", signedPercent(regime.volShock)),
        line("skew", `${signedPercent(regime.skewShock)} per unit of ln(F/K)`),
        line("carry", `${signedPercent(regime.rateShock)} a year`),
        line("scenarios", `${model.weights.slice(r * REGIME_BLOCK, (r + 1) * REGIME_BLOCK - NODES).filter((weight) => weight > 0).length} with weight`),
      ],
    })),
    assets: model.assets.map((asset, i) => ({
      symbol: asset.symbol,
      lines: [
        line("volatility", `${percent(asset.volatility)} a year`),
        ...(origin === undefined ? [] : sources(origin, i)),
        ...asset.spotLevels.map((levels, r) => line(`spot levels, ${model.regimes[r]?.name ?? r}`, levels.map(signedPercent).join(" "))),
        line("cost of a delta of 1,000,000", `${lambdaCost(asset.lambdaDelta)} quote currency`),
        line("cost of a vega of 1,000,000", `${lambdaCost(asset.lambdaVega)} quote currency`),
        line("spot haircut, short spot charge", `${percent(asset.spotHaircut)}, ${percent(asset.shortSpotCharge)}`),
        line("short option minimum, future charge", `${percent(asset.shortOptionMinimum)}, ${percent(asset.futureCharge)} of the forward`),
      ],
    })),
  };
}

function sources({ volatilities, liquidity, correlation }: RiskModelOrigin, asset: number): ReportLine[] {
  const volatility = volatilities[asset];
  const depth = liquidity[asset];
  if (volatility === undefined || depth === undefined) return [];
  const shown = (value: bigint | undefined) => (value === undefined ? "none" : percent(value));
  return [
    line("volatility from", `${volatility.source}${volatility.floored ? ", raised to the policy's floor" : ""} (${volatility.returns} daily returns)`),
    line("fast, slow, blend", [volatility.fast, volatility.slow, volatility.historical].map(shown).join(", ")),
    line("implied, stressed", `${shown(volatility.implied)}, ${percent(volatility.stressed)}`),
    line("daily volume", `${formatDecimal(roundDiv(depth.dailyVolume, 10n ** 6n), 0)} quote currency, from ${depth.volumeSource}`),
    line("tradable vega", `${formatDecimal(roundDiv(depth.vegaDepth, 10n ** 6n), 0)} quote currency per 1.00, from ${depth.vegaSource}`),
    line("correlation", (correlation[asset] ?? []).map((entry, k) => `${volatilities[k]?.symbol} ${ratio(entry)}`).join(", ")),
  ];
}

function blockWeight(model: RiskModel, regime: number): number {
  return model.weights.slice(regime * REGIME_BLOCK, (regime + 1) * REGIME_BLOCK).reduce((sum, weight) => sum + weight, 0);
}

/** lambda x (10^12 value units)^2 x 2^-80 value units, in quote currency. */
function lambdaCost(lambda: bigint): string {
  return formatDecimal(roundDiv(lambda * 10n ** 24n, 10n ** 4n << 80n), 2);
}

function line(name: string, value: string): ReportLine {
  return { name, value };
}

function percent(q32: bigint): string {
  return `${formatDecimal(roundDiv(q32 * 10_000n, 1n << 32n), 2)} %`;
}

function signedPercent(q32: bigint): string {
  return (q32 > 0n ? "+" : "") + percent(q32);
}

function ratio(q32: bigint): string {
  return formatDecimal(roundDiv(q32 * 100n, 1n << 32n), 2);
}

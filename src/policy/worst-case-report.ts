import { formatDecimalTrimmed, roundDiv } from "../math/fixed-point.js";
import { DECIMALS, decimalUnits } from "./decimals.js";
import type { ReportLine } from "./risk-model-report.js";
import { gridNodes } from "./worst-case-model.js";
import type { WorstCasePolicy } from "./worst-case-policy.js";

/** Readable numbers with units: what a worst-case policy says, and what of its original it can't say. Text, for people. */
export interface WorstCaseReport {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly parameters: readonly ReportLine[];
  readonly regimes: readonly { readonly name: string; readonly lines: readonly ReportLine[] }[];
  readonly notExpressed: readonly string[];
  readonly sources: readonly string[];
}

export function describeWorstCase(policy: WorstCasePolicy): WorstCaseReport {
  const { scenarios, charges, margin, assetDefaults, assets } = policy;
  const ranges = [["other assets", assetDefaults.priceRange], ...Object.entries(assets).map(([symbol, { priceRange }]) => [symbol, priceRange ?? assetDefaults.priceRange])];
  const rows = scenarios.regimes.flatMap((regime) => regime.rows);
  const line = (name: string, value: string): ReportLine => ({ name, value });
  return {
    name: policy.name,
    version: policy.version,
    description: policy.description,
    parameters: [
      line("rule", `worst of ${rows.length} scenarios; expected shortfall 0`),
      ...(scenarios.unit === "range" ? [line("one range", ranges.map(([symbol, range]) => `${symbol} ${percent(range!)}`).join(", "))] : []),
      line("volatility shocks", `x (30 d / tenor)^${scenarios.shortPower} up to 30 d, ^${scenarios.longPower} beyond; tenors from ${days(scenarios.tenorFloor)}`),
      line("haircut, short spot", `${percent(charges.spotHaircut)}, ${percent(charges.shortSpot)}`),
      line("short option, future", `${percent(charges.shortOption)}, ${percent(charges.future)} of the forward`),
      line("gap charge", decimalUnits(charges.gapSafety) === 0n ? "none" : `${charges.gapSafety} x the bounds of the gaps`),
      line("liquidity", liquidity(charges)),
      line("buffer", percent(margin.buffer)),
      line("initial margin", `${margin.initialFactor} x maintenance margin`),
    ],
    regimes: scenarios.regimes.map((regime) => ({
      name: regime.name,
      lines: [
        line("volatility at 30 d", percent(regime.volShock)),
        line("elapsed", percent(regime.elapsed)),
        line("moves", moves(regime, scenarios.unit)),
      ],
    })),
    notExpressed: policy.notExpressed,
    sources: policy.sources,
  };
}

/** Each move with its damping as the payload has it. */
function moves({ rows }: WorstCasePolicy["scenarios"]["regimes"][number], unit: "spot" | "range"): string {
  if (rows.length === 0) return "none";
  return gridNodes(rows)
    .flatMap(({ move, damping }) => {
      if (move === undefined) return [];
      const size = unit === "spot" ? percent(move) : move;
      return [damping === 1023 ? size : `${size} x ${damping + 1}/1024`];
    })
    .join(", ");
}

function liquidity({ deltaCost, vegaCost }: WorstCasePolicy["charges"]): string {
  if (decimalUnits(deltaCost) === 0n && decimalUnits(vegaCost) === 0n) return "none";
  return `${deltaCost} for a delta of 1,000,000, ${vegaCost} for a vega of 1,000,000`;
}

function percent(text: string): string {
  return `${formatDecimalTrimmed(decimalUnits(text), DECIMALS - 2)} %`;
}

function days(seconds: number): string {
  return `${formatDecimalTrimmed(roundDiv(BigInt(seconds) * 100n, 86_400n), 2)} d`;
}

import type { Command } from "commander";
import { formatDecimal } from "../math/fixed-point.js";
import { REGIME_BLOCK } from "../policy/risk-model.js";
import { computeMargin, type Margin } from "../risk/margin.js";
import { VALUE_DECIMALS } from "../risk/portfolio.js";
import type { RiskPayload } from "../risk/risk-payload.js";
import { stressScenario } from "../risk/worst-loss.js";
import { level } from "../report/format.js";
import { tailWeights } from "../report/tail.js";
import { parseCollateral, parseFactor, readPortfolio, readRisk } from "./inputs.js";
import { hex32, money, printJson, printLine, printTable, utc } from "./output.js";

/** Tail scenarios shown, largest part of ES first. */
const TAIL_ROWS = 8;

export function registerMargin(program: Command): void {
  program.command("margin")
    .description("compute a portfolio's margin and its parts; nothing leaves this machine")
    .requiredOption("--risk <dir>", "risk payload (zkmargin risk build)")
    .requiredOption("--portfolio <file>", "portfolio: cash and positions, decimals as strings")
    .option("--factor <factor>", "mm (1), im (the payload's initial factor) or a decimal multiple of maintenance margin", "mm")
    .option("--collateral <amount>", "collateral held by the contract, quote currency", "0")
    .option("--json", "print as JSON")
    .action((options: { risk: string; portfolio: string; factor: string; collateral: string; json?: boolean }) => {
      const risk = readRisk(options.risk);
      const portfolio = readPortfolio(options.portfolio, risk);
      const factor = parseFactor(options.factor, risk.payload);
      const margin = computeMargin(risk.payload, portfolio, { factor, collateral: parseCollateral(options.collateral) });
      if (options.json === true) printJson(marginReport(risk.payload, risk.tree.riskRoot, margin, factor));
      else printMargin(risk.payload, margin, factor);
    });
}

/** The margin as a table, amounts rounded away from zero to cents for display. */
export function printMargin(payload: RiskPayload, margin: Margin, factor: bigint): void {
  const amount = (units: bigint) => money(units, payload.quoteCurrency);
  printTable([`margin at ${utc(payload.time)}`, "amount"], [
    ["expected shortfall", amount(margin.shortfall.es)],
    [`worst stress row${margin.worst.row === undefined ? "" : ` (${worstRow(payload, margin, margin.worst.row)})`}`, amount(margin.worst.worst)],
    ["risk part (the larger, short lots, buffer)", amount(margin.maintenance - margin.liquidity - margin.charges)],
    ["liquidity add-on", amount(margin.liquidity)],
    ["charges (haircuts, gaps, short options)", amount(margin.charges)],
    ["maintenance margin", amount(margin.maintenance)],
    [`requirement (${formatFactor(factor)} x maintenance margin)`, amount(margin.requirement)],
    ["equity", amount(margin.equity)],
    ["healthy", margin.healthy ? "yes" : "no"],
  ], [1]);
  if (margin.exposures.length === 0) return;
  printTable(
    ["bucket", "asset", "band", "value", "dollar delta", "vega (per 1 %)", "part of ES"],
    bucketParts(payload, margin).map((part) => [
      String(part.bucket), part.asset, String(part.band), amount(part.value), amount(part.dollarDelta), amount(part.vega / 100n), amount(part.shortfall),
    ]),
    [0, 2, 3, 4, 5, 6],
  );
  printLine("Scenarios that drive the expected shortfall:");
  printTable(
    ["scenario", "regime", "spot", "loss", "part of the tail"],
    tailScenarios(payload, margin).slice(0, TAIL_ROWS).map((row) => [String(row.scenario), row.regime, row.spot, amount(row.loss), row.share]),
    [0, 3, 4],
  );
}

/** Everything that the table shows and more, in value units (integers) and decimal text. */
export function marginReport(payload: RiskPayload, riskRoot: bigint, margin: Margin, factor: bigint) {
  const decimal = (units: bigint) => formatDecimal(units, VALUE_DECIMALS);
  return {
    riskRoot: hex32(riskRoot), epoch: payload.epoch, time: utc(payload.time), quoteCurrency: payload.quoteCurrency,
    factor, requirement: decimal(margin.requirement), maintenance: decimal(margin.maintenance), equity: decimal(margin.equity), healthy: margin.healthy,
    parts: {
      expectedShortfall: decimal(margin.shortfall.es), worst: decimal(margin.worst.worst), shortLots: decimal(margin.shortLots),
      liquidity: decimal(margin.liquidity), charges: decimal(margin.charges),
    },
    worstScenario: margin.worst.row === undefined ? null : stressScenario(margin.worst.row),
    buckets: bucketParts(payload, margin).map((part) => ({
      ...part, value: decimal(part.value), dollarDelta: decimal(part.dollarDelta), vega: decimal(part.vega), shortfall: decimal(part.shortfall),
    })),
    tail: tailScenarios(payload, margin).map((row) => ({ ...row, loss: decimal(row.loss) })),
  };
}

interface BucketPart {
  readonly bucket: number;
  readonly asset: string;
  readonly band: number;
  readonly value: bigint;
  readonly dollarDelta: bigint;
  readonly vega: bigint;
  /** Euler part: the bucket's mean loss over the tail; the parts add up to ES but for rounding. */
  readonly shortfall: bigint;
}

function bucketParts(payload: RiskPayload, margin: Margin): BucketPart[] {
  const tail = tailWeights(payload, margin);
  return margin.exposures.map(({ bucket, pnl, mark, dollarDelta, vega }) => {
    let weighted = 0n;
    for (const [s, weight] of tail) weighted -= weight * (pnl[Math.floor(s / REGIME_BLOCK)]![bucket.column[s]!] ?? 0n);
    return { bucket: bucket.index, asset: bucket.symbol, band: bucket.band, value: mark, dollarDelta, vega, shortfall: weighted / payload.tail };
  });
}

function tailScenarios(payload: RiskPayload, margin: Margin) {
  return [...tailWeights(payload, margin)]
    .sort(([a, wa], [b, wb]) => (wb * margin.losses[b]! > wa * margin.losses[a]! ? 1 : -1))
    .map(([scenario, weight]) => ({
      scenario, regime: payload.regimes[Math.floor(scenario / REGIME_BLOCK)]!, spot: spotMoves(margin, scenario), loss: margin.losses[scenario]!,
      share: `${(Number((weight * 10_000n) / payload.tail) / 100).toFixed(2)} %`,
      nodes: margin.exposures.map(({ bucket }) => ({ bucket: bucket.index, node: bucket.column[scenario]! })),
    }));
}

function worstRow(payload: RiskPayload, margin: Margin, row: number): string {
  const scenario = stressScenario(row);
  return `${payload.regimes[Math.floor(scenario / REGIME_BLOCK)]}, ${spotMoves(margin, scenario)}`;
}

/** "BTC -16.0 %, ETH +4.1 %" */
function spotMoves(margin: Margin, scenario: number): string {
  const moves = new Map<string, string>();
  for (const { bucket } of margin.exposures) {
    moves.set(bucket.symbol, `${bucket.symbol} ${level(bucket.spotLevels[Math.floor(scenario / REGIME_BLOCK)]?.[bucket.column[scenario]!] ?? 0n)}`);
  }
  return [...moves.values()].join(", ");
}

function formatFactor(factor: bigint): string {
  return formatDecimal((factor * 10_000n) / 65_536n, 4).replace(/\.?0+$/, "");
}

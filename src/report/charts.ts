/**
 * The drawings of a margin report.
 */
import { max } from "../math/fixed-point.js";
import { REGIME_BLOCK, REGIMES, STRESS_ROWS } from "../policy/risk-model.js";
import { WIDTH, type Chart } from "./chart.js";
import { compact, exact, factorText, share, signedCompact, toQuote } from "./format.js";
import { heatMap, nodeColumns } from "./heat-map.js";
import { nodeText, spotMoves, type BucketView, type PositionView, type ReportView, type ScenarioView } from "./view.js";

/** Bars of positions drawn; the table has all. */
const LARGEST_POSITIONS = 12;
/** The tail chart goes on behind the tail, to this multiple of its weight. */
const TAIL_CONTEXT = 2n;
/** A bar of a smaller part of the tail than one in this many is a few pixels wide. */
const NARROW = 100n;

/** Thousands as K, like the amounts beside the bars. */
const money = { labelExpr: "datum.value === 0 ? '0' : replace(replace(format(datum.value, '~s'), 'k', 'K'), 'G', 'B')", tickCount: 8 };

/** Each step starts where the last one ended. */
export function marginParts(view: ReportView): Chart {
  const { margin } = view;
  const steps: Step[] = [
    { label: "Expected shortfall", from: 0n, to: margin.shortfall.es, kind: view.binding === "shortfall" ? "risk" : "unused" },
    { label: "Worst stress row", from: 0n, to: margin.worst.worst, kind: view.binding === "stress" ? "risk" : "unused" },
  ];
  let top = view.loss;
  for (const [label, part, kind] of [
    ["+ gross short lots", margin.shortLots, "risk"], ["+ safety buffer", view.buffer, "buffer"],
    ["+ liquidity add-on", margin.liquidity, "liquidity"], ["+ charges", margin.charges, "charges"],
  ] as const) {
    steps.push({ label, from: top, to: top + part, kind });
    top += part;
  }
  steps.push({ label: "Maintenance margin", from: 0n, to: margin.maintenance, kind: "total" });
  return bars({
    id: "margin-parts", title: "Parts of the maintenance margin", axis: view.currency, left: 190, rows: steps.map((step) => stepRow(view, step)),
    description: `Bars from expected shortfall and worst stress row, of which the larger counts, over the add-ons to a maintenance margin of ${exact(margin.maintenance)} ${view.currency}.`,
  });
}

export function equityChart(view: ReportView): Chart {
  const { margin, terms } = view;
  const steps = [
    { label: "Maintenance margin", from: 0n, to: margin.maintenance, kind: "total" },
    { label: "Initial margin", from: 0n, to: view.initialMargin, kind: "initial" },
    { label: `Requirement (${factorText(terms.factor)} x MM)`, from: 0n, to: margin.requirement, kind: "total" },
    { label: "Equity", from: 0n, to: margin.equity, kind: margin.healthy ? "gain" : "loss" },
  ];
  return bars({
    id: "equity-chart", title: "Equity against the margins", axis: view.currency, left: 190, rows: steps.map((step) => stepRow(view, step)),
    description: `An equity of ${exact(margin.equity)} ${view.currency} against a requirement of ${exact(margin.requirement)} ${view.currency}: the account is ${margin.healthy ? "healthy" : "not healthy"}.`,
  });
}

interface Step {
  readonly label: string;
  readonly from: bigint;
  readonly to: bigint;
  readonly kind: string;
}

function stepRow({ currency }: ReportView, { label, from, to, kind }: Step): Bars["rows"][number] {
  return { label, kind, from: toQuote(from), to: toQuote(to), text: compact(to - from), tip: `${label}: ${exact(to - from)} ${currency}` };
}

export function bucketHeatMap(view: ReportView, bucket: BucketView, largest: bigint): Chart {
  const { columns, common } = nodeColumns(bucket.levels);
  return heatMap({
    id: `heat-${bucket.exposure.bucket.index}`, title: `P&L of ${bucket.title} at each grid node`, largest,
    description: `Profit and loss in ${view.currency} in the ${REGIMES} regimes (rows) at ${columns.length} spot nodes (columns), loss red, gain blue.`,
    columnTitle: `move of ${bucket.exposure.bucket.symbol} spot`,
    cells: bucket.exposure.pnl.flatMap((row, r) => row.map((value, j) => {
      const text = nodeText(bucket.levels[r]!, j);
      return {
        row: view.regimes[r]!, column: columns[j]!, value, ...(common || text.startsWith("node") ? {} : { note: text }),
        tip: `${view.regimes[r]}, ${text}: ${exact(value)} ${view.currency}`,
      };
    })),
  });
}

export function stressHeatMap(view: ReportView, largest: bigint): Chart {
  const perRegime = STRESS_ROWS / REGIMES;
  return heatMap({
    id: "stress-rows", title: "Damped P&L of the whole book in every stress row", largest,
    description: `The ${STRESS_ROWS} stress rows, ${perRegime} a regime, after damping.${view.worst === undefined ? "" : ` The outlined one, row ${view.worst.row}, is the worst.`}`,
    columnTitle: "stress row of the regime",
    cells: view.stress.map((row) => ({
      row: view.regimes[row.regime]!, column: String(row.row % perRegime), value: -row.damped, marked: row.row === view.worst?.row,
      tip: `row ${row.row}, ${view.regimes[row.regime]}, ${spotMoves(view, row.regime, row.nodes)}, damping ${row.damping} / 1024: ${exact(-row.damped)} ${view.currency}`,
    })),
  });
}

/** All joint scenarios in their order; the stress rows, the last of each block, damped as they count. */
export function scenarioChart(view: ReportView): Chart {
  const kind = (scenario: ScenarioView) =>
    scenario.row !== undefined && scenario.row === view.worst?.row ? "loss" : scenario.boundary ? "boundary" : scenario.counted > 0n ? "tail" : scenario.row === undefined ? "plain" : "unused";
  const values = view.scenarios.map((scenario) => {
    const stress = scenario.row === undefined ? undefined : view.stress[scenario.row]!;
    const where = `scenario ${scenario.scenario}, ${view.regimes[scenario.regime]}, ${spotMoves(view, scenario.regime, scenario.nodes)}: ${exact(-scenario.loss)} ${view.currency}`;
    return {
      from: scenario.scenario + 0.1, to: scenario.scenario + 0.9, zero: 0, pnl: toQuote(-(stress?.damped ?? scenario.loss)), fill: kindColor(kind(scenario)),
      tip: stress === undefined ? where : `${where}, damped ${exact(-stress.damped)}`,
    };
  });
  const regimes = view.regimes.map((name, r) => ({ at: r * REGIME_BLOCK, middle: (r + 0.5) * REGIME_BLOCK, name }));
  const scale = { domain: [0, view.scenarios.length], nice: false };
  return {
    id: "joint-scenarios", title: "P&L of the whole book in every joint scenario", height: 330, padding: { left: 70, right: 8, top: 26, bottom: 40 },
    description: `${view.scenarios.length} bars, ${REGIME_BLOCK} a regime, in ${view.currency}: members of the tail, its boundary, the worst stress row and the others.`,
    layer: [
      {
        name: "scenario", data: { values }, mark: "rect",
        encoding: {
          x: { field: "from", type: "quantitative", scale, axis: { title: "scenario", grid: false, values: regimes.map(({ at }) => at), tickSize: 6 } }, x2: { field: "to" },
          y: { field: "pnl", type: "quantitative", axis: { title: view.currency, ...money } }, y2: { field: "zero" },
          color: KIND_COLOR, description: { field: "tip" },
        },
      },
      { data: { values: regimes.slice(1) }, mark: { type: "rule", strokeDash: [3, 3], aria: false }, encoding: { x: { field: "at", type: "quantitative" } } },
      { data: { values: [{ zero: 0 }] }, mark: { type: "rule", aria: false }, encoding: { y: { field: "zero", type: "quantitative" } } },
      {
        data: { values: regimes }, mark: { type: "text", aria: false, color: "var(--muted)" },
        encoding: { x: { field: "middle", type: "quantitative" }, y: { value: -12 }, text: { field: "name" } },
      },
    ],
  };
}

/** Scenarios from the largest loss on, as wide as their weight: ES is the mean height over the tail's width. */
export function tailChart(view: ReportView): Chart {
  const { margin, payload, currency } = view;
  const sorted = [...view.tail, ...view.scenarios.filter(({ weight, counted }) => weight > 0n && counted === 0n).sort((a, b) => (a.loss > b.loss ? -1 : a.loss < b.loss ? 1 : a.scenario - b.scenario))];
  const values: { from: number; to: number; zero: number; loss: number; fill: string; edge: string; tip: string }[] = [];
  const percent = (weight: bigint) => (100 * Number(weight)) / Number(view.totalWeight);
  let before = 0n;
  for (const scenario of sorted) {
    if (before >= TAIL_CONTEXT * payload.tail) break;
    const tip = `scenario ${scenario.scenario}, ${view.regimes[scenario.regime]}, ${spotMoves(view, scenario.regime, scenario.nodes)}: loss ${exact(scenario.loss)} ${currency}, weight ${scenario.weight}, counted ${scenario.counted}`;
    const inside = before + scenario.counted;
    const pieces = [[before, inside, scenario.boundary ? "boundary" : "tail"], [inside, before + scenario.weight, scenario.boundary ? "boundary-rest" : "plain"]] as const;
    for (const [from, to, kind] of pieces) {
      // A white edge would hide a bar that is hardly wider than it.
      const edge = (to - from) * NARROW < payload.tail ? kindColor(kind) : "var(--paper)";
      if (to > from) values.push({ from: percent(from), to: percent(to), zero: 0, loss: toQuote(scenario.loss), fill: kindColor(kind), edge, tip });
    }
    before += scenario.weight;
  }
  const end = percent(TAIL_CONTEXT * payload.tail < view.totalWeight ? TAIL_CONTEXT * payload.tail : view.totalWeight);
  const lines = [
    { at: toQuote(margin.shortfall.es), name: `expected shortfall ${compact(margin.shortfall.es)}` },
    { at: toQuote(margin.shortfall.threshold), name: `threshold ${compact(margin.shortfall.threshold)}` },
  ];
  const padding = { left: 70, right: 190, top: 24, bottom: 40 };
  return {
    id: "tail-scenarios", title: "The tail: the worst scenarios by loss and weight", height: 330, padding,
    description: `Scenarios from the largest loss on; a bar is as high as its loss in ${currency} and as wide as its weight. The tail ends at ${share(payload.tail, view.totalWeight)} of all weight; its mean is the expected shortfall of ${exact(margin.shortfall.es)}, its threshold ${exact(margin.shortfall.threshold)} ${currency}.`,
    layer: [
      {
        name: "member", data: { values }, mark: { type: "rect", strokeWidth: 0.8 },
        encoding: {
          x: { field: "from", type: "quantitative", scale: { domain: [0, end], nice: false, clamp: true }, axis: { title: "cumulative weight, % of all scenarios", grid: false } }, x2: { field: "to" },
          y: { field: "loss", type: "quantitative", axis: { title: `loss, ${currency}`, ...money } }, y2: { field: "zero" },
          fill: KIND_COLOR, stroke: { field: "edge", scale: null }, description: { field: "tip" },
        },
      },
      { data: { values: [{ at: percent(payload.tail) }] }, mark: { type: "rule", aria: false, color: "var(--ink)", strokeDash: [4, 3] }, encoding: { x: { field: "at", type: "quantitative" } } },
      { data: { values: [{ at: percent(payload.tail), name: `end of the tail, ${share(payload.tail, view.totalWeight)}` }] }, mark: { type: "text", aria: false, align: "center" }, encoding: { x: { field: "at", type: "quantitative" }, y: { value: -10 }, text: { field: "name" } } },
      { data: { values: lines }, mark: { type: "rule", aria: false, color: "var(--ink)" }, encoding: { y: { field: "at", type: "quantitative" } } },
      {
        data: { values: apart(lines, Math.max(...values.map(({ loss }) => Math.abs(loss)), 1)) }, mark: { type: "text", aria: false, align: "left", baseline: "middle" },
        encoding: { x: { value: WIDTH - padding.left - padding.right + 8 }, y: { field: "at", type: "quantitative" }, text: { field: "name" } },
      },
    ],
  };
}

export function worstByBucket(view: ReportView): Chart {
  return lossBars("worst-by-bucket", "Worst stress row: loss by bucket", view, view.buckets.map(({ title, worstLoss }) => ({ label: title, loss: worstLoss })));
}

export function worstByPosition(view: ReportView): Chart {
  const size = ({ worstPnl }: PositionView) => (worstPnl < 0n ? -worstPnl : worstPnl);
  const largest = [...view.positions].sort((a, b) => (size(a) > size(b) ? -1 : size(a) < size(b) ? 1 : 0)).slice(0, LARGEST_POSITIONS);
  const title = `Worst stress row: loss by position${largest.length < view.positions.length ? `, the ${largest.length} largest of ${view.positions.length}` : ""}`;
  return lossBars("worst-by-position", title, view, largest.sort((a, b) => (a.worstPnl < b.worstPnl ? -1 : a.worstPnl > b.worstPnl ? 1 : 0)).map(({ instrument, worstPnl }) => ({ label: instrument, loss: -worstPnl })));
}

function lossBars(id: string, title: string, view: ReportView, rows: readonly { readonly label: string; readonly loss: bigint }[]): Chart {
  return bars({
    id, title, left: 210, axis: `loss before damping, ${view.currency}`,
    description: `Bars of loss (to the right) and gain (to the left) in ${view.currency}: ${rows.length} of them, the largest loss ${exact(rows.reduce((largest, { loss }) => max(largest, loss), 0n))}.`,
    rows: rows.map(({ label, loss }) => ({
      label, kind: loss > 0n ? "loss" : "gain", from: 0, to: toQuote(loss), text: signedCompact(loss), tip: `${label}: loss ${exact(loss)} ${view.currency}`,
    })),
  });
}

interface Bars {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly axis: string;
  /** Room for the labels. */
  readonly left: number;
  readonly rows: readonly { readonly label: string; readonly kind: string; readonly from: number; readonly to: number; readonly text: string; readonly tip: string }[];
}

/** Horizontal bars, the amount at the right end. */
function bars({ id, title, description, axis, left, rows }: Bars): Chart {
  const padding = { left, right: 70, top: 4, bottom: 40 };
  const y = { field: "label", type: "nominal", sort: null, axis: { title: null, ticks: false, domain: false, labelPadding: 8 } };
  const values = rows.map(({ kind, ...row }) => ({ ...row, fill: kindColor(kind), end: Math.max(row.from, row.to) }));
  return {
    id, title, description, padding, height: 30 * rows.length + padding.top + padding.bottom,
    layer: [
      {
        name: "bar", data: { values }, mark: { type: "bar", height: 18, cornerRadius: 2 },
        encoding: {
          y, x: { field: "from", type: "quantitative", axis: { title: axis, ...money } }, x2: { field: "to" }, color: KIND_COLOR, description: { field: "tip" },
        },
      },
      { data: { values: [{ zero: 0 }] }, mark: { type: "rule", aria: false }, encoding: { x: { field: "zero", type: "quantitative" } } },
      { data: { values }, mark: { type: "text", aria: false, align: "left", baseline: "middle", dx: 6 }, encoding: { y, x: { field: "end", type: "quantitative" }, text: { field: "text" } } },
    ],
  };
}

/** Of the data's field `fill`. */
const KIND_COLOR = { field: "fill", scale: null };

function kindColor(kind: string): string {
  return `var(--${kind})`;
}

/** Two labels that would touch are moved away from each other. */
function apart<T extends { readonly at: number }>(lines: readonly T[], height: number): T[] {
  const [upper, lower] = [...lines].sort((a, b) => b.at - a.at) as [T, T];
  const gap = 0.07 * height - (upper.at - lower.at);
  return gap <= 0 ? [upper, lower] : [{ ...upper, at: upper.at + gap / 2 }, { ...lower, at: lower.at - gap / 2 }];
}


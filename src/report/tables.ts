/**
 * The numbers of a margin report, exact.
 */
import { FACTOR_ONE } from "../risk/margin.js";
import { amount, factorText, share } from "./format.js";
import { html, type Markup } from "./html.js";
import { nodeGroups, nodeText, spotMoves, type BucketView, type ReportView } from "./view.js";

interface Column {
  readonly name: string;
  /** Right-aligned. */
  readonly number?: boolean;
}

type Row = readonly (Markup | string)[];

const text = (name: string): Column => ({ name });
const number = (name: string): Column => ({ name, number: true });

/** The first cell of a row is its heading. */
function table(id: string, caption: string, columns: readonly Column[], rows: readonly { readonly cells: Row; readonly kind?: string }[]): Markup {
  const cell = (content: Markup | string, at: number): Markup => {
    const type = columns[at]!.number === true ? html` class="number"` : html``;
    return at === 0 ? html`<th scope="row"${type}>${content}</th>` : html`<td${type}>${content}</td>`;
  };
  return html`<table id="${id}">
<caption>${caption}</caption>
<thead><tr>${columns.map(({ name, number: right }) => html`<th scope="col"${right === true ? html` class="number"` : html``}>${name}</th>`)}</tr></thead>
<tbody>
${rows.map(({ cells, kind }) => html`<tr${kind === undefined ? html`` : html` class="${kind}"`}>${cells.map(cell)}</tr>\n`)}</tbody>
</table>`;
}

/** Names of others get no say in the direction of the text around them. */
function name(value: string): Markup {
  return html`<bdi>${value}</bdi>`;
}

export function summaryTable(view: ReportView): Markup {
  const { margin, payload, terms } = view;
  const counts = (part: ReportView["binding"]) => (view.binding === part ? "counts, the larger" : "does not count");
  const rows: readonly (readonly [key: string, label: string, value: bigint, note: string, kind?: string])[] = [
    ["expectedShortfall", "Expected shortfall (ES)", margin.shortfall.es, counts("shortfall"), view.binding === "shortfall" ? "" : "quiet"],
    ["worst", "Worst stress row, damped", margin.worst.worst, counts("stress"), view.binding === "stress" ? "" : "quiet"],
    ["shortLots", "Gross short lots", margin.shortLots, "one value unit a lot"],
    ["buffer", "Safety buffer", view.buffer, `${share(payload.buffer, FACTOR_ONE)} of loss and short lots`],
    ["liquidity", "Liquidity add-on", margin.liquidity, "delta by asset, vega by bucket"],
    ["charges", "Charges", margin.charges, "haircuts, gaps, short options"],
    ["maintenance", "Maintenance margin (MM)", margin.maintenance, "", "sum"],
    ["initial", "Initial margin (IM)", view.initialMargin, `${factorText(payload.initialFactor)} x MM`],
    ["required", "Requirement", margin.requirement, `${factorText(terms.factor)} x MM`, "sum"],
    ["cash", "Cash", view.portfolio.cash, ""],
    ["collateral", "Collateral at the contract", terms.collateral, ""],
    ["marks", "Marks of all positions", view.positions.reduce((sum, { mark }) => sum + mark, 0n), ""],
    ["equity-shortLots", "Gross short lots", -margin.shortLots, "one value unit a lot"],
    ["equity-sum", "Equity", margin.equity, "", "sum"],
  ];
  return table("summary", `Amounts in ${view.currency}`, [text("part"), number("amount"), text("")], rows.map(([key, label, value, note, kind]) => ({
    cells: [label, html`<span id="part-${key}">${amount(value)}</span>`, note], ...(kind === undefined || kind === "" ? {} : { kind }),
  })));
}

export function bucketTable(view: ReportView, { exposure, levels, title }: BucketView): Markup {
  const nodes = levels[0]!.map((_, j) => j);
  return table(
    `nodes-${exposure.bucket.index}`, `P&L of ${title} in ${view.currency}; the second line of a cell is the spot move`,
    [text("regime"), ...nodes.map((j) => number(`node ${j}`))],
    exposure.pnl.map((row, r) => ({ cells: [name(view.regimes[r]!), ...row.map((value, j) => html`${amount(value)}<br><small>${nodeText(levels[r]!, j)}</small>`)] })),
  );
}

export function scenarioTable(view: ReportView): Markup {
  return table(
    "scenarios-table", `P&L in ${view.currency}; stress rows count damped`,
    [number("scenario"), text("regime"), text("spot"), number("P&L"), number("damped"), number("weight"), text("")],
    view.scenarios.map(({ scenario, regime, loss, weight, counted, boundary, row, nodes }) => ({
      cells: [
        String(scenario), name(view.regimes[regime]!), name(spotMoves(view, regime, nodes)), amount(-loss), row === undefined ? "" : amount(-view.stress[row]!.damped), String(weight),
        [row === undefined ? "" : `stress row ${row}`, boundary ? "boundary" : counted > 0n ? "tail" : ""].filter((part) => part !== "").join(", "),
      ],
    })),
  );
}

export function tailTable(view: ReportView): Markup {
  const { payload, margin, currency } = view;
  const groups = nodeGroups(view);
  return table(
    "tail-table", `Losses in ${currency}; the tail's weight is ${payload.tail} of ${view.totalWeight}`,
    [number("scenario"), text("regime"), ...groups.map((group) => text(`node of ${group.name}`)), number("loss"), number("weight"), number("counted"), number("of the tail"), text("")],
    [
      ...view.tail.map(({ scenario, regime, loss, weight, counted, boundary, nodes }) => ({
        cells: [
          String(scenario), name(view.regimes[regime]!), ...groups.map(({ at }) => `${nodes[at]} (${nodeText(view.buckets[at]!.levels[regime]!, nodes[at]!)})`),
          amount(loss), String(weight), String(counted), share(counted, payload.tail), boundary ? "boundary" : "",
        ],
      })),
      {
        kind: "sum",
        cells: ["ES", "", ...groups.map(() => ""), html`<span id="tail-es">${amount(margin.shortfall.es)}</span>`, "", String(payload.tail), "100.00 %", "mean"],
      },
    ],
  );
}

export function stressTable(view: ReportView): Markup {
  return table(
    "stress-table", `P&L in ${view.currency}`,
    [number("row"), text("regime"), text("spot"), number("before damping"), number("damping / 1024"), number("counts")],
    view.stress.map(({ row, regime, nodes, loss, damping, damped }) => ({
      cells: [String(row), name(view.regimes[regime]!), name(spotMoves(view, regime, nodes)), amount(-loss), String(damping), amount(-damped)],
      ...(row === view.worst?.row ? { kind: "sum" } : {}),
    })),
  );
}

export function worstBucketTable(view: ReportView): Markup {
  const worst = view.worst!;
  return table(
    "worst-table", `Amounts in ${view.currency}, before damping; part of ES is the bucket's mean loss over the tail`,
    [text("bucket"), text("node"), number("loss in the worst row"), number("part of ES"), number("value"), number("dollar delta"), number("vega per 1.00")],
    view.buckets.map(({ title, levels, worstLoss, shortfall, exposure }, at) => ({
      cells: [
        name(title), `${worst.nodes[at]} (${nodeText(levels[worst.regime]!, worst.nodes[at]!)})`,
        amount(worstLoss), amount(shortfall), amount(exposure.mark), amount(exposure.dollarDelta), amount(exposure.vega),
      ],
    })),
  );
}

export function positionTable(view: ReportView): Markup {
  return table(
    "positions-table", `Amounts in ${view.currency}; P&L in the worst stress row is before damping; part of ES is the mean loss over the tail, truncated`,
    [
      text("instrument"), number("bucket"), number("quantity"), number("value"), number("P&L in the worst row"), number("part of ES"),
      number("charges"), number("short lots"),
    ],
    [
      ...view.positions.map((position) => ({
        cells: [
          name(position.instrument), String(position.bucket), position.quantity, amount(position.mark), amount(position.worstPnl), amount(position.shortfall),
          amount(position.charges), amount(position.shortLots),
        ],
      })),
      { kind: "sum", cells: ["All", "", "", ...(["mark", "worstPnl", "shortfall", "charges", "shortLots"] as const).map((key) => amount(view.positions.reduce((sum, position) => sum + position[key], 0n)))] },
    ],
  );
}

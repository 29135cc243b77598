/**
 * The report as one HTML page that needs nothing beside itself: no script, no font, no image, no request. Its content security policy holds it
 * to that, whatever a payload's names contain.
 */
import { createHash } from "node:crypto";
import { REGIME_BLOCK, REGIMES, STRESS_ROWS } from "../policy/risk-model.js";
import { draw, type Chart } from "./chart.js";
import { bucketHeatMap, equityChart, marginParts, scenarioChart, stressHeatMap, tailChart, worstByBucket, worstByPosition } from "./charts.js";
import { amount, factorText, share, utcTime } from "./format.js";
import { heatLegend, largestAmount, SHADES } from "./heat-map.js";
import { html, markup, type Markup } from "./html.js";
import { STYLE } from "./style.js";
import { bucketTable, positionTable, scenarioTable, stressTable, summaryTable, tailTable, worstBucketTable } from "./tables.js";
import { reportView, spotMoves, type ReportInput, type ReportView } from "./view.js";

/** In the first lines of a report: what may be replaced by a newer one. */
export const REPORT_FORMAT = "zkmargin-report-1";

/** The whole page. It shows the book: whoever writes it to a file lets nobody else read that. The same input gives the same text. */
export async function renderReport(input: ReportInput): Promise<string> {
  const view = reportView(input);
  const sections = [
    await marginSection(view), ...(view.buckets.length === 0 ? [empty()] : [await bucketSection(view), await scenarioSection(view), await tailSection(view), await worstSection(view), positionSection(view)]),
  ];
  const style = STYLE + SHADES.map((name) => `.heat-${name} { background: var(--heat-${name}); }\n`).join("") + [...KINDS.keys()].map((kind) => `.kind-${kind} { background: var(--${kind}); }\n`).join("");
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'`;
  const title = `Margin report, ${utcTime(view.payload.time)}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="${REPORT_FORMAT}">
<meta http-equiv="Content-Security-Policy" content="${markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${markup(style)}</style>
</head>
<body>
${header(view)}
<main>
${sections}
</main>
<footer>
<p>Computed on the account's own machine by zkmargin in fixed point; a proof of the same margin shows none of this. Amounts are in ${view.currency} with all six decimals of the value
unit; those on the drawings are rounded to three digits. SPEC.md, section 4, has the formulas.</p>
</footer>
</body>
</html>
`.markup;
}

/** Kinds of bars that a legend names. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ["tail", "in the tail"], ["boundary", "boundary of the tail, the part that counts"], ["boundary-rest", "the rest of the boundary"], ["plain", "outside the tail"],
  ["unused", "stress row, damped"], ["loss", "the worst stress row"],
]);

function header(view: ReportView): Markup {
  const { payload, riskRoot, margin, terms, portfolio } = view;
  const root = `0x${riskRoot.toString(16).padStart(64, "0")}`;
  const surplus = margin.equity - margin.requirement;
  return html`<header>
<h1>Margin report</h1>
<p class="lead">Portfolio margin at ${utcTime(payload.time)}, epoch ${payload.epoch}</p>
<p class="secret"><strong>Secret.</strong> This page shows the positions of an account. Keep it as you keep the portfolio file: readable by you alone, never in mail, chat or a log.</p>
<ul class="cards">
<li><span>Equity</span><strong id="equity">${amount(margin.equity)}</strong> ${view.currency}</li>
<li><span>Requirement (${factorText(terms.factor)} x MM)</span><strong id="requirement">${amount(margin.requirement)}</strong> ${view.currency}</li>
<li><span>${surplus < 0n ? "Shortfall of equity" : "Equity above requirement"}</span><strong id="surplus">${amount(surplus)}</strong> ${view.currency}</li>
<li class="${margin.healthy ? "good" : "bad"}"><span>Healthy</span><strong id="healthy">${margin.healthy ? "yes" : "no"}</strong></li>
</ul>
<dl>
<div><dt>riskRoot</dt><dd><abbr title="${root}">${root.slice(0, 10)}...${root.slice(-8)}</abbr></dd></div>
<div><dt>Confidence of expected shortfall</dt><dd>${share(view.totalWeight - payload.tail, view.totalWeight)} (worst ${payload.tail.toString()} of ${view.totalWeight.toString()} weight)</dd></div>
<div><dt>Factor</dt><dd>${factorText(terms.factor)} x maintenance margin</dd></div>
<div><dt>Safety buffer</dt><dd>${share(payload.buffer, 1n << 16n)}</dd></div>
<div><dt>Positions</dt><dd>${view.positions.length} in ${view.buckets.length} risk ${view.buckets.length === 1 ? "bucket" : "buckets"}</dd></div>
<div><dt>Cash; collateral at the contract</dt><dd>${amount(portfolio.cash)}; ${amount(terms.collateral)} ${view.currency}</dd></div>
</dl>
</header>`;
}

async function marginSection(view: ReportView): Promise<Markup> {
  return html`<section aria-labelledby="margin">
<h2 id="margin">Margin</h2>
<p>The larger of expected shortfall and the worst damped stress row, with one value unit a gross short lot, is raised by the buffer; liquidity add-on and charges come on top. Healthy is an equity that covers the requirement.</p>
${await figure(marginParts(view))}
${await figure(equityChart(view))}
${scroll("Parts of the margin", summaryTable(view))}
</section>`;
}

async function bucketSection(view: ReportView): Promise<Markup> {
  const largest = largestAmount(view.buckets.flatMap(({ exposure }) => exposure.pnl.flat()));
  const maps: Markup[] = [];
  for (const bucket of view.buckets) {
    maps.push(html`${await figure(bucketHeatMap(view, bucket, largest))}
${numbers(`P&L of ${bucket.title}`, bucketTable(view, bucket))}`);
  }
  return html`<section aria-labelledby="buckets">
<h2 id="buckets">P&amp;L by bucket</h2>
<p>Every position of a bucket revalued at ${REGIMES} volatility and rate regimes and a grid of spot moves. All buckets share one scale.</p>
${heatLegend(largest, view.currency)}
${maps}
</section>`;
}

async function scenarioSection(view: ReportView): Promise<Markup> {
  return html`<section aria-labelledby="scenarios">
<h2 id="scenarios">Joint scenarios</h2>
<p>A joint scenario takes one node of each bucket in one regime. The last ${STRESS_ROWS / REGIMES} of each ${REGIME_BLOCK} are stress rows, drawn after damping as they count.</p>
${await figure(scenarioChart(view), legend(["tail", "boundary", "plain", "unused", ...(view.worst === undefined ? [] : ["loss"])]))}
${numbers("all joint scenarios", scenarioTable(view))}
</section>`;
}

async function tailSection(view: ReportView): Promise<Markup> {
  return html`<section aria-labelledby="tail">
<h2 id="tail">Tail scenarios</h2>
<p>Expected shortfall is the mean loss over the worst ${share(view.payload.tail, view.totalWeight)} of the weight. The boundary scenario stands at the threshold and counts with what is left of the tail.</p>
${await figure(tailChart(view), legend(["tail", "boundary", "boundary-rest", "plain"]))}
${numbers("members of the tail", tailTable(view), true)}
</section>`;
}

async function worstSection(view: ReportView): Promise<Markup> {
  const largest = largestAmount(view.stress.map(({ damped }) => damped));
  const grid = html`${heatLegend(largest, view.currency)}
${await figure(stressHeatMap(view, largest))}
${numbers("all stress rows", stressTable(view))}`;
  const parts = view.worst === undefined ? html`<p id="worst-none">No stress row loses: the worst stress loss is 0.</p>` : html`${worstLine(view)}
${await figure(worstByBucket(view))}
${await figure(worstByPosition(view))}
${scroll("Loss in the worst stress row by bucket", worstBucketTable(view))}`;
  return html`<section aria-labelledby="worst">
<h2 id="worst">Worst scenario</h2>
${parts}
<h3>All stress rows</h3>
${grid}
</section>`;
}

function worstLine(view: ReportView): Markup {
  const { row, scenario, regime, damping, loss, damped, nodes } = view.worst!;
  return html`<p>Stress row <span id="worst-row">${row}</span> (scenario <span id="worst-scenario">${scenario}</span>), regime ${view.regimes[regime]!}: <bdi>${spotMoves(view, regime, nodes)}</bdi>.
A loss of ${amount(loss)} ${view.currency}, damped by ${damping} / 1024, counts as <span id="worst-damped">${amount(damped)}</span> ${view.currency}.</p>`;
}

function positionSection(view: ReportView): Markup {
  return html`<section aria-labelledby="positions">
<h2 id="positions">Positions</h2>
${scroll("Positions", positionTable(view))}
</section>`;
}

function empty(): Markup {
  return html`<p id="empty">The book has no positions: there is no scenario to show.</p>`;
}

async function figure(chart: Chart, below: Markup = html``): Promise<Markup> {
  return html`<figure>
<figcaption>${chart.title}</figcaption>
<div class="scroll" tabindex="0" role="group" aria-label="${chart.title}">${await draw(chart)}</div>
${below}
</figure>`;
}

function legend(kinds: readonly string[]): Markup {
  return html`<p class="legend">${kinds.map((kind) => html`<span class="key"><span class="swatch kind-${kind}"></span>${KINDS.get(kind)!}</span>`)}</p>`;
}

function numbers(what: string, table: Markup, open = false): Markup {
  return html`<details${open ? html` open` : html``}><summary>Numbers: ${what}</summary>${scroll(`Numbers: ${what}`, table)}</details>`;
}

/** A wide table scrolls in its own box, by keyboard too. */
function scroll(label: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${label}">${table}</div>`;
}

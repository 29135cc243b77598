/**
 * The report's style sheet: light, dark where the reader prefers it, light on paper. Drawings take their colours from these properties.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f4f6f9; --ink: #17202b; --muted: #55616f; --rule: #8793a1; --grid: #e3e8ee; --line: #d5dce4;
  --warn-paper: #fff4e5; --warn-ink: #6b3a00; --warn-line: #e0a458;
  --risk: #b4531f; --buffer: #d58a55; --liquidity: #7a5ea8; --charges: #a58bc9; --total: #24374d; --initial: #6d8198;
  --gain: #2a70b0; --loss: #b4400f; --tail: #d0672f; --boundary: #8a5a00; --boundary-rest: #d9c39a; --plain: #9fb0c2; --unused: #d3dae2;
  --heat-l5: #a03a0c; --heat-l4: #bd4f1f; --heat-l3: #ee9a70; --heat-l2: #f7bf9f; --heat-l1: #fce3d5; --heat-zero: #edf0f4;
  --heat-g1: #dbe9f6; --heat-g2: #b3d2ee; --heat-g3: #84b6e0; --heat-g4: #2f75b5; --heat-g5: #17548f;
  --heat-pale-ink: #17202b; --heat-strong-ink: #ffffff;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12171d; --card: #1b222b; --ink: #e6ebf1; --muted: #a3afbc; --rule: #6f7c8a; --grid: #29323d; --line: #323d49;
    --warn-paper: #33260f; --warn-ink: #ffd9a0; --warn-line: #8a6020;
    --risk: #e0834c; --buffer: #b9683a; --liquidity: #a78bd6; --charges: #7f67ab; --total: #c3d0de; --initial: #8397ad;
    --gain: #5ba3e0; --loss: #f0884f; --tail: #e58a55; --boundary: #f0c064; --boundary-rest: #6b5a36; --plain: #566679; --unused: #35414e;
    --heat-l5: #f79b6a; --heat-l4: #dd7c48; --heat-l3: #83431f; --heat-l2: #5f3520; --heat-l1: #3d2a21; --heat-zero: #262e37;
    --heat-g1: #1f3144; --heat-g2: #244a6d; --heat-g3: #28608f; --heat-g4: #5fa5de; --heat-g5: #94c8f5;
    --heat-pale-ink: #f2f5f9; --heat-strong-ink: #10151b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main, header, footer { max-width: 1060px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; line-height: 1.3; margin: 40px 0 6px; padding-top: 14px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 22px 0 6px; }
p { margin: 6px 0; max-width: 80ch; }
.lead, .legend, figcaption, footer { color: var(--muted); }
.secret { max-width: none; margin: 14px 0; padding: 9px 14px; border: 1px solid var(--warn-line); border-radius: 6px; background: var(--warn-paper); color: var(--warn-ink); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(215px, 100%), 1fr)); gap: 12px; margin: 18px 0; padding: 0; list-style: none; }
.cards li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; min-width: 0; }
.cards span { display: block; color: var(--muted); font-size: 13px; }
.cards strong { font-size: 18px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.good strong { color: var(--gain); }
.bad strong { color: var(--loss); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 8px 24px; margin: 14px 0; }
dt { color: var(--muted); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 12px 0; }
figcaption { font-weight: 600; color: var(--ink); margin-bottom: 4px; }
.scroll { overflow-x: auto; }
svg.chart { display: block; width: 100%; min-width: 700px; height: auto; }
svg.chart text { font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; max-width: none; font-size: 13px; }
.key { display: inline-flex; align-items: center; gap: 5px; white-space: nowrap; }
.swatch { width: 13px; height: 13px; border-radius: 3px; flex: none; }
table { border-collapse: collapse; font-size: 13.5px; margin: 8px 0; }
caption { text-align: left; color: var(--muted); padding-bottom: 4px; }
th, td { padding: 4px 12px 4px 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--grid); white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; }
tbody th { font-weight: 400; }
tr.sum th, tr.sum td { font-weight: 650; }
tr.quiet th, tr.quiet td { color: var(--muted); }
.number { text-align: right; font-variant-numeric: tabular-nums; padding-left: 12px; }
data small { font-size: 0.82em; opacity: 0.75; }
summary { cursor: pointer; color: var(--muted); font-size: 13.5px; padding: 3px 0; }
summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--gain); outline-offset: 2px; }
footer { margin-top: 44px; padding-bottom: 40px; font-size: 13px; }
@media (max-width: 600px) {
  main, header, footer { padding-left: 14px; padding-right: 14px; }
  h1 { font-size: 22px; }
}
@media print {
  @page { margin: 12mm; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding: 0; }
  figure, tr, .cards li { break-inside: avoid; }
  h2, h3, figcaption { break-after: avoid; }
  .scroll { overflow: visible; }
  svg.chart { min-width: 0; }
  table { font-size: 7.5pt; }
  th, td { padding-right: 6px; }
  .number { padding-left: 6px; }
  th, td { white-space: normal; }
  .cards { grid-template-columns: repeat(4, 1fr); }
  .cards strong { font-size: 12pt; }
  details:not([open]) { display: none; }
}
`;

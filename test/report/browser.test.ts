import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtWorkspace, type Workspace } from "../cli/workspace.js";
import type { RiskPayload } from "../../src/risk/risk-payload.js";
import { browserNeed, browserPath, colours, openBrowser, openPage, type Browser, type Noise } from "../support/browser.js";
import { pageOf, renamed } from "./example-report.js";

const DRAWINGS = [
  "margin-parts", "equity-chart", "heat-1", "heat-5", "joint-scenarios", "tail-scenarios", "worst-by-bucket", "worst-by-position", "stress-rows",
];

interface MarginReport {
  readonly requirement: string;
  readonly maintenance: string;
  readonly equity: string;
  readonly healthy: boolean;
  readonly parts: Readonly<Record<"expectedShortfall" | "worst" | "shortLots" | "liquidity" | "charges", string>>;
  readonly worstScenario: number;
  readonly buckets: readonly { readonly shortfall: string; readonly value: string; readonly dollarDelta: string; readonly vega: string }[];
  readonly tail: readonly { readonly scenario: number; readonly loss: string }[];
}

describe.runIf(browserPath !== undefined)(`a report in a browser (${browserNeed})`, () => {
  let workspace: Workspace;
  let browser: Browser;
  let page: Page;
  let url: string;
  let margin: MarginReport;
  const noise: Noise = { requests: [], messages: [] };

  beforeAll(async () => {
    workspace = await builtWorkspace();
    const inputs = ["--risk", "risk", "--portfolio", "portfolio.json", "--collateral", "250.75"];
    await workspace.succeed("report", ...inputs, "--out", "report.html");
    margin = JSON.parse((await workspace.succeed("margin", ...inputs, "--json")).stdout) as MarginReport;
    url = pathToFileURL(workspace.path("report.html")).href;
    browser = await openBrowser();
    page = await openPage(browser.context, url, noise);
  });

  afterAll(async () => {
    await browser?.close();
    workspace?.remove();
  });

  const open = (file: string, content: string) => openPage(browser.context, pathToFileURL(workspace.write(file, content)).href, noise);
  /** What a person reads, without the separators of thousands. */
  const text = async (selector: string) => (await page.locator(selector).innerText()).replaceAll(",", "").trim();
  const texts = async (selector: string) => (await page.locator(selector).allInnerTexts()).map((item) => item.replaceAll(",", "").trim());

  it("draws every chart, each with a title and a description", async () => {
    expect(await page.locator("svg").evaluateAll((drawings) => drawings.map(({ id }) => id))).toEqual(DRAWINGS);
    for (const id of DRAWINGS) {
      const drawing = page.locator(`#${id}`);
      expect(await drawing.isVisible()).toBe(true);
      const box = (await drawing.boundingBox())!;
      expect([id, box.width > 600, box.height > 80]).toEqual([id, true, true]);
      expect(await page.getByRole("img", { name: (await drawing.locator("> title").textContent())! }).count()).toBe(1);
      expect(await drawing.locator("> desc").textContent()).toMatch(/^.{40,}\.$/);
    }
  });

  it("paints them: every chart has colours of its own", async () => {
    for (const id of DRAWINGS) {
      const { count, commonest } = await colours(browser.context, await page.locator(`#${id}`).screenshot());
      expect([id, count > 20, commonest < 0.97]).toEqual([id, true, true]);
    }
  });

  it("has a cell for each regime, node and bucket, and for each stress row", async () => {
    const cells = (id: string) => page.locator(`#${id} .cell_marks path`);
    expect(await page.locator("svg[id^=heat-] .cell_marks path").count()).toBe(4 * 14 * 2);
    expect(await cells("heat-1").count()).toBe(4 * 14);
    expect(await cells("stress-rows").count()).toBe(56);
    expect(await page.locator("#joint-scenarios .scenario_marks path").count()).toBe(192);
    for (const bucket of [1, 5]) {
      const boxes = await cells(`heat-${bucket}`).evaluateAll((paths) => paths.map((path) => path.getBoundingClientRect()).filter(({ width, height }) => width > 20 && height > 15).length);
      expect(boxes).toBe(4 * 14);
    }
  });

  it("says in every cell what the table below has", async () => {
    const tips = await page.locator("#heat-1 .cell_marks path > title").allTextContents();
    const amounts = await page.locator("#nodes-1 data").evaluateAll((items) => items.map((item) => item.getAttribute("value")));
    expect(tips.map((tip) => /: (\S+) USD$/.exec(tip)![1]!.replaceAll(",", ""))).toEqual(amounts);
    const shown = await page.locator("#heat-1 .role-mark text").allTextContents();
    // A loss has a minus and a gain a plus, in a colour of that side.
    const fills = await page.locator("#heat-1 .cell_marks path").evaluateAll((paths) => paths.map((path) => path.getAttribute("fill")!));
    amounts.forEach((value, at) => {
      const sign = Number(value) < 0 ? ["-", "l"] : Number(value) > 0 ? ["+", "g"] : ["0", "z"];
      expect([shown[at]![0], fills[at]!.replace("var(--heat-", "")[0]]).toEqual(sign);
    });
  });

  it("has the numbers of zkmargin margin, digit by digit", async () => {
    const { parts } = margin;
    expect(await text("#part-expectedShortfall")).toBe(parts.expectedShortfall);
    expect(await text("#part-worst")).toBe(parts.worst);
    expect(await text("#part-shortLots")).toBe(parts.shortLots);
    expect(await text("#part-liquidity")).toBe(parts.liquidity);
    expect(await text("#part-charges")).toBe(parts.charges);
    expect(await text("#part-maintenance")).toBe(margin.maintenance);
    expect([await text("#requirement"), await text("#part-required")]).toEqual([margin.requirement, margin.requirement]);
    expect([await text("#equity"), await text("#part-equity-sum")]).toEqual([margin.equity, margin.equity]);
    expect(await text("#healthy")).toBe(margin.healthy ? "yes" : "no");
    expect(await text("#worst-scenario")).toBe(String(margin.worstScenario));
    expect(await text("#tail-es")).toBe(parts.expectedShortfall);
    expect(await texts("#worst-table td:nth-child(4)")).toEqual(margin.buckets.map(({ shortfall }) => shortfall));
    expect(await texts("#worst-table td:nth-child(5)")).toEqual(margin.buckets.map(({ value }) => value));
    expect(await texts("#worst-table td:nth-child(7)")).toEqual(margin.buckets.map(({ vega }) => vega));
  });

  it("has the members of the tail, the largest loss first", async () => {
    const rows = await page.locator("#tail-table tbody tr:not(.sum)").evaluateAll((found) => found.map((row) => ({
      scenario: Number(row.querySelector("th")!.textContent), loss: row.querySelector("data")!.getAttribute("value")!,
    })));
    const byScenario = (a: { scenario: number }, b: { scenario: number }) => a.scenario - b.scenario;
    expect([...rows].sort(byScenario)).toEqual(margin.tail.map(({ scenario, loss }) => ({ scenario, loss })).sort(byScenario));
    rows.forEach(({ loss }, at) => expect(at === 0 || Number(rows[at - 1]!.loss) >= Number(loss)).toBe(true));
    expect(await texts("#tail-table tbody tr:not(.sum) td:last-child")).toEqual([...rows.slice(1).map(() => ""), "boundary"]);
  });

  it("has the spot move of every member of the tail by asset", async () => {
    expect((await texts("#tail-table thead th")).slice(2, 4)).toEqual(["node of BTC", "node of ETH"]);
    const spots = (await texts("#tail-table tbody tr:not(.sum) td:nth-child(3)")).map((cell) => /^\d+ \([+-]?\d+\.\d %\)$/.test(cell));
    expect(spots).toEqual(margin.tail.map(() => true));
  });

  it("marks the worst stress row in the grid of all", async () => {
    const marked = await page.evaluate(OUTLINED) as string;
    expect(marked).toContain(`row ${await text("#worst-row")}, `);
    expect(marked.replaceAll(",", "")).toContain(`: -${margin.parts.worst} USD`);
  });

  it("can be read in light and in dark, on the screen and in every cell of a heat map", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const contrasts = await page.evaluate(CONTRASTS) as { what: string; ratio: number }[];
      expect(contrasts.length).toBeGreaterThan(14);
      expect(contrasts.filter(({ ratio }) => ratio < 4.5).map(({ what }) => `${colorScheme}: ${what}`)).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: null });
  });

  it("fits a narrow window: only charts and tables scroll, within themselves", async () => {
    const narrow = await openPage(browser.context, url);
    await narrow.setViewportSize({ width: 360, height: 740 });
    expect(await narrow.evaluate("document.documentElement.scrollWidth")).toBe(360);
    const boxes = await narrow.locator(".scroll").evaluateAll((found) => found.map((box) => box.scrollWidth - box.clientWidth));
    expect(boxes.some((hidden) => hidden > 100)).toBe(true);
    await narrow.close();
  });

  it("fits on paper: nothing is wider than the page, on white", async () => {
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.setViewportSize({ width: 720, height: 1000 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(720);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    await page.emulateMedia({ media: null, colorScheme: null });
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it("shows that an account is not healthy", async () => {
    const poor = await open("poor.html", await pageOf(workspace, { cash: "-20000", positions: [{ instrument: "BTC-30JAN26-105000-C", quantity: "-2" }] }));
    expect(await poor.locator("#healthy").innerText()).toBe("no");
    expect(await poor.locator("#equity-chart .bar_marks path").last().getAttribute("fill")).toBe("var(--loss)");
    await poor.close();
  });

  it("shows a book that can only win: no stress row is the worst", async () => {
    const safe = await open("safe.html", await pageOf(workspace, { cash: "0", positions: [{ instrument: "USD-FREE", quantity: "1" }] }, harmless));
    expect(await safe.locator("#worst-none").innerText()).toBe("No stress row loses: the worst stress loss is 0.");
    expect(await safe.locator("svg").evaluateAll((drawings) => drawings.map(({ id }) => id))).toEqual(["margin-parts", "equity-chart", "heat-1", "joint-scenarios", "tail-scenarios", "stress-rows"]);
    expect(await safe.locator("#heat-1 .cell_marks path").count()).toBe(4 * 14);
    await safe.close();
  });

  it("runs nothing and asks for nothing, even where every name of the payload tries to", async () => {
    const hostile = `"><img src=http://[::1]/ onerror=alert(1)>`;
    const instrument = `${hostile}BTC-30JAN26-105000-C`;
    const opened = await open("hostile.html", await pageOf(workspace, { cash: "90000", positions: [{ instrument, quantity: "-2" }] }, (payload) => renamed(payload, hostile)));
    expect(await opened.locator("#positions-table tbody th bdi").first().innerText()).toBe(instrument);
    expect(await opened.locator("#worst-by-position text").allTextContents()).toContainEqual(expect.stringContaining('"><img src='));
    expect(await opened.locator("img, script, iframe, link, object, embed").count()).toBe(0);
    // The policy holds what an escape that was forgotten would let through.
    const refused: string[] = [];
    opened.on("console", (message) => refused.push(message.text()));
    await opened.evaluate(`document.body.insertAdjacentHTML("beforeend", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')`);
    await expect.poll(() => refused.join("\n")).toMatch(/Content Security Policy/);
    await opened.close();
  });

  it("made no request beside the page's own, and no message, in all of this", () => {
    expect(noise.requests.filter((request) => !/^file:.*\/(report|poor|safe|hostile)\.html$/.test(request) && !request.startsWith("data:image/gif"))).toEqual([]);
    expect(noise.requests).toContain(url);
    expect(noise.messages.filter((message) => !/Content Security Policy/.test(message))).toEqual([]);
  });
});

/** What the cell says that the outline of the stress rows is around. */
const OUTLINED = `(() => {
  const middle = (path) => {
    const { x, y, width, height } = path.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  };
  const [x, y] = middle(document.querySelector("#stress-rows .layer_1_marks path"));
  const around = ([a, b]) => Math.hypot(a - x, b - y) < 2;
  return [...document.querySelectorAll("#stress-rows .cell_marks path")].filter((path) => around(middle(path))).map((path) => path.textContent).join();
})()`;

/** The payload with one instrument of the first bucket opened replaced by one that never loses. */
function harmless(payload: RiskPayload): RiskPayload {
  return {
    ...payload,
    buckets: payload.buckets.map((bucket) => (bucket.index !== 1 ? bucket : {
      ...bucket, instruments: bucket.instruments.map((instrument, at) => (at > 0 ? instrument : { ...instrument, name: "USD-FREE", scenarioDeltas: instrument.scenarioDeltas.map((row) => row.map((_, j) => BigInt(j))) })),
    })),
  };
}

/** Contrast of the text on each colour of the heat maps and of the page, after WCAG 2 (relative luminance). */
const CONTRASTS = `(() => {
  const root = getComputedStyle(document.documentElement);
  const luminance = (name) => {
    const hex = root.getPropertyValue(name).trim().slice(1);
    const [r, g, b] = [0, 2, 4].map((at) => {
      const value = parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pairs = [["--ink", "--paper"], ["--muted", "--paper"], ["--ink", "--card"], ["--muted", "--card"], ["--warn-ink", "--warn-paper"], ["--gain", "--card"], ["--loss", "--card"]];
  for (const shade of ["zero", "l1", "l2", "l3", "g1", "g2", "g3"]) pairs.push(["--heat-pale-ink", "--heat-" + shade]);
  for (const shade of ["l4", "l5", "g4", "g5"]) pairs.push(["--heat-strong-ink", "--heat-" + shade]);
  return pairs.map(([text, ground]) => {
    const [a, b] = [luminance(text), luminance(ground)].sort((x, y) => y - x);
    return { what: text + " on " + ground, ratio: (a + 0.05) / (b + 0.05) };
  });
})()`;

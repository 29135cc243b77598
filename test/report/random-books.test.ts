import { describe, expect, it } from "vitest";
import { renderReport } from "../../src/report/page.js";
import { computeMargin, MAX_COLLATERAL, MAX_FACTOR } from "../../src/risk/margin.js";
import { randomPayload, randomPortfolio } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

describe("the report of any book", () => {
  it("has only finite numbers on it, from value units to the largest book a tier holds", async () => {
    const random = seededRandom(32);
    const pages: string[] = [];
    for (const [size, positions, lots] of [[1n, 3, 1n], [100n, 12, 5n], [1n << 20n, 40, 1n << 12n], [(1n << 28n) - 1n, 120, (1n << 25n) - 1n], [0n, 4, 1n]] as const) {
      const payload = randomPayload(random, { assets: [3, 2, 1], instrumentsPerBucket: 20, size });
      const portfolio = randomPortfolio(random, payload, { positions, buckets: 6, lots });
      const terms = { factor: random.pick([0n, MAX_FACTOR]), collateral: random.pick([0n, MAX_COLLATERAL]) };
      const page = await renderReport({ payload, riskRoot: random.big(0n, 1n << 50n), portfolio, margin: computeMargin(payload, portfolio, terms), terms });
      // Drawings have text of their own for what is no number.
      expect(page).not.toMatch(/NaN|Infinity|∞|undefined|null|\[object/);
      for (const [, attribute] of page.matchAll(/ (?:d|transform|x2|y2|width|height)="([^"]*)"/g)) expect(attribute).toMatch(/^[-\d.,a-zA-Z() ]*$/);
      const buckets = new Set(portfolio.holdings.map(({ location }) => location.bucket.index)).size;
      // One a bucket, and that of the stress rows.
      expect(page.split('class="mark-rect role-mark cell_marks"')).toHaveLength(buckets === 0 ? 1 : buckets + 2);
      if (buckets > 0) pages.push(page);
    }
    expect(pages).toHaveLength(5);
  });
});

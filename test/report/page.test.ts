import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PORTFOLIO, builtWorkspace, type Workspace } from "../cli/workspace.js";
import { pageOf, renamed, tagsOf } from "./example-report.js";

let workspace: Workspace;

beforeAll(async () => {
  workspace = await builtWorkspace();
});

afterAll(() => workspace?.remove());

describe("the page", () => {
  it("needs nothing beside itself: no script, no link, no address, no style of an element", async () => {
    const page = await pageOf(workspace);
    for (const part of [/<script/i, /<link/i, /<img/i, /<iframe/i, / href=/i, / src=/i, / style=/i, / on[a-z]+=/i, /url\(/i, /@import/i]) expect(page).not.toMatch(part);
    // XML names are no addresses that anyone calls.
    expect(page.replace(/ xmlns="[^"]*"/g, "")).not.toMatch(/https?:/);
  });

  it("allows by its policy its own style and nothing else", async () => {
    const page = await pageOf(workspace);
    const style = /<style>([^]*?)<\/style>/.exec(page)![1]!;
    const hash = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`);
    expect(page.match(/<style/g)).toHaveLength(1);
  });

  it("has every id once, and only properties that its style sets", async () => {
    const page = await pageOf(workspace);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(30);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    const set = new Set([...page.matchAll(/(--[a-z0-9-]+):/g)].map(([, name]) => name));
    const used = [...new Set([...page.matchAll(/var\((--[a-z0-9-]+)\)/g)].map(([, name]) => name))];
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !set.has(name))).toEqual([]);
  });

  it("shows as text whatever the payload's names contain: its tags are those of a harmless one", async () => {
    const harmless = tagsOf(await pageOf(workspace));
    // A portfolio's schema has room for 64 characters, of which the instruments' own names take 21.
    for (const text of [`'"><script>alert(1)</script><!--&amp;`, "</title></style></svg></script><![CDATA["]) {
      const book = { ...PORTFOLIO, positions: PORTFOLIO.positions.map(({ instrument, quantity }) => ({ instrument: `${text}${instrument}`, quantity })) };
      expect(tagsOf(await pageOf(workspace, book, (payload) => renamed(payload, text)))).toEqual(harmless);
    }
  });

  it("of an empty book has the margin, which is nothing, and no scenarios", async () => {
    const page = await pageOf(workspace, { cash: "12.5", positions: [] });
    expect(page).toContain("The book has no positions");
    expect(page).toContain('<strong id="equity"><data value="12.500000">');
    expect(page).toContain('<strong id="requirement"><data value="0.000000">');
    expect(page.match(/<svg /g)).toHaveLength(2);
  });

  it("labels nodes by the spot move where all regimes share it, else cell by cell", async () => {
    const shared = await pageOf(workspace);
    expect(shared).toMatch(/>-60\.0 %<\/tspan>/);
    const scaled = await pageOf(workspace, PORTFOLIO, (payload) => ({
      ...payload, buckets: payload.buckets.map((bucket) => ({ ...bucket, spotLevels: bucket.spotLevels.map((row, r) => row.map((level) => (r === 0 ? level / 2n : level))) })),
    }));
    expect(scaled).toMatch(/>-30\.0 %<\/tspan>/);
    expect(scaled).toContain(">node 0</text>");
    const without = await pageOf(workspace, PORTFOLIO, (payload) => ({ ...payload, buckets: payload.buckets.map((bucket) => ({ ...bucket, spotLevels: [] })) }));
    expect(without).not.toContain("%</tspan>");
    expect(without).toContain(">node 0</text>");
  });
});

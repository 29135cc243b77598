import { chmodSync, existsSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtWorkspace, PORTFOLIO, saltsIn, units, type Workspace } from "./workspace.js";

interface MarginReport {
  readonly factor: string;
  readonly requirement: string;
  readonly maintenance: string;
  readonly equity: string;
  readonly healthy: boolean;
  readonly parts: Readonly<Record<"expectedShortfall" | "worst" | "shortLots" | "liquidity" | "charges", string>>;
  readonly buckets: readonly { readonly asset: string; readonly value: string; readonly shortfall: string }[];
}

const ONE = 65_536n;
const ceilDiv = (a: bigint, b: bigint) => (a + b - 1n) / b;

let workspace: Workspace;

beforeAll(async () => {
  workspace = await builtWorkspace();
});

afterAll(() => workspace?.remove());

describe("zkmargin margin", () => {
  const margin = async (...more: readonly string[]): Promise<MarginReport> =>
    JSON.parse((await workspace.succeed("margin", "--risk", "risk", "--portfolio", "portfolio.json", "--json", ...more)).stdout) as MarginReport;

  it("gives parts that add up to the maintenance margin", async () => {
    const { buffer } = JSON.parse((await workspace.succeed("risk", "show", "risk", "--json")).stdout) as { buffer: string };
    const { parts, maintenance, requirement } = await margin();
    const [es, worst, shortLots] = [units(parts.expectedShortfall), units(parts.worst), units(parts.shortLots)] as const;
    // 2 BTC in lots of 0.0001 and 20 ETH in lots of 0.001 are short: 40,000 lots of a value unit each.
    expect(shortLots).toBe(40_000n);
    const buffered = ceilDiv(((es > worst ? es : worst) + shortLots) * (ONE + BigInt(buffer)), ONE);
    expect(units(maintenance)).toBe(buffered + units(parts.liquidity) + units(parts.charges));
    expect(requirement).toBe(maintenance);
    expect(es).toBeGreaterThan(0n);
  });

  it("splits the expected shortfall over the buckets but for rounding", async () => {
    const { parts, buckets } = await margin();
    expect(buckets.map(({ asset }) => asset)).toEqual(["BTC", "ETH"]);
    const rest = units(parts.expectedShortfall) - buckets.reduce((sum, { shortfall }) => sum + units(shortfall), 0n);
    expect(rest).toBeGreaterThanOrEqual(0n);
    expect(rest).toBeLessThanOrEqual(3n);
  });

  it("adds collateral, cash and marks to the equity, less a unit a short lot", async () => {
    const { equity, buckets, parts } = await margin("--collateral", "100.000001");
    const marks = buckets.reduce((sum, { value }) => sum + units(value), 0n);
    expect(units(equity)).toBe(100_000_001n + units("90000.000000") + marks - units(parts.shortLots));
  });

  it("takes the factor as mm, im or a decimal, rounded up", async () => {
    const { initialFactor } = JSON.parse((await workspace.succeed("risk", "show", "risk", "--json")).stdout) as { initialFactor: string };
    const [im, quarter, thin] = [await margin("--factor", "im"), await margin("--factor", "1.25"), await margin("--factor", "0.00001")];
    expect(im.factor).toBe(initialFactor);
    expect(quarter.factor).toBe("81920");
    expect(units(quarter.requirement)).toBe(ceilDiv(units(quarter.maintenance) * 5n, 4n));
    expect(thin.factor).toBe("1");
  });

  it("says when a portfolio is not healthy, with exit code 0: that is an answer", async () => {
    workspace.write("poor.json", JSON.stringify({ ...PORTFOLIO, cash: "-12500.000001" }));
    const { stdout } = await workspace.succeed("margin", "--risk", "risk", "--portfolio", "poor.json", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ healthy: false });
    expect((await workspace.succeed("margin", "--risk", "risk", "--portfolio", "poor.json")).stdout).toMatch(/healthy\s+│\s+no/);
  });

  it("asks nothing of an empty book", async () => {
    workspace.write("empty.json", JSON.stringify({ cash: "0", positions: [] }));
    const { stdout } = await workspace.succeed("margin", "--risk", "risk", "--portfolio", "empty.json", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ requirement: "0.000000", equity: "0.000000", healthy: true, buckets: [] });
  });

  it("refuses a payload whose numbers do not hash to their leaves", async () => {
    const bucket = workspace.read("risk/buckets/01.json");
    const at = bucket.indexOf('"name": "BTC-30JAN26-105000-C"');
    const forged = bucket.slice(0, at) + bucket.slice(at).replace(/"mark": "(\d+)"/, (_, mark: string) => `"mark": "${BigInt(mark) + 1n}"`);
    try {
      workspace.write("risk/buckets/01.json", forged);
      const { code, stderr } = await workspace.run("margin", "--risk", "risk", "--portfolio", "portfolio.json");
      expect(code).toBe(2);
      expect(stderr).toMatch(/buckets\/01\.json: .*not hash to/);
    } finally {
      workspace.write("risk/buckets/01.json", bucket);
    }
  });

  it("leaves no salt: nothing was committed to", () => {
    expect(existsSync(workspace.path("portfolio.json.salt"))).toBe(false);
  });
});

describe("zkmargin commit", () => {
  const commit = (...more: readonly string[]) => workspace.succeed("commit", "--risk", "risk", "--portfolio", "book.json", ...more);
  const salts = () => saltsIn(workspace.read("book.json.salt"));

  it("commits to a book, each time to the same, and keeps the salt to itself", async () => {
    workspace.write("book.json", JSON.stringify(PORTFOLIO));
    const first = await commit();
    const second = await commit("--json");
    expect(first.stdout).toMatch(/^0x[0-9a-f]{64}\n$/);
    expect(JSON.parse(second.stdout)).toEqual({ portfolioCommitment: first.stdout.trim() });
    expect(statSync(workspace.path("book.json.salt")).mode & 0o777).toBe(0o600);
    expect(salts()).toHaveLength(1);
    const salt = salts()[0]!;
    for (const secret of [salt, salt.slice(2), BigInt(salt).toString()]) {
      expect([first.stdout, first.stderr, second.stdout, second.stderr].join("\n")).not.toContain(secret);
    }
  });

  it("draws a fresh salt for another book and keeps the old one", async () => {
    workspace.write("book.json", JSON.stringify(PORTFOLIO));
    const before = (await commit()).stdout;
    workspace.write("book.json", JSON.stringify({ ...PORTFOLIO, cash: "90000.01" }));
    const [old] = salts();
    const changed = (await commit()).stdout;
    expect(changed).not.toBe(before);
    expect(salts()).toEqual([old, expect.any(String)]);
    expect(new Set(salts()).size).toBe(2);
  });

  it("gives the same book another commitment under another salt", async () => {
    workspace.write("book.json", JSON.stringify(PORTFOLIO));
    expect((await commit("--salt", "other.salt")).stdout).not.toBe((await commit()).stdout);
    expect(statSync(workspace.path("other.salt")).mode & 0o777).toBe(0o600);
  });

  it("does not care in which order the file has the positions", async () => {
    workspace.write("book.json", JSON.stringify(PORTFOLIO));
    const before = (await commit()).stdout;
    workspace.write("book.json", JSON.stringify({ ...PORTFOLIO, positions: [...PORTFOLIO.positions].reverse() }));
    expect((await commit()).stdout).toBe(before);
  });

  it("refuses a salt file that others can read, and leaves it as it is", async () => {
    workspace.write("book.json", JSON.stringify(PORTFOLIO));
    await commit("--salt", "open.salt");
    chmodSync(workspace.path("open.salt"), 0o644);
    const before = workspace.read("open.salt");
    const { code, stdout, stderr } = await workspace.run("commit", "--risk", "risk", "--portfolio", "book.json", "--salt", "open.salt");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("open.salt must have mode 0600");
    expect(stderr).not.toContain(saltsIn(before)[0]!);
    expect(workspace.read("open.salt")).toBe(before);
  });
});

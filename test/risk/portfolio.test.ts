import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { canonicalPortfolio, MAX_SLOT_LOTS, parsePortfolio, portfolioCommitment, PortfolioError, requireFits, selectTier } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { saltForCommitment, saltForProof, SaltFileError } from "../../src/risk/salt-file.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const payload = { ...randomPayload(seededRandom(1), { assets: [2, 1], instrumentsPerBucket: 6 }), settled: ["OLD-1"] };
const index = indexInstruments(payload);
const parse = (value: unknown) => parsePortfolio(typeof value === "string" ? value : JSON.stringify(value), payload, index);
const position = (instrument: string, quantity: string) => ({ instrument, quantity });

describe("parsePortfolio", () => {
  it("reads decimals into lots and value units, in the order of ids", () => {
    const { cash, holdings } = parse({ cash: "-12500.000001", positions: [position("I9", "-2.5"), position("I2", "0.0001")] });
    expect(cash).toBe(-12_500_000_001n);
    expect(holdings.map(({ location, quantity }) => [location.instrument.id, quantity])).toEqual([[2, 1n], [9, -25_000n]]);
  });
  it("splits a position that no slot holds", () => {
    const { holdings } = parse({ cash: "0", positions: [position("I1", `-${(2n * MAX_SLOT_LOTS + 1n) / 10_000n}.${((2n * MAX_SLOT_LOTS + 1n) % 10_000n).toString().padStart(4, "0")}`)] });
    expect(holdings.map(({ quantity }) => quantity)).toEqual([-MAX_SLOT_LOTS, -MAX_SLOT_LOTS, -1n]);
  });

  for (const [what, input, field, rule] of [
    ["text that is no JSON", "{", "portfolio", "must be JSON"],
    ["a key twice, of which one would win silently", '{ "cash": "1", "cash": "2", "positions": [] }', "portfolio", "no key twice"],
    ["a cash number instead of a string", { cash: 5, positions: [] }, "cash", "expected string"],
    ["a missing cash", { positions: [] }, "cash", "expected string"],
    ["an unknown key", { cash: "0", positions: [], leverage: "3" }, "portfolio", "leverage"],
    ["cash with seven decimals", { cash: "0.0000001", positions: [] }, "cash", "more than 6 decimals"],
    ["cash beyond 2^71 units", { cash: "2361183241434822.606848", positions: [] }, "cash", "2^71"],
    ["an exponent", { cash: "0", positions: [position("I1", "1e3")] }, "positions.0.quantity", "decimal string"],
    ["more decimals than the lot", { cash: "0", positions: [position("I1", "1.00005")] }, "positions.0.quantity", "lots of 0.0001"],
    ["a quantity of zero", { cash: "0", positions: [position("I1", "0.0")] }, "positions.0.quantity", "must not be zero"],
    ["an unknown instrument", { cash: "0", positions: [position("NOPE", "1")] }, "positions.0.instrument", "unknown"],
    ["a settled instrument", { cash: "0", positions: [position("OLD-1", "1")] }, "positions.0.instrument", "settled"],
    ["more slots than any tier has, without making them", { cash: "0", positions: [position("I1", "1000000000000")] }, "positions", "450 slots"],
    ["a repeated instrument", { cash: "0", positions: [position("I1", "1"), position("I1", "2")] }, "positions.1.instrument", "repeated"],
  ] as const) {
    it(`refuses ${what}`, () => {
      const error = catchError(() => parse(input)) as PortfolioError;
      expect(error).toBeInstanceOf(PortfolioError);
      expect(error.field).toBe(field);
      expect(error.message).toContain(rule);
      expect(inspect(error)).not.toMatch(/1\.00005|NOPE|OLD-1|2361183241434822|1e3/);
    });
  }
});

describe("requireFits", () => {
  const book = (names: string[]) => parse({ cash: "0", positions: names.map((name) => position(name, "1")) });
  it("names the limit of positions and of buckets", () => {
    expect(() => requireFits(book(["I1", "I2", "I3"]), { name: "T", positions: 2, buckets: 9 })).toThrow("tier T holds at most 2");
    expect(() => requireFits(book(["I1", "I7", "I13"]), { name: "T", positions: 9, buckets: 2 })).toThrow("tier T opens at most 2");
    requireFits(book(["I1", "I7"]), { name: "T", positions: 2, buckets: 2 });
  });
});

describe("selectTier", () => {
  const book = (names: string[]) => parse({ cash: "0", positions: names.map((name) => position(name, "1")) });
  const tiers = [{ name: "A", positions: 2, buckets: 1 }, { name: "B", positions: 2, buckets: 2 }, { name: "C", positions: 4, buckets: 2 }];
  it.each([
    ["A", []], ["A", ["I1", "I2"]], ["B", ["I1", "I7"]], ["C", ["I1", "I2", "I3"]], ["C", ["I1", "I2", "I3", "I7"]],
  ])("takes the first tier with room for slots and buckets: %s for %j", (name, names) => {
    expect(selectTier(book(names), tiers).name).toBe(name);
  });
  it("counts the slots of a position that takes several", () => {
    const large = canonicalPortfolio(0n, [{ location: index.byId.get(1)!, quantity: -2n * MAX_SLOT_LOTS - 1n }]);
    expect(selectTier(large, tiers).name).toBe("C");
  });
  it.each([
    [["I1", "I2", "I3", "I4", "I7"], "5 slots in 2 risk buckets"], [["I1", "I7", "I13"], "3 slots in 3 risk buckets"],
  ])("names slots, buckets and every limit if no tier holds the book: %j", (names, value) => {
    const error = catchError(() => selectTier(book(names), tiers)) as PortfolioError;
    expect(error).toBeInstanceOf(PortfolioError);
    expect([error.field, error.value]).toEqual(["positions", value]);
    expect(error.message).toContain("A 2 slots in 1 risk buckets, B 2 slots in 2 risk buckets, C 4 slots in 2 risk buckets");
    // How large the book is belongs to its holder.
    expect(error.message).not.toContain(value);
  });
});

describe("portfolioCommitment", () => {
  it("changes with salt, cash, quantity, sign and instrument", () => {
    const holding = (id: number, quantity: bigint) => ({ location: index.byId.get(id)!, quantity });
    const commitments = [
      portfolioCommitment(canonicalPortfolio(1n, [holding(1, 5n)]), 9n), portfolioCommitment(canonicalPortfolio(1n, [holding(1, 5n)]), 8n),
      portfolioCommitment(canonicalPortfolio(2n, [holding(1, 5n)]), 9n), portfolioCommitment(canonicalPortfolio(1n, [holding(1, 6n)]), 9n),
      portfolioCommitment(canonicalPortfolio(1n, [holding(1, -5n)]), 9n), portfolioCommitment(canonicalPortfolio(1n, [holding(2, 5n)]), 9n),
      portfolioCommitment(canonicalPortfolio(1n, []), 9n),
    ];
    expect(new Set(commitments).size).toBe(commitments.length);
  });
});

describe("salts", () => {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-"));
  const book = parse({ cash: "7", positions: [position("I1", "1")] });
  const other = parse({ cash: "8", positions: [position("I1", "1")] });
  const file = join(folder, "book.salt");

  it("are drawn, kept in a file of mode 0600, and found again", () => {
    const salt = saltForCommitment(book, file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect([saltForCommitment(book, file), saltForProof(book, file)]).toEqual([salt, salt]);
  });
  it("are fresh for each update, also back to an earlier book; proofs find the last of each", () => {
    const first = saltForCommitment(book, file);
    const second = saltForCommitment(other, file);
    const third = saltForCommitment(book, file);
    expect(new Set([first, second, third]).size).toBe(3);
    expect([saltForProof(book, file), saltForProof(other, file)]).toEqual([third, second]);
    expect(readFileSync(file, "utf8")).toContain(first.toString(16).padStart(64, "0"));
  });
  it("keep nothing of the book", () => {
    expect(readFileSync(file, "utf8")).not.toMatch(/I1|7000000|quantity/);
  });
  it("are refused from a file that others can read, or that is something else, and both stay as they were", () => {
    chmodSync(file, 0o644);
    expect(() => saltForProof(book, file)).toThrow(SaltFileError);
    for (const [name, content] of [["wrong", '{"secret": "0x1234"}\n'], ["torn", '{"salt": "0x1234']] as const) {
      const path = join(folder, `${name}.salt`);
      writeFileSync(path, content, { mode: 0o600 });
      const error = catchError(() => saltForCommitment(book, path)) as Error;
      expect(error).toBeInstanceOf(SaltFileError);
      expect(error.message).not.toContain("1234");
      expect(readFileSync(path, "utf8")).toBe(content);
    }
    expect(() => saltForProof(book, folder)).toThrow("is not a file");
  });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

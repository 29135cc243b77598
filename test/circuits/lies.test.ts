/**
 * The catalogue of consistent lies: what a prover could say that fits together, and the test that says it, is refused by the pin and would pass
 * without it. A lie without a test fails, and so does a test of a lie that has no place here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/template.js";

/** Names of tests by file: a file of test/circuits, or a path from the project's root. */
type Carriers = Readonly<Record<string, readonly string[]>>;

const LIES: Readonly<Record<string, Carriers>> = {
  "quotient - 1 with remainder + divisor": {
    "division.test.ts": [
      "refuses a quotient one too low, with the remainder that fits it", "refuses a quotient one too high",
      "refuses a signed quotient one too low, with the remainder that fits it", "refuses a signed quotient one too high, whose remainder is the divisor or more",
    ],
    "expected-shortfall.test.ts": ["refuses a mean off by %i"],
    "worst-loss.test.ts": ["refuses a worst loss off by %i"],
    "liquidity.test.ts": ["refuses a cost off by %i"],
  },
  "quotient wrapped modulo p": { "division.test.ts": ["refuses a quotient that wraps modulo p", "refuses a signed quotient that wraps modulo p"] },
  "shifted threshold": {
    "expected-shortfall.test.ts": [
      "refuses a lower threshold with a boundary that is honest there", "refuses a higher threshold that leaves weight uncovered", "refuses a boundary that is not at the threshold",
    ],
  },
  "exchanged tail members": { "expected-shortfall.test.ts": ["refuses exchanged tail members", "refuses a tail heavier than T", "refuses tail flags that are not boolean"] },
  "second boundary": {
    "expected-shortfall.test.ts": ["refuses a second boundary, though at the same loss it gives the same ES", "refuses a boundary that is in the tail", "refuses boundary flags that are not boolean"],
  },
  "carry moved between lanes or weights": {
    "expected-shortfall.test.ts": ["refuses weight carried from one lane to the next: 1 more here, 2^20 less there, with the same packed element"],
    "worst-loss.test.ts": ["refuses damping carried between lanes"],
    "instrument-tree.test.ts": ["refuses a charge carried from one lane of the tag to the next", "refuses a short charge out of its range"],
    "portfolio-commitment.test.ts": ["refuses id carried into quantity", "refuses quantity carried into the sign", "refuses a sign of 2"],
    "scenario-pnl.test.ts": [
      "refuses a lane's unit read as 2^63 of its neighbour's", "refuses the lanes of the sum plus p: 252 bits have no room for it, 254 would", "refuses node bits that are not boolean",
    ],
    "margin-lies.test.ts": [
      "refuses a short whose lots are carried into its id and long charge", "refuses a short whose sign is carried into its lots, a long",
      "refuses lots so many that a lane's loss runs over into the next",
      "refuses the worst scenario's weight carried to its neighbour, to another regime, and around the field", "refuses the worst stress row's damping carried to its neighbour",
    ],
  },
  "wrong group with right leaf": {
    "instrument-tree.test.ts": [
      "refuses the right leaf under the wrong group or bucket", "refuses another place than the leaf's", "refuses selector bits that are not boolean", "refuses another index for the same bucket",
      "refuses an index whose bits are not boolean",
    ],
  },
  "leaf as group": {
    "instrument-tree.test.ts": [
      "refuses a group as a leaf: its 16 leaves as contents, the 16 groups as leaves, even where the last leaf fits a tag",
      "refuses a group as a leaf by the range of its charges, as the last leaf is a hash", "refuses the leaves of a group as the groups, a tree of one level less",
      "refuses a node as a bucket: its 8 buckets as contents, the 8 nodes as siblings, a tree of one level more",
    ],
  },
  "contents of the forger's own": {
    "instrument-tree.test.ts": [
      "refuses contents that are not the leaf's: a larger P&L, another charge, another id", "refuses a leaf of the forger's own in a list of leaves of its own",
      "refuses other contents: column, asset, lambda, group", "refuses a bucket of the forger's own among siblings of its own",
    ],
  },
  "suffix of the commitment chain": {
    "portfolio-commitment.test.ts": ["refuses the suffix of a chain: used slots that do not start at slot 0", "gives a smaller tier no commitment of a two-block book, whatever suffix it opens"],
  },
  "slots beyond the committed prefix": { "portfolio-commitment.test.ts": ["refuses a free hedge in a slot beyond the committed prefix", "refuses fractional prefix flags"] },
  "count too small": { "portfolio-commitment.test.ts": ["refuses a count that leaves positions out, and one too large"] },
  "null slot with quantity": {
    "portfolio-commitment.test.ts": ["refuses quantity in a null slot of a block that is not counted, where the commitment would be the same"],
    "margin-lies.test.ts": ["holds the empty leaf, so that its quantity earns nothing: long it is free, short it costs its short lots"],
  },
  "bucket opened twice or out of order": {
    "instrument-tree.test.ts": ["refuses a bucket opened twice or out of order"],
    "margin-lies.test.ts": ["refuses a bucket opened twice, over which vega is split", "refuses a bucket of another asset between two of one asset, over which its delta is split"],
  },
  "asset run broken": {
    "liquidity.test.ts": [
      "refuses equal assets called different, which breaks the run of their delta", "refuses different assets called equal, which nets their deltas",
      "refuses a flag of equality that is neither 0 nor 1",
    ],
    "test/risk/risk-check.test.ts": ["an asset whose buckets are apart", "a gap in an asset's run, in which an empty bucket could be opened to split its delta"],
  },
  "same id from another bucket": {
    "margin-lies.test.ts": [
      "refuses a position under the column of another bucket than its leaf's", "refuses a position that is in no bucket", "refuses a hedge that is in two buckets",
      "refuses a hedge that is in parts of buckets: halves, and twice less once",
    ],
    "test/risk/risk-check.test.ts": ["an id of another bucket"],
  },
  "negative zero": {
    // Beyond the prefix it is refused with the null slots.
    "margin-lies.test.ts": ["in a used slot is another commitment of a book with the same margin: harmless, since only what is registered counts"],
  },
  "cash and collateral wrapped modulo p": {
    "portfolio-commitment.test.ts": ["refuses cash wrapped modulo p, and the first beyond its range on both sides"],
    "requirement.test.ts": ["refuses terms of 2^98 and more: collateral or factor wrapped modulo p", "refuses collateral borrowed from the factor, and disclose from collateral: bits that sum up"],
    "verifier-contracts/test/MarginVerifier.t.sol": ["test_aPartThatWouldSpillIntoTheNextIsRefusedUnderAProofForTheSameTerms"],
  },
  "T = 0": { "expected-shortfall.test.ts": ["refuses T = 0, which would free ES"], "test/risk/risk-check.test.ts": ["T = 0"] },
  "node 15": {
    "scenario-pnl.test.ts": ["reads each scenario's node, 14 and 15 as unmoved, and packs the column by regime"],
    "margin-lies.test.ts": ["refuses scenarios that are said not to move a bucket: nodes 14 and 15"],
    "test/risk/risk-check.test.ts": ["node 15"],
  },
  "requirement and disclosed value off by one either way": {
    "requirement.test.ts": ["refuses a margin off by %i", "refuses a requirement off by %i, which flips healthy at the edge", "refuses a disclosed ${what} off by %i granularity"],
  },
  "healthy flipped": {
    "requirement.test.ts": ["refuses healthy flipped either way, with bits that sum up", "refuses healthy flipped with a surplus off by %i, or any other number that has the bit"],
  },
  "factor wrapped": { "requirement.test.ts": ["refuses a factor wrapped modulo p: a requirement below 0", "refuses a smaller factor than the terms say"] },
  "another maximum": {
    "worst-loss.test.ts": ["refuses another row's loss as the maximum", "refuses a maximum that no row has, above and within them", "refuses a negative maximum for a book that gains"],
    "requirement.test.ts": ["refuses the smaller of shortfall and worst loss, either way, with bits that sum up", "refuses the smaller of shortfall and worst loss, with bits that do not"],
  },
  "two values of one quantity": {
    "margin-lies.test.ts": [
      "refuses P&L of other quantities than the committed ones", "refuses shorts that are long in the P&L and owe no short lots", "refuses the marks of one bucket dropped",
    ],
  },
  "parameter out of its range": { "risk-root.test.ts": ["bounds ${name}"] },
  "another context with the same proof": {
    "verifier-contracts/test/MarginVerifierReplay.t.sol": ["testFuzz_anyPartOfTheStatementChangedIsRefused", "test_aReplayWithTheNextNonceIsNoProof", "test_anotherConsumerCannotUseTheProof"],
    "verifier-contracts/test/Groth16.t.sol": ["testFuzz_aProofForOneOtherSignalIsRefused"],
  },
};

const CIRCUIT_TESTS = "test/circuits";
const CALL = /(?<!")\bexpect(?:Refused|Gain)\(/;

interface Test {
  readonly name: string;
  readonly body: string;
}

const listed = Object.values(LIES).flatMap((carriers) => Object.entries(carriers).flatMap(([file, names]) => names.map((name) => ({ file, name }))));

describe("a consistent lie", () => {
  it.each(Object.entries(LIES))("%s has its tests", (_, carriers) => {
    expect(Object.values(carriers).flat()).not.toEqual([]);
    for (const [file, names] of Object.entries(carriers)) {
      const tests = testsOf(readFileSync(join(ROOT, file.includes("/") ? file : join(CIRCUIT_TESTS, file)), "utf8")).map(({ name }) => name);
      for (const name of names) expect(tests.filter((test) => test === name), `${file}: ${name}`).toHaveLength(1);
    }
  });

  it("has its place here wherever a circuit's test refuses one, and refuses it where it says so", () => {
    const refusing = readdirSync(join(ROOT, CIRCUIT_TESTS)).filter((file) => file.endsWith(".test.ts") && file !== "lies.test.ts").flatMap((file) =>
      testsOf(readFileSync(join(ROOT, CIRCUIT_TESTS, file), "utf8")).filter(({ body }) => CALL.test(body)).map(({ name }) => `${file}: ${name}`));
    const places = listed.map(({ file, name }) => `${file}: ${name}`);
    expect(refusing.filter((test) => !places.includes(test))).toEqual([]);
    expect(places.filter((place) => /^[^/]*: refuses /.test(place) && !refusing.includes(place))).toEqual([]);
    expect(new Set(places).size).toBe(places.length);
  });
});

describe("tests of a file", () => {
  it("are found by their names, each with its body, and skipped ones are not", () => {
    const source = 'it("a", () => expectRefused(x));\nit.each([1, 2])(`b ${c}`, () => {});\nit.skip("d", f);\nfunction test_e(uint256 x) public {}\nfor (const [w] of [\n    ["g", h],\n  ]';
    expect(testsOf(source).map(({ name, body }) => [name, CALL.test(body)])).toEqual([["a", true], ["b ${c}", false], ["test_e", false], ["g", false]]);
  });
});

/** Tests of TypeScript (it, it.each, the first entries of a table's rows) and of Solidity, in order. */
function testsOf(source: string): Test[] {
  const starts = [...source.matchAll(/\bit(?:\.each\([^\n]*?\))?\(\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)|\bfunction (test\w*)\(|^ {4}\["([^"]+)", /gm)];
  return starts.map((start, at) => ({ name: (start[1] ?? start[2] ?? start[3] ?? start[4])!, body: source.slice(start.index, starts[at + 1]?.index) }));
}

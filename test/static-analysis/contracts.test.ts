import { describe, expect, it } from "vitest";
import type { Edit } from "../support/template.js";
import { contractFiles, contractSource, forgeLint, solhint } from "./contract-tools.js";
import { compareWithReviewed, EXPLAINED } from "./reviewed.js";

/** Permission by who signed the transaction, and an answer that nobody looks at. */
const originAndUnchecked: Edit = {
  file: "src/PortfolioRegistry.sol",
  from: "    address public settlement;",
  to: "    address public settlement;\n\n    function planted(address payable to) external {\n        if (tx.origin != to) to.send(1);\n    }\n",
};
const divideFirst: Edit = {
  file: "src/PortfolioRegistry.sol",
  from: "    address public settlement;",
  to: "    address public settlement;\n\n    function planted(uint256 a, uint256 b) external pure returns (uint256) {\n        return (a / b) * 3;\n    }\n",
};

describe("solhint", () => {
  it("finds nothing in the contracts and their tests that docs/static-analysis.md does not explain, and all that it explains", async () => {
    expect(compareWithReviewed("solhint", await solhint())).toEqual(EXPLAINED);
  });

  it("reports a planted permission by tx.origin and a payment whose result nobody looks at", async () => {
    const { unexplained } = compareWithReviewed("solhint", await solhint([originAndUnchecked], ["src"]));
    const statement = "src/PortfolioRegistry.sol: if (tx.origin != to) to.send(1);";
    expect(unexplained).toEqual(expect.arrayContaining([`avoid-tx-origin ${statement}`, `check-send-result ${statement}`]));
  });
});

describe("forge lint", () => {
  it("finds nothing in the contracts and their tests that docs/static-analysis.md does not explain, and all that it explains", async () => {
    expect(compareWithReviewed("forge lint", await forgeLint())).toEqual(EXPLAINED);
  });

  it("reports a planted product of a quotient", async () => {
    const { unexplained } = compareWithReviewed("forge lint", await forgeLint([divideFirst]));
    expect(unexplained).toEqual(["divide-before-multiply src/PortfolioRegistry.sol: return (a / b) * 3;"]);
  });

  it("is not taken for a finding of nothing where the contracts do not compile", async () => {
    await expect(forgeLint([{ ...divideFirst, to: "    address public settlement" }])).rejects.toThrow("forge lint did not finish");
  });
});

describe("the contracts", () => {
  it("silence no tool where they stand", () => {
    expect(contractFiles().length).toBeGreaterThan(15);
    expect(contractFiles().filter((file) => /solhint-|forge-lint|slither-/.test(contractSource(file)))).toEqual([]);
  });
});

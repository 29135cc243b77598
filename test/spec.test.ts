import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packLanes } from "../src/math/field.js";
import { normalCdfQ40 } from "../src/math/normal-cdf.js";
import { poseidon } from "../src/math/poseidon.js";
import { marginContext } from "../src/relayer/margin-context.js";
import { EMPTY_LEAF, hashPayload, leafElements, leafHash } from "../src/risk/instrument-tree.js";
import { canonicalPortfolio, portfolioCommitment } from "../src/risk/portfolio.js";
import { indexInstruments } from "../src/risk/risk-payload.js";
import { packTerms } from "../src/witness/public-signals.js";
import { specPayload } from "./support/spec-payload.js";
import { ROOT } from "./support/template.js";

/** The vectors of SPEC.md section 7. */
const vectors = JSON.parse(/```json\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "SPEC.md"), "utf8"))![1]!) as Record<string, string>;

describe("the vectors of SPEC.md", () => {
  const payload = specPayload();
  const index = indexInstruments(payload);
  const location = (id: number) => index.byId.get(id)!;
  const computed: Record<string, () => bigint> = {
    "pack(-1, 2, -3, 4)": () => packLanes([-1n, 2n, -3n, 4n]),
    "H(1, 2)": () => poseidon([1n, 2n]),
    "empty leaf": () => EMPTY_LEAF,
    "leaf of id 7": () => leafHash(leafElements(location(7).instrument)),
    "riskRoot": () => hashPayload(payload).riskRoot,
    "commitment of an empty book, cash 0, salt 1": () => portfolioCommitment(canonicalPortfolio(0n, []), 1n),
    "commitment of -25000 lots of 7 and 3 lots of 9, cash -12.5, salt 12345": () =>
      portfolioCommitment(canonicalPortfolio(-12_500_000n, [{ location: location(7), quantity: -25_000n }, { location: location(9), quantity: 3n }]), 12_345n),
    "terms of factor 1.3 (85197), disclose 3, collateral 1000": () => packTerms({ factor: 85_197n, disclose: 3n, collateral: 1_000_000_000n }),
    "N(0.25) Q40": () => normalCdfQ40(1n << 30n),
    "N(-3) Q40": () => normalCdfQ40(-3n << 32n),
    "context": () => marginContext(
      { chainId: 31337n, marginVerifier: `0x${"11".repeat(20)}`, consumer: `0x${"22".repeat(20)}` },
      {
        account: `0x${"33".repeat(20)}`, action: `0x${"44".repeat(32)}`, amount: 5n, factor: 0n, collateral: 0n, disclose: 0n,
        deadline: 1_800_000_000n, riskRoot: 0n, version: 6n, nonce: 7n,
      },
    ),
  };

  it("are all computed here, and no other", () => {
    expect(Object.keys(vectors).sort()).toEqual(Object.keys(computed).sort());
  });
  for (const [name, compute] of Object.entries(computed)) {
    it(`${name} is what the code gives`, () => {
      expect(compute().toString()).toBe(vectors[name]);
    });
  }
});

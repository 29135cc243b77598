import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packLanes } from "../src/math/field.js";
import { normalCdfQ40 } from "../src/math/normal-cdf.js";
import { poseidon } from "../src/math/poseidon.js";
import type { AssetIndices } from "../src/policy/asset-indices.js";
import { multiplierOf } from "../src/policy/stress-multiplier.js";
import { defaultStressPolicy } from "../src/policy/stress-parameters.js";
import { marginContext } from "../src/relayer/margin-context.js";
import { bookHash } from "../src/risk/book-hash.js";
import { EMPTY_LEAF, hashPayload, leafElements, leafHash } from "../src/risk/instrument-tree.js";
import { canonicalPortfolio, portfolioCommitment } from "../src/risk/portfolio.js";
import { indexInstruments } from "../src/risk/risk-payload.js";
import { headerDigest, oracleDomain } from "../src/signer/risk-header.js";
import { packTerms } from "../src/witness/public-signals.js";
import { specPayload } from "./support/spec-payload.js";
import { ROOT } from "./support/template.js";

/** The vectors of SPEC.md section 8. */
const vectors = JSON.parse(/```json\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "SPEC.md"), "utf8"))![1]!) as Record<string, string>;

const ONE = 1n << 32n;
const CRASH: AssetIndices = {
  asset: 1, spot: 6_790_050_000_000n, fastVolatility: (5n * ONE) / 4n, slowVolatility: ONE / 2n, openInterestSkew: -ONE / 2n, correlation: (7n * ONE) / 8n,
  depth: 10_000_000_000_000n, utilisation: (15n * ONE) / 16n, contagion: ONE / 8n,
};

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
        account: `0x${"33".repeat(20)}`, action: `0x${"44".repeat(32)}`, amount: 5n, deadline: 1_800_000_000n, version: 6n, nonce: 7n,
      },
    ),
    "header digest": () => BigInt(headerDigest(oracleDomain(31337n, `0x${"55".repeat(20)}`), { epoch: 42n, time: 1_770_306_692n, riskRoot: 1_234_567_890n, assets: [CRASH] })),
    "multiplier Q32": () => {
      const { generation, parameters } = defaultStressPolicy(3);
      return multiplierOf(generation, parameters, [CRASH]);
    },
    "book hash": () =>
      BigInt(bookHash(canonicalPortfolio(-12_500_000n, [{ location: location(7), quantity: -25_000n }, { location: location(9), quantity: 3n }]), 12_345n)),
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

import { describe, expect, it } from "vitest";
import { sourceHash, tierSource } from "../../prover/artifacts.js";
import { declaredTiers } from "../../prover/circuits-config.js";
import { tierDevelopmentKey } from "../../prover/development-setup/development-key.js";
import { readKeysLock } from "../../prover/keys.js";

describe("artifacts.lock.json", () => {
  const tiers = declaredTiers();
  for (const { name: tier } of tiers.filter(({ onDemand }) => onDemand === undefined)) {
    it(`pins the development key of tier ${tier} as the sources give it`, async () => {
      // A circuit that was edited without renewing the pin is not covered.
      expect((await tierDevelopmentKey(tier)).locked, "renew it with: npx zkmargin setup --update-lock").toBe(true);
    }, 600_000);
  }

  it("pins, of tiers too large to compile here, no key of a circuit that the sources do not have any more", () => {
    for (const [tier, { circuit }] of Object.entries(readKeysLock())) {
      expect(circuit, `renew it with: npx zkmargin setup --tier ${tier} --update-lock`).toBe(sourceHash(tierSource(tier)));
    }
  });
});

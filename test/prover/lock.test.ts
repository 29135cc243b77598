import { describe, expect, it } from "vitest";
import { readCircuitsConfig } from "../../prover/circuits-config.js";
import { tierDevelopmentKey } from "../../prover/development-setup/development-key.js";

describe("artifacts.lock.json", () => {
  for (const tier of Object.keys(readCircuitsConfig().tiers)) {
    it(`pins the development key of tier ${tier} as the sources give it`, async () => {
      // A circuit that was edited without renewing the pin is not covered.
      expect((await tierDevelopmentKey(tier)).locked, "renew it with: npx zkmargin setup --update-lock").toBe(true);
    }, 600_000);
  }
});

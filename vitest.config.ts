import { configDefaults, defineConfig, mergeConfig } from "vitest/config";

/** What the ordinary suite and the long searches (vitest.fuzz.config.ts) have in common. */
export const shared = defineConfig({
  test: {
    // Command-line tests run the compiled program.
    globalSetup: ["test/support/global-setup.ts"],
    hookTimeout: 600_000,
    // Circuit, prover and chain tests are heavy; two cores are the reference machine.
    maxWorkers: 2,
    pool: "forks",
  },
});

export default mergeConfig(shared, defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/fuzz/**"],
    testTimeout: 120_000,
    // The witness calculator writes each refused lie to standard error; shown only for a test that fails.
    silent: "passed-only",
  },
}));

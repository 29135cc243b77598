import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Command-line tests run the compiled program.
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    // Circuit, prover and chain tests are heavy; two cores are the reference machine.
    maxWorkers: 2,
    pool: "forks",
    // The witness calculator writes each refused lie to standard error; shown only for a test that fails.
    silent: "passed-only",
  },
});

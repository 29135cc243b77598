import { defineConfig, mergeConfig } from "vitest/config";
import { shared } from "./vitest.config.js";

/** The long searches of test/fuzz: `npm run test:fuzz`. */
export default mergeConfig(shared, defineConfig({
  test: {
    include: ["test/fuzz/**/*.test.ts"],
    // A search takes minutes; what bounds it is its number of runs.
    testTimeout: 3_600_000,
    // Progress goes straight to the terminal.
    silent: false,
    disableConsoleIntercept: true,
  },
}));

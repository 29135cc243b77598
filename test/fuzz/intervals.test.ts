/** As test/audit/intervals.test.ts, of the tiers that take longest to compile. */
import { describeTier } from "../audit/intervals/tier.js";

describeTier("L");
describeTier("XL");

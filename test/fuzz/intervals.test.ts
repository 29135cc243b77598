/** As test/audit/intervals.test.ts, of the tier that takes longest to compile. */
import { describeTier } from "../audit/intervals/tier.js";

describeTier("XL");

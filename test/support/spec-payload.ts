/** The payload of SPEC.md's riskRoot vector, by formula. */
import { NODES, REGIMES, REGIME_BLOCK, SCENARIOS, STRESS_ROWS } from "../../src/policy/risk-model.js";
import type { PricedInstrument, RiskPayload } from "../../src/risk/risk-payload.js";

export function specPayload(): RiskPayload {
  const instrument = (id: number): PricedInstrument => ({
    id, name: `I${id}`, lot: "0.0001", stale: false,
    scenarioDeltas: Array.from({ length: REGIMES }, (_, r) => Array.from({ length: NODES }, (_, j) => BigInt(id * (1000 * r + 100 * j - 650)))),
    mark: BigInt(1000 * id), dollarDelta: BigInt(-500 * id), vega: BigInt(20 * id), longCharge: BigInt(id), shortCharge: BigInt(2 * id),
  });
  // s mod 14 in the first 34 of each block, then the stress rows 0..13.
  const column = Array.from({ length: SCENARIOS }, (_, s) => {
    const k = s % REGIME_BLOCK;
    return k < REGIME_BLOCK - NODES ? s % NODES : k - (REGIME_BLOCK - NODES);
  });
  return {
    format: "zkmargin-risk-payload-1", epoch: 42, time: 1_770_306_692, quoteCurrency: "USD",
    tail: 1000n, buffer: 6554n, granularity: 100_000_000n, initialFactor: 85_197n,
    weights: Array.from({ length: SCENARIOS }, (_, s) => (s % REGIME_BLOCK < 34 ? 100 + s : 0)),
    damping: Array.from({ length: STRESS_ROWS }, (_, k) => 1023 - 10 * k), regimes: ["vol down", "flat", "vol up", "vol up, skew"],
    buckets: [
      { index: 0, asset: 1, symbol: "BTC", band: 0, spotLevels: [], column, lambdaDelta: 1_000_000n, lambdaVega: 2_000_000n, instruments: [instrument(7)] },
      { index: 1, asset: 2, symbol: "ETH", band: 0, spotLevels: [], column, lambdaDelta: 3_000_000n, lambdaVega: 4_000_000n, instruments: [instrument(8), instrument(9)] },
    ],
    settled: [],
  };
}

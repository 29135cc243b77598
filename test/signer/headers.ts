import { Q32 } from "../../src/math/fixed-point.js";
import type { AssetIndices } from "../../src/policy/asset-indices.js";
import type { RiskHeader } from "../../src/signer/risk-header.js";

export function sampleIndices(asset: number, change: Partial<AssetIndices> = {}): AssetIndices {
  return {
    asset, spot: 8_872_895_000_000n, fastVolatility: (Q32 * 7n) / 10n, slowVolatility: Q32 / 2n, openInterestSkew: -Q32 / 8n, correlation: (Q32 * 3n) / 4n,
    depth: 50_000_000_000_000n, utilisation: Q32 / 3n, contagion: 0n, ...change,
  };
}

export function sampleHeader(change: Partial<RiskHeader> = {}): RiskHeader {
  return {
    epoch: 7n, time: 1_800_000_000n, riskRoot: 0x1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988n,
    assets: [sampleIndices(1), sampleIndices(2, { spot: 300_000_000_000n })], ...change,
  };
}

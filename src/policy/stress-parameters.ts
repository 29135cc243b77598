/** Parameters of the stress multiplier as JSON with decimals, and the sets that ship with the package. */

import { z } from "zod";
import { Q32, ceilDiv, floorDiv } from "../math/fixed-point.js";
import { decimalQ32, decimalUnits } from "./decimals.js";
import { checkSchema, decimal } from "./policy.js";
import { checkParameters, type Generation, type PolicyParameters, type Ramp } from "./stress-multiplier.js";

const SECONDS_PER_DAY = 86_400n;

function rampShape(description: string) {
  return z
    .strictObject({
      from: decimal("0", "255", "Index up to which nothing is added."),
      slope: decimal("0", "255", "Added per 1 of the index above that."),
      cap: decimal("0", "255", "Most that is added."),
    })
    .describe(description);
}

const volatilityShape = {
  base: decimal("1", "8", "Multiplier of a calm market."),
  maximum: decimal("1", "255", "Largest multiplier; at least base."),
  decayPerDay: decimal("0.001", "23.9", "How far the multiplier may fall in a day; the contract takes at most 1 an hour."),
  fastWeight: decimal("0", "1", "Weight of the fast volatility in the mix; the blend is max(slow, mix)."),
  volatility: rampShape("Over the blend of fast and slow annual volatility."),
};
const liquidityShape = {
  depthTarget: decimal("0", "1000000000000", "Depth per day at which liquidity adds nothing, quote currency; 0 switches the term off."),
  depth: rampShape("Over the shortfall (depthTarget - depth) / depthTarget."),
  openInterest: rampShape("Over |long - short| / (long + short)."),
  utilisation: rampShape("Over the share of the capacity that is in use."),
};
const contagionShape = {
  correlation: rampShape("Over the mean correlation with the other assets; a negative one counts as 0."),
  contagion: rampShape("Over the stress observed at other protocols."),
};

const GENERATION = "1: volatility; 2: also depth, open interest, utilisation; 3: also correlation and contagion.";

const schema = z
  .discriminatedUnion("generation", [
    z.strictObject({ generation: z.literal(1).describe(GENERATION), ...volatilityShape }),
    z.strictObject({ generation: z.literal(2).describe(GENERATION), ...volatilityShape, ...liquidityShape }),
    z.strictObject({ generation: z.literal(3).describe(GENERATION), ...volatilityShape, ...liquidityShape, ...contagionShape }),
  ])
  .superRefine(({ base, maximum }, context) => {
    if (decimalUnits(maximum) < decimalUnits(base)) context.addIssue({ code: "custom", path: ["maximum"], message: `must be at least base (${base})` });
  });

/** Stress parameters as they are written; the fields of a later generation are no fields of an earlier one. */
export type StressParameters = z.infer<typeof schema>;

/** What a version of the policy registry is made of besides its verifier. */
export interface StressPolicy {
  readonly generation: Generation;
  readonly parameters: PolicyParameters;
}

/** Checks parsed JSON and scales it; terms of later generations get ramps that add nothing. Throws PolicyError naming field, value and rule. */
export function parseStressParameters(json: unknown): StressPolicy {
  return stressPolicyOf(checkSchema(schema, json));
}

/** The set of a generation that ships with the package. */
export function defaultStressPolicy(number: Generation): StressPolicy {
  return parseStressParameters({ 1: generation1, 2: generation2, 3: generation3 }[number]);
}

/** Rounded so that no multiplier is below that of the decimals: `from` and decay down, the rest up. */
function stressPolicyOf(json: StressParameters): StressPolicy {
  const liquidity = json.generation !== 1 ? json : { depthTarget: "0", depth: FLAT, openInterest: FLAT, utilisation: FLAT };
  const contagion = json.generation === 3 ? json : { correlation: FLAT, contagion: FLAT };
  const parameters: PolicyParameters = {
    base: up(json.base),
    maximum: up(json.maximum),
    decay: floorDiv(decimalUnits(json.decayPerDay) * Q32, decimalUnits("1") * SECONDS_PER_DAY),
    fastWeight: decimalQ32(json.fastWeight),
    depthTarget: ceilDiv(decimalUnits(liquidity.depthTarget), 100n),
    volatility: rampOf(json.volatility),
    depth: rampOf(liquidity.depth),
    openInterest: rampOf(liquidity.openInterest),
    utilisation: rampOf(liquidity.utilisation),
    correlation: rampOf(contagion.correlation),
    contagion: rampOf(contagion.contagion),
  };
  checkParameters(parameters);
  return { generation: json.generation, parameters };
}

const FLAT = { from: "0", slope: "0", cap: "0" };

function rampOf({ from, slope, cap }: typeof FLAT): Ramp {
  return { from: floorDiv(decimalUnits(from) * Q32, decimalUnits("1")), slope: up(slope), cap: up(cap) };
}

function up(text: string): bigint {
  return ceilDiv(decimalUnits(text) * Q32, decimalUnits("1"));
}

/**
 * Margin grows with each asset's volatility by itself: the scenarios do. The multiplier is for what they can't see: that estimates lag in a
 * shock, and that many unwind at once. So calm markets have 1, and the ramps begin where the most volatile listed asset, ETH, was
 * in calm times: slow EWMA 73 % on 2025-12-30 (implied 58 %; BTC 48 % and 40 %). In the crash of 2026-02-05, ETH 84 % implied, the multiplier is 1.22;
 * a blend of 135 % (ETH in 2024 and 2025 at its worst: 143 %) reaches the cap. A listing of BTC alone wants `from` 0.5.
 * fastWeight is that of the margin policy. Half a point a day: what a crash added is gone in a day, the most that a shock can add in four.
 */
const generation1 = {
  generation: 1,
  base: "1",
  maximum: "3",
  decayPerDay: "0.5",
  fastWeight: "0.5",
  volatility: { from: "0.75", slope: "2.5", cap: "1.5" },
};

/**
 * Depth: 25 million a day is the reachable volume that the margin policy assumes of ETH where it knows none (5 % of 500 million; ETH had 59, BTC
 * 76 on 2025-12-30). Open interest: the skew of both chains was 0.12 to 0.31 in calm and crash alike, so ordinary up to 0.35. Utilisation: 80 % is where
 * lending protocols put the kink of their rates; beyond, withdrawals and liquidations compete for what is left.
 */
const generation2 = {
  ...generation1,
  generation: 2,
  depthTarget: "25000000",
  depth: { from: "0", slope: "0.5", cap: "0.5" },
  openInterest: { from: "0.35", slope: "0.5", cap: "0.25" },
  utilisation: { from: "0.8", slope: "1.5", cap: "0.3" },
};

/**
 * Correlation: BTC and ETH have 0.83 in the margin policy's estimate, which is at most 0.925: between, diversification fails. Contagion: the first
 * tenth is noise, then half a point per 1.
 */
const generation3 = {
  ...generation2,
  generation: 3,
  correlation: { from: "0.85", slope: "2", cap: "0.2" },
  contagion: { from: "0.1", slope: "0.5", cap: "0.45" },
};

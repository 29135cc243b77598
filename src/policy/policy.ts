import { z } from "zod";
import defaultPolicyJson from "./default-policy.json" with { type: "json" };
import { DECIMALS, decimalUnits } from "./decimals.js";
import { NODES, REGIMES } from "./risk-model.js";

const DECIMAL = /^-?(0|[1-9]\d{0,17})(\.\d{1,8})?$/;

/** A decimal kept as text, so that no float ever touches it; bounds are inclusive. */
export function decimal(minimum: string, maximum: string, description: string) {
  return z
    .string()
    .regex(DECIMAL, `must be a decimal in quotes with at most ${DECIMALS} digits after the point`)
    .refine((text) => !DECIMAL.test(text) || within(text, minimum, maximum), { error: `must be in [${minimum}, ${maximum}]` })
    .describe(`${description} Decimal in [${minimum}, ${maximum}].`);
}

function within(text: string, minimum: string, maximum: string): boolean {
  const value = decimalUnits(text);
  return value >= decimalUnits(minimum) && value <= decimalUnits(maximum);
}

export function integer(minimum: number, maximum: number, description: string) {
  return z.int().min(minimum).max(maximum).describe(`${description} Integer in [${minimum}, ${maximum}].`);
}

const volatility = z.strictObject({
  fastLambda: decimal("0.5", "0.999", "Decay per day of the fast EWMA of daily variance."),
  slowLambda: decimal("0.5", "0.999", "Decay per day of the slow EWMA; above fastLambda."),
  fastWeight: decimal("0", "1", "Weight of the fast volatility in the mix; the blend is max(slow, mix)."),
  minimumBars: integer(2, 3650, "Daily returns below which a history is not used."),
  maximumHistoryAge: integer(86_400, 31_536_000, "A history whose last bar closed longer ago says nothing of today's volatility or volume, seconds."),
  stressedWeight: decimal("0", "1", "Weight of the stressed volatility (EMIR RTS Art. 28(1)(b): at least 0.25)."),
  impliedWeight: decimal("0", "3", "Multiple of the implied at-the-money volatility that the result may not undercut."),
  impliedTenor: integer(86_400, 31_536_000, "Tenor of the implied volatility, seconds."),
  minimumImpliedTenor: integer(3_600, 31_536_000, "Expiries nearer than this are not used for the implied volatility, seconds."),
  maximumStrikeDistance: decimal("0.001", "0.5", "Largest |ln(K/F)| of a strike that counts as at the money."),
});

const horizon = z.strictObject({
  oracleDelay: integer(0, 604_800, "Age a risk payload may have when it is used, seconds."),
  confirmation: integer(0, 604_800, "Proof, inclusion and finality, seconds."),
  topUp: integer(0, 604_800, "Time an account has to answer a margin call, seconds."),
  auction: integer(0, 604_800, "Opening of the book and auction or unwinding, seconds."),
  minimum: integer(3_600, 1_209_600, "Shortest horizon, seconds; the horizon is the larger of this and the sum of the four parts."),
});

const nodes = z.strictObject({
  coreSigmas: decimal("1", "20", "Half width of the core in horizon standard deviations (log)."),
  coreFractions: z
    .array(decimal("-1", "1", "Fraction of the half width."))
    .min(3)
    .describe("Core nodes, strictly ascending from -1 to 1 through 0."),
  stressDown: z.array(decimal("0.05", "0.95", "Fall.")).describe("Absolute stress nodes below the core, as falls, ascending."),
  stressUp: z.array(decimal("0.05", "9", "Rise.")).describe("Absolute stress nodes above the core, as rises, ascending."),
  stressSpacing: decimal("1.05", "4", "Least ratio of a stress node's log move to that of the node inside it."),
  maximumDown: decimal("0.5", "0.95", "No node falls further than this."),
  maximumUp: decimal("0.5", "15", "No node rises further than this (keeps P&L per lot below 2^28 value units)."),
});

const regimeState = z.strictObject({
  name: z.string().min(1).max(40).describe("Name in reports."),
  elapsed: decimal("0", "1", "Part of the horizon elapsed at revaluation: 1 = decay hurts longs, 0 = decay helps no short."),
  endsAtExpiry: z.boolean().describe("An instrument that expires within the horizon sees only its share of the spot move, sqrt(T / horizon): what it hedges is open afterwards."),
  volShock: decimal("-0.95", "5", "Relative volatility shock at a tenor of 30 days."),
  skewShock: decimal("-5", "5", "Additional relative volatility shock per unit of ln(F/K), clipped at +-0.5."),
  rateShock: decimal("-1", "1", "Shift of the forward's carry per year."),
  minimumRange: decimal("0", "0.9", "Absolute minimum half width of the core for every asset in this regime.").optional(),
});

const regimes = z.strictObject({
  shockMultiplier: decimal("0", "5", "Scales every volatility, skew and rate shock."),
  tenorFloor: integer(1, 31_536_000, "Tenors below count as this when a shock is scaled by (30 d / tenor)^power, seconds."),
  shortPower: decimal("0", "2", "Exponent for tenors up to 30 days."),
  longPower: decimal("0", "2", "Exponent for tenors beyond 30 days."),
  minimumMultiplier: decimal("0", "1", "Floor of the volatility multiplier."),
  states: z.array(regimeState).length(REGIMES).describe("Vol down, flat, up, up with skew and rate shock, in this order."),
});

const block = z.strictObject({
  name: z.string().min(1).max(40).describe("Name in reports."),
  probability: decimal("0", "1", "Share of the total weight; the blocks' sum is 1."),
  volatility: decimal("0.1", "10", "Multiple of the blended volatility."),
  tighten: decimal("0", "1", "Part of the way from the correlation to 1."),
  loosen: decimal("0", "1", "Part of the way from the correlation to 0, after tightening."),
});

const scenarios = z.strictObject({
  seed: integer(0, Number.MAX_SAFE_INTEGER, "Seed of the generator (SplitMix64)."),
  pathsPerBlock: integer(64, 65_536, "Paths of each block, even: they come in antithetic pairs."),
  totalWeight: integer(65_536, 1_048_576, "W, the sum of all scenario weights."),
  degreesOfFreedom: integer(3, 64, "Of the Student t; unit variance whatever the value."),
  correlation: z.strictObject({
    lambda: decimal("0.5", "0.9999", "Decay per day of the EWMA covariance."),
    minimumBars: integer(2, 3650, "Common daily returns below which a pair has the target correlation."),
    shrinkage: decimal("0", "1", "Weight of the target in the estimate."),
    target: decimal("0", "0.99", "Correlation of every pair towards which is shrunk."),
    floor: decimal("-1", "0.99", "Least correlation after shrinking."),
    ceiling: decimal("0", "0.999", "Largest correlation after shrinking."),
  }),
  blocks: z.array(block).min(1).max(16).describe("Mixture of market states; weights, not numbers of paths, carry the probability."),
  regimeRule: z.strictObject({
    directionLoading: decimal("-5", "5", "Of the systemic move (in sigmas, signed) in the volatility score."),
    magnitudeLoading: decimal("-5", "5", "Of the size of the systemic move in the volatility score."),
    independentLoading: decimal("-5", "5", "Of an independent standard normal draw in the volatility score."),
    flatAbove: decimal("-20", "20", "Score below which the regime is the first one."),
    upAbove: decimal("-20", "20", "Score from which the regime is the third."),
    skewAbove: decimal("-20", "20", "Score from which a falling path is in the fourth regime."),
  }),
});

const stress = z.strictObject({
  damping: z.array(decimal("0.001", "1", "Factor.")).length(NODES).describe("Factor on the loss at each node, lowest node first."),
  opposedRegimes: z.array(z.boolean()).length(REGIMES).describe("Regimes whose stress rows move every second asset the other way."),
  opposedFactor: decimal("0.001", "1", "Additional factor on opposed rows."),
});

const liquidity = z.strictObject({
  volumeWindow: integer(1, 365, "Daily bars whose median quote volume is the daily depth."),
  depthShare: decimal("0.00000001", "10", "Part of that volume that the venue's liquidator can reach."),
  participation: decimal("0.0001", "1", "Largest part of the reachable volume that the unwinding may be."),
  impact: decimal("0", "100", "Cost, in horizon sigmas, of unwinding exactly that part."),
  openInterestShare: decimal("0.0001", "1", "Part of the open interest's vega that can be traded within the horizon."),
  vegaImpact: decimal("0", "100", "Cost, in horizon moves of volatility, of trading exactly that part."),
  volatilityOfVolatility: decimal("0", "10", "Annual relative volatility of volatility."),
});

const charges = z.strictObject({
  spotHaircutSigmas: decimal("0", "20", "Horizon sigmas of the haircut on long spot."),
  spotHaircutFloor: decimal("0", "1", "Its floor."),
  shortSpotSigmas: decimal("0", "20", "Horizon sigmas of the charge on short spot."),
  shortSpotFloor: decimal("0", "1", "Its floor."),
  shortOptionSigmas: decimal("0", "20", "Horizon sigmas, of the forward, per short option."),
  shortOptionFloor: decimal("0", "1", "Its floor."),
  futureSigmas: decimal("0", "20", "Horizon sigmas, of the forward, per future or perpetual."),
  futureFloor: decimal("0", "1", "Its floor."),
});

const margin = z.strictObject({
  confidence: decimal("0.5", "0.99999", "Confidence of the Expected Shortfall."),
  buffer: decimal("0", "0.9999", "Safety buffer on the risk part."),
  initialFactor: decimal("1", "255", "Initial margin as a multiple of maintenance margin."),
  granularity: decimal("0.000001", "1000000", "Step of disclosed requirements, quote currency."),
  gapSafety: decimal("1", "10", "Factor on the gap charges, which are bounds of the gaps between nodes."),
  bandDays: z.array(z.int().min(1).max(36_500)).max(15).describe("Upper ends of the expiry bands in days, ascending; one more band holds the rest."),
});

const assetPolicy = z.strictObject({
  volatilityFloor: decimal("0.01", "10", "Least annual volatility."),
  stressedVolatility: decimal("0.01", "10", "Annual volatility of the asset's stressed period, at least."),
  minimumRange: decimal("0.01", "0.9", "Absolute minimum half width of the core."),
  dailyVolume: decimal("1", "1000000000000", "Daily volume where no history gives one, quote currency."),
  vegaDepth: decimal("1", "1000000000000", "Tradable vega where no open interest is known, quote currency per 1.00 of volatility."),
});

/** The fields that every policy file begins with. */
export const policyHead = {
  format: z.literal("zkmargin-policy-1"),
  generation: z.literal(1).describe("1: volatility. 2 adds liquidity and open-interest factors, 3 cross-protocol contagion, each as sections of their own."),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, "must be major.minor.patch").describe("Version of the parameters, major.minor.patch."),
};

export const policyShape = z.strictObject({
  ...policyHead,
  volatility,
  horizon,
  nodes,
  regimes,
  scenarios,
  stress,
  liquidity,
  charges,
  margin,
  assetDefaults: assetPolicy.describe("Parameters of assets that are not listed in assets."),
  assets: z
    .record(z.string().regex(/^[A-Z0-9]{1,16}$/), assetPolicy.partial())
    .describe("Overrides by asset symbol; what is left out comes from assetDefaults."),
});

const policySchema = policyShape.superRefine((policy, context) => {
  for (const { path, rule } of crossFieldFaults(policy)) context.addIssue({ code: "custom", path, message: rule });
});

export type Policy = z.infer<typeof policyShape>;
export type AssetPolicy = z.infer<typeof assetPolicy>;

export interface Fault {
  readonly path: (string | number)[];
  readonly rule: string;
}

function* crossFieldFaults(policy: Policy): Generator<Fault> {
  const { nodes, volatility, stress, scenarios, margin } = policy;
  if (decimalUnits(volatility.slowLambda) <= decimalUnits(volatility.fastLambda)) {
    yield { path: ["volatility", "slowLambda"], rule: `must be above fastLambda (${volatility.fastLambda})` };
  }
  const fractions = nodes.coreFractions.map(decimalUnits);
  if (!isAscending(fractions)) yield { path: ["nodes", "coreFractions"], rule: "must be strictly ascending" };
  if (fractions[0] !== -decimalUnits("1") || fractions.at(-1) !== decimalUnits("1") || !fractions.includes(0n)) {
    yield { path: ["nodes", "coreFractions"], rule: "must begin with -1, end with 1 and contain 0" };
  }
  for (const side of ["stressDown", "stressUp"] as const) {
    if (!isAscending(nodes[side].map(decimalUnits))) yield { path: ["nodes", side], rule: "must be strictly ascending" };
  }
  const count = nodes.coreFractions.length + nodes.stressDown.length + nodes.stressUp.length;
  if (count !== NODES) yield { path: ["nodes"], rule: `coreFractions, stressDown and stressUp must be ${NODES} nodes together, not ${count}` };
  if (stress.opposedRegimes.every((opposed) => opposed)) {
    yield { path: ["stress", "opposedRegimes"], rule: "must leave at least one regime whose assets move together" };
  }
  const total = scenarios.blocks.reduce((sum, { probability }) => sum + decimalUnits(probability), 0n);
  if (total !== decimalUnits("1")) yield { path: ["scenarios", "blocks"], rule: "must have probabilities with the sum 1" };
  if (scenarios.pathsPerBlock % 2 !== 0) yield { path: ["scenarios", "pathsPerBlock"], rule: "must be even" };
  const { floor, ceiling, target } = scenarios.correlation;
  if (!within(target, floor, ceiling)) yield { path: ["scenarios", "correlation", "target"], rule: `must be in [floor, ceiling] = [${floor}, ${ceiling}]` };
  const rule = scenarios.regimeRule;
  if (!isAscending([rule.flatAbove, rule.upAbove, rule.skewAbove].map(decimalUnits))) {
    yield { path: ["scenarios", "regimeRule"], rule: "must have flatAbove < upAbove < skewAbove" };
  }
  if (!isAscending(margin.bandDays.map(BigInt))) yield { path: ["margin", "bandDays"], rule: "must be strictly ascending" };
}

export function isAscending(values: readonly bigint[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}

/** Checks parsed JSON. Throws PolicyError naming every offending field, its value and the rule it breaks. */
export function parsePolicy(json: unknown): Policy {
  return checkSchema(policySchema, json);
}

/** What a schema makes of parsed JSON. Throws PolicyError. */
export function checkSchema<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new PolicyError(
    result.error.issues.map((issue) => ({
      field: issue.path.map(String).join(".") || "(policy)",
      value: valueAt(json, issue.path),
      rule: issue.message,
    })),
  );
}

/** The policy that ships with the package. */
export const defaultPolicy: Policy = parsePolicy(defaultPolicyJson);

/** Parameters of one asset: its overrides over the defaults. */
export function assetPolicyOf(policy: Policy, symbol: string): AssetPolicy {
  const overrides = Object.hasOwn(policy.assets, symbol) ? policy.assets[symbol] : undefined;
  return { ...policy.assetDefaults, ...definedOnly(overrides ?? {}) };
}

function definedOnly(overrides: object): Partial<AssetPolicy> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

/** Liquidation horizon, seconds: the execution window, not shorter than the policy's minimum. */
export function liquidationHorizon({ horizon }: Policy): number {
  const window = horizon.oracleDelay + horizon.confirmation + horizon.topUp + horizon.auction;
  return window > horizon.minimum ? window : horizon.minimum;
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A single value as it stands; of anything larger the kind only: the file may be another one, with secrets in it. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return (JSON.stringify(value) ?? "nothing").slice(0, 64);
}

export interface PolicyFault {
  readonly field: string;
  readonly value: unknown;
  readonly rule: string;
}

export class PolicyError extends Error {
  override readonly name = "PolicyError";

  constructor(readonly faults: readonly PolicyFault[]) {
    super(`policy refused: ${faults.map(({ field, value, rule }) => `${field} = ${shown(value)}: ${rule}`).join("; ")}`);
  }
}

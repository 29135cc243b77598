import { z } from "zod";
import { decimalUnits } from "./decimals.js";
import { checkSchema, decimal, integer, isAscending, policyHead, type Fault } from "./policy.js";
import { NODES, REGIMES } from "./risk-model.js";

const ONE = decimalUnits("1");
/** Least distance of two levels of a regime: room for the nodes that carry no row of the policy. */
const LEAST_STEP = decimalUnits("0.0001") * ONE;
const DEEPEST = decimalUnits("-0.95") * ONE;
const HIGHEST = decimalUnits("15") * ONE;

const row = z.strictObject({
  move: decimal("-15", "15", "Spot move: relative, or in price ranges, as scenarios.unit says."),
  damping: decimal("0.001", "1", "Factor on the loss of this scenario."),
});

const regime = z.strictObject({
  name: z.string().min(1).max(40).describe("Name in reports."),
  elapsed: decimal("0", "1", "Part of the horizon elapsed at revaluation."),
  endsAtExpiry: z.boolean().describe("An instrument that expires within the horizon sees only its share of the spot move, sqrt(T / horizon)."),
  volShock: decimal("-0.95", "5", "Relative volatility shock at a tenor of 30 days."),
  skewShock: decimal("-5", "5", "Additional relative volatility shock per unit of ln(F/K), clipped at +-0.5."),
  rateShock: decimal("-1", "1", "Shift of the forward's carry per year."),
  rows: z.array(row).max(NODES).describe(`Scenarios of this regime, at most ${NODES}, moves strictly ascending; none where the regime is not used.`),
});

const scenarios = z.strictObject({
  kind: z.literal("worst-case").describe("The margin is the worst damped loss of the rows below; no expected shortfall."),
  unit: z.enum(["spot", "range"]).describe("Moves are relative to the spot price, or multiples of the asset's priceRange."),
  tenorFloor: integer(1, 31_536_000, "Tenors below count as this when a volatility shock is scaled by (30 d / tenor)^power, seconds."),
  shortPower: decimal("0", "2", "Exponent for tenors up to 30 days; 0: no scaling."),
  longPower: decimal("0", "2", "Exponent for tenors beyond 30 days."),
  minimumMultiplier: decimal("0", "1", "Floor of the volatility multiplier."),
  regimes: z.array(regime).length(REGIMES).describe("Joint states of volatility surface and rates, lowest volatility first."),
});

const charges = z.strictObject({
  spotHaircut: decimal("0", "1", "Haircut on long spot."),
  shortSpot: decimal("0", "1", "Charge on short spot."),
  shortOption: decimal("0", "1", "Charge per short option, of the forward."),
  future: decimal("0", "1", "Charge per future or perpetual, of the forward."),
  gapSafety: decimal("0", "10", "Factor on the gap charges, which are bounds of the gaps between nodes; 0: no gap charge, as where only the grid's own points count."),
  deltaCost: decimal("0", "1000000000", "Cost of unwinding a delta of 1,000,000, growing with the square, quote currency; 0: no liquidity add-on."),
  vegaCost: decimal("0", "1000000000", "Cost of unwinding a vega of 1,000,000, growing with the square, quote currency; 0: no liquidity add-on."),
});

const margin = z.strictObject({
  buffer: decimal("0", "0.9999", "Safety buffer on the risk part."),
  initialFactor: decimal("1", "255", "Initial margin as a multiple of maintenance margin."),
  granularity: decimal("0.000001", "1000000", "Step of disclosed requirements, quote currency."),
  bandDays: z.array(z.int().min(1).max(36_500)).max(15).describe("Upper ends of the expiry bands in days, ascending; one more band holds the rest."),
});

const asset = z.strictObject({
  priceRange: decimal("0.01", "5", "What one range is, relative to the spot price; not used where scenarios.unit is spot."),
});

export const worstCaseShape = z.strictObject({
  ...policyHead,
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be 1 to 40 small letters, digits or '-'").describe("Name in reports."),
  description: z.string().min(1).max(2000).describe("What the grid is and what was chosen here."),
  sources: z.array(z.string().min(1).max(500)).describe("Where the parameters were published."),
  notExpressed: z.array(z.string().min(1).max(500)).describe("What of the original margin system this policy does not hold."),
  horizon: integer(3_600, 1_209_600, "Time that elapsed is a part of, seconds."),
  scenarios,
  charges,
  margin,
  assetDefaults: asset.describe("Parameters of assets that are not listed in assets."),
  assets: z.record(z.string().regex(/^[A-Z0-9]{1,16}$/), asset.partial()).describe("Overrides by asset symbol."),
});

const worstCaseSchema = worstCaseShape.superRefine((policy, context) => {
  for (const { path, rule } of crossFieldFaults(policy)) context.addIssue({ code: "custom", path, message: rule });
});

/** A policy whose margin is the worst damped loss of a grid, as SPAN and the exchanges' portfolio margins are. */
export type WorstCasePolicy = z.infer<typeof worstCaseShape>;

/** Checks parsed JSON. Throws PolicyError naming every offending field, its value and the rule it breaks. */
export function parseWorstCasePolicy(json: unknown): WorstCasePolicy {
  return checkSchema(worstCaseSchema, json);
}

/** Price range of an asset in 1e-8. */
export function priceRangeUnits(policy: Pick<WorstCasePolicy, "assetDefaults" | "assets" | "scenarios">, symbol: string): bigint {
  if (policy.scenarios.unit === "spot") return ONE;
  const own = Object.hasOwn(policy.assets, symbol) ? policy.assets[symbol]?.priceRange : undefined;
  return decimalUnits(own ?? policy.assetDefaults.priceRange);
}

function* crossFieldFaults(policy: WorstCasePolicy): Generator<Fault> {
  const { regimes } = policy.scenarios;
  if (regimes.every(({ rows }) => rows.length === 0)) yield { path: ["scenarios", "regimes"], rule: "must have at least one row" };
  // No symbol is empty: the defaults.
  const ranges = ["", ...Object.keys(policy.assets)].map((symbol) => priceRangeUnits(policy, symbol));
  for (const [r, { rows }] of regimes.entries()) {
    const path = ["scenarios", "regimes", r, "rows"];
    const levels = ranges.map((range) => rows.map(({ move }) => decimalUnits(move) * range));
    if (levels.some((own) => own.some((level, k) => k > 0 && level - own[k - 1]! < LEAST_STEP))) {
      yield { path, rule: "must have moves that ascend by at least 0.0001 of every asset's spot price" };
    }
    if (levels.flat().some((level) => level < DEEPEST || level > HIGHEST)) yield { path, rule: "must move no asset's spot by less than -0.95 or more than 15" };
  }
  if (!isAscending(policy.margin.bandDays.map(BigInt))) yield { path: ["margin", "bandDays"], rule: "must be strictly ascending" };
}

import { describe, expect, it } from "vitest";
import { gridNodes } from "../../src/policy/worst-case-model.js";
import { NODES } from "../../src/policy/risk-model.js";
import { computeMargin, FACTOR_ONE } from "../../src/risk/margin.js";
import { buildPayload } from "../../src/risk/build-payload.js";
import type { PricedInstrument, RiskPayload } from "../../src/risk/risk-payload.js";
import { bucketExposures } from "../../src/risk/scenario-pnl.js";
import {
  type CasePosition, type DeriveCase, MAX_VOLATILITY, TAILS, available, caseBucket, caseHoldings, caseModel, casePolicy, casePositions, caseSnapshot, deriveCases, discounts,
  expressibleTails, notional, priceCase, regimeOf, scaled, wholeLots,
} from "./derive-cases.js";

const TOLERANCE = 1e-6;
/** One second before expiry the original's forward is fixed by its settlement average, so no scenario moves it; the product moves it in full until expiry. */
const NEAR_EXPIRY = "test_60_settlement_near_expiry";
/** Tail factors of 0 or above 1 are no damping: these cases have regular scenarios only. */
const NO_TAILS = ["test_34_tails_basic_tail_test", "test_36_tails_general_tail_test_2", "test_38_tails_super_otm", "test_40_tails_atm_tail_call_no_effect"];

interface Evaluated {
  readonly example: DeriveCase;
  readonly positions: readonly CasePosition[];
  /** Move of each node, by regime; absent for a filler. */
  readonly moves: readonly (readonly (number | undefined)[])[];
  readonly instruments: readonly PricedInstrument[];
  readonly scale: bigint;
  readonly lots: readonly bigint[];
  readonly notional: number;
  /** P&L of the book at a grid node as the original defines it, quote currency. */
  readonly pnl: (regime: number, node: number) => number;
}

function evaluate(example: DeriveCase): Evaluated {
  const positions = casePositions(example);
  const policy = casePolicy(example);
  const model = caseModel(policy);
  const instruments = priceCase(positions, model, example);
  const { scale, lots } = wholeLots(positions);
  const holdings = caseHoldings(instruments, lots, caseBucket(model, instruments));
  const expiries = [...new Set(positions.map(({ option }) => option?.Expiry))];
  const groups = expiries.map((expiry) => ({ expiry, exposure: bucketExposures(holdings.filter((_, at) => positions[at]!.option?.Expiry === expiry))[0]! }));
  const money = (units: bigint) => Number(units) / (Number(scale) * 1e6);
  const pnl = (regime: number, node: number) =>
    groups.reduce((sum, { expiry, exposure }) => {
      const change = exposure.pnl[regime]![node]!;
      if (expiry === undefined) return sum + money(change);
      const { mark, positive, negative } = discounts(expiry, example);
      const shocked = money(exposure.mark + change);
      return sum + shocked * (shocked >= 0 ? positive : negative) - money(exposure.mark) * mark;
    }, 0);
  const moves = policy.scenarios.regimes.map(({ rows }) => gridNodes(rows).map(({ move }) => (move === undefined ? undefined : Number(move))));
  return { example, positions, moves, instruments, scale, lots, notional: notional(positions, example), pnl };
}

function nodeOf(moves: Evaluated["moves"], regime: number, move: number): number {
  const node = moves[regime]!.findIndex((own) => own !== undefined && Math.abs(own - move) < 1e-8);
  if (node < 0) throw new Error(`no node at ${move} in regime ${regime}`);
  return node;
}

/**
 * The worst-case payload of a book. Discounts by the sign of an expiry's whole value can't be leaves of a payload for everyone, so they are put into leaves made for this
 * book: d = floor(factor x shocked value) less the discounted mark, the factor of the expiry's sign at that node.
 */
function discountedPayload({ example, positions, instruments, lots }: Evaluated): RiskPayload {
  const model = caseModel(casePolicy(example));
  const leaves = instruments.map((instrument, at): PricedInstrument => {
    const expiry = positions[at]!.option?.Expiry;
    if (expiry === undefined) return instrument;
    const { mark, positive, negative } = discounts(expiry, example);
    const members = positions.flatMap(({ option }, k) => (option?.Expiry === expiry ? [k] : []));
    const scenarioDeltas = instrument.scenarioDeltas.map((row, r) =>
      row.map((d, j) => {
        const value = members.reduce((sum, k) => sum + lots[k]! * (instruments[k]!.mark + instruments[k]!.scenarioDeltas[r]![j]!), 0n);
        return scaled(instrument.mark + d, value >= 0n ? positive : negative) - scaled(instrument.mark, mark);
      }),
    );
    return { ...instrument, scenarioDeltas };
  });
  const { payload } = buildPayload(caseSnapshot([]), model);
  return { ...payload, buckets: [caseBucket(model, leaves)] };
}

describe.runIf(available)("the 69 published PMRM_2 portfolios (not run where ../shared/data/derive-pmrm2 is missing)", () => {
  const all = available ? deriveCases().map(evaluate) : [];
  const regular = all.filter(({ example }) => example.name !== NEAR_EXPIRY);

  it("are all here, with 23 regular scenarios each", () => {
    expect(all).toHaveLength(69);
    for (const { example } of all) expect(example.Result.reg_losses, example.name).toHaveLength(23);
    expect(all.filter(({ example }) => expressibleTails(example.Parameters).length === 0).map(({ example }) => example.name)).toEqual(NO_TAILS);
  });

  it("have the published P&L in every regular scenario, to 1e-6 of notional", () => {
    let largest = 0;
    for (const { example, moves, pnl, notional } of regular) {
      for (const [move, direction, published] of example.Result.reg_losses) {
        const regime = regimeOf(direction);
        const error = Math.abs(pnl(regime, nodeOf(moves, regime, Number(move))) - Number(published));
        // Collateral that isn't shocked has no notional, and no P&L.
        expect(error, `${example.name} ${move} ${direction}`).toBeLessThanOrEqual(TOLERANCE * notional);
        if (notional > 0) largest = Math.max(largest, error / notional);
      }
    }
    // Not by chance of a loose tolerance: the floors of d and mark are all there is.
    expect(largest).toBeLessThan(5e-7);
  });

  it("have the published P&L in every damped tail that is expressible, to 1e-6 of notional", () => {
    let compared = 0;
    for (const { example, moves, pnl, notional } of regular) {
      const tails = expressibleTails(example.Parameters);
      if (tails.length === 0) continue;
      for (const [move, , published] of example.Result.tail_losses) {
        const { DampeningFactor } = tails.find(({ SpotShock }) => Math.abs(SpotShock - 1 - Number(move)) < 1e-8)!;
        const own = pnl(TAILS, nodeOf(moves, TAILS, Number(move))) * DampeningFactor;
        expect(Math.abs(own - Number(published)), `${example.name} ${move}`).toBeLessThanOrEqual(TOLERANCE * notional);
        compared++;
      }
    }
    expect(compared).toBe(64 * 6);
  });

  it(`differ in ${NEAR_EXPIRY} by the payoff of the whole move, and agree where an instrument ends at its expiry`, () => {
    const { example, positions, moves, pnl, instruments } = all.find(({ example: { name } }) => name === NEAR_EXPIRY)!;
    const { Strike } = example.Scenario.Options[0]!;
    const { Forward } = example.Scenario.OptionFeeds[0]!;
    const { negative } = discounts(1, example);
    for (const [move, direction, published] of example.Result.reg_losses) {
      expect(Number(published)).toBeCloseTo(0, 12);
      const regime = regimeOf(direction);
      const payoff = Math.max(0, Forward * (1 + Number(move)) - Strike);
      expect(pnl(regime, nodeOf(moves, regime, Number(move)))).toBeCloseTo(-payoff * negative, 2);
    }
    expect(instruments[0]!.mark).toBe(0n);
    const policy = casePolicy(example);
    const regimes = policy.scenarios.regimes.map((regime) => ({ ...regime, endsAtExpiry: true }));
    const ending = priceCase(positions, caseModel({ ...policy, horizon: 3_600, scenarios: { ...policy.scenarios, regimes } }), example)[0]!;
    for (const [move, direction] of example.Result.reg_losses) {
      const regime = regimeOf(direction);
      expect(ending.scenarioDeltas[regime]![nodeOf(moves, regime, Number(move))]).toBe(0n);
    }
  });

  it("have one option whose volatility is taken at the product's limit: there its value is the forward already", () => {
    const beyond = all.flatMap(({ example, positions }) => positions.flatMap(({ option, listed }) =>
      option !== undefined && option.MarkVol > MAX_VOLATILITY && listed.status === "live" ? [{ name: example.name, option }] : []));
    expect(beyond.map(({ name }) => name)).toEqual(["test_44_skews_abs_as_worst_case_complex"]);
  });

  it("have the published worst scenario and loss through a payload and the risk core's margin", () => {
    const sameRow: string[] = [];
    for (const evaluated of regular) {
      const { example, instruments, lots, scale, moves, notional } = evaluated;
      const payload = discountedPayload(evaluated);
      const holdings = caseHoldings(payload.buckets[0]!.instruments, lots, payload.buckets[0]!);
      const margin = computeMargin(payload, { cash: 0n, holdings }, { factor: FACTOR_ONE, collateral: 0n });
      const { worst_reg_loss, worst_reg_scenario, worst_tail_loss } = example.Result;
      const published = Math.max(0, -worst_reg_loss, NO_TAILS.includes(example.name) ? 0 : -worst_tail_loss);
      const own = Number(margin.worst.worst) / (Number(scale) * 1e6);
      expect(Math.abs(own - published), example.name).toBeLessThanOrEqual(TOLERANCE * notional);
      expect(margin.shortfall.es).toBe(0n);
      expect(margin.maintenance).toBe(margin.worst.worst + margin.shortLots);
      expect(payload.buckets[0]!.instruments).toHaveLength(instruments.length);
      const row = margin.worst.row;
      if (row === undefined) {
        expect(published).toBe(0);
        continue;
      }
      const regime = Math.floor(row / NODES);
      const [move, direction] = worst_reg_scenario;
      if (regime === regimeOf(direction) && Math.abs(moves[regime]![row % NODES]! - move) < 1e-8) sameRow.push(example.name);
    }
    // In the first and last nothing loses; boxes are worth the same in every scenario, and which is worst is a matter of the last digits.
    expect(regular.map(({ example }) => example.name).filter((name) => !sameRow.includes(name))).toEqual([
      "test_2_collateral_usdt_only", "test_22_structures_long_box", "test_24_structures_short_box_capped", "test_28_structures_marking_up",
      "test_54_discounting_cap_mark_up_discounting", "test_66_misc_post_expiry",
    ]);
  });

  it("are priced by the payload that the product builds, where nothing is discounted", () => {
    const linear = regular.filter(({ positions }) => positions.length > 0 && positions.every(({ option }) => option === undefined));
    expect(linear).toHaveLength(6);
    for (const { example, positions, lots, scale, notional, moves } of linear) {
      const { payload } = buildPayload(caseSnapshot(positions.map(({ listed }) => listed)), caseModel(casePolicy(example)));
      const holdings = caseHoldings(payload.buckets[0]!.instruments, lots, payload.buckets[0]!);
      const { worst } = computeMargin(payload, { cash: 0n, holdings }, { factor: FACTOR_ONE, collateral: 0n });
      expect(Math.abs(Number(worst.worst) / (Number(scale) * 1e6) + example.Result.worst_reg_loss), example.name).toBeLessThanOrEqual(TOLERANCE * notional);
      expect(moves[Math.floor(worst.row! / NODES)]![worst.row! % NODES]).toBeCloseTo(example.Result.worst_reg_scenario[0], 8);
    }
  });
});

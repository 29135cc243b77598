import { readFileSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type CompiledCircuit, tierCircuit } from "../../prover/artifacts.js";
import type { ListedInstrument } from "../../src/market/market-snapshot.js";
import { buildRiskModel } from "../../src/policy/build-risk-model.js";
import { PolicyError } from "../../src/policy/policy.js";
import { isWorstCase, parseAnyPolicy } from "../../src/policy/policy-file.js";
import { UnknownPresetError, presetNames, presetPolicy } from "../../src/policy/presets.js";
import { NODES } from "../../src/policy/risk-model.js";
import { gridNodes, worstCaseModel } from "../../src/policy/worst-case-model.js";
import { parseWorstCasePolicy } from "../../src/policy/worst-case-policy.js";
import { describeWorstCase } from "../../src/policy/worst-case-report.js";
import { buildPayload } from "../../src/risk/build-payload.js";
import { computeMargin, FACTOR_ONE } from "../../src/risk/margin.js";
import { canonicalPortfolio, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { stressScenario } from "../../src/risk/worst-loss.js";
import { prepareProof } from "../../src/witness/circuit-input.js";
import { namePublicSignals } from "../../src/witness/public-signals.js";
import { black76 } from "../risk/float-pricing.js";
import { DAY, TIME, listed, option, snapshotOf } from "../risk/synthetic-market.js";
import { circuitSignals } from "../support/circuit-signals.js";
import { type Random, seededRandom } from "../support/random.js";
import { type PublishedGrid, SPAN_RANGE, publishedGrids } from "./preset-grids.js";

const market = snapshotOf(
  listed({ id: 1, name: "PERP", kind: "perpetual", forward: "50010.00" }),
  ...[5, 25, 90].flatMap((days, e) => [
    listed({ id: 10 * (e + 1), name: `FUTURE-${days}`, kind: "future", expiry: TIME + days * DAY, forward: "50500.00" }),
    ...[30_000, 45_000, 50_000, 56_000, 90_000].map((strike, k) =>
      option({
        id: 10 * (e + 1) + 1 + k, name: `OPTION-${days}-${strike}`, strike: String(strike), expiry: TIME + days * DAY, forward: "50500.00",
        volatility: `0.${50 + 3 * k}`, optionType: (k + e) % 2 === 0 ? "call" : "put",
      }),
    ),
  ]),
);
const payloads = new Map(presetNames.map((name) => [name, buildPayload(market, worstCaseModel(market, presetPolicy(name)))]));
const byId = new Map(market.instruments.map((instrument) => [instrument.id, instrument]));

/** Up to 14 positions in at most two buckets. */
function randomBook(random: Random, payload: RiskPayload): Portfolio {
  const first = random.integer(0, payload.buckets.length - 1);
  const locations = [...indexInstruments(payload).byId.values()].filter(({ bucket }) => [first, (first + 1) % payload.buckets.length].includes(bucket.index));
  const chosen = locations.filter(() => random.chance(0.6)).slice(0, 14);
  return canonicalPortfolio(0n, (chosen.length === 0 ? locations.slice(0, 1) : chosen).map((location) => ({
    location, quantity: BigInt(random.integer(1, 200_000)) * (random.chance(0.5) ? 1n : -1n),
  })));
}

/** Value per contract, quote currency. */
function value(instrument: ListedInstrument, grid: PublishedGrid, move: number, direction: "down" | "same" | "up", elapsed: number): number {
  const forward = Number(instrument.forward) * (1 + move);
  if (instrument.kind !== "option") return forward;
  const days = (instrument.expiry! - TIME) / DAY;
  const sigma = Number(instrument.volatility) * grid.volatilityFactor(direction, days);
  return black76(forward, Number(instrument.strike), sigma, (days - elapsed) / 365, instrument.optionType!);
}

/** Losses of the published scenarios, quote currency, not damped. */
function losses(portfolio: Portfolio, grid: PublishedGrid): number[] {
  return grid.scenarios.map(({ move, volatility }) =>
    portfolio.holdings.reduce((sum, { location, quantity }) => {
      const instrument = byId.get(location.instrument.id)!;
      const now = value(instrument, grid, 0, "same", 0);
      return sum - Number(quantity) * Number(instrument.lot) * (value(instrument, grid, move, volatility, grid.days) - now);
    }, 0),
  );
}

describe("the presets", () => {
  it("are the files of their folder, each with the name that it is asked for by", () => {
    const folder = new URL("../../src/policy/presets/", import.meta.url);
    expect(readdirSync(folder).sort()).toEqual(presetNames.map((name) => `${name}.json`).sort());
    for (const name of presetNames) {
      const policy = presetPolicy(name);
      expect(policy.name).toBe(name);
      expect(parseAnyPolicy(JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")))).toEqual(policy);
    }
  });

  it("are refused by an unknown name, naming those there are", () => {
    for (const name of ["span", "", "__proto__", "toString"]) expect(() => presetPolicy(name)).toThrow(UnknownPresetError);
    expect(() => presetPolicy("occ")).toThrow('preset "occ": must be one of span16, derive23, derive33, deribit, aevo');
  });

  it.each(presetNames)("%s tells its sources, what it leaves out, and states each charge", (name) => {
    const report = describeWorstCase(presetPolicy(name));
    expect(report.sources.length).toBeGreaterThan(0);
    expect(report.notExpressed.length).toBeGreaterThan(2);
    const parameters = new Map(report.parameters.map((line) => [line.name, line.value]));
    expect(parameters.get("rule")).toBe(`worst of ${publishedGrids[name]!.scenarios.length} scenarios; expected shortfall 0`);
    expect(parameters.get("gap charge")).toBe("none");
    expect(parameters.get("liquidity")).toBe("none");
  });

  it("say by name what their originals have and they don't", () => {
    const told = (name: string) => presetPolicy(name).notExpressed.join(" ");
    expect(told("span16")).toMatch(/[Ii]nter-commodity.*Short option minimum/);
    for (const name of ["derive23", "derive33"]) expect(told(name)).toMatch(/sign of that value.*contingenc/);
    expect(told("derive33")).toMatch(/skew shocks/);
    expect(told("deribit")).toMatch(/Delta shock.*Roll shock/);
    expect(told("aevo")).toMatch(/points/);
  });
});

describe("a preset's payload", () => {
  it.each(presetNames)("of %s has all weight on an unmoved scenario and every node in a stress row of each regime", (name) => {
    const { payload } = payloads.get(name)!;
    for (const { column, lambdaDelta, lambdaVega, instruments } of payload.buckets) {
      payload.weights.forEach((weight, s) => expect(weight === 0 || column[s] === NODES).toBe(true));
      for (let r = 0; r < 4; r++) {
        const rows = Array.from({ length: NODES }, (_, k) => column[stressScenario(NODES * r + k)]);
        expect([...rows].sort((a, b) => a! - b!)).toEqual(Array.from({ length: NODES }, (_, k) => k));
      }
      expect([lambdaDelta, lambdaVega]).toEqual([0n, 0n]);
      // Long options are charged by gaps only, and a preset has none.
      for (const instrument of instruments.filter(({ name }) => name.startsWith("OPTION"))) expect(instrument.longCharge).toBe(0n);
    }
  });

  it.each(presetNames)("of %s has the worst loss of the published grid for 60 random books", (name) => {
    const { payload } = payloads.get(name)!;
    const grid = publishedGrids[name]!;
    const random = seededRandom(20_261_121);
    const worstScenarios = new Set<number>();
    for (let run = 0; run < 60; run++) {
      const portfolio = randomBook(random, payload);
      const margin = computeMargin(payload, portfolio, { factor: FACTOR_ONE, collateral: 0n });
      const undamped = losses(portfolio, grid);
      const damped = undamped.map((loss, s) => loss * grid.scenarios[s]!.counted);
      const expected = Math.max(0, ...damped);
      const own = Number(margin.worst.worst) / 1e6;
      // d is floored once a lot; forwards are 5 million ticks, the normal CDF is good to 1.2e-9.
      const lots = portfolio.holdings.reduce((sum, { quantity }) => sum + Math.abs(Number(quantity)), 0);
      const floors = (1.1 * lots) / 1e6;
      // Damping is rounded up to 1024ths.
      const rounding = Math.max(0, ...undamped.filter((_, s) => grid.scenarios[s]!.counted < 1)) / 1024;
      expect(own, `run ${run}`).toBeGreaterThan(expected - floors);
      expect(own, `run ${run}`).toBeLessThan(expected + floors + rounding);
      expect(margin.shortfall.es).toBe(0n);
      worstScenarios.add(damped.indexOf(expected));
    }
    // The books try the grid: many of its scenarios are the worst of some book.
    expect(worstScenarios.size).toBeGreaterThan(6);
  });

  it.each(presetNames)("of %s counts a stress row as its original does, at most 1/1024 more", (name) => {
    const { scenarios } = presetPolicy(name);
    const range = scenarios.unit === "range" ? SPAN_RANGE : 1;
    const own = scenarios.regimes.flatMap(({ rows, volShock }) =>
      gridNodes(rows).flatMap(({ move, damping }) => (move === undefined ? [] : [{ move: Number(move) * range, volShock: Number(volShock), counted: (damping + 1) / 1024 }])),
    );
    expect(own).toHaveLength(publishedGrids[name]!.scenarios.length);
    for (const { move, volatility, counted } of publishedGrids[name]!.scenarios) {
      const sign = volatility === "up" ? 1 : volatility === "down" ? -1 : 0;
      const match = own.filter((row) => Math.abs(row.move - move) < 1e-7 && Math.sign(row.volShock) === sign);
      expect(match, `${move} ${volatility}`).toHaveLength(1);
      expect(match[0]!.counted - counted).toBeGreaterThanOrEqual(-1e-8);
      expect(match[0]!.counted - counted).toBeLessThan(1 / 1024);
    }
  });
});

describe("a worst-case policy", () => {
  const changed = (edit: (policy: any) => void) => {
    const copy = structuredClone(presetPolicy("span16"));
    edit(copy);
    return copy;
  };

  it.each([
    ["moves out of order", (p: any) => p.scenarios.regimes[0].rows.reverse(), "scenarios.regimes.0.rows", "ascend by at least 0.0001"],
    ["moves that a small range brings together", (p: any) => ((p.assets.BTC = { priceRange: "0.01" }), (p.scenarios.regimes[1].rows[1].move = "-1.999")), "scenarios.regimes.1.rows", "ascend by at least 0.0001"],
    ["a fall of more than 95 %", (p: any) => (p.assets.BTC = { priceRange: "0.5" }), "scenarios.regimes.1.rows", "by less than -0.95"],
    ["fifteen rows", (p: any) => (p.scenarios.regimes[3].rows = Array.from({ length: 15 }, (_, k) => ({ move: `0.0${10 + k}`, damping: "1" }))), "scenarios.regimes.3.rows", "<=14"],
    ["no rows at all", (p: any) => p.scenarios.regimes.forEach((regime: any) => (regime.rows = [])), "scenarios.regimes", "at least one row"],
    ["a damping above 1", (p: any) => (p.scenarios.regimes[0].rows[0].damping = "1.5"), "scenarios.regimes.0.rows.0.damping", "[0.001, 1]"],
    ["sections of the other kind", (p: any) => (p.nodes = {}), "(policy)", "nodes"],
  ])("is refused with %s, naming field and rule", (_, edit, field, rule) => {
    try {
      parseAnyPolicy(changed((p) => void edit(p)));
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
      const { faults } = error as PolicyError;
      expect(faults[0]!.field).toBe(field);
      expect(faults[0]!.rule).toContain(rule);
      return;
    }
    throw new Error("accepted");
  });

  it("needs no history and no options: it gives its levels itself", () => {
    const policy = parseWorstCasePolicy(changed((p) => (p.assets.BTC = { priceRange: "0.4" })));
    expect(isWorstCase(policy)).toBe(true);
    const { assets } = buildRiskModel({ ...market, instruments: [] }, policy);
    expect(Number(assets[0]!.spotLevels[0]![0]!) / 2 ** 32).toBeCloseTo(-0.4, 8);
    expect(Number(assets[0]!.spotLevels[1]!.at(-1)!) / 2 ** 32).toBeCloseTo(0.8, 8);
  });

  it("can have charges and a liquidity add-on of its own", () => {
    const policy = parseWorstCasePolicy(changed((p) => Object.assign(p.charges, { gapSafety: "1", shortOption: "0.01", future: "0.002", deltaCost: "3000" })));
    const { payload } = buildPayload(market, worstCaseModel(market, policy));
    const { byName } = indexInstruments(payload);
    // 0.2 % of 5,001,000 ticks, rounded up; 0.2 % itself is the nearest multiple of 2^-32.
    expect(byName.get("PERP")!.instrument.longCharge).toBe(10_003n);
    expect(byName.get("OPTION-25-50000")!.instrument.longCharge).toBeGreaterThan(0n);
    // A delta of 1,000,000: 3000 quote currency.
    const lambda = Number(payload.buckets[0]!.lambdaDelta);
    expect((lambda * 1e24) / 2 ** 80 / 1e6).toBeCloseTo(3000, 3);
  });
});

describe("the tier S circuit", () => {
  let circuit: CompiledCircuit;
  beforeAll(async () => {
    circuit = await tierCircuit("S");
  }, 300_000);

  it.each(presetNames)("has a witness of the margin under %s", async (name) => {
    const { payload, tree } = payloads.get(name)!;
    const statement = { context: 1n, factor: FACTOR_ONE, disclose: { requirement: true, equity: true }, collateral: 10n ** 12n };
    const prepared = prepareProof(payload, tree, randomBook(seededRandom(7), payload), 5n, statement, { name: "S", positions: 14, buckets: 2 });
    expect(prepared.margin.maintenance).toBeGreaterThan(0n);
    expect(namePublicSignals(await circuitSignals(circuit, prepared.input))).toEqual(prepared.expected);
  });
});

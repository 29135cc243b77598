import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import { checkSnapshot, formatSnapshot, type ListedInstrument, type MarketSnapshot } from "../../src/market/market-snapshot.js";
import { AggregationError, DisagreementError, ObservationError } from "../../src/signer/aggregate.js";
import {
  DEFAULT_AGGREGATION, TooFewSourcesError, aggregateSnapshots, averageOverTime, type AggregationRule, type SourceSnapshot,
} from "../../src/signer/aggregate-snapshots.js";
import { DAY, TIME } from "../policy/synthetic-snapshot.js";
import { moved, named, numbersOf, smallMarket } from "./markets.js";

const AT = { time: TIME, epoch: TIME };
const market = smallMarket(5);
/** Never refuses for disagreement. */
const LENIENT: AggregationRule = {
  minimumSources: 1, minimumAgreeing: 1,
  price: { ...DEFAULT_AGGREGATION.price, most: Q32 << 10n }, volatility: { ...DEFAULT_AGGREGATION.volatility, most: Q32 << 10n },
};

function withInstrument(from: MarketSnapshot, id: number, change: Partial<ListedInstrument>, without: readonly (keyof ListedInstrument)[] = []): MarketSnapshot {
  const edit = (listed: ListedInstrument) =>
    Object.fromEntries(Object.entries({ ...listed, ...change }).filter(([key]) => !without.includes(key as keyof ListedInstrument))) as unknown as ListedInstrument;
  return { ...from, instruments: from.instruments.map((listed) => (listed.id === id ? edit(listed) : listed)) };
}

/** A market with moves drawn within a limit, in 1/10000. */
const source = (limit: number) => fc.infiniteStream(fc.integer({ min: -limit, max: limit })).map((moves) => moved(market, () => moves.next().value as number));

describe("several sources' snapshots", () => {
  it("of which all are the same give that snapshot", () => {
    const { snapshot, used, faults, outliers } = aggregateSnapshots(named(market, market, market), AT);
    expect(formatSnapshot(snapshot)).toBe(formatSnapshot(market));
    expect({ used, faults, outliers }).toEqual({ used: ["a", "b", "c"], faults: [], outliers: [] });
  });
  it("give numbers within the honest ones while fewer than half are dishonest, and a well-formed snapshot", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }).chain((honest) => fc.tuple(
      fc.array(source(300), { minLength: honest, maxLength: honest }), fc.array(source(9_999), { maxLength: honest - 1 }),
    )), fc.nat(), ([honest, lies], rotation) => {
      const all = [...honest, ...lies];
      const sources = named(...all.slice(rotation % all.length), ...all.slice(0, rotation % all.length));
      const { snapshot } = aggregateSnapshots(sources, AT, LENIENT);
      expect(checkSnapshot(snapshot)).toEqual(snapshot);
      const ranges = honest.map(numbersOf);
      for (const [place, value] of numbersOf(snapshot)) {
        const own = ranges.map((numbers) => numbers.get(place)!);
        expect(own.some((v) => v <= value) && own.some((v) => v >= value), place).toBe(true);
      }
    }), { numRuns: 60 });
  });
  it("give the same text in any order", () => {
    fc.assert(fc.property(fc.array(source(200), { minLength: 3, maxLength: 5 }).chain((all) => fc.tuple(fc.constant(named(...all)), fc.shuffledSubarray(named(...all), { minLength: all.length }))), ([a, b]) => {
      const [one, other] = [aggregateSnapshots(a, AT, LENIENT), aggregateSnapshots(b, AT, LENIENT)];
      expect(formatSnapshot(one.snapshot)).toBe(formatSnapshot(other.snapshot));
      expect(one).toEqual(other);
    }), { numRuns: 20 });
  });
  it("name a source whose price is far off, and keep it out of the result", () => {
    const wrong = withInstrument({ ...market, assets: market.assets.map((asset) => ({ ...asset, index: "65000" })) }, 3, { volatility: "3" });
    const { snapshot, outliers } = aggregateSnapshots(named(market, wrong, market), AT);
    expect(formatSnapshot(snapshot)).toBe(formatSnapshot(market));
    expect(outliers).toEqual([
      { source: "b", where: "asset BTC", field: "index" },
      { source: "b", where: "asset ETH", field: "index" },
      { source: "b", where: "instrument BTC-20-50000-C", field: "volatility" },
    ]);
  });
  it("may differ more in a volatility than in a price", () => {
    const farOff = (change: Partial<ListedInstrument>) => aggregateSnapshots(named(market, market, withInstrument(market, 3, change)), AT).outliers.map(({ field }) => field);
    // 2 % and 6 %.
    expect(farOff({ volatility: "0.561", forward: "51000" })).toEqual(["forward"]);
    expect(farOff({ volatility: "0.583" })).toEqual(["volatility"]);
    const dearer = { ...market, assets: market.assets.map((asset) => ({ ...asset, index: "51000" })) };
    expect(aggregateSnapshots(named(market, market, dearer), AT).outliers).toHaveLength(2);
    // The payoff of the expired option, 812.5, within 0.5 %.
    expect(aggregateSnapshots(named(market, market, withInstrument(market, 7, { settlementValue: "830" })), AT).outliers).toHaveLength(1);
  });
  it("are refused where too few agree on a price, with the field named", () => {
    const at = (forward: string) => withInstrument(market, 2, { forward });
    const apart = named(at("50000"), at("56000"), at("45000"));
    expect(() => aggregateSnapshots(apart, AT)).toThrow(DisagreementError);
    expect(() => aggregateSnapshots(apart, AT)).toThrow(/instrument BTC-PERP: forward: 1 sources agree .* 2 must; far off: b, c/);
  });

  const drop = (name: string, wrong: MarketSnapshot, where: string, field: string, value: string, rule: string) => [name, wrong, { source: "d", where, field, value, rule }] as const;
  it.each([
    drop("of another time", { ...market, time: TIME - 60 }, "snapshot", "time", String(TIME - 60), `must be ${TIME}`),
    drop("of another epoch", { ...market, epoch: TIME - 60 }, "snapshot", "epoch", String(TIME - 60), `must be ${TIME}`),
    drop("of another currency", { ...market, quoteCurrency: "USDC" }, "snapshot", "quoteCurrency", "USDC", "must be as at a: USD"),
    drop("with another strike", withInstrument(market, 3, { strike: "50001" }), "instrument BTC-20-50000-C", "strike", "50001", "must be as at a: 50000"),
    drop("with another expiry", withInstrument(market, 3, { expiry: TIME + DAY }), "instrument BTC-20-50000-C", "expiry", String(TIME + DAY), `must be as at a: ${TIME + 20 * DAY}`),
    drop("with another tick", withInstrument(market, 3, { tick: "0.1", lot: "0.00001" }), "instrument BTC-20-50000-C", "tick", "0.1", "must be as at a: 0.01"),
    drop("with another name", withInstrument(market, 3, { name: "X" }), "instrument X", "id", "3", "must be as at a: instrument BTC-20-50000-C: id 3"),
    drop("that has settled what others have not", withInstrument(market, 7, { status: "settled" }), "instrument BTC-OLD", "status", "settled", "must be as at a: expired"),
    drop("that lists less", { ...market, instruments: market.instruments.slice(1) }, "snapshot", "instruments", "13", "must be as at a: 14"),
    drop("that lacks a bar", { ...market, assets: market.assets.map((asset) => ({ ...asset, history: asset.history.slice(1) })) }, "asset BTC", "bars", "4", "must be as at a: 5"),
    drop("with a bar of another day", { ...market, assets: market.assets.map((asset) => ({ ...asset, history: asset.history.map((bar, i) => (i === 0 ? { ...bar, time: bar.time - DAY } : bar)) })) }, "asset BTC, bar 0", "time", String(market.assets[0]!.history[0]!.time - DAY), `must be as at a: ${market.assets[0]!.history[0]!.time}`),
    drop("that is malformed", withInstrument(market, 3, { forward: "-1" }), "instruments[2] BTC-20-50000-C", "forward", '"-1"', "must be a plain decimal, not negative, at most 8 digits after the point"),
  ])("leave out one %s, with its reason", (_, wrong, fault) => {
    const { snapshot, used, faults } = aggregateSnapshots(named(market, market, market, wrong), AT);
    expect(formatSnapshot(snapshot)).toBe(formatSnapshot(market));
    expect(used).toEqual(["a", "b", "c"]);
    expect(faults).toEqual([fault]);
  });
  it("are refused with every reason where too few are left", () => {
    const stale = { ...market, time: TIME - 60 };
    const aggregate = () => aggregateSnapshots(named(market, stale, market), AT);
    expect(aggregate).toThrow(TooFewSourcesError);
    expect(aggregate).toThrow(`2 sources can be used, 3 must be; b: snapshot: time ${TIME - 60}: must be ${TIME}`);
    expect(() => aggregateSnapshots([], AT)).toThrow("0 sources can be used, 3 must be");
  });
  it("are refused where no listing is that of more than half", () => {
    const other = withInstrument(market, 3, { strike: "50001" });
    expect(() => aggregateSnapshots(named(market, market, other, other), AT, LENIENT)).toThrow(/0 sources can be used, 1 must be; .*strike 50001/);
  });
  it("are refused where a source is named twice or the rule contradicts itself", () => {
    const twice: SourceSnapshot[] = [...named(market, market), { source: "a", snapshot: market }];
    expect(() => aggregateSnapshots(twice, AT)).toThrow(/source a: must be named once/);
    for (const wrong of [{ minimumSources: 0 }, { minimumAgreeing: 4 }, { minimumAgreeing: 0 }, { price: { deviations: 0n, least: 0n, most: 1n } }, { volatility: { deviations: 1n, least: 2n, most: 1n } }]) {
      expect(() => aggregateSnapshots(named(market, market, market), AT, { ...DEFAULT_AGGREGATION, ...wrong })).toThrow(AggregationError);
    }
  });
  it("say that an instrument is live if it is at more than half of them", () => {
    const stale = withInstrument(market, 3, { status: "stale" });
    const statusAt = (...all: readonly MarketSnapshot[]) => aggregateSnapshots(named(...all), AT, LENIENT).snapshot.instruments[2]!.status;
    expect(statusAt(market, stale, market)).toBe("live");
    expect(statusAt(market, stale, stale)).toBe("stale");
    expect(statusAt(market, stale)).toBe("stale");
  });
  it("count open interest that is not quoted as none", () => {
    const none = withInstrument(market, 3, {}, ["openInterest"]);
    const huge = withInstrument(market, 3, { openInterest: "99999999" });
    const openInterest = (...all: readonly MarketSnapshot[]) => aggregateSnapshots(named(...all), AT, LENIENT).snapshot.instruments[2]!.openInterest;
    expect(openInterest(market, market, none)).toBe("120");
    expect(openInterest(market, huge, none)).toBe("120");
    expect(openInterest(huge, none, none)).toBeUndefined();
    expect(openInterest(huge, none)).toBeUndefined();
  });
});

describe("one source's snapshots over time", () => {
  const at = (seconds: number, index: string, forward: string): MarketSnapshot => {
    const indexed = { ...market, time: TIME + seconds, assets: market.assets.map((asset) => ({ ...asset, index })) };
    return withInstrument(indexed, 2, { forward, volumeQuote: String(seconds + 1000) });
  };
  it("give the time average of index and forwards, and the newest of everything else", () => {
    const average = averageOverTime("x", [at(0, "100", "200"), at(30, "160", "200"), at(60, "900", "900")], 60);
    expect(average.time).toBe(TIME + 60);
    expect(average.assets[0]!.index).toBe("130");
    expect(average.instruments[1]).toMatchObject({ forward: "200", volumeQuote: "1060" });
    expect(average.instruments[2]).toEqual(market.instruments[2]);
  });
  it("leave out what is older than the window", () => {
    expect(averageOverTime("x", [at(0, "7", "7"), at(30, "160", "200"), at(60, "100", "100")], 40).assets[0]!.index).toBe("160");
  });
  it("average an instrument over the snapshots that list it", () => {
    const before = { ...at(0, "100", "200"), instruments: market.instruments.filter(({ id }) => id !== 2) };
    expect(averageOverTime("x", [before, at(30, "100", "210"), at(60, "100", "500")], 60).instruments[1]!.forward).toBe("210");
  });
  it("are refused if there are none or they don't ascend", () => {
    expect(() => averageOverTime("x", [], 60)).toThrow(AggregationError);
    expect(() => averageOverTime("x", [at(30, "1", "1"), at(30, "1", "1")], 60)).toThrow(ObservationError);
    expect(() => averageOverTime("x", [at(40, "1", "1"), at(30, "1", "1")], 60)).toThrow(/observations of x, index of BTC: time \d+: must not be after/);
  });
});

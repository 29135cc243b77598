import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import {
  AggregationError, DisagreementError, ObservationError, aggregateValues, medianOf, timeAverage,
  type Observation, type OutlierRule, type SourceValue,
} from "../../src/signer/aggregate.js";

/** 5 deviations, never within 1/64 of the median, always beyond 1/8 of it: 16 and 128 at 1024. */
const RULE: OutlierRule = { deviations: 5n, least: Q32 / 64n, most: Q32 / 8n };

const named = (values: readonly bigint[]): SourceValue[] => values.map((value, i) => ({ source: `s${i}`, value }));
const value = fc.bigInt(0n, 10n ** 16n);
/** Values near each other as often as far apart, so that ties and clusters occur. */
const values = (minLength: number, maxLength: number) =>
  fc.oneof(fc.array(value, { minLength, maxLength }), fc.array(fc.bigInt(90n, 110n), { minLength, maxLength }));
const smallest = (all: readonly bigint[]) => all.reduce((a, b) => (a < b ? a : b));
const largest = (all: readonly bigint[]) => all.reduce((a, b) => (a > b ? a : b));

describe("the value of several sources", () => {
  it("is the median by its definition: as many values below as above", () => {
    fc.assert(fc.property(values(1, 15), (all) => {
      const result = medianOf("index", named(all));
      // An even count has two middle values; the result halves the way between them.
      const below = (x: bigint) => all.filter((v) => v < x).length;
      const middles = all.filter((v) => 2 * below(v) <= all.length && 2 * all.filter((w) => w > v).length <= all.length);
      const twice = smallest(middles) + largest(middles);
      expect(2n * result - twice >= -1n && 2n * result - twice <= 1n).toBe(true);
      if (all.length % 2 === 1) expect(all).toContain(result);
    }));
  });
  it("is between the honest sources' least and greatest while the dishonest ones are fewer than half", () => {
    fc.assert(fc.property(values(1, 9), fc.infiniteStream(fc.oneof(value, fc.bigInt(90n, 110n))), fc.nat(), (honest, lies, count) => {
      const dishonest = [...lies.take(count % honest.length)];
      const result = aggregateValues("index", named([...dishonest, ...honest]), RULE, 0).value;
      expect(result >= smallest(honest) && result <= largest(honest)).toBe(true);
    }), { numRuns: 500 });
  });
  it("leaves that range with half of the sources dishonest, and with colluding ones where far-off values are taken out first", () => {
    expect(medianOf("index", named([100n, 101n, 900n, 900n]))).toBe(500n);
    // The two liars sit just above the greatest honest value; seen from there the other honest ones are far off.
    const honest = [100_000n, 100_000n, 200_000n];
    const lies = [200_001n, 200_001n];
    const { value: result, outliers } = aggregateValues("index", named([...honest, ...lies]), RULE, 1);
    expect(outliers).toEqual(["s0", "s1"]);
    expect(result).toBe(200_000n);
    const rest = [...honest, ...lies].filter((_, i) => !outliers.includes(`s${i}`));
    expect(medianOf("index", named(rest)) > largest(honest)).toBe(true);
  });
  it("does not depend on the order of the sources", () => {
    fc.assert(fc.property(values(1, 9).chain((all) => fc.tuple(fc.constant(named(all)), fc.shuffledSubarray(named(all), { minLength: all.length }))), ([a, b]) => {
      const [one, other] = [aggregateValues("index", a, RULE, 0), aggregateValues("index", b, RULE, 0)];
      expect(one.value).toBe(other.value);
      expect([...one.outliers].sort()).toEqual([...other.outliers].sort());
    }));
  });
  it.each([
    ["a source far off is named", [1024n, 1026n, 1022n, 5000n], ["s3"]],
    ["what is within the least tolerance is not", [1024n, 1024n, 1024n, 1040n], []],
    ["what is just beyond it is", [1024n, 1024n, 1024n, 1041n], ["s3"]],
    ["spread sources widen the tolerance to five times the median deviation of 10", [1014n, 1024n, 1034n, 1074n, 980n], []],
    ["and no further", [1014n, 1024n, 1034n, 1075n, 980n], ["s3"]],
    ["up to the greatest tolerance", [896n, 1024n, 1153n], ["s2"]],
    ["a median of zero has no tolerance", [0n, 0n, 1n], ["s2"]],
  ])("%s", (_, all, outliers) => {
    expect(aggregateValues("index", named(all), RULE, 1).outliers).toEqual(outliers);
  });
  it("is refused where too few sources agree, by name", () => {
    const all = named([100n, 200n, 300n]);
    expect(aggregateValues("index", all, RULE, 1).value).toBe(200n);
    expect(() => aggregateValues("index", all, RULE, 2)).toThrow(new DisagreementError("index", 200n, 1, 2, ["s0", "s2"]));
  });
  it("is refused for no sources and negative values, by name", () => {
    expect(() => medianOf("index", [])).toThrow(AggregationError);
    expect(() => aggregateValues("index", [{ source: "x", value: 1n }, { source: "y", value: -1n }], RULE, 1)).toThrow(/index of y -1/);
  });
});

describe("the average over time", () => {
  const END = 1_000;
  const WINDOW = { end: END, length: 100, maximumAge: 100 };
  const observations = fc
    .uniqueArray(fc.integer({ min: 850, max: END }), { minLength: 1, maxLength: 12 })
    .chain((times) => fc.array(value, { minLength: times.length, maxLength: times.length }).map((all) => [...times].sort((a, b) => a - b).map((time, i): Observation => ({ time, value: all[i]! }))))
    .filter((all) => all.some(({ time }) => time >= END - WINDOW.length));

  it("is the mean over the seconds of the value that held in each", () => {
    fc.assert(fc.property(observations, (all) => {
      const inside = all.filter(({ time }) => time >= END - WINDOW.length);
      let [sum, seconds] = [0n, 0n];
      for (let second = inside[0]!.time; second < END; second++) {
        sum += inside.filter(({ time }) => time <= second).at(-1)!.value;
        seconds++;
      }
      const result = timeAverage("index", all, WINDOW);
      if (seconds === 0n) expect(result).toBe(inside.at(-1)!.value);
      else expect(2n * (result * seconds - sum) <= seconds && 2n * (sum - result * seconds) <= seconds).toBe(true);
      expect(result >= smallest(inside.map((o) => o.value)) && result <= largest(inside.map((o) => o.value))).toBe(true);
    }));
  });
  it("gives a spike the weight of the time it held", () => {
    const spiked = [{ time: 900, value: 100n }, { time: 990, value: 1_100n }, { time: 991, value: 100n }];
    expect(timeAverage("index", spiked, WINDOW)).toBe(110n);
  });
  it("leaves out what was before the window", () => {
    expect(timeAverage("index", [{ time: 899, value: 7n }, { time: 950, value: 100n }], WINDOW)).toBe(100n);
    expect(timeAverage("index", [{ time: 900, value: 7n }, { time: 950, value: 100n }], WINDOW)).toBe(54n);
  });
  it.each([
    ["none", [], /observations none: must have one in the 100 seconds/],
    ["none in the window", [{ time: 800, value: 1n }], /observations none/],
    ["out of order", [{ time: 950, value: 1n }, { time: 940, value: 1n }], /time 940: must be after 950/],
    ["two at once", [{ time: 950, value: 1n }, { time: 950, value: 1n }], /time 950: must be after 950/],
    ["from the future", [{ time: 1_001, value: 1n }], /time 1001: must not be after the window's end 1000/],
    ["negative", [{ time: 950, value: -1n }], /value -1: must not be negative/],
    ["stale", [{ time: 910, value: 1n }], /time 910: newest observation, must be at most 60 seconds before 1000/],
  ])("refuses observations: %s", (_, all: readonly Observation[], message) => {
    const average = () => timeAverage("index of x", all, { ...WINDOW, maximumAge: 60 });
    expect(average).toThrow(ObservationError);
    expect(average).toThrow(message);
  });
});

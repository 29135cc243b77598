import { describe, expect, it } from "vitest";
import { type Contender, interleave, median, medianRatio } from "../../src/bench/measure.js";
import { ratioTables } from "../../src/bench/report.js";

describe("contenders that are measured in turn", () => {
  const order: string[] = [];
  const contender = (name: string, values: readonly number[]): Contender => {
    let run = 0;
    return {
      name,
      run: () => {
        order.push(name);
        return Promise.resolve({ ms: values[run++]! });
      },
    };
  };

  it("take turns within each run, and the first run of each does not count", async () => {
    const samples = await interleave([contender("slow", [900, 20, 22]), contender("fast", [800, 5, 6])], 2);
    expect(order).toEqual(["slow", "fast", "slow", "fast", "slow", "fast"]);
    expect([samples("slow", "ms"), samples("fast", "ms")]).toEqual([[20, 22], [5, 6]]);
  });

  it("have no values of what they did not measure, nor of what did not run", async () => {
    const samples = await interleave([contender("one", [1, 2])], 1);
    expect([samples("one", "bytes"), samples("other", "ms")]).toEqual([[], []]);
  });
});

describe("a ratio of medians", () => {
  it("is that of the middle values, and none where there is nothing to compare", () => {
    expect([median([3, 100, 1]), median([4, 1, 2, 100])]).toEqual([3, 3]);
    expect(medianRatio([3, 100, 1], [4, 6])).toBe(0.6);
    expect([medianRatio([], [1]), medianRatio([1], [])]).toEqual([undefined, undefined]);
  });

  it("is printed with its target, and whether it meets that", () => {
    const [table, ...more] = ratioTables([{ name: "at", value: 0.7, target: 0.7 }, { name: "above", value: 0.7001, target: 0.7 }, { name: "free", value: 12.34 }, { name: "absent", value: undefined, target: 1 }]);
    expect(more).toEqual([]);
    expect(table!.rows).toEqual([["at", "0.700", "at most 0.7: met"], ["above", "0.700", "at most 0.7: missed"], ["free", "12.3", ""]]);
  });

  it("has no column of targets without one, and no table without a value", () => {
    expect(ratioTables([{ name: "free", value: 2 }])).toEqual([{ head: ["ratio of medians", ""], rows: [["free", "2.00"]] }]);
    expect(ratioTables([{ name: "absent", value: undefined, target: 1 }])).toEqual([]);
  });
});

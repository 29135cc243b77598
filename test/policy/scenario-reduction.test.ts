import { describe, expect, it } from "vitest";
import { chooseTuples, mergeOutward, type ReductionScale } from "../../src/policy/scenario-reduction.js";

/** Nodes one sigma apart, no move at node 6. */
const scale = (assets: number, correlation = 0): ReductionScale => ({
  coordinates: Array.from({ length: assets }, () => Array.from({ length: 14 }, (_, k) => 8 * (k - 6))),
  correlation,
});

describe("chooseTuples", () => {
  it("keeps every node of one asset, visited or not", () => {
    expect(chooseTuples([{ nodes: [6], weight: 5 }, { nodes: [3], weight: 1 }], 34, scale(1))).toEqual(Array.from({ length: 14 }, (_, k) => [k]));
  });

  it("keeps a rare tail tuple rather than one more near the centre", () => {
    const tuples = [{ nodes: [6, 6], weight: 9000 }, { nodes: [7, 6], weight: 300 }, { nodes: [6, 7], weight: 300 }, { nodes: [1, 11], weight: 40 }];
    expect(chooseTuples(tuples, 2, scale(2))).toContainEqual([1, 11]);
  });

  it("doesn't depend on the order of the tuples", () => {
    const tuples = Array.from({ length: 100 }, (_, i) => ({ nodes: [(7 * i) % 14, (5 * i + Math.floor(i / 14)) % 14], weight: 1 + ((i * i) % 97) }));
    expect(chooseTuples(tuples.toReversed(), 10, scale(2, 12))).toEqual(chooseTuples(tuples, 10, scale(2, 12)));
  });
});

describe("mergeOutward", () => {
  const retained = [[6, 6], [4, 4], [9, 9], [4, 8]];

  it("keeps the weight, and the retained tuples in their order", () => {
    const tuples = [{ nodes: [6, 6], weight: 3 }, { nodes: [5, 5], weight: 4 }, { nodes: [8, 8], weight: 5 }, { nodes: [5, 8], weight: 6 }, { nodes: [13, 13], weight: 7 }];
    expect(mergeOutward(tuples, retained, scale(2, 12))).toEqual([
      { nodes: [6, 6], weight: 3 }, { nodes: [4, 4], weight: 4 }, { nodes: [9, 9], weight: 12 }, { nodes: [4, 8], weight: 6 },
    ]);
  });

  it("prefers a further move outward to a near one inward", () => {
    // One sigma in to (8, 8), three out to (12, 12).
    expect(mergeOutward([{ nodes: [9, 9], weight: 1 }], [[8, 8], [12, 12]], scale(2))).toEqual([{ nodes: [8, 8], weight: 0 }, { nodes: [12, 12], weight: 1 }]);
  });

  it("prefers a move inward to one that turns a spread round or aside", () => {
    const turned = [[8, 5], [4, 9], [9, 9], [3, 3]];
    expect(mergeOutward([{ nodes: [9, 4], weight: 1 }], turned, scale(2, 12))).toEqual(turned.map((nodes, k) => ({ nodes, weight: k === 0 ? 1 : 0 })));
    // Dearer than a near one to the side, but half of the move is in it.
    expect(mergeOutward([{ nodes: [8, 6], weight: 1 }], [[6, 8], [10, 7]], scale(2))).toEqual([{ nodes: [6, 8], weight: 0 }, { nodes: [10, 7], weight: 1 }]);
  });

  it("gives a far rise to the nearest far rise, however dear", () => {
    const wide = { coordinates: Array.from({ length: 5 }, () => Array.from({ length: 14 }, (_, k) => 80 * (k - 6))), correlation: 12 };
    const all = (node: number) => Array.from({ length: 5 }, () => node);
    expect(mergeOutward([{ nodes: [13, 13, 13, 13, 11], weight: 1 }], [all(5), all(6), all(13)], wide)).toEqual([
      { nodes: all(5), weight: 0 }, { nodes: all(6), weight: 0 }, { nodes: all(13), weight: 1 },
    ]);
  });

  it("gives a tuple's weight to the same place whatever else there is", () => {
    const alone = mergeOutward([{ nodes: [5, 8], weight: 1000 }], retained, scale(2, 12));
    const others = mergeOutward([{ nodes: [5, 8], weight: 1000 }, { nodes: [9, 9], weight: 1 }, { nodes: [4, 8], weight: 10 }], retained, scale(2, 12));
    expect(alone[3]!.weight).toBe(1000);
    expect(others[3]!.weight).toBe(1010);
  });
});

import { describe, expect, it } from "vitest";
import { P, toField } from "../../src/math/field.js";
import { expectRefused } from "../support/lies.js";
import { seededRandom } from "../support/random.js";
import { bits, mix } from "../support/small-margin.js";
import { compileTemplate, ConstraintViolation, openHash } from "../support/template.js";

const file = "instrument-tree.circom";

const tag = (id: bigint, long: bigint, short: bigint) => id + long * 2n ** 32n + short * 2n ** 60n;

/** Two buckets of 16 groups; the instrument is at place 5 of group 3 of bucket 1. */
function opening() {
  const random = seededRandom(3);
  const field = () => random.big(0n, 1n << 50n);
  const gridElement = Array.from({ length: 14 }, field);
  const linearElement = field();
  const leaf = Array.from({ length: 16 }, field);
  leaf[5] = mix([...gridElement, linearElement, tag(77n, 1000n, 2000n)]);
  const group = [0, 1].map(() => Array.from({ length: 16 }, field));
  group[1]![3] = mix(leaf);
  return { gridElement, linearElement, id: 77n, longCharge: 1000n, shortCharge: 2000n, inBucket: [0, 1], groupBit: bits(3, 4), placeBit: bits(5, 4), leaf, group };
}

describe("InstrumentOpening", () => {
  const template = { file, instance: "InstrumentOpening(2)", edits: [openHash(file)] };
  const honest = opening();

  it("refuses contents that are not the leaf's: a larger P&L, another charge, another id", async () => {
    const place = { file, statement: "place.out === leafHash.out;" };
    await expectRefused({ template, honest, forged: { gridElement: honest.gridElement.map((e, j) => (j === 4 ? e + 1n : e)) }, pin: place });
    await expectRefused({ template, honest, forged: { shortCharge: 0n }, pin: place });
    await expectRefused({ template, honest, forged: { id: 78n }, pin: place });
  });
  it("refuses another place than the leaf's", () =>
    expectRefused({ template, honest, forged: { placeBit: bits(6, 4) }, pin: { file, statement: "place.out === leafHash.out;" } }));
  it("refuses a leaf of the forger's own in a list of leaves of its own", () => {
    const gridElement = honest.gridElement.map((element) => element + 9n);
    const leaf = honest.leaf.map((hash, i) => (i === 5 ? mix([...gridElement, honest.linearElement, tag(77n, 1000n, 2000n)]) : hash));
    return expectRefused({ template, honest, forged: { gridElement, leaf }, pin: { file, statement: "chosen[buckets] === groupHash.out;" } });
  });
  it("refuses a group as a leaf: its 16 leaves as contents, the 16 groups as leaves, even where the last leaf fits a tag", () => {
    const last = honest.leaf[15]!;
    return expectRefused({
      template, honest,
      forged: {
        gridElement: honest.leaf.slice(0, 14), linearElement: honest.leaf[14]!, id: last % 2n ** 32n, longCharge: last / 2n ** 32n, shortCharge: 0n,
        leaf: honest.group[1]!, placeBit: bits(3, 4),
      },
      pin: { file, statement: "chosen[buckets] === groupHash.out;" },
    });
  });
  it("refuses a group as a leaf by the range of its charges, as the last leaf is a hash", () => {
    const last = P - 12_345n;
    const leaf = honest.leaf.map((hash, i) => (i === 15 ? last : hash));
    const group = honest.group.map((groups, b) => groups.map((hash, g) => (b === 1 && g === 3 ? mix(leaf) : hash)));
    return expectRefused({
      template, honest: { ...honest, leaf, group },
      forged: {
        gridElement: leaf.slice(0, 14), linearElement: leaf[14]!, id: last % 2n ** 32n, longCharge: (last / 2n ** 32n) % 2n ** 28n, shortCharge: last / 2n ** 60n,
        leaf: group[1]!, placeBit: bits(3, 4),
      },
      pin: { file, statement: "shortRange.in <== shortCharge;" }, without: "shortRange.in <== 0;",
      alsoWithout: [{ file, from: "chosen[buckets] === groupHash.out;", to: "" }],
    });
  });
  it("refuses the right leaf under the wrong group or bucket", async () => {
    const chosen = { file, statement: "chosen[buckets] === groupHash.out;" };
    await expectRefused({ template, honest, forged: { groupBit: bits(4, 4) }, pin: chosen });
    await expectRefused({ template, honest, forged: { inBucket: [1, 0] }, pin: chosen });
  });
  it("refuses a charge carried from one lane of the tag to the next", async () => {
    // The long charge vanishes into the short one: l - 2^28 x 4 with s + 4 gives the same tag, and a long earns by it.
    await expectRefused({
      template, honest, forged: { longCharge: toField(1000n - 4n * 2n ** 28n), shortCharge: 2004n },
      pin: { file, statement: "longRange.in <== longCharge;" }, without: "longRange.in <== 0;",
    });
    // Past the field's end: s - 1 with l + 2^28.
    await expectRefused({
      template, honest, forged: { longCharge: 1000n + 2n ** 28n, shortCharge: 1999n },
      pin: { file, statement: "longRange.in <== longCharge;" }, without: "longRange.in <== 0;",
    });
    await expectRefused({
      template, honest: { ...honest, leaf: honest.leaf }, forged: { shortCharge: toField(2000n - 1000n * 2n ** 28n), longCharge: 1000n + 1000n * 2n ** 56n },
      pin: { file, statement: "longRange.in <== longCharge;" }, without: "longRange.in <== 0;",
      alsoWithout: [{ file, from: "shortRange.in <== shortCharge;", to: "shortRange.in <== 0;" }],
    });
  });
  it("refuses a short charge out of its range", async () => {
    // A payload never holds it; the range keeps the tag unique all the same.
    const forgedTag = tag(77n, 1000n, 2n ** 28n);
    const leaf = honest.leaf.map((hash, i) => (i === 5 ? mix([...honest.gridElement, honest.linearElement, forgedTag]) : hash));
    const group = honest.group.map((groups, b) => groups.map((hash, g) => (b === 1 && g === 3 ? mix(leaf) : hash)));
    await expectRefused({
      template, honest, forged: { shortCharge: 2n ** 28n, leaf, group },
      pin: { file, statement: "shortRange.in <== shortCharge;" }, without: "shortRange.in <== 0;",
    });
  });
  it("refuses selector bits that are not boolean", async () => {
    // A selector of 2 reads 2 x right - left: a value that is in no place.
    const leafOf = (forged: bigint) => forged;
    const forgedLeaf = [...honest.leaf];
    forgedLeaf[4] = leafOf(11n);
    forgedLeaf[5] = (honest.leaf[5]! + 11n) * ((P + 1n) / 2n) % P;
    const group = honest.group.map((groups, b) => groups.map((hash, g) => (b === 1 && g === 3 ? mix(forgedLeaf) : hash)));
    await expectRefused({
      template, honest, forged: { leaf: forgedLeaf, group, placeBit: [2, 0, 1, 0] },
      pin: { file, statement: "placeBits.in <== placeBit;" }, without: "for (var i = 0; i < 4; i++) { placeBits.in[i] <== 0; }",
    });
    const between = honest.group.map((groups, b) => groups.map((hash, g) => (b === 1 && g === 2 ? 11n : b === 1 && g === 3 ? ((honest.group[1]![3]! + 11n) * ((P + 1n) / 2n)) % P : hash)));
    await expectRefused({
      template, honest, forged: { group: between, groupBit: [2, 1, 0, 0] },
      pin: { file, statement: "groupBits.in <== groupBit;" }, without: "for (var i = 0; i < 4; i++) { groupBits.in[i] <== 0; }",
    });
  });
});

describe("BucketOpening", () => {
  const template = { file, instance: "BucketOpening()", edits: [openHash(file)] };
  const random = seededRandom(5);
  const field = () => random.big(0n, 1n << 50n);
  const many = (n: number) => Array.from({ length: n }, field);
  const contents = { column: many(4), asset: 2n, lambdaDelta: 900n, lambdaVega: 800n, group: many(16) };
  const sibling = many(8);
  sibling[5] = mix([...contents.column, contents.asset, contents.lambdaDelta, contents.lambdaVega, mix(contents.group)]);
  const node = many(8);
  node[6] = mix(sibling);
  const honest = { ...contents, sibling, node, indexBit: bits(53, 6) };

  it("gives the index", async () => {
    expect(await (await compileTemplate(template)).run(honest)).toEqual([53n]);
  });
  it("refuses other contents: column, asset, lambda, group", async () => {
    const here = { file, statement: "here.out === bucket.out;" };
    await expectRefused({ template, honest, forged: { lambdaDelta: 0n }, pin: here });
    await expectRefused({ template, honest, forged: { asset: 3n }, pin: here });
    await expectRefused({ template, honest, forged: { column: contents.column.map((c) => c + 1n) }, pin: here });
    await expectRefused({ template, honest, forged: { group: contents.group.map((g) => g + 1n) }, pin: here });
  });
  it("refuses the leaves of a group as the groups, a tree of one level less", () => {
    const leaves = many(16);
    const group = contents.group.map((hash, g) => (g === 3 ? mix(leaves) : hash));
    const siblings = sibling.map((hash, i) => (i === 5 ? mix([...contents.column, contents.asset, contents.lambdaDelta, contents.lambdaVega, mix(group)]) : hash));
    return expectRefused({
      template, honest: { ...honest, group, sibling: siblings, node: node.map((hash, i) => (i === 6 ? mix(siblings) : hash)) }, forged: { group: leaves },
      pin: { file, statement: "here.out === bucket.out;" },
    });
  });
  it("refuses a bucket of the forger's own among siblings of its own", () => {
    const siblings = sibling.map((hash, i) => (i === 5 ? mix([...contents.column, contents.asset, 0n, 0n, mix(contents.group)]) : hash));
    return expectRefused({ template, honest, forged: { lambdaDelta: 0n, lambdaVega: 0n, sibling: siblings }, pin: { file, statement: "above.out === siblings.out;" } });
  });
  it("refuses a node as a bucket: its 8 buckets as contents, the 8 nodes as siblings, a tree of one level more", () => {
    // Even where the last bucket's hash is the cap of some groups.
    const group = many(16);
    const siblings = sibling.map((hash, i) => (i === 7 ? mix(group) : hash));
    const nodes = node.map((hash, i) => (i === 6 ? mix(siblings) : hash));
    return expectRefused({
      template, honest: { ...honest, sibling: siblings, node: nodes },
      forged: { column: siblings.slice(0, 4), asset: siblings[4]!, lambdaDelta: siblings[5]!, lambdaVega: siblings[6]!, group, sibling: nodes, indexBit: bits(6 + 8 * 6, 6) },
      pin: { file, statement: "above.out === siblings.out;" },
    });
  });
  it("refuses another index for the same bucket", async () => {
    await expectRefused({ template, honest, forged: { indexBit: bits(52, 6) }, pin: { file, statement: "here.out === bucket.out;" } });
    await expectRefused({ template, honest, forged: { indexBit: bits(13, 6) }, pin: { file, statement: "above.out === siblings.out;" } });
  });
  it("refuses an index whose bits are not boolean", () =>
    // Siblings 4 and 5 agree, so any selector between them reads the bucket: index 52 + 7.
    expectRefused({
      template, honest: { ...honest, sibling: sibling.map((s, i) => (i === 4 ? sibling[5]! : s)), node: node.map((n, i) => (i === 6 ? mix(sibling.map((s, k) => (k === 4 ? sibling[5]! : s))) : n)) },
      forged: { indexBit: [7, 0, 1, 0, 1, 1] },
      pin: { file, statement: "indexBits.in <== indexBit;" }, without: "for (var i = 0; i < 6; i++) { indexBits.in[i] <== 0; }",
    }));
});

describe("StrictlyIncreasing", () => {
  const template = { file, instance: "StrictlyIncreasing(3)" };
  const step = { file, statement: "step[b].in <== index[b] - index[b - 1] - 1;" };

  it("accepts increasing indices only", async () => {
    const circuit = await compileTemplate(template);
    for (const index of [[0, 1, 2], [0, 62, 63]]) await circuit.run({ index });
    for (const index of [[1, 1, 2], [2, 1, 3], [63, 0, 1]]) await expect(circuit.run({ index })).rejects.toBeInstanceOf(ConstraintViolation);
  });
  it("refuses a bucket opened twice or out of order", async () => {
    await expectRefused({ template, honest: { index: [4, 5, 6] }, forged: { index: [4, 4, 6] }, pin: step, without: "step[b].in <== 0;" });
    await expectRefused({ template, honest: { index: [4, 5, 6] }, forged: { index: [4, 6, 5] }, pin: step, without: "step[b].in <== 0;" });
  });
});

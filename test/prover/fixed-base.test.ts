import { P } from "../../src/math/field.js";
import { buildBn128, type Curve } from "ffjavascript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uint256 } from "../../prover/bin-file.js";
import { setupEngine } from "../../prover/backends/setup-engine.js";
import { PointPool, windowBitsFor } from "../../prover/development-setup/point-pool.js";
import { nativePointSource, type PointSource } from "../../prover/development-setup/point-source.js";
import { publicScalar } from "../../prover/development-setup/toxic-waste.js";

const SCALARS = [
  0n,
  1n,
  2n,
  P - 1n,
  P - 2n,
  // Digits at and around the sign change of windows of 4, 13 and 14 bits, and a carry through all windows.
  8n,
  9n,
  (1n << 12n) + 1n,
  1n << 13n,
  (1n << 13n) + 1n,
  (1n << 253n) - 1n,
  1n << 253n,
  ...Array.from({ length: 20 }, (_, index) => publicScalar(`fixed-base test ${index}`)),
];

let curve: Curve;
let sources: Readonly<Record<"worker threads" | "the native engine", PointSource>>;

beforeAll(async () => {
  curve = await buildBn128(true);
  sources = { "worker threads": new PointPool(curve, 2), "the native engine": nativePointSource(setupEngine()!) };
});

afterAll(() => sources["worker threads"].close());

// Points that the workers take windows of 4, 7, and 13 bits for.
const COUNTS = [1, 1_500, 70_000];

describe.each(["worker threads", "the native engine"] as const)("fixed-base multiplication by %s", (name) => {
  for (const [group, groupName, size] of [
    ["g1", "G1", 64],
    ["g2", "G2", 128],
  ] as const) {
    it.each(COUNTS)(`gives what double-and-add gives in ${groupName}, with tables for %d points`, async (points) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of sources[name].multiply(group, Buffer.concat(SCALARS.map(uint256)), points)) chunks.push(chunk.affine);
      const all = Buffer.concat(chunks);
      const G = curve[groupName];
      SCALARS.forEach((scalar, index) => {
        const expected = G.toAffine(G.timesFr(G.g, curve.Fr.e(scalar)));
        expect([scalar, all.subarray(size * index, size * (index + 1)).toString("hex")]).toEqual([scalar, Buffer.from(expected).toString("hex")]);
      });
    });

    it(`encodes as the curve does in ${groupName}, infinity too`, async () => {
      const chunks: (Uint8Array | undefined)[][] = [];
      const options = { uncompressed: true, compressed: true };
      for await (const chunk of sources[name].multiply(group, Buffer.concat(SCALARS.map(uint256)), 1, options)) {
        chunks.push([chunk.uncompressed, chunk.compressed]);
      }
      expect(chunks.length).toBe(1);
      const G = curve[groupName];
      const affine = Buffer.concat(SCALARS.map((scalar) => G.toAffine(G.timesFr(G.g, curve.Fr.e(scalar)))));
      const expected = [await G.batchLEMtoU(affine), await G.batchLEMtoC(affine)];
      expect(chunks[0]!.map((bytes) => Buffer.from(bytes!).toString("hex"))).toEqual(expected.map((bytes) => Buffer.from(bytes).toString("hex")));
    });
  }

  it("keeps the order of thousands, and encodes only what it is asked for", async () => {
    const count = 9_000;
    const scalars = Buffer.concat(Array.from({ length: count }, (_, index) => uint256(BigInt(index))));
    const uncompressed: Uint8Array[] = [];
    for await (const chunk of sources[name].multiply("g1", scalars, count, { uncompressed: true })) {
      uncompressed.push(chunk.uncompressed!);
      expect(chunk.compressed).toBeUndefined();
    }
    const all = Buffer.concat(uncompressed);
    expect(all.length).toBe(64 * count);
    for (const index of [1, 4_095, 4_096, 8_191, 8_192, 8_999]) {
      const point = curve.G1.toAffine(curve.G1.timesFr(curve.G1.g, curve.Fr.e(BigInt(index))));
      expect(all.subarray(64 * index, 64 * index + 64)).toEqual(Buffer.from(curve.G1.toUncompressed(point)));
    }
  });
});

describe("the tables of the worker threads", () => {
  it("take wider windows for more points, between 4 and 14 bits, in G2 13", () => {
    expect([1, 1_000, 400_000, 10_000_000].map((points) => windowBitsFor(points, "g1"))).toEqual([4, 6, 14, 14]);
    expect([1, 1_000, 400_000, 10_000_000].map((points) => windowBitsFor(points, "g2"))).toEqual([4, 6, 13, 13]);
  });
});

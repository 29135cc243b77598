import { P } from "../../src/math/field.js";
import { buildBn128, type Curve } from "ffjavascript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uint256 } from "../../prover/bin-file.js";
import { PointPool, windowBitsFor } from "../../prover/development-setup/point-pool.js";
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
let pool: PointPool;

beforeAll(async () => {
  curve = await buildBn128(true);
  pool = new PointPool(curve, 2);
});

afterAll(() => pool.close());

describe("fixed-base multiplication", () => {
  for (const [group, name, size] of [
    ["g1", "G1", 64],
    ["g2", "G2", 128],
  ] as const) {
    for (const windowBits of [4, 7, 13]) {
      it(`gives what double-and-add gives in ${name} with windows of ${windowBits} bits`, async () => {
        const points: Uint8Array[] = [];
        for await (const chunk of pool.multiply(group, Buffer.concat(SCALARS.map(uint256)), windowBits)) points.push(chunk.affine);
        const all = Buffer.concat(points);
        const G = curve[name];
        SCALARS.forEach((scalar, index) => {
          const expected = G.toAffine(G.timesFr(G.g, curve.Fr.e(scalar)));
          expect([scalar, all.subarray(size * index, size * (index + 1)).toString("hex")]).toEqual([
            scalar,
            Buffer.from(expected).toString("hex"),
          ]);
        });
      });
    }
  }

  it("keeps the order over several chunks, and encodes as the curve does", async () => {
    const count = 9_000;
    const scalars = Buffer.concat(Array.from({ length: count }, (_, index) => uint256(BigInt(index))));
    const uncompressed: Uint8Array[] = [];
    for await (const chunk of pool.multiply("g1", scalars, 8, { uncompressed: true })) uncompressed.push(chunk.uncompressed!);
    const all = Buffer.concat(uncompressed);
    expect(all.length).toBe(64 * count);
    for (const index of [1, 4_095, 4_096, 8_191, 8_192, 8_999]) {
      const point = curve.G1.toAffine(curve.G1.timesFr(curve.G1.g, curve.Fr.e(BigInt(index))));
      expect(all.subarray(64 * index, 64 * index + 64)).toEqual(Buffer.from(curve.G1.toUncompressed(point)));
    }
  });

  it("takes wider windows for more points, between 4 and 14 bits", () => {
    expect([1, 1_000, 400_000, 10_000_000].map(windowBitsFor)).toEqual([4, 6, 14, 14]);
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Q32, Q40 } from "../../src/math/fixed-point.js";
import { CDF_COEFFICIENTS, CDF_DEGREE, normalCdfQ40, normalPdfQ40 } from "../../src/math/normal-cdf.js";
import { mpmathPython, runOracle, scaledDecimal } from "./mpmath-oracle.js";

interface Vectors {
  readonly seed: number;
  readonly cdf: [string, string][];
  readonly pdf: [string, string][];
}

const MILLION = 1_000_000n;
/** 1.2e-9 in millionths of a Q40 ulp. */
const BOUND = (12n * Q40 * MILLION) / 10_000_000_000n;

function error(result: bigint, exact: string): bigint {
  const difference = result * MILLION - scaledDecimal(exact, 6);
  return difference < 0n ? -difference : difference;
}

function check(vectors: Vectors): void {
  for (const [x, exact] of vectors.cdf) {
    expect(error(normalCdfQ40(BigInt(x)), exact), `cdf ${x}, seed ${vectors.seed}`).toBeLessThanOrEqual(BOUND);
  }
  for (const [x, exact] of vectors.pdf) {
    // Floor, and the density at 8 (6e-4 ulp) counts as 0.
    expect(error(normalPdfQ40(BigInt(x)), exact), `pdf ${x}, seed ${vectors.seed}`).toBeLessThanOrEqual(1_300_000n);
  }
}

describe("normal distribution", () => {
  it("is within 1.2e-9 of the committed reference values", () => {
    check(JSON.parse(readFileSync(new URL("../vectors/elementary.json", import.meta.url), "utf8")) as Vectors);
  });

  it.runIf(mpmathPython !== undefined)("is within 1.2e-9 of reference values made now from a new seed", () => {
    check(runOracle("elementary.py", [String(Date.now() % 1_000_000_007), "300"]) as Vectors);
  });

  it.runIf(mpmathPython !== undefined)("has the coefficients that the generator prints", () => {
    const rows = runOracle("normal-cdf-coefficients.py") as string[][];
    expect(CDF_COEFFICIENTS.map((row) => row.map(String))).toEqual(rows);
  });

  it("is symmetric exactly, 1/2 at 0, and 0 or 1 from 8 on", () => {
    expect(normalCdfQ40(0n)).toBe(Q40 / 2n);
    for (let x = 0n; x < 9n * Q32; x += 12_345_677n) expect(normalCdfQ40(-x)).toBe(Q40 - normalCdfQ40(x));
    expect([normalCdfQ40(8n * Q32), normalCdfQ40(-8n * Q32), normalCdfQ40(1n << 70n), normalCdfQ40(-1n << 70n)]).toEqual([Q40, 0n, Q40, 0n]);
    expect(normalCdfQ40(8n * Q32 - 1n)).toBeLessThanOrEqual(Q40);
  });

  it("never falls on a sweep of [-8.5, 8.5] and around every segment boundary", () => {
    let last = 0n;
    for (let x = (-17n * Q32) / 2n; x <= (17n * Q32) / 2n; x += 300_007n) {
      const value = normalCdfQ40(x);
      if (value < last) expect.fail(`falls at ${x}`);
      last = value;
    }
    for (let k = -16n; k <= 16n; k++) {
      last = 0n;
      for (let x = (k * Q32) / 2n - 2_000n; x <= (k * Q32) / 2n + 2_000n; x++) {
        const value = normalCdfQ40(x);
        if (value < last) expect.fail(`falls at ${x}`);
        last = value;
      }
    }
  });

  it("keeps the whole Horner total inside [0, 2^253), so that a circuit can repeat it", () => {
    for (const row of CDF_COEFFICIENTS) {
      expect(row.length).toBe(CDF_DEGREE + 1);
      for (const u of [0n, 1n, 1n << 30n, (1n << 31n) - 1n]) {
        let total = 0n;
        let magnitude = 0n;
        row.forEach((c, i) => {
          const term = (c << BigInt(32 * (CDF_DEGREE - i))) * u ** BigInt(i);
          total += term;
          magnitude += term < 0n ? -term : term;
        });
        expect(total > 0n && total < 1n << 253n).toBe(true);
        expect(magnitude < 1n << 253n).toBe(true);
      }
    }
  });
});

import { describe, expect, it } from "vitest";
import { choleskyFactor } from "../../src/policy/correlation.js";
import { pathMoves, simulatePaths, splitPath } from "../../src/policy/paths.js";
import { defaultPolicy, parsePolicy } from "../../src/policy/policy.js";
import { normalDeviate, splitMix64 } from "../../src/policy/random.js";
import { toFloat } from "./synthetic-snapshot.js";

const ONE = 1n << 32n;
const SIGMA = ONE / 100n;
const single = parsePolicy({
  ...defaultPolicy,
  scenarios: { ...defaultPolicy.scenarios, pathsPerBlock: 16384, blocks: [{ name: "base", probability: "1", volatility: "1", tighten: "0", loosen: "0" }] },
});
const matrix = [[ONE, (ONE * 6n) / 10n], [(ONE * 6n) / 10n, ONE]];

/** Moves in sigmas; falls are log moves. */
function standardised(policy = single): { moves: number[]; weight: number; regime: number; block: number }[] {
  const back = (move: bigint) => (move < 0n ? Math.log1p(toFloat(move)) : toFloat(move)) / toFloat(SIGMA);
  return simulatePaths(policy, matrix).map((path) => ({ ...path, moves: pathMoves(path, [SIGMA, SIGMA]).map(back) }));
}

describe("splitMix64", () => {
  it("gives the published sequence of seed 1234567", () => {
    const stream = splitMix64(1234567n);
    expect([stream.next(), stream.next(), stream.next()]).toEqual([6457827717110365317n, 3203168211198807973n, 9817491932198370423n]);
  });
});

describe("normalDeviate", () => {
  // scipy.stats.norm.ppf
  it.each([
    [0.9, 1.28155157], [0.99, 2.32634787], [0.999, 3.09023231], [0.99999, 4.26489079], [0.6, 0.2533471],
  ])("is the quantile of %f within 2e-4", (probability, expected) => {
    const tail = BigInt(Math.round((1 - probability) * 2 ** 52)) << 12n;
    expect(Math.abs(toFloat(normalDeviate(tail | (1n << 63n))) - expected)).toBeLessThan(2e-4);
    expect(Math.abs(toFloat(normalDeviate(tail)) + expected)).toBeLessThan(2e-4);
  });

  it("ends at +-5.4 and is monotone across the octaves", () => {
    let previous = 6;
    for (let tail = 1n; tail < 1n << 63n; tail = (tail * 9n) / 8n + 1n) {
      const z = toFloat(normalDeviate(tail | (1n << 63n)));
      expect(z).toBeLessThanOrEqual(previous);
      previous = z;
    }
    expect(toFloat(normalDeviate(1n << 63n))).toBeGreaterThan(5.3);
    expect(previous).toBeLessThan(0.2);
  });
});

describe("simulatePaths", () => {
  const paths = standardised();

  it("has the tails of a Student t with 4 degrees of freedom and unit variance", () => {
    const sizes = paths.flatMap(({ moves }) => moves).sort((a, b) => a - b);
    const quantile = (p: number) => sizes[Math.floor(p * sizes.length)]!;
    // scipy.stats.t.ppf(p, 4) / sqrt 2; a normal has 0.674, 2.326, 3.090.
    for (const [p, expected, tolerance] of [[0.75, 0.5238, 0.02], [0.99, 2.6495, 0.1], [0.999, 5.0722, 0.5]] as const) {
      expect(Math.abs(quantile(p) - expected)).toBeLessThan(tolerance);
      expect(Math.abs(quantile(1 - p) + expected)).toBeLessThan(tolerance);
    }
  });

  it("has the wanted correlation: Kendall's tau of a t copula is 2/pi asin(rho)", () => {
    let concordant = 0;
    let pairs = 0;
    for (let i = 0; i < paths.length; i += 2) {
      for (let j = i + 2; j < i + 42 && j < paths.length; j += 2) {
        const sign = (paths[i]!.moves[0]! - paths[j]!.moves[0]!) * (paths[i]!.moves[1]! - paths[j]!.moves[1]!);
        concordant += Math.sign(sign);
        pairs++;
      }
    }
    expect(Math.sin((Math.PI / 2) * (concordant / pairs))).toBeCloseTo(0.6, 1);
  });

  it("has tail dependence that a normal copula lacks: a crash of one is more often a crash of both", () => {
    const limit = -2.6495;
    const crashes = paths.filter(({ moves }) => moves[0]! < limit);
    // t copula, df 4, rho 0.6, at 1 %: about 0.39; normal copula: about 0.21.
    expect(crashes.filter(({ moves }) => moves[1]! < limit).length / crashes.length).toBeGreaterThan(0.3);
  });

  it("gives each block its probability and the paths the whole weight", () => {
    const all = standardised(defaultPolicy);
    const mass = [0, 1, 2, 3].map((block) => all.filter((path) => path.block === block).reduce((sum, { weight }) => sum + weight, 0));
    // 0.3, 0.45, 0.15, 0.1 of 2^20; the running sum is rounded down
    expect(mass).toEqual([314572, 471860, 157286, 104858]);
    expect(mass.reduce((a, b) => a + b)).toBe(1048576);
  });

  it("puts crashes into the vol-up regimes, and the skew regime has no rallies", () => {
    const down = ({ moves }: { moves: number[] }) => (moves[0]! + moves[1]!) / 2;
    const crashes = paths.filter((path) => down(path) < -3);
    expect(crashes.length).toBeGreaterThan(50);
    expect(crashes.filter(({ regime }) => regime >= 2).length / crashes.length).toBeGreaterThan(0.95);
    expect(paths.filter((path) => path.regime === 3 && down(path) > 0)).toEqual([]);
    const quiet = paths.filter((path) => Math.abs(down(path)) < 0.5);
    expect(quiet.filter(({ regime }) => regime <= 1).length / quiet.length).toBeGreaterThan(0.8);
  });
});

describe("choleskyFactor", () => {
  it("factors a correlation matrix", () => {
    expect(choleskyFactor(matrix)[1]!.map(toFloat)[0]).toBeCloseTo(0.6, 8);
    expect(choleskyFactor(matrix)[1]!.map(toFloat)[1]).toBeCloseTo(0.8, 8);
  });

  it("mends a matrix that is not positive semidefinite", () => {
    const h = (ONE * 9n) / 10n;
    const factor = choleskyFactor([[ONE, h, -h], [h, ONE, h], [-h, h, ONE]]).map((row) => row.map(toFloat));
    for (const row of factor) expect(row.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 6);
  });
});

describe("splitPath", () => {
  const levels = [[-ONE / 2n, 0n, ONE / 2n], [-ONE / 2n, 0n, ONE / 2n]];

  it("keeps the mean of every asset and the weight", () => {
    const tuples = splitPath([ONE / 8n, -ONE / 4n], 100, levels);
    // first: a quarter of the way up; second: half way between the lowest node and 0
    expect(tuples).toEqual([{ nodes: [2, 1], weight: 25 }, { nodes: [1, 1], weight: 25 }, { nodes: [1, 0], weight: 50 }]);
  });

  it("takes a move beyond the outermost node for that node", () => {
    expect(splitPath([ONE, -(ONE * 3n) / 4n], 7, levels)).toEqual([{ nodes: [2, 0], weight: 7 }]);
  });
});

/**
 * Expected shortfall of weighted losses and the certificate that proves it without sorting (circuits/expected-shortfall.circom).
 */
import { ceilDiv } from "../math/fixed-point.js";

/**
 * Threshold t, tail members (loss > t, and of those at t as many as fit whole), and one boundary member at t whose weight covers
 * what is left of T. T x ES = sum over the tail of w (loss - t) + T t, exactly.
 */
export interface ExpectedShortfall {
  /** ceil of the mean of the worst T, value units, signed. */
  readonly es: bigint;
  readonly threshold: bigint;
  readonly inTail: readonly boolean[];
  /** Index of the boundary scenario. */
  readonly boundary: number;
}

/**
 * @param losses   signed value units
 * @param weights  one per loss, in [0, 2^20)
 * @param tail     T in [1, sum of the weights]
 * @throws TailError if T is out of range
 */
export function expectedShortfall(losses: readonly bigint[], weights: readonly number[], tail: bigint): ExpectedShortfall {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (tail < 1n || tail > BigInt(total)) throw new TailError(tail, BigInt(total));
  const order = losses.map((_, s) => s).sort((a, b) => (losses[a]! < losses[b]! ? 1 : losses[a]! > losses[b]! ? -1 : a - b));

  const inTail = new Array<boolean>(losses.length).fill(false);
  let left = tail;
  let weighted = 0n;
  for (const s of order) {
    const weight = BigInt(weights[s]!);
    if (weight >= left) {
      const threshold = losses[s]!;
      weighted += left * threshold;
      return { es: ceilDiv(weighted, tail), threshold, inTail, boundary: s };
    }
    inTail[s] = true;
    left -= weight;
    weighted += weight * losses[s]!;
  }
  throw new TailError(tail, BigInt(total));
}

export class TailError extends Error {
  constructor(readonly tail: bigint, readonly total: bigint) {
    super(`tail weight T = ${tail} is out of range: it must be at least 1 and at most the total weight ${total}`);
    this.name = "TailError";
  }
}

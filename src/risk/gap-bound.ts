/**
 * Upper bounds of an option's gaps over all points between nodes (SPEC.md section 3), by branch and bound.
 *
 * With v = sigma sqrt(T), the second derivative of the value V(F, v) along (a, b) is K phi(d2) / v ((a / F - d2 b)^2 + v d2 b^2), so
 * V + C v^2 / 2 is convex in both together wherever C >= K phi(d2) max(0, -d2). So a tangent plane, less C (v - v0)^2 / 2, is below
 * the value, and a chord, plus C (change of v)^2 / 8, above it. V grows with v, and v lies between lines of the mix of regimes; what is left
 * is bilinear in mix and place, and largest in a corner.
 */
import { black76TangentQ56, black76ValueQ56 } from "../math/black76.js";
import { Q32, ceilDiv, floorDiv, max, min } from "../math/fixed-point.js";
import { NODES } from "../policy/risk-model.js";
import {
  BELL, BELL_ERROR_BITS, type Band, type GapOption, type Row, TILTED_BELL, bandBetween, bands, bell, concavity, gridBelow, logRange,
} from "./gap-bands.js";
import { BILINEAR_BITS, type GridPoint, WHOLE_MIX, WHOLE_PLACE, bilinear } from "./shocked-market.js";

const INTERVALS = NODES - 1;
/** A bound is left when it is within 1/16 of a gap that was met, or within a share of forward and strike; or, as it is, after so many cuts. */
const TOLERANCE = 16n;
const MOST_CUTS = 400;
/** Shares of the smaller of them: 2^-18 of a bought option, 2^-13 of a sold one, which has its minimum charge. Gaps are Q56 x 2^48, damped ones in 1024ths. */
const LONG_TOLERANCE_BITS = 40n + BILINEAR_BITS + 10n - 18n;
const SHORT_TOLERANCE_BITS = 40n + BILINEAR_BITS + 10n - 13n;
/** Places to cut at are multiples of 1/64 where the part is wide: options of an expiry share the forwards there. */
const COARSE_PLACE = 10n;

/** A point of the middle row of a part: what the interpolant has above the value, and the value's tangent plane. */
interface Touch {
  /** Q56 ticks, per tick of the forward (Q40), and per 1 of sigma sqrt(T) (Q56, to F 2^-16). */
  readonly value: bigint;
  readonly forwardSlope: bigint;
  readonly volTimeSlope: bigint;
  readonly place: bigint;
  readonly forwardQ16: bigint;
  readonly volTime: bigint;
  /** Q56 x 2^48: interpolant less value; value of the tangent at forward 0. */
  readonly gap: bigint;
  readonly intercept: bigint;
}

interface Piece {
  readonly band: Band;
  readonly interval: number;
  /** Ends of the range of places. */
  readonly left: Touch;
  readonly right: Touch;
}

interface Part {
  readonly bound: bigint;
  /** The smaller parts, or the same one with a sharper bound. */
  cut(): void;
}

/**
 * At least the largest damped interpolated less true value, Q56 x 2^48 in 1024ths, not negative.
 * @param factors damping of each pair of regimes and interval, 1024ths
 */
export function longGapBound(option: GapOption, factors: readonly (readonly bigint[])[]): bigint {
  const search = startSearch(min(option.forwardQ16, option.strikeQ16) << LONG_TOLERANCE_BITS);
  const add = (piece: Piece) => {
    const factor = factors[piece.band.pair]![piece.interval]!;
    search.meet(max(piece.left.gap, piece.right.gap) * factor);
    const height = longBound(option, piece);
    search.add({ bound: height * factor, cut: () => cutPiece(option, piece, height).forEach(add) });
  };
  const times = timeValues(option);
  for (const band of bands(option)) {
    const touches: Touch[] = [];
    const touchNode = (node: number) => (touches[node] ??= touch(option, band.pair, band.middle, Math.min(node, INTERVALS - 1), node < INTERVALS ? 0n : WHOLE_PLACE));
    for (let interval = 0; interval < INTERVALS; interval++) {
      const bound = heightAtOnce(option, times, band.pair, interval) * factors[band.pair]![interval]!;
      search.add({ bound, cut: () => add({ band, interval, left: touchNode(interval), right: { ...touchNode(interval + 1), place: WHOLE_PLACE } }) });
    }
  }
  return search.bound();
}

interface Search {
  /** A gap that was met. */
  meet(gap: bigint): void;
  add(part: Part): void;
  /** Cuts the part with the largest bound, until the bound is near what was met. */
  bound(): bigint;
}

function startSearch(tolerance: bigint): Search {
  let met = 0n;
  const parts: Part[] = [];
  return {
    meet(gap) {
      if (gap > met) met = gap;
    },
    add(part) {
      if (part.bound > met) parts.push(part);
    },
    bound() {
      for (let cuts = 0; ; cuts++) {
        let top = 0;
        for (let at = 1; at < parts.length; at++) if (parts[at]!.bound > parts[top]!.bound) top = at;
        const part = parts[top];
        if (part === undefined) return met;
        if (cuts === MOST_CUTS || part.bound - met <= max(tolerance, met / TOLERANCE)) return max(part.bound, met);
        parts[top] = parts[parts.length - 1]!;
        parts.pop();
        part.cut();
      }
    },
  };
}

/** Value less intrinsic value at the nodes, Q56. */
function timeValues({ optionType, strikeQ16, forwards, values }: GapOption): bigint[][] {
  return values.map((row, r) => row.map((value, j) => {
    const above = forwards.forwards[r]![j]! - strikeQ16;
    const payoff = optionType === "call" ? above : -above;
    return payoff > 0n ? value - (payoff << 40n) : value;
  }));
}

/** A bound without a further value, Q56 x 2^48: the payoff is below the value, and a line where all four nodes are on one side of the strike. */
function heightAtOnce({ strikeQ16, forwards, values }: GapOption, times: readonly (readonly bigint[])[], pair: number, interval: number): bigint {
  const [below, above] = [forwards.forwards[pair]!, forwards.forwards[pair + 1]!];
  const oneSide = (below[interval]! >= strikeQ16 && above[interval]! >= strikeQ16) || (below[interval + 1]! <= strikeQ16 && above[interval + 1]! <= strikeQ16);
  const nodes = oneSide ? times : values;
  return max(max(nodes[pair]![interval]!, nodes[pair]![interval + 1]!), max(nodes[pair + 1]![interval]!, nodes[pair + 1]![interval + 1]!)) << BILINEAR_BITS;
}

function touch(option: GapOption, pair: number, row: Row, interval: number, place: bigint): Touch {
  const { optionType, strikeQ16, logStrike, forwards, values } = option;
  const point: GridPoint = { pair, interval, mix: row.mix, place };
  const { forwardQ16, log } = forwards.between(point);
  const { value, forwardSlope, d1 } = black76TangentQ56({ forwardQ16, strikeQ16, volTimeQ32: row.volTime, logForward: log, logStrike, optionType });
  const intercept = (value - forwardSlope * forwardQ16) << BILINEAR_BITS;
  return {
    value, forwardSlope, volTimeSlope: d1 === undefined ? 0n : forwardQ16 * bell(d1), place, forwardQ16, volTime: row.volTime, gap: bilinear(values, point) - (value << BILINEAR_BITS), intercept,
  };
}

/** At least the largest gap of a piece, Q56 x 2^48, by the planes at both ends of its middle row and what is between them. */
function longBound(option: GapOption, { band, interval, left, right }: Piece): bigint {
  const { values, forwards } = option;
  const { pair, range } = band;
  const furthest = max(range.highest - left.volTime, left.volTime - range.lowest);
  const concave = concavity(option, logRange(option, pair, interval, interval + 1), range);
  const bend = ceilDiv(concave * furthest * furthest, 1n << 17n) + (max(left.forwardQ16, right.forwardQ16) * furthest << (BILINEAR_BITS + 8n - BELL_ERROR_BITS));
  const fromLeft: bigint[] = [];
  const fromRight: bigint[] = [];
  for (const row of [band.low, band.high]) {
    const more = row.volTime - range.below - left.volTime;
    const [leftVega, rightVega] = [(left.volTimeSlope * more) << 16n, (right.volTimeSlope * more) << 16n];
    for (const { place } of [left, right]) {
      const point: GridPoint = { pair, interval, mix: row.mix, place };
      const value = bilinear(values, point);
      const forward = bilinear(forwards.forwards, point);
      fromLeft.push(value - left.intercept - left.forwardSlope * forward - leftVega);
      fromRight.push(value - right.intercept - right.forwardSlope * forward - rightVega);
    }
  }
  return max(0n, lowestMaximum(fromLeft, fromRight) + bend);
}

/** Least over the mixtures of two bounds, of the largest of their corners, rounded up; any mixture is a bound. */
function lowestMaximum(a: readonly bigint[], b: readonly bigint[]): bigint {
  let falling = largest(a);
  let rising = largest(b);
  if (b[falling]! >= a[falling]!) return a[falling]!;
  if (a[rising]! >= b[rising]!) return b[rising]!;
  for (let turn = 1; ; turn++) {
    const ahead = a[falling]! - a[rising]!;
    const share = (ahead * Q32) / (ahead + b[rising]! - b[falling]!);
    const mixed = a.map((value, corner) => value * (Q32 - share) + b[corner]! * share);
    const top = largest(mixed);
    const height = ceilDiv(mixed[top]!, Q32);
    if (top === falling || top === rising || turn === a.length) return height;
    if (b[top]! > a[top]!) rising = top;
    else falling = top;
  }
}

function largest(values: readonly bigint[]): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[at]!) at = i;
  return at;
}

/**
 * Cuts a piece where the tangents of the middle row meet; or, if the mixes add more to its bound than the places, through the middle row.
 * @param height the piece's bound
 */
function cutPiece(option: GapOption, piece: Piece, height: bigint): Piece[] {
  const { band, interval, left, right } = piece;
  const { pair, low, middle, high } = band;
  const run = right.forwardQ16 - left.forwardQ16;
  // What each end's tangent lacks at the other end.
  const leftLacks = max(0n, right.value - left.value - left.forwardSlope * run) << BILINEAR_BITS;
  const rightLacks = max(0n, left.value - right.value + right.forwardSlope * run) << BILINEAR_BITS;
  const width = right.place - left.place;
  const lacks = leftLacks + rightLacks;
  const highest = max(left.gap, right.gap);
  const meet = lacks === 0n ? 0n : (width * rightLacks) / lacks;
  const peak = lacks === 0n ? highest : floorDiv(left.gap * (width - meet) + (right.gap + leftLacks) * meet, width);
  if (width < 2n || height - peak > peak - highest) {
    return ([[low, middle], [middle, high]] as const).map(([from, to]) => {
      const half = bandBetween(option, pair, from, to);
      return { band: half, interval, left: touch(option, pair, half.middle, interval, left.place), right: touch(option, pair, half.middle, interval, right.place) };
    });
  }
  const step = width >= 4n << COARSE_PLACE ? 1n << COARSE_PLACE : 1n;
  const wanted = ((left.place + meet + step / 2n) / step) * step;
  const place = wanted > left.place && wanted < right.place ? wanted : left.place + width / 2n;
  const between = touch(option, pair, middle, interval, place);
  return [{ ...piece, right: between }, { ...piece, left: between }];
}

/** A node between two regimes: true less interpolated value at the ends of a range of mixes, Q56 x 2^48. */
interface Stretch {
  readonly band: Band;
  readonly node: number;
  readonly lowGap: bigint;
  readonly highGap: bigint;
}

/**
 * At least the largest damped true less interpolated value, Q56 x 2^48 in 1024ths, not negative. At one mix it is convex in the place, so
 * only nodes count.
 */
export function shortGapBound(option: GapOption, factors: readonly (readonly bigint[])[]): bigint {
  const search = startSearch(min(option.forwardQ16, option.strikeQ16) << SHORT_TOLERANCE_BITS);
  const add = (stretch: Stretch) => {
    const { band, node, lowGap, highGap } = stretch;
    const factor = nodeFactor(factors[band.pair]!, node);
    search.meet(max(lowGap, highGap) * factor);
    const cut = () => {
      const { pair, low, middle, high } = band;
      const gap = shortGap(option, pair, node, middle);
      add({ band: bandBetween(option, pair, low, middle), node, lowGap, highGap: gap });
      add({ band: bandBetween(option, pair, middle, high), node, lowGap: gap, highGap });
    };
    search.add({ bound: shortBound(option, stretch) * factor, cut });
  };
  for (const band of bands(option)) {
    const cut = () => {
      for (let node = 0; node < NODES; node++) {
        add({ band, node, lowGap: shortGap(option, band.pair, node, band.low), highGap: shortGap(option, band.pair, node, band.high) });
      }
    };
    search.add({ bound: shortBoundAtOnce(option, band) * factors[band.pair]!.reduce(max), cut });
  }
  return search.bound();
}

function shortGap(option: GapOption, pair: number, node: number, row: Row): bigint {
  if (row.mix === 0n || row.mix === WHOLE_MIX) return 0n;
  const { optionType, strikeQ16, logStrike, forwards, values } = option;
  const point: GridPoint = node < INTERVALS ? { pair, interval: node, mix: row.mix, place: 0n } : { pair, interval: node - 1, mix: row.mix, place: WHOLE_PLACE };
  const { forwardQ16, log } = forwards.between(point);
  const value = black76ValueQ56({ forwardQ16, strikeQ16, volTimeQ32: row.volTime, logForward: log, logStrike, optionType });
  return (value << BILINEAR_BITS) - bilinear(values, point);
}

/** The value is below that on the line above sigma sqrt(T), and that below its chord by convexity; vega is at most sqrt(F K) phi(l / v), so (F + K) / 2 phi(l / v). */
function shortBound(option: GapOption, { band, node, lowGap, highGap }: Stretch): bigint {
  const { range } = band;
  const logs = logRange(option, band.pair, node, node);
  const concave = concavity(option, logs, { ...range, highest: range.highest + range.above });
  const nearest = logs.lowest > 0n ? logs.lowest : logs.highest < 0n ? -logs.highest : 0n;
  return max(0n, max(lowGap, highGap) + chordExcess(option, band, concave, node, nearest));
}

/** Of all nodes of a band of two regimes; not where the band ends between them. */
function shortBoundAtOnce(option: GapOption, band: Band): bigint {
  const whole = band.low.mix === 0n && band.high.mix === WHOLE_MIX;
  if (!whole) return option.strikeQ16 << (40n + BILINEAR_BITS + 4n);
  return chordExcess(option, band, option.strikeQ16 * TILTED_BELL[64]!, NODES - 1, 0n);
}

/** How far a node's value can be above its chord: C (change of v)^2 / 8, and what v above its own chord adds. */
function chordExcess(option: GapOption, { pair, low, high, range }: Band, concave: bigint, node: number, nearest: bigint): bigint {
  const change = high.volTime - low.volTime;
  const bend = ceilDiv(concave * change * change, 1n << 19n);
  if (range.above === 0n) return bend;
  const { forwards, strikeQ16 } = option;
  const forward = max(forwards.forwards[pair]![node]!, forwards.forwards[pair + 1]![node]!);
  const vega = ((forward + strikeQ16) / 2n + 1n) * (BELL[gridBelow((nearest << 32n) / (range.highest + range.above))]! + 2n);
  return bend + ((vega * range.above) << 16n);
}

/** Two intervals meet at an inner node: the larger factor. */
function nodeFactor(factors: readonly bigint[], node: number): bigint {
  return max(factors[Math.max(node - 1, 0)]!, factors[Math.min(node, INTERVALS - 1)]!);
}

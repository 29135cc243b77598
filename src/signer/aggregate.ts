/**
 * One value from several sources, in integers: every signer derives the same bits from the same inputs.
 *
 * The median of n values of which at most f are dishonest lies between the least and the greatest honest one if n >= 2f + 1, and for n = 2f + 1
 * it is the only function of the sorted values that always does: the breakdown point of one half (Donoho and Huber 1983). So values far
 * off are named and counted, but not taken out of the median: a median of what is left can leave the honest range, since colluding sources
 * that stand close together make the honest ones look far off.
 */
import { divideHalfEven, median } from "../market/exchange-decimal.js";
import { Q32, abs, clamp, floorDiv } from "../math/fixed-point.js";

/** A value of one source, not negative. */
export interface SourceValue {
  readonly source: string;
  readonly value: bigint;
}

/** Which values agree: those at most clamp(deviations x MAD, least, most) from the median, where MAD is the median absolute deviation. */
export interface OutlierRule {
  /** Whole number, at least 1. */
  readonly deviations: bigint;
  /** Q32, of the median: what never counts as far off. */
  readonly least: bigint;
  /** Q32, of the median: what always does. */
  readonly most: bigint;
}

export interface Aggregate {
  readonly value: bigint;
  /** Sources whose value is far off, in the order given. */
  readonly outliers: readonly string[];
}

/**
 * Median of all values; of an even count the mean of the middle two, a tie to even. `field` names the value in errors.
 * @throws AggregationError for no values or a negative one; DisagreementError if fewer than `minimumAgreeing` agree.
 */
export function aggregateValues(field: string, values: readonly SourceValue[], rule: OutlierRule, minimumAgreeing: number): Aggregate {
  const value = medianOf(field, values);
  const deviation = median(values.map((entry) => abs(entry.value - value)));
  const ofMedian = (share: bigint) => floorDiv(value * share, Q32);
  const tolerance = clamp(rule.deviations * deviation, ofMedian(rule.least), ofMedian(rule.most));
  const outliers = values.filter((entry) => abs(entry.value - value) > tolerance).map(({ source }) => source);
  if (values.length - outliers.length < minimumAgreeing) {
    throw new DisagreementError(field, value, values.length - outliers.length, minimumAgreeing, outliers);
  }
  return { value, outliers };
}

/** The median alone, of values of which honest sources' may differ widely. @throws AggregationError */
export function medianOf(field: string, values: readonly SourceValue[]): bigint {
  if (values.length === 0) throw new AggregationError(field, "none", "must have a source");
  for (const { source, value } of values) {
    if (value < 0n) throw new AggregationError(`${field} of ${source}`, String(value), "must not be negative");
  }
  return median(values.map(({ value }) => value));
}

/** A value that holds from its time, unix seconds, until the next one's. */
export interface Observation {
  readonly time: number;
  readonly value: bigint;
}

/** Unix seconds. */
export interface TimeWindow {
  readonly end: number;
  /** Above 0. */
  readonly length: number;
  /** How old the newest observation may be at the end. */
  readonly maximumAge: number;
}

/**
 * Time-weighted average of the observations in [end - length, end], each weighted by the time it held up to the next one or the end; nearest
 * integer, a tie to even. What was before the first of them counts as not observed. If all is at `end`, the value there.
 * It lies between the least and the greatest value in the window.
 * @throws ObservationError for times that do not ascend or are after the end, a negative value, no observation in the window, or a newest
 * one that is too old.
 */
export function timeAverage(field: string, observations: readonly Observation[], { end, length, maximumAge }: TimeWindow): bigint {
  observations.forEach(({ time, value }, at) => {
    const previous = observations[at - 1];
    if (previous !== undefined && time <= previous.time) throw new ObservationError(field, "time", String(time), `must be after ${previous.time}`);
    if (time > end) throw new ObservationError(field, "time", String(time), `must not be after the window's end ${end}`);
    if (value < 0n) throw new ObservationError(field, "value", String(value), "must not be negative");
  });
  const inside = observations.filter(({ time }) => time >= end - length);
  const newest = inside.at(-1);
  if (newest === undefined) throw new ObservationError(field, "observations", "none", `must have one in the ${length} seconds up to ${end}`);
  if (end - newest.time > maximumAge) {
    throw new ObservationError(field, "time", String(newest.time), `newest observation, must be at most ${maximumAge} seconds before ${end}`);
  }
  let [sum, total] = [0n, 0n];
  inside.forEach(({ time, value }, at) => {
    const held = BigInt((inside[at + 1]?.time ?? end) - time);
    sum += value * held;
    total += held;
  });
  return total === 0n ? newest.value : divideHalfEven(sum, total);
}

export class AggregationError extends Error {
  override readonly name = "AggregationError";

  constructor(
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`${field} ${value}: ${rule}`);
  }
}

/** Too few sources near the median to call it a price. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";

  constructor(
    readonly field: string,
    readonly median: bigint,
    readonly agreeing: number,
    readonly minimum: number,
    readonly outliers: readonly string[],
  ) {
    super(`${field}: ${agreeing} sources agree with the median ${median}, ${minimum} must; far off: ${outliers.join(", ") || "none"}`);
  }
}

export class ObservationError extends Error {
  override readonly name = "ObservationError";

  constructor(
    /** Whose observations they are, and of what. */
    readonly of: string,
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`observations of ${of}: ${field} ${value}: ${rule}`);
  }
}

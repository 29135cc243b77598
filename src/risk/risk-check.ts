/**
 * Every range and rule that the circuit trusts of a published payload (SPEC.md sections 1 and 2). Run when a payload is built, when
 * it is read, and by `zkmargin risk check`.
 */
import { NODES, REGIMES, SCENARIOS, STRESS_ROWS } from "../policy/risk-model.js";
import { BUCKETS, PLACES, type PricedInstrument, type RiskBucket, type RiskPayload } from "./risk-payload.js";
import { stressScenario } from "./worst-loss.js";

const LANE = 1n << 28n;

/** @throws RiskRangeError at the first rule broken */
export function checkRanges(payload: RiskPayload): void {
  checkParameters(payload);
  const ids = new Set<number>();
  const names = new Set<string>();
  let previous: RiskBucket | undefined;
  const finished = new Set<number>();
  for (const bucket of payload.buckets) {
    checkBucket(bucket);
    const field = `buckets.${bucket.index}`;
    if (previous !== undefined) {
      rule(bucket.index > previous.index, `${field}.index`, bucket.index, "indices must increase");
      if (previous.asset !== bucket.asset) finished.add(previous.asset);
      rule(!finished.has(bucket.asset), `${field}.asset`, bucket.asset, "an asset's buckets must be contiguous");
      if (previous.asset === bucket.asset) {
        // The circuit adds delta over runs of opened buckets: an empty bucket opened in a gap would end the run and split it.
        rule(bucket.index === previous.index + 1, `${field}.index`, bucket.index, "an asset's buckets must have consecutive indices");
        rule(previous.lambdaDelta === bucket.lambdaDelta, `${field}.lambdaDelta`, bucket.lambdaDelta, "an asset's buckets must share lambda_D");
      }
    }
    previous = bucket;
    for (const instrument of bucket.instruments) {
      checkInstrument(instrument);
      rule(!ids.has(instrument.id), `${instrument.name}.id`, instrument.id, "must be unique over the payload");
      rule(!names.has(instrument.name), `${instrument.name}.name`, instrument.name, "must be unique over the payload");
      ids.add(instrument.id);
      names.add(instrument.name);
    }
  }
}

function checkParameters(payload: RiskPayload): void {
  rule(payload.weights.length === SCENARIOS, "weights", payload.weights.length, `there must be ${SCENARIOS}`);
  payload.weights.forEach((weight, s) => rule(isInteger(weight, 0, (1 << 20) - 1), `weights.${s}`, weight, "must be an integer in [0, 2^20)"));
  rule(payload.damping.length === STRESS_ROWS, "damping", payload.damping.length, `there must be ${STRESS_ROWS}`);
  payload.damping.forEach((field, k) => rule(isInteger(field, 0, 1023), `damping.${k}`, field, "must be an integer in [0, 2^10)"));
  const total = BigInt(payload.weights.reduce((sum, weight) => sum + weight, 0));
  rule(total < 1n << 28n, "weights", total, "their sum must be below 2^28");
  rule(payload.tail >= 1n && payload.tail <= total, "tail", payload.tail, `T must be at least 1 and at most the total weight ${total}`);
  rule(payload.buffer >= 0n && payload.buffer < 1n << 16n, "buffer", payload.buffer, "must lie in [0, 2^16)");
  rule(payload.granularity >= 1n && payload.granularity < 1n << 40n, "granularity", payload.granularity, "must lie in [1, 2^40)");
  rule(payload.initialFactor >= 1n << 16n && payload.initialFactor < 1n << 24n, "initialFactor", payload.initialFactor, "must lie in [2^16, 2^24)");
  rule(isInteger(payload.epoch, 0, Number.MAX_SAFE_INTEGER), "epoch", payload.epoch, "must be a non-negative integer");
  rule(isInteger(payload.time, 0, Number.MAX_SAFE_INTEGER), "time", payload.time, "must be unix seconds");
}

function checkBucket(bucket: RiskBucket): void {
  const field = `buckets.${bucket.index}`;
  rule(isInteger(bucket.index, 0, BUCKETS - 1), `${field}.index`, bucket.index, "must lie in 0..63");
  rule(isInteger(bucket.asset, 1, 0xffff_ffff), `${field}.asset`, bucket.asset, "an occupied bucket's asset number must be at least 1");
  for (const [name, lambda] of [["lambdaDelta", bucket.lambdaDelta], ["lambdaVega", bucket.lambdaVega]] as const) {
    rule(lambda >= 0n && lambda < 1n << 64n, `${field}.${name}`, lambda, "must lie in [0, 2^64)");
  }
  rule(bucket.instruments.length < PLACES, `${field}.instruments`, bucket.instruments.length, `at most ${PLACES - 1}: place 0 is empty`);
  rule(bucket.column.length === SCENARIOS, `${field}.column`, bucket.column.length, `there must be ${SCENARIOS} nodes`);
  bucket.column.forEach((node, s) => rule(isInteger(node, 0, NODES), `${field}.column.${s}`, node, "a node must lie in 0..14 (14 is unmoved)"));
  // Else a book could lose at a node that no stress row looks at.
  const rows = STRESS_ROWS / REGIMES;
  for (let r = 0; r < REGIMES; r++) {
    const seen = new Set(Array.from({ length: rows }, (_, k) => bucket.column[stressScenario(rows * r + k)]!));
    for (let node = 0; node < NODES; node++) {
      rule(seen.has(node), `${field}.column`, node, `node ${node} must occur in a stress row of regime ${r}`);
    }
  }
}

function checkInstrument(instrument: PricedInstrument): void {
  const field = instrument.name;
  rule(isInteger(instrument.id, 1, 0xffff_ffff), `${field}.id`, instrument.id, "must lie in 1..2^32-1");
  const lane = (name: string, value: bigint) => rule(value > -LANE && value < LANE, `${field}.${name}`, value, "must be below 2^28 in size, per lot");
  rule(instrument.scenarioDeltas.length === REGIMES, `${field}.scenarioDeltas`, instrument.scenarioDeltas.length, `there must be ${REGIMES} regimes`);
  instrument.scenarioDeltas.forEach((row, r) => {
    rule(row.length === NODES, `${field}.scenarioDeltas.${r}`, row.length, `there must be ${NODES} nodes`);
    row.forEach((delta, j) => lane(`scenarioDeltas.${r}.${j}`, delta));
  });
  lane("mark", instrument.mark);
  lane("dollarDelta", instrument.dollarDelta);
  lane("vega", instrument.vega);
  for (const [name, charge] of [["longCharge", instrument.longCharge], ["shortCharge", instrument.shortCharge]] as const) {
    rule(charge >= 0n && charge < LANE, `${field}.${name}`, charge, "must lie in [0, 2^28)");
  }
}

function isInteger(value: number, low: number, high: number): boolean {
  return Number.isSafeInteger(value) && value >= low && value <= high;
}

function rule(holds: boolean, field: string, value: bigint | number | string, text: string): void {
  if (!holds) throw new RiskRangeError(field, value, text);
}

export class RiskRangeError extends Error {
  constructor(readonly field: string, readonly value: bigint | number | string, readonly rule: string) {
    super(`risk payload: ${field} = ${value}: ${rule}`);
    this.name = "RiskRangeError";
  }
}

/**
 * Cases as files (test/vectors/fuzz): the parameters of the payload, the buckets that are opened, and of these the instruments held, at
 * their places; the places between are filled with worthless ones. Integers are decimal text.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tierOf } from "../../../src/cli/tier-key.js";
import { hashPayload } from "../../../src/risk/instrument-tree.js";
import { NODES, REGIMES } from "../../../src/policy/risk-model.js";
import { canonicalPortfolio, type Portfolio } from "../../../src/risk/portfolio.js";
import { checkRanges } from "../../../src/risk/risk-check.js";
import { indexInstruments, type PricedInstrument, type RiskBucket, type RiskPayload } from "../../../src/risk/risk-payload.js";
import type { Statement } from "../../../src/witness/circuit-input.js";
import type { Answer } from "../../reference/reference.js";
import { ROOT } from "../../support/template.js";
import type { DifferentialCase } from "./cases.js";

export const VECTORS = join(ROOT, "test/vectors/fuzz");
/** Ids of the worthless instruments; markets give out ids from 1. */
const FILLER_ID = 2 ** 31;

export interface Vector {
  readonly name: string;
  readonly about: string;
  readonly drawn: DifferentialCase;
  /** By the independent reference when the vector was made. */
  readonly figures: Answer;
}

/** The same book over a payload of its own instruments only. */
export function smallCase(drawn: DifferentialCase): DifferentialCase {
  const held = new Set(drawn.portfolio.holdings.map(({ location }) => location.instrument.id));
  const cut = drawn.payload.buckets.map((bucket) => cutBucket(bucket, held));
  // The tier opens the first buckets too where the book has fewer than it opens.
  const opened = cut.filter(({ index, instruments }) => instruments.length > 0 || index < drawn.tier.buckets);
  // An asset's buckets have consecutive indices.
  const between = ({ index, asset }: RiskBucket) =>
    opened.some((other) => other.asset === asset && other.index <= index) && opened.some((other) => other.asset === asset && other.index >= index);
  return overPayload(drawn, { ...drawn.payload, buckets: cut.filter(between), settled: [] });
}

/** Writes `<name>.json` and returns its path. */
export function saveVector(folder: string, name: string, about: string, drawn: DifferentialCase, figures: Answer): string {
  const { payload, portfolio, salt, statement, tier } = drawn;
  const { epoch, time, tail, buffer, granularity, weights, damping } = payload;
  const { context, factor, collateral, disclose } = statement;
  const content = {
    about, tier: tier.name, salt, statement: { context, factor, collateral, ...disclose },
    cash: portfolio.cash, slots: portfolio.holdings.map(({ location, quantity }) => [location.instrument.id, quantity]),
    payload: { epoch, time, tail, buffer, granularity, weights, damping, buckets: payload.buckets.map(bucketText) }, figures,
  };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  const text = JSON.stringify(content, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 1);
  writeFileSync(path, `${text.replace(/\[\s+((?:"-?\d+"|-?\d+)(?:,\s+(?:"-?\d+"|-?\d+))*)\s+\]/g, (_, items: string) => `[${items.replace(/,\s+/g, ", ")}]`)}\n`);
  return path;
}

export function vectorNames(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length)).sort();
}

export function readVector(folder: string, name: string): Vector {
  const file = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as VectorFile;
  const { tail, buffer, granularity, buckets, ...rest } = file.payload;
  const payload: RiskPayload = {
    ...rest, format: "zkmargin-risk-payload-1", quoteCurrency: "USD", initialFactor: 1n << 16n, regimes: ["0", "1", "2", "3"], settled: [],
    tail: BigInt(tail), buffer: BigInt(buffer), granularity: BigInt(granularity), buckets: buckets.map(readBucket),
  };
  checkRanges(payload);
  const { byId } = indexInstruments(payload);
  const { context, factor, collateral, requirement, equity } = file.statement;
  const statement: Statement = { context: BigInt(context), factor: BigInt(factor), collateral: BigInt(collateral), disclose: { requirement, equity } };
  const portfolio: Portfolio = {
    cash: BigInt(file.cash), holdings: file.slots.map(([id, quantity]) => ({ location: byId.get(id)!, quantity: BigInt(quantity) })),
  };
  const drawn = { tier: tierOf(file.tier), payload, tree: hashPayload(payload), portfolio, salt: BigInt(file.salt), statement };
  return { name, about: file.about, drawn, figures: file.figures };
}

interface VectorFile {
  readonly about: string;
  readonly tier: string;
  readonly salt: string;
  readonly statement: { readonly context: string; readonly factor: string; readonly collateral: string; readonly requirement: boolean; readonly equity: boolean };
  readonly cash: string;
  readonly slots: readonly (readonly [id: number, lots: string])[];
  readonly payload: Pick<RiskPayload, "epoch" | "time" | "weights" | "damping"> &
    Readonly<Record<"tail" | "buffer" | "granularity", string>> & { readonly buckets: readonly BucketFile[] };
  readonly figures: Answer;
}

interface BucketFile extends Pick<RiskBucket, "index" | "asset" | "column"> {
  readonly lambdaDelta: string;
  readonly lambdaVega: string;
  readonly instruments: readonly {
    readonly place: number; readonly id: number; readonly scenarioDeltas: readonly (readonly string[])[];
    readonly mark: string; readonly dollarDelta: string; readonly vega: string; readonly longCharge: string; readonly shortCharge: string;
  }[];
}

function bucketText({ index, asset, column, lambdaDelta, lambdaVega, instruments }: RiskBucket): object {
  const held = instruments.flatMap(({ id, scenarioDeltas, mark, dollarDelta, vega, longCharge, shortCharge }, at) =>
    id >= FILLER_ID ? [] : [{ place: at + 1, id, mark, dollarDelta, vega, longCharge, shortCharge, scenarioDeltas }]);
  return { index, asset, lambdaDelta, lambdaVega, column, instruments: held };
}

function readBucket({ index, asset, column, lambdaDelta, lambdaVega, instruments }: BucketFile): RiskBucket {
  const places: PricedInstrument[] = [];
  for (const { place, id, scenarioDeltas, mark, dollarDelta, vega, longCharge, shortCharge } of instruments) {
    while (places.length < place - 1) places.push(filler(index, places.length + 1));
    places.push({
      id, name: `I${id}`, lot: "1", stale: false, scenarioDeltas: scenarioDeltas.map((row) => row.map(BigInt)), mark: BigInt(mark), dollarDelta: BigInt(dollarDelta),
      vega: BigInt(vega), longCharge: BigInt(longCharge), shortCharge: BigInt(shortCharge),
    });
  }
  return { index, asset, symbol: `A${asset}`, band: 0, spotLevels: [], column, lambdaDelta: BigInt(lambdaDelta), lambdaVega: BigInt(lambdaVega), instruments: places };
}

function filler(bucket: number, place: number): PricedInstrument {
  const id = FILLER_ID + 256 * bucket + place;
  const scenarioDeltas = Array.from({ length: REGIMES }, () => new Array<bigint>(NODES).fill(0n));
  return { id, name: `I${id}`, lot: "1", stale: false, scenarioDeltas, mark: 0n, dollarDelta: 0n, vega: 0n, longCharge: 0n, shortCharge: 0n };
}

function cutBucket(bucket: RiskBucket, held: ReadonlySet<number>): RiskBucket {
  const last = bucket.instruments.findLastIndex(({ id }) => held.has(id));
  const instruments = bucket.instruments.slice(0, last + 1).map((instrument, at) => (held.has(instrument.id) ? instrument : filler(bucket.index, at + 1)));
  return { ...bucket, instruments };
}

function overPayload(drawn: DifferentialCase, payload: RiskPayload): DifferentialCase {
  checkRanges(payload);
  const { byId } = indexInstruments(payload);
  const holdings = drawn.portfolio.holdings.map(({ location, quantity }) => ({ location: byId.get(location.instrument.id)!, quantity }));
  return { ...drawn, payload, tree: hashPayload(payload), portfolio: canonicalPortfolio(drawn.portfolio.cash, holdings) };
}

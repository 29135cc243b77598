/**
 * A risk payload as files that a wallet can download: payload.json (parameters, scenario map, hashes) and one file a bucket
 * (instruments and leaf hashes). Canonical: the same payload gives the same bytes.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { bucketTree, leafElements, leafHash, riskTree, type RiskTree } from "./instrument-tree.js";
import { checkRanges } from "./risk-check.js";
import type { PricedInstrument, RiskBucket, RiskPayload } from "./risk-payload.js";

const FORMAT = "zkmargin-risk-payload-1";
const HEADER = "payload.json";
const PAYLOAD_ENTRY = /^(payload\.json|buckets|buckets\/\d{2}\.json)$/;

/** File names (relative to the folder) and contents. */
export function formatRiskFiles({ payload, tree }: { payload: RiskPayload; tree: RiskTree }): Map<string, string> {
  const files = new Map<string, string>();
  files.set(HEADER, json({
    ...payload,
    riskRoot: hex(tree.riskRoot),
    bucketHashes: tree.bucketHashes.map(hex),
    buckets: payload.buckets.map((bucket) => ({ ...bucket, instruments: undefined, file: bucketFile(bucket.index), count: bucket.instruments.length })),
  }));
  for (const bucket of payload.buckets) {
    const leaves = tree.buckets.get(bucket.index)!.leaves.flat().slice(1, 1 + bucket.instruments.length);
    files.set(bucketFile(bucket.index), json({
      index: bucket.index,
      instruments: bucket.instruments.map((instrument, at) => ({ ...instrument, leaf: hex(leaves[at]!) })),
    }));
  }
  return files;
}

/**
 * Replacing a folder removes what is in it, so it must be a payload and nothing else, and not where the process runs.
 * @throws RiskFileError naming what is in the way
 */
export function requireReplaceablePayload(directory: string): void {
  if (directory === "") throw new RiskFileError('""', "must name a folder");
  if (!existsSync(directory)) return;
  const target = realpathSync(directory);
  if (!relative(target, realpathSync(".")).startsWith("..")) throw new RiskFileError(directory, "is or holds the working folder: it will not be replaced");
  if (!isPayload(join(target, HEADER))) throw new RiskFileError(directory, "exists and is not a risk payload: it will not be replaced");
  const foreign = readdirSync(target, { recursive: true, encoding: "utf8" }).find((name) => !PAYLOAD_ENTRY.test(name.split(sep).join("/")));
  if (foreign !== undefined) throw new RiskFileError(directory, `holds ${foreign} beside a risk payload: it will not be replaced`);
}

function isPayload(header: string): boolean {
  try {
    return (JSON.parse(readFileSync(header, "utf8")) as { format?: unknown } | null)?.format === FORMAT;
  } catch {
    return false;
  }
}

/** Writes the folder whole or not at all; an older one of the same name is replaced at the end. */
export function writeRiskFiles(directory: string, files: ReadonlyMap<string, string>): void {
  requireReplaceablePayload(directory);
  const target = existsSync(directory) ? realpathSync(directory) : resolve(directory);
  const fresh = `${target}.new-${process.pid}`;
  const old = `${target}.old-${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    for (const [name, content] of files) {
      const path = join(fresh, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
  } catch (error) {
    if (existsSync(old) && !existsSync(target)) renameSync(old, target);
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/**
 * Reads and checks a payload: ranges, and the hashes of every group, bucket and the root from the leaves' hashes. Leaves
 * themselves are hashed again when an instrument is opened (`verifyLeaves`), or all of them by `risk check`.
 * @throws RiskFileError, RiskRangeError
 */
export function readRiskFiles(directory: string): { payload: RiskPayload; tree: RiskTree } {
  const header = parse(directory, HEADER, headerSchema);
  const leafHashes: bigint[][] = [];
  const buckets = header.buckets.map(({ file, count, ...bucket }): RiskBucket => {
    const name = bucketFile(bucket.index);
    if (file !== name) throw new RiskFileError(HEADER, `bucket ${bucket.index} must be in ${name}`);
    const body = parse(directory, name, bucketSchema);
    if (body.index !== bucket.index || body.instruments.length !== count) throw new RiskFileError(name, `must hold the ${count} instruments of bucket ${bucket.index}`);
    const instruments = body.instruments.map(({ leaf: _leaf, ...instrument }): PricedInstrument => instrument);
    leafHashes.push(body.instruments.map(({ leaf }) => leaf));
    return { ...bucket, instruments };
  });
  const { riskRoot, bucketHashes, ...rest } = header;
  const payload: RiskPayload = { ...rest, buckets };
  checkRanges(payload);
  const tree = riskTree(payload, buckets.map((bucket, at) => bucketTree(bucket, leafHashes[at]!)));
  if (tree.riskRoot !== riskRoot) throw new RiskFileError(HEADER, "riskRoot does not follow from the files: they are damaged or mixed");
  if (tree.bucketHashes.some((hash, at) => hash !== bucketHashes[at])) throw new RiskFileError(HEADER, "bucketHashes do not follow from the files");
  return { payload, tree };
}

/** Hashes the leaves of these instruments again and compares: data and hashes of a downloaded payload belong together. */
export function verifyLeaves(payload: RiskPayload, tree: RiskTree, ids?: ReadonlySet<number>): void {
  for (const bucket of payload.buckets) {
    const leaves = tree.buckets.get(bucket.index)!.leaves.flat();
    bucket.instruments.forEach((instrument, at) => {
      if (ids !== undefined && !ids.has(instrument.id)) return;
      if (leafHash(leafElements(instrument)) !== leaves[at + 1]) throw new RiskFileError(bucketFile(bucket.index), `leaf ${instrument.id} does not hash to its entry`);
    });
  }
}

function bucketFile(index: number): string {
  return `buckets/${String(index).padStart(2, "0")}.json`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

/** bigint as decimal text, short arrays on one line. */
function json(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item), 1);
  return `${text.replace(/\[\s+((?:"[^"\\\n]*"|-?\d+)(?:,\s+(?:"[^"\\\n]*"|-?\d+))*)\s+\]/g, (_, items: string) => `[${items.replace(/,\s+/g, ", ")}]`)}\n`;
}

const integerText = z.string().regex(/^-?(0|[1-9]\d{0,39})$/).transform((text) => BigInt(text));
const fieldHex = z.string().regex(/^0x[0-9a-f]{64}$/).transform((text) => BigInt(text));
const count = z.number().int().nonnegative();
/** Not committed to, and shown in terminals and pages: no control or direction characters. */
const label = z.string().max(128).regex(/^\P{C}*$/u, "must be printable text");
const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  epoch: count, time: count, quoteCurrency: label,
  tail: integerText, buffer: integerText, granularity: integerText, initialFactor: integerText,
  weights: z.array(count), damping: z.array(count), regimes: z.array(label),
  buckets: z.array(z.strictObject({
    index: count, asset: count, symbol: label, band: count, spotLevels: z.array(z.array(integerText)), column: z.array(count),
    lambdaDelta: integerText, lambdaVega: integerText, file: z.string(), count,
  })),
  settled: z.array(label),
  riskRoot: fieldHex, bucketHashes: z.array(fieldHex),
});
const bucketSchema = z.strictObject({
  index: count,
  instruments: z.array(z.strictObject({
    id: count, name: label, lot: z.string().regex(/^(?=.*[1-9])\d{1,12}(\.\d{1,12})?$/), stale: z.boolean(),
    scenarioDeltas: z.array(z.array(integerText)), mark: integerText, dollarDelta: integerText, vega: integerText,
    longCharge: integerText, shortCharge: integerText, leaf: fieldHex,
  })),
});

function parse<T>(directory: string, name: string, schema: z.ZodType<T>): T {
  const path = join(directory, name);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new RiskFileError(path, (cause as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read");
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new RiskFileError(path, "is not JSON");
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new RiskFileError(path, `${issue.path.join(".")}: ${issue.message}`);
  }
  return parsed.data;
}

export class RiskFileError extends Error {
  constructor(readonly file: string, readonly rule: string) {
    super(`${file}: ${rule}`);
    this.name = "RiskFileError";
  }
}

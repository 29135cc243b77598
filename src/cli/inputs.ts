/**
 * Files and values that several commands read.
 */
import { accessSync, constants, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseDecimal, mulDivUp } from "../math/fixed-point.js";
import { P } from "../math/field.js";
import { FACTOR_ONE, MAX_COLLATERAL, MAX_FACTOR } from "../risk/margin.js";
import { VALUE_DECIMALS, parsePortfolio, type Portfolio } from "../risk/portfolio.js";
import { readRiskFiles, verifyLeaves } from "../risk/risk-files.js";
import { indexInstruments, type InstrumentIndex, type RiskPayload } from "../risk/risk-payload.js";
import type { RiskTree } from "../risk/instrument-tree.js";
import type { Disclosure } from "../witness/public-signals.js";

export interface Risk {
  readonly payload: RiskPayload;
  readonly tree: RiskTree;
  readonly index: InstrumentIndex;
}

export function readRisk(directory: string): Risk {
  if (kindOf(directory) !== "folder") throw new InputError("--risk", directory, kindOf(directory) === "absent" ? "does not exist" : "must be the folder of a risk payload");
  const { payload, tree } = readRiskFiles(directory);
  return { payload, tree, index: indexInstruments(payload) };
}

/** Reads a portfolio and checks that the leaves it opens hash as the payload says. */
export function readPortfolio(file: string, { payload, tree, index }: Risk): Portfolio {
  const portfolio = parsePortfolio(readText(file, "--portfolio"), payload, index);
  verifyLeaves(payload, tree, new Set(portfolio.holdings.map(({ location }) => location.instrument.id)));
  return portfolio;
}

/** @param field the option or argument that named the file */
export function readText(file: string, field = "file"): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new InputError(field, file, (cause as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read");
  }
}

/** For files that a library reads. */
export function requireReadable(field: string, path: string): void {
  const found = kindOf(path);
  if (found !== "file") throw new InputError(field, path, found === "absent" ? "does not exist" : `must be a file, not a ${found}`);
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new InputError(field, path, "cannot be read");
  }
}

/** Run before the long part, so that a result is not computed only to be lost. */
export function requireWritable(field: string, path: string, kind: "file" | "folder"): void {
  if (path === "") throw new InputError(field, path, `must name a ${kind}`);
  const folder = dirname(resolve(path));
  if (kindOf(folder) !== "folder") throw new InputError(field, path, "must lie in a folder that exists");
  const found = kindOf(path);
  if (found !== "absent" && found !== kind) throw new InputError(field, path, `must be a ${kind}, not a ${found}`);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    throw new InputError(field, path, "must lie in a folder that can be written");
  }
}

/** Refuses to replace a file that is not an earlier output of the same command: it could be a salt file, a book, a chain. */
export function requireReplaceable(field: string, path: string, format: string): void {
  requireWritable(field, path, "file");
  if (kindOf(path) === "absent") return;
  if (!readText(path, field).slice(0, 200).includes(`"${format}"`)) {
    throw new InputError(field, path, `exists and is no ${format} file: it will not be replaced`);
  }
}

/** A salt file that is absent must be possible to write, and not where the result goes: a lost salt opens no commitment. */
export function requireSaltFile(path: string, out?: string): void {
  if (kindOf(path) === "absent") {
    // What it points to could be the result.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw new InputError("--salt", path, "is a link to nothing");
    requireWritable("--salt", path, "file");
  } else {
    requireReadable("--salt", path);
  }
  const real = (file: string) => (kindOf(file) === "absent" ? join(realpathSync(dirname(resolve(file))), basename(file)) : realpathSync(file));
  if (out !== undefined && real(out) === real(path)) throw new InputError("--out", out, "must not be the salt file");
}

/** A device or a pipe is neither: a finished file is renamed into place, and would replace it. */
function kindOf(path: string): "file" | "folder" | "device or pipe" | "absent" {
  try {
    const status = statSync(path);
    return status.isDirectory() ? "folder" : status.isFile() ? "file" : "device or pipe";
  } catch {
    return "absent";
  }
}

/** --factor: mm is 1, im the payload's initial factor, a number is a decimal multiple of MM, rounded up to 2^-16. */
export function parseFactor(text: string, payload: RiskPayload): bigint {
  if (text === "mm") return FACTOR_ONE;
  if (text === "im") return payload.initialFactor;
  if (!/^\d{1,3}(\.\d{1,12})?$/.test(text)) throw new InputError("--factor", text, "must be mm, im or a decimal such as 1.25");
  const factor = mulDivUp(parseDecimal(text, 12), FACTOR_ONE, 10n ** 12n);
  if (factor > MAX_FACTOR) throw new InputError("--factor", text, "must be below 256");
  return factor;
}

/** --threads: of one proof. */
export function parseThreads(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > 256) throw new InputError("--threads", text, "must be a whole number in 1..256");
  return Number(text);
}

/** --collateral: quote currency, at most 6 decimals. */
export function parseCollateral(text: string): bigint {
  if (!/^\d{1,20}(\.\d{1,6})?$/.test(text)) throw new InputError("--collateral", text, "must be a non-negative decimal with at most 6 decimals");
  const units = parseDecimal(text, VALUE_DECIMALS);
  if (units > MAX_COLLATERAL) throw new InputError("--collateral", text, "must be below 2^72 value units of 0.000001");
  return units;
}

/** --context: 32 bytes in hex, reduced into the field as the contract does. */
export function parseContext(text: string): bigint {
  return parseHex("--context", text) % P;
}

/** --commitment: a field element in hex, as `zkmargin commit` prints it. */
export function parseCommitment(text: string): bigint {
  const commitment = parseHex("--commitment", text);
  if (commitment >= P) throw new InputError("--commitment", text, "must be below the order of the scalar field");
  return commitment;
}

function parseHex(field: string, text: string): bigint {
  if (!/^0x[0-9a-fA-F]{1,64}$/.test(text)) throw new InputError(field, text, "must be 0x and at most 64 hex digits");
  return BigInt(text);
}

export function parseDisclosure(text: string): Disclosure {
  if (text === "none") return { requirement: false, equity: false };
  const parts = text.split(",");
  const known = ["requirement", "equity"];
  if (parts.some((part) => !known.includes(part)) || new Set(parts).size !== parts.length) {
    throw new InputError("--disclose", text, "must be none, requirement, equity or requirement,equity");
  }
  return { requirement: parts.includes("requirement"), equity: parts.includes("equity") };
}

export class InputError extends Error {
  constructor(readonly field: string, readonly value: string, readonly rule: string) {
    super(`${field} "${value}" ${rule}`);
    this.name = "InputError";
  }
}

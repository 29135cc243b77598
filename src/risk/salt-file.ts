/**
 * The salts of an account's portfolio commitments, in a file of mode 0600: a line of JSON each, the newest last, only ever appended
 * to, because a commitment that is still registered can be opened only with its own salt.
 */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { z } from "zod";
import { P } from "../math/field.js";
import { slotElement, type Portfolio } from "./portfolio.js";

interface SaltEntry {
  readonly salt: bigint;
  /** Recognises a book without keeping it: hashed with its own secret salt. */
  readonly book: string;
}

/**
 * The salt for a commitment that is about to be registered: a fresh one, unless the newest is this book's already. A book that
 * comes back after another gets a new salt, so that nobody sees that it came back.
 * @throws SaltFileError if the file is readable by others or not a salt file
 */
export function saltForCommitment(portfolio: Portfolio, file: string): bigint {
  const newest = readSalts(file).at(-1);
  return newest !== undefined && isSaltOf(newest, portfolio) ? newest.salt : appendSalt(portfolio, file);
}

/**
 * The salt that the book was last committed to with; a fresh one if it never was.
 * @throws SaltFileError as saltForCommitment
 */
export function saltForProof(portfolio: Portfolio, file: string): bigint {
  return readSalts(file).findLast((entry) => isSaltOf(entry, portfolio))?.salt ?? appendSalt(portfolio, file);
}

/** Uniform in the field but for 2^-130. */
export function randomSalt(): bigint {
  return BigInt(`0x${randomBytes(48).toString("hex")}`) % P;
}

/** On disk before it is returned; two processes that append at once keep both salts. */
function appendSalt(portfolio: Portfolio, file: string): bigint {
  const salt = randomSalt();
  const line = `${JSON.stringify({ salt: `0x${salt.toString(16).padStart(64, "0")}`, book: bookHash(portfolio, salt) })}\n`;
  const descriptor = openSync(file, "a", 0o600);
  try {
    writeSync(descriptor, line);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return salt;
}

function readSalts(file: string): SaltEntry[] {
  if (!existsSync(file)) return [];
  const status = statSync(file);
  if (!status.isFile()) throw new SaltFileError(file, "is not a file");
  if ((status.mode & 0o077) !== 0) throw new SaltFileError(file, "must have mode 0600: others can read or write it");
  const lines = readFileSync(file, "utf8").split("\n");
  if (lines.pop() !== "") throw new SaltFileError(file, "does not end with a whole line");
  return lines.map((line, at) => {
    const parsed = entrySchema.safeParse(jsonOrUndefined(line));
    // The parser's message could quote the file, so it is not passed on.
    if (!parsed.success) throw new SaltFileError(file, `line ${at + 1} is not a salt`);
    return { salt: BigInt(parsed.data.salt), book: parsed.data.book };
  });
}

const hex32 = z.string().regex(/^0x[0-9a-f]{64}$/);
const entrySchema = z.strictObject({ salt: hex32, book: hex32 });

function jsonOrUndefined(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isSaltOf(entry: SaltEntry, portfolio: Portfolio): boolean {
  return bookHash(portfolio, entry.salt) === entry.book;
}

function bookHash(portfolio: Portfolio, salt: bigint): string {
  const text = [salt, portfolio.cash, ...portfolio.holdings.map(slotElement)].join(",");
  return `0x${createHash("sha256").update(text).digest("hex")}`;
}

export class SaltFileError extends Error {
  constructor(readonly file: string, readonly rule: string) {
    super(`${file} ${rule}`);
    this.name = "SaltFileError";
  }
}

/**
 * The salts of an account's portfolio commitments, in a file of mode 0600. A fresh salt is drawn for each new book; the salts of
 * earlier books stay, because a commitment that is still registered can be opened only with its own.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { P } from "../math/field.js";
import { slotElement, type Portfolio } from "./portfolio.js";

const hex32 = z.string().regex(/^0x[0-9a-f]{64}$/);
const saltFileSchema = z.strictObject({
  format: z.literal("zkmargin-salts-1"),
  salts: z.array(z.strictObject({ salt: hex32, book: hex32 })),
});

/**
 * The salt for this book: the one in the file if the book was committed to before, else a fresh one, written before it is returned.
 * @throws SaltFileError if the file is readable by others or not a salt file
 */
export function saltFor(portfolio: Portfolio, file: string): bigint {
  const salts = existsSync(file) ? readSalts(file) : [];
  for (const entry of salts) {
    const salt = BigInt(entry.salt);
    if (bookHash(portfolio, salt) === entry.book) return salt;
  }
  const salt = randomSalt();
  const entry = { salt: `0x${salt.toString(16).padStart(64, "0")}`, book: bookHash(portfolio, salt) };
  writeFileAtomic.sync(file, `${JSON.stringify({ format: "zkmargin-salts-1", salts: [...salts, entry] }, null, 2)}\n`, { mode: 0o600 });
  return salt;
}

/** Uniform in the field but for 2^-130. */
export function randomSalt(): bigint {
  return BigInt(`0x${randomBytes(48).toString("hex")}`) % P;
}

function readSalts(file: string): { salt: string; book: string }[] {
  if ((statSync(file).mode & 0o077) !== 0) throw new SaltFileError(file, "must have mode 0600: others can read or write it");
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new SaltFileError(file, "is not JSON");
  }
  const parsed = saltFileSchema.safeParse(json);
  // The parser's message could quote the file, so it is not passed on.
  if (!parsed.success) throw new SaltFileError(file, "is not a salt file");
  return parsed.data.salts;
}

/** Recognises a book without keeping it: hashed with its own secret salt. */
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

/** A header with the signatures it has so far, as signers send it to each other: JSON, whole numbers as decimal text. */
import { z } from "zod";
import { PlainJsonError, parsePlainJson } from "../market/plain-json.js";
import { RISK_HEADER_TYPES, type RiskHeader, checkHeaderRanges } from "./risk-header.js";

export interface SignedHeader {
  readonly header: RiskHeader;
  /** 65 bytes each, hex; whose they are is `combineSignatures`' business. */
  readonly signatures: readonly string[];
}

const FORMAT = "zkmargin-risk-header-1";
const whole = z
  .string()
  .regex(/^(?:0|-?[1-9]\d{0,77})$/, "must be a whole number in quotes")
  .transform((text) => BigInt(text));

const indices = z.strictObject({
  asset: z.number().int().min(1).max(0xffff_ffff),
  spot: whole,
  fastVolatility: whole,
  slowVolatility: whole,
  openInterestSkew: whole,
  correlation: whole,
  depth: whole,
  utilisation: whole,
  contagion: whole,
});

const signedHeader = z.strictObject({
  format: z.literal(FORMAT),
  header: z.strictObject({ epoch: whole, time: whole, riskRoot: whole, assets: z.array(indices).min(1).max(16) }),
  signatures: z.array(z.string().regex(/^0x[0-9a-f]{130}$/, "must be 65 bytes in lower-case hex")).max(16),
});

/** One text for one header and its signatures in this order, a newline at the end. @throws HeaderRangeError, IndexRangeError, HeaderFileError */
export function formatHeader({ header, signatures }: SignedHeader): string {
  checkHeaderRanges(header);
  const { epoch, time, riskRoot, assets } = header;
  const names = RISK_HEADER_TYPES.AssetIndices.map(({ name }) => name) as (keyof RiskHeader["assets"][number])[];
  const value = {
    format: FORMAT,
    header: {
      epoch: String(epoch), time: String(time), riskRoot: String(riskRoot),
      assets: assets.map((entry) => Object.fromEntries(names.map((name) => [name, name === "asset" ? entry.asset : String(entry[name])]))),
    },
    signatures: signatures.map((signature) => signature.toLowerCase()),
  };
  read(value);
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Reads and checks the text; nothing is said about who signed. @throws HeaderFileError; HeaderRangeError, IndexRangeError */
export function parseHeader(text: string): SignedHeader {
  let value: unknown;
  try {
    value = parsePlainJson(text);
  } catch (error) {
    throw error instanceof PlainJsonError ? new HeaderFileError("text", `${text.length} characters`, error.rule) : error;
  }
  const { header, signatures } = read(value);
  checkHeaderRanges(header);
  return { header, signatures };
}

function read(value: unknown): SignedHeader {
  const result = signedHeader.safeParse(value);
  if (result.success) return { header: result.data.header, signatures: result.data.signatures };
  const issue = result.error.issues[0]!;
  const found = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const shown = found === undefined ? "absent" : typeof found === "object" ? "an object or array" : JSON.stringify(found).slice(0, 64);
  throw new HeaderFileError(issue.path.join(".") || "(itself)", shown, issue.message);
}

export class HeaderFileError extends Error {
  override readonly name = "HeaderFileError";

  constructor(
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`header file: ${field} ${value}: ${rule}`);
  }
}

import { createHash } from "node:crypto";
import { closeSync, createReadStream, createWriteStream, existsSync, openSync, readFileSync, readSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { projectRoot } from "./project-root.js";

const schema = z.object({
  files: z.array(z.object({ power: z.number().int(), name: z.string(), blake2b: z.string().regex(/^[0-9a-f]{128}$/) })),
});

// Container header, header of section 1, field size and modulus, then the power.
const POWER_AT = 12 + 12 + 4 + 32;
const HEADER_SIZE = POWER_AT + 4;

/** A pinned phase-1 file. */
export type PinnedPtau = z.infer<typeof schema>["files"][number];

/** ptau/table.json. */
export function ptauTable(): readonly PinnedPtau[] {
  return schema.parse(JSON.parse(readFileSync(join(projectRoot(), "ptau/table.json"), "utf8"))).files;
}

/** @throws PtauError when the table has no file of this power */
export function pinnedPtau(power: number, table: readonly PinnedPtau[] = ptauTable()): PinnedPtau {
  const pinned = table.find((entry) => entry.power === power);
  if (pinned === undefined) {
    throw new PtauError(`power ${power} is not in ptau/table.json, which has ${table.map((entry) => entry.power).join(", ")}`);
  }
  return pinned;
}

/**
 * log2 of the largest domain a file is for, from its header.
 * @throws PtauError when it isn't a powers-of-tau file
 */
export function ptauPower(file: string): number {
  if (!existsSync(file)) throw new PtauError(`${file} does not exist; give the path of a copy, and --url to download one to it`);
  const head = Buffer.alloc(HEADER_SIZE);
  const descriptor = openSync(file, "r");
  try {
    const read = readSync(descriptor, head, 0, HEADER_SIZE, 0);
    if (read < HEADER_SIZE || head.toString("latin1", 0, 4) !== "ptau" || head.readUInt32LE(12) !== 1) {
      throw new PtauError(`${file} is not a powers-of-tau file`);
    }
  } finally {
    closeSync(descriptor);
  }
  return head.readUInt32LE(POWER_AT);
}

/**
 * Checks that a file is the pinned one. Reads only: a file that differs stays where it is.
 * @throws PtauError with both hashes
 */
export async function checkPtau(file: string, power: number, table: readonly PinnedPtau[] = ptauTable()): Promise<PinnedPtau> {
  const pinned = pinnedPtau(power, table);
  if (!existsSync(file)) throw new PtauError(`${file} does not exist`);
  const hash = createHash("blake2b512");
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest("hex");
  if (actual !== pinned.blake2b) {
    throw new PtauError(`${file} is not ${pinned.name}: its BLAKE2b-512 is ${actual}, the table has ${pinned.blake2b}; the file was left as it is`);
  }
  return pinned;
}

/**
 * Downloads to `file` from an address that the user gave, under a temporary name until it is complete. Nothing is checked here: checkPtau follows.
 * @throws PtauError when the file exists already, or the server refuses
 */
export async function downloadPtau(url: string, file: string): Promise<void> {
  if (existsSync(file)) throw new PtauError(`${file} exists already; it is not overwritten`);
  const response = await fetch(url).catch(() => {
    throw new PtauError(`${url} can't be reached`);
  });
  if (!response.ok || response.body === null) throw new PtauError(`${url} answered ${response.status}`);
  const partial = `${file}.part`;
  try {
    await pipeline(Readable.fromWeb(response.body), createWriteStream(partial));
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}

export class PtauError extends Error {
  constructor(message: string) {
    super(`powers of tau: ${message}`);
    this.name = "PtauError";
  }
}

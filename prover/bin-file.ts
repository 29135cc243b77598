import { closeSync, openSync, writeSync } from "node:fs";

// The container shared by .r1cs, .wtns, .zkey and .ptau files: 4 bytes of magic, version, number of sections, then sections of
// (id, 64-bit size, bytes), little-endian.

export interface Section {
  readonly id: number;
  readonly offset: number;
  readonly size: number;
}

const HEADER_SIZE = 12;
const SECTION_HEADER_SIZE = 12;

/**
 * Finds the sections of a container. `source` reads bytes at an offset, so that large files need not be in memory.
 * @throws BinFileError on a wrong magic, a duplicated section, or a section that ends after the file
 */
export function readSections(
  magic: string,
  fileSize: number,
  source: (offset: number, length: number) => Uint8Array,
): ReadonlyMap<number, Section> {
  if (fileSize < HEADER_SIZE) throw new BinFileError(`${magic} file of ${fileSize} bytes is shorter than its header`);
  const header = source(0, HEADER_SIZE);
  const found = Buffer.from(header.subarray(0, 4)).toString("latin1");
  if (found !== magic) throw new BinFileError(`file is not a ${magic} file`);
  const count = view(header).getUint32(8, true);
  const sections = new Map<number, Section>();
  let offset = HEADER_SIZE;
  for (let index = 0; index < count; index++) {
    if (offset + SECTION_HEADER_SIZE > fileSize) {
      throw new BinFileError(`${magic} file ends before the header of section number ${index + 1} of ${count}`);
    }
    const head = view(source(offset, SECTION_HEADER_SIZE));
    const id = head.getUint32(0, true);
    const size = Number(head.getBigUint64(4, true));
    offset += SECTION_HEADER_SIZE;
    if (offset + size > fileSize) {
      throw new BinFileError(`${magic} file ends inside section ${id}: ${fileSize} bytes, needs ${offset + size}`);
    }
    if (sections.has(id)) throw new BinFileError(`${magic} file has section ${id} twice`);
    sections.set(id, { id, offset, size });
    offset += size;
  }
  return sections;
}

/** @throws BinFileError when the section is missing */
export function requireSection(sections: ReadonlyMap<number, Section>, id: number): Section {
  const section = sections.get(id);
  if (section === undefined) throw new BinFileError(`section ${id} is missing`);
  return section;
}

/** Writes a container section by section; sizes are filled in when a section ends. */
export class BinFileWriter {
  readonly #file: number;
  #position = 0;
  #section: { sizeAt: number; start: number } | undefined;

  constructor(path: string, magic: string, version: number, sectionCount: number) {
    this.#file = openSync(path, "w");
    const header = Buffer.alloc(HEADER_SIZE);
    header.write(magic, "latin1");
    header.writeUInt32LE(version, 4);
    header.writeUInt32LE(sectionCount, 8);
    this.write(header);
  }

  start(id: number): void {
    const head = Buffer.alloc(SECTION_HEADER_SIZE);
    head.writeUInt32LE(id, 0);
    const sizeAt = this.#position + 4;
    this.write(head);
    this.#section = { sizeAt, start: this.#position };
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const written = writeSync(this.#file, bytes, done, bytes.length - done, this.#position);
      done += written;
      this.#position += written;
    }
  }

  end(): void {
    if (this.#section === undefined) throw new BinFileError("no section is open");
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(this.#position - this.#section.start));
    writeSync(this.#file, size, 0, 8, this.#section.sizeAt);
    this.#section = undefined;
  }

  /** A section whose bytes are at hand. */
  section(id: number, ...parts: readonly Uint8Array[]): void {
    this.start(id);
    for (const part of parts) this.write(part);
    this.end();
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A 32-bit unsigned integer, little-endian. */
export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A non-negative integer below 2^256, little-endian in 32 bytes. */
export function uint256(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(32);
  for (let word = 0; word < 4; word++) bytes.writeBigUInt64LE((value >> BigInt(64 * word)) & 0xffffffffffffffffn, 8 * word);
  return bytes;
}

/** The integer in 32 little-endian bytes at an offset. */
export function readUint256(bytes: Uint8Array, offset = 0): bigint {
  const words = view(bytes);
  let value = 0n;
  for (let word = 3; word >= 0; word--) value = (value << 64n) | words.getBigUint64(offset + 8 * word, true);
  return value;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export class BinFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BinFileError";
  }
}

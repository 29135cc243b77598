import { P } from "../../src/math/field.js";
import { createHash, type Hash } from "node:crypto";
import { blake2b } from "@noble/hashes/blake2.js";
import type { Curve } from "ffjavascript";
import { BinFileWriter, uint256, uint32 } from "../bin-file.js";
import { FieldVectors, fieldPower, inverse } from "./field-vectors.js";
import { type GroupName, openPointSource, type PointSource } from "./point-source.js";
import { type ProgressListener, ProgressMeter } from "../progress.js";
import { publicScalar, tauSecrets, type TauSecrets } from "./toxic-waste.js";
import { blake2b512, hashToG2, namedContribution, partialHash, times } from "./transcript.js";

export const CONTRIBUTION_NAME = "zkmargin development setup: secrets are public";

const G1_SIZE = 64;
const G2_SIZE = 128;
// A point of G2 costs about four times one of G1.
const G2_COST = 4;
// The file holds the state of a running hash, in which bytes of earlier blocks stay behind; which ones depends on how it was fed.
const HASHED_POINTS = 4096;

/**
 * Writes prepared powers of tau of known secrets to `path`, accepted by `snarkjs powersoftau verify`. The same bytes on every machine.
 * @param power log2 of the largest domain, 1 to 27
 */
export async function writeDevelopmentPtau(path: string, power: number, onProgress?: ProgressListener): Promise<void> {
  const vectors = await FieldVectors.create();
  const points = openPointSource(vectors.curve);
  const writer = new BinFileWriter(path, "ptau", 1, 11);
  try {
    await new PtauBuilder(vectors, points, writer, power, onProgress).build();
  } finally {
    writer.close();
    await points.close();
  }
}

class PtauBuilder {
  readonly #secrets: TauSecrets = tauSecrets();
  readonly #curve: Curve;
  readonly #domain: number;
  readonly #pointCounts: Readonly<Record<GroupName, number>>;
  readonly #meter: ProgressMeter;
  readonly #response = blake2b.create({ dkLen: 64 });
  readonly #firstChallenge: Uint8Array;
  readonly #uncompressed: Uint8Array[] = [];

  constructor(
    readonly vectors: FieldVectors,
    readonly points: PointSource,
    readonly writer: BinFileWriter,
    readonly power: number,
    onProgress: ProgressListener | undefined,
  ) {
    this.#curve = vectors.curve;
    this.#domain = 2 ** power;
    this.#pointCounts = { g1: 12 * this.#domain, g2: 3 * this.#domain };
    this.#meter = new ProgressMeter("powers of tau", (12 + 3 * G2_COST) * this.#domain, onProgress);
    this.#firstChallenge = firstChallengeHash(this.#curve, power);
    this.#response.update(this.#firstChallenge);
  }

  async build(): Promise<void> {
    const { writer, power } = this;
    const { tau, alpha, beta } = this.#secrets;
    writer.section(1, uint32(32), uint256(this.#curve.q), uint32(power), uint32(power));
    await this.#powers(2, "g1", 1n, 2 * this.#domain - 1);
    await this.#powers(3, "g2", 1n, this.#domain);
    await this.#powers(4, "g1", alpha, this.#domain);
    await this.#powers(5, "g1", beta, this.#domain);
    await this.#powers(6, "g2", beta, 1);
    writer.section(7, uint32(1), this.#contribution(tau, alpha, beta));
    await this.#lagrange(12, "g1", 1n, power + 1);
    await this.#lagrange(13, "g2", 1n, power);
    await this.#lagrange(14, "g1", alpha, power);
    await this.#lagrange(15, "g1", beta, power);
    this.#meter.finish();
  }

  /** factor * tau^i for i below count. */
  async #powers(section: number, group: GroupName, factor: bigint, count: number): Promise<void> {
    const mark = this.vectors.mark();
    const scalars = this.vectors.canonical(this.vectors.geometric(factor, this.#secrets.tau, count), count);
    this.vectors.release(mark);
    this.writer.start(section);
    const options = { uncompressed: true, compressed: true };
    for await (const chunk of this.points.multiply(group, scalars, this.#pointCounts[group], options)) {
      this.writer.write(chunk.affine);
      if (chunk.compressed !== undefined) this.#hash(group, chunk.compressed);
      if (chunk.uncompressed !== undefined) this.#uncompressed.push(chunk.uncompressed);
      this.#advance(group, chunk.affine.length);
    }
    this.writer.end();
  }

  /** In parts that don't depend on where the points come from: see HASHED_POINTS. */
  #hash(group: GroupName, compressed: Uint8Array): void {
    const size = HASHED_POINTS * (group === "g1" ? G1_SIZE : G2_SIZE) / 2;
    for (let at = 0; at < compressed.length; at += size) this.#response.update(compressed.subarray(at, at + size));
  }

  /** The Lagrange bases at tau, times a factor, of every power from 0 to `highest`, one after the other. */
  async #lagrange(section: number, group: GroupName, factor: bigint, highest: number): Promise<void> {
    this.writer.start(section);
    for (let power = 0; power <= highest; power++) {
      const mark = this.vectors.mark();
      const count = 2 ** power;
      const basis =
        power > this.power
          ? truncatedLagrange(this.vectors, power, this.#secrets.tau)
          : this.vectors.lagrange(power, this.#secrets.tau);
      const scaled = factor === 1n ? basis : this.vectors.scale(basis, factor, count);
      const scalars = this.vectors.canonical(scaled, count);
      this.vectors.release(mark);
      for await (const chunk of this.points.multiply(group, scalars, this.#pointCounts[group])) {
        this.writer.write(chunk.affine);
        this.#advance(group, chunk.affine.length);
      }
    }
    this.writer.end();
  }

  /** The one contribution, from the generators to the powers of tau, with its proofs of knowledge. */
  #contribution(tau: bigint, alpha: bigint, beta: bigint): Uint8Array {
    const curve = this.#curve;
    const { G1, G2 } = curve;
    const keys = [tau, alpha, beta].map((secret, index) => {
      const s = times(curve, "G1", G1.g, publicScalar(`proof of knowledge ${index}`));
      const sx = times(curve, "G1", s, secret);
      const hash = blake2b512(Uint8Array.of(index), this.#firstChallenge, G1.toUncompressed(s), G1.toUncompressed(sx));
      return { s, sx, spx: times(curve, "G2", hashToG2(curve, hash), secret) };
    });
    const g1 = keys.flatMap(({ s, sx }) => [s, sx]);
    const g2 = keys.map(({ spx }) => spx);

    const before = partialHash(this.#response);
    for (const point of g1) this.#response.update(G1.toUncompressed(point));
    for (const point of g2) this.#response.update(G2.toUncompressed(point));
    const next = createHash("blake2b512").update(this.#response.digest());
    for (const points of this.#uncompressed) next.update(points);
    return Buffer.concat([
      times(curve, "G1", G1.g, tau),
      times(curve, "G2", G2.g, tau),
      times(curve, "G1", G1.g, alpha),
      times(curve, "G1", G1.g, beta),
      times(curve, "G2", G2.g, beta),
      ...g1,
      ...g2,
      before,
      next.digest(),
      namedContribution(CONTRIBUTION_NAME),
    ]);
  }

  #advance(group: GroupName, bytes: number): void {
    this.#meter.advance(group === "g1" ? bytes / G1_SIZE : (bytes / G2_SIZE) * G2_COST);
  }
}

/**
 * Lagrange evaluations of twice the domain, of the powers 0 .. 2n - 2 only: the file has no tau^(2n - 1), and snarkjs prepares it with
 * zero in that place. L_i less w^i tau^(2n - 1) / 2n.
 */
export function truncatedLagrange(vectors: FieldVectors, power: number, tau: bigint): number {
  const count = 2 ** power;
  const basis = vectors.lagrange(power, tau);
  const missing = (fieldPower(tau, BigInt(count - 1)) * inverse(BigInt(count))) % P;
  return vectors.add(basis, vectors.geometric(P - missing, vectors.rootOfUnity(power), count), count);
}

/** Hash of the empty accumulator, which every contribution chain begins with. */
function firstChallengeHash(curve: Curve, power: number): Uint8Array {
  const g1 = curve.G1.toUncompressed(curve.G1.oneAffine);
  const g2 = curve.G2.toUncompressed(curve.G2.oneAffine);
  const domain = 2 ** power;
  const hash = createHash("blake2b512").update(blake2b512());
  repeat(hash, g1, 2 * domain - 1);
  repeat(hash, g2, domain);
  repeat(hash, g1, 2 * domain);
  return hash.update(g2).digest();
}

function repeat(hash: Hash, bytes: Uint8Array, count: number): void {
  const block = Buffer.alloc(bytes.length * Math.min(count, 1024));
  for (let offset = 0; offset < block.length; offset += bytes.length) block.set(bytes, offset);
  for (let left = bytes.length * count; left > 0; left -= block.length) {
    hash.update(left >= block.length ? block : block.subarray(0, left));
  }
}

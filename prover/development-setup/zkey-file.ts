import { P } from "../../src/math/field.js";
import { createHash } from "node:crypto";
import type { Curve } from "ffjavascript";
import { BinFileWriter, uint256, uint32 } from "../bin-file.js";
import { domainPower, publicSignalCount, type R1cs } from "../r1cs.js";
import { FieldVectors, fieldPower, inverse, type VectorPointer } from "./field-vectors.js";
import { type GroupName, openPointSource, type PointSource } from "./point-source.js";
import { CONTRIBUTION_NAME, truncatedLagrange } from "./powers-of-tau-file.js";
import { type ProgressListener, ProgressMeter } from "../progress.js";
import { coefficientCount, evaluateQap } from "./qap.js";
import { deltaSecret, publicScalar, tauSecrets } from "./toxic-waste.js";
import { blake2b512, hashToG2, namedContribution, times } from "./transcript.js";

const G1_SIZE = 64;
const G2_SIZE = 128;
const G2_COST = 4;
// snarkjs hashes the H points in blocks of this many.
const H_HASH_BLOCK = 1 << 14;

/**
 * Writes a Groth16 key of known secrets, as `snarkjs zkey contribute` would have left it after one contribution to the development powers of
 * tau of the same power. The same bytes for the same circuit on every machine.
 * @param r1csSha256 hexadecimal; the phase-2 secret is derived from it
 */
export async function writeDevelopmentZkey(
  path: string,
  r1cs: R1cs,
  r1csSha256: string,
  onProgress?: ProgressListener,
): Promise<void> {
  const vectors = await FieldVectors.create();
  const points = openPointSource(vectors.curve);
  const writer = new BinFileWriter(path, "zkey", 1, 10);
  try {
    await new ZkeyBuilder(vectors, points, writer, r1cs, deltaSecret(r1csSha256), onProgress).build();
  } finally {
    writer.close();
    await points.close();
  }
}

interface Scalars {
  readonly ic: Uint8Array;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  /** (beta a + alpha b + c) of the private wires, before and after the division by delta. */
  readonly c: Uint8Array;
  readonly cOverDelta: Uint8Array;
  /** tau^i (tau^n - 1), which the circuit hash covers, and the odd half of the basis of 2n over delta, which the key holds. */
  readonly vanishing: Uint8Array;
  readonly hOverDelta: Uint8Array;
}

class ZkeyBuilder {
  readonly #secrets = tauSecrets();
  readonly #curve: Curve;
  readonly #power: number;
  readonly #domain: number;
  readonly #public: number;
  readonly #circuitHash = createHash("blake2b512");
  readonly #meter: ProgressMeter;
  readonly #pointCounts: Readonly<Record<GroupName, number>>;

  constructor(
    readonly vectors: FieldVectors,
    readonly points: PointSource,
    readonly writer: BinFileWriter,
    readonly r1cs: R1cs,
    readonly delta: bigint,
    readonly onProgress: ProgressListener | undefined,
  ) {
    this.#curve = vectors.curve;
    this.#power = domainPower(r1cs);
    this.#domain = 2 ** this.#power;
    this.#public = publicSignalCount(r1cs);
    const g1Points = 4 * r1cs.wires + 2 * this.#domain;
    this.#pointCounts = { g1: g1Points, g2: r1cs.wires };
    this.#meter = new ProgressMeter("proving key", g1Points + G2_COST * r1cs.wires, onProgress);
  }

  async build(): Promise<void> {
    const { writer, r1cs } = this;
    this.#header();
    const scalars = this.#scalars();

    await this.#points("g1", scalars.ic, { section: 3, hashed: this.#public + 1 });
    // The circuit hash takes H and C as they were before the contribution, ahead of A and B.
    await this.#points("g1", scalars.vanishing, { hashed: this.#domain - 1 });
    this.#hashBeyondPowers();
    await this.#points("g1", scalars.c, { hashed: r1cs.wires - this.#public - 1 });
    await this.#points("g1", scalars.a, { section: 5, hashed: r1cs.wires });
    await this.#points("g1", scalars.b, { section: 6, hashed: r1cs.wires });
    await this.#points("g2", scalars.b, { section: 7, hashed: r1cs.wires });
    await this.#points("g1", scalars.cOverDelta, { section: 8 });
    await this.#points("g1", scalars.hOverDelta, { section: 9 });
    writer.section(10, ...this.#contributions());
    this.#meter.finish();
  }

  #header(): void {
    const { writer, r1cs } = this;
    const { alpha, beta } = this.#secrets;
    const { G1, G2, q, r } = this.#curve;
    const alpha1 = times(this.#curve, "G1", G1.g, alpha);
    const beta1 = times(this.#curve, "G1", G1.g, beta);
    const beta2 = times(this.#curve, "G2", G2.g, beta);
    const delta1 = times(this.#curve, "G1", G1.g, this.delta);
    const delta2 = times(this.#curve, "G2", G2.g, this.delta);
    writer.section(1, uint32(1));
    writer.section(
      2,
      uint32(32),
      uint256(q),
      uint32(32),
      uint256(r),
      uint32(r1cs.wires),
      uint32(this.#public),
      uint32(this.#domain),
      alpha1,
      beta1,
      beta2,
      G2.oneAffine,
      delta1,
      delta2,
    );
    for (const point of [alpha1, beta1]) this.#circuitHash.update(G1.toUncompressed(point));
    this.#circuitHash.update(G2.toUncompressed(beta2)).update(G2.toUncompressed(G2.oneAffine));
    this.#circuitHash.update(G1.toUncompressed(G1.oneAffine)).update(G2.toUncompressed(G2.oneAffine));
  }

  /** All scalars of the key; on the way, the coefficients of the constraint system go to their section. */
  #scalars(): Scalars {
    const { vectors, r1cs } = this;
    const { tau, alpha, beta } = this.#secrets;
    const overDelta = inverse(this.delta);
    const domain = this.#domain;
    const lagrange = vectors.lagrange(this.#power, tau);
    this.writer.start(4);
    this.writer.write(uint32(coefficientCount(r1cs)));
    const qap = evaluateQap(vectors, r1cs, lagrange, (records) => this.writer.write(records));
    this.writer.end();
    const linear = vectors.add(
      vectors.add(vectors.scale(qap.a, beta, r1cs.wires), vectors.scale(qap.b, alpha, r1cs.wires), r1cs.wires),
      qap.c,
      r1cs.wires,
    );
    const privateFrom: VectorPointer = linear + 32 * (this.#public + 1);
    const privateCount = r1cs.wires - this.#public - 1;
    const vanishing = (fieldPower(tau, BigInt(domain)) - 1n + P) % P;
    const shifted = vectors.odd(truncatedLagrange(vectors, this.#power + 1, tau), 2 * domain);
    return {
      ic: vectors.canonical(linear, this.#public + 1),
      a: vectors.canonical(qap.a, r1cs.wires),
      b: vectors.canonical(qap.b, r1cs.wires),
      c: vectors.canonical(privateFrom, privateCount),
      cOverDelta: vectors.canonical(vectors.scale(privateFrom, overDelta, privateCount), privateCount),
      vanishing: vectors.canonical(vectors.geometric(vanishing, tau, domain - 1), domain - 1),
      hOverDelta: vectors.canonical(vectors.scale(shifted, overDelta, domain), domain),
    };
  }

  /** Multiplies, and writes the points to a section, hashes them with their count in front, or both. */
  async #points(group: GroupName, scalars: Uint8Array, to: { section?: number; hashed?: number }): Promise<void> {
    const { section, hashed } = to;
    if (section !== undefined) this.writer.start(section);
    if (hashed !== undefined) this.#circuitHash.update(uint32(hashed).reverse());
    const options = { uncompressed: hashed !== undefined };
    for await (const chunk of this.points.multiply(group, scalars, this.#pointCounts[group], options)) {
      if (section !== undefined) this.writer.write(chunk.affine);
      if (chunk.uncompressed !== undefined) this.#circuitHash.update(chunk.uncompressed);
      const size = group === "g1" ? G1_SIZE : G2_SIZE;
      this.#meter.advance((chunk.affine.length / size) * (group === "g1" ? 1 : G2_COST));
    }
    if (section !== undefined) this.writer.end();
  }

  /**
   * In blocks of 2^14, snarkjs 0.7 hashes the H points of a larger domain one too far: it takes the bytes behind the powers of tau,
   * the header of the next section, for a point. The circuit hash has to contain the same.
   */
  #hashBeyondPowers(): void {
    if (this.#domain <= H_HASH_BLOCK) return;
    const { G1, G2, tm } = this.#curve;
    const behind = new Uint8Array(G1_SIZE);
    behind.set(uint32(3), 0);
    new DataView(behind.buffer).setBigUint64(4, BigInt(G2_SIZE * this.#domain), true);
    behind.set(G2.oneAffine.subarray(0, G1_SIZE - 12), 12);
    const last = times(this.#curve, "G1", G1.g, fieldPower(this.#secrets.tau, BigInt(this.#domain - 1)));

    const mark = this.vectors.mark();
    const memory = this.vectors.allocate(16);
    const [left, right, result] = [memory, memory + G1_SIZE, memory + 2 * G1_SIZE];
    tm.u8.set(behind, left);
    tm.u8.set(last, right);
    tm.instance.exports.g1m_subAffine!(left, right, result);
    tm.instance.exports.g1m_batchToAffine!(result, 1, result);
    tm.instance.exports.g1m_batchLEMtoU!(result, 1, result);
    this.#circuitHash.update(tm.u8.slice(result, result + G1_SIZE));
    this.vectors.release(mark);
  }

  /** Circuit hash, and the one contribution with its proof of knowledge of delta. */
  #contributions(): readonly Uint8Array[] {
    const curve = this.#curve;
    const { G1 } = curve;
    const circuitHash = this.#circuitHash.digest();
    const s = times(curve, "G1", G1.g, publicScalar("proof of knowledge delta"));
    const sx = times(curve, "G1", s, this.delta);
    const transcript = blake2b512(circuitHash, G1.toUncompressed(s), G1.toUncompressed(sx));
    const spx = times(curve, "G2", hashToG2(curve, transcript), this.delta);
    const deltaAfter = times(curve, "G1", G1.g, this.delta);
    return [circuitHash, uint32(1), deltaAfter, s, sx, spx, transcript, namedContribution(CONTRIBUTION_NAME)];
  }
}

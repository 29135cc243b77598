/**
 * proof.json: a margin proof, its public signals by name, and the key it is for. Nothing in it is secret.
 */
import { z } from "zod";
import { listPublicSignals, STATEMENT_FIELDS, type PublicSignals } from "../src/witness/public-signals.js";
import { fromSnarkjsProof, type Groth16Proof, type SnarkjsProof, toSnarkjsProof } from "./proof.js";

export interface ProofFile {
  readonly tier: string;
  /** Identity of the verification key. */
  readonly keyHash: string;
  /** Made with a development key: convinces nobody. */
  readonly development: boolean;
  readonly publicSignals: PublicSignals;
  readonly proof: Groth16Proof;
}

export function formatProofFile({ tier, keyHash, development, publicSignals, proof }: ProofFile): string {
  const named = Object.fromEntries(STATEMENT_FIELDS.map((name) => [name, publicSignals[name].toString()]));
  return `${JSON.stringify({ format: "zkmargin-proof-1", tier, keyHash, development, publicSignals: named, proof: toSnarkjsProof(proof) }, null, 2)}\n`;
}

/** @throws ProofFileError naming the field and the rule */
export function parseProofFile(text: string): ProofFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ProofFileError("file", "is not JSON");
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ProofFileError(issue.path.join(".") || "file", issue.message);
  }
  const { tier, keyHash, development, publicSignals, proof } = parsed.data;
  return { tier, keyHash, development, publicSignals: publicSignals as unknown as PublicSignals, proof: fromSnarkjsProof(proof as SnarkjsProof) };
}

/** The form of snarkjs tools. */
export function snarkjsForm({ proof, publicSignals }: Pick<ProofFile, "proof" | "publicSignals">): { proof: SnarkjsProof; publicSignals: string[] } {
  return { proof: toSnarkjsProof(proof), publicSignals: listPublicSignals(publicSignals).map(String) };
}

const decimal = z.string().regex(/^(0|[1-9]\d{0,77})$/, "must be a decimal number below 2^256");
const schema = z.strictObject({
  format: z.literal("zkmargin-proof-1"),
  tier: z.string().regex(/^[A-Z]{1,4}$/, "must be one to four capital letters"),
  keyHash: z.string().regex(/^0x[0-9a-f]{64}$/),
  development: z.boolean(),
  publicSignals: z.strictObject(Object.fromEntries(STATEMENT_FIELDS.map((name) => [name, decimal.transform(BigInt)]))),
  proof: z.strictObject({
    pi_a: z.array(decimal).length(3), pi_b: z.array(z.array(decimal).length(2)).length(3), pi_c: z.array(decimal).length(3),
    protocol: z.literal("groth16"), curve: z.literal("bn128"),
  }),
});

export class ProofFileError extends Error {
  constructor(readonly field: string, readonly rule: string) {
    super(`proof file: ${field} ${rule}`);
    this.name = "ProofFileError";
  }
}

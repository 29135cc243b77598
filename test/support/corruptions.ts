/**
 * One list of what can be wrong with a proof, its public signals and a verification key: every verifier is shown the same things.
 */
import { BASE_MODULUS } from "../../prover/curve.js";
import type { SnarkjsProof } from "../../prover/proof.js";
import type { VerificationKeyJson } from "../../prover/verification-key.js";
import { P } from "../../src/math/field.js";

/** A proof with its public signals, as snarkjs writes both. */
export interface Statement {
  readonly proof: SnarkjsProof;
  readonly publicSignals: readonly string[];
}

/** What a corruption leaves, so what may refuse it first. */
export type Damage =
  /** No proof any more: words missing, or no decimals. */
  | "text"
  /** Coordinates of the field, of which A or C is no finite point of the curve, or all are points and do not fit together. */
  | "point"
  /** B is no point of G2, which only the pairing precompile finds. */
  | "twist"
  /** A coordinate that is another name of the right one: its value plus the modulus. */
  | "coordinate"
  /** B at infinity: all of (0, 0), which a contract takes for a point of G2. */
  | "infinity"
  /** Signals of the field in the right number, but not those of the proof. */
  | "signals"
  /** A signal that is no canonical element of the scalar field. */
  | "field"
  /** Too few or too many signals. */
  | "count";

export interface StatementCase {
  readonly name: string;
  readonly damage: Damage;
  readonly statement: Statement;
}

/** x = 1 on the twist, y by a square root; times r it is not infinity. As snarkjs writes it: real part first. */
export const OUTSIDE_SUBGROUP: readonly (readonly string[])[] = [
  ["1", "0"],
  ["18278151005453108793778860132295291098363647455926340152056652516292830556603", "5912654199736721486680175016176231956195085055698687135131307249486702594212"],
  ["1", "0"],
];

/** Where the coordinates of a proof are. */
export const COORDINATES: readonly (readonly (string | number)[])[] = [
  ["pi_a", 0], ["pi_a", 1], ["pi_b", 0, 0], ["pi_b", 0, 1], ["pi_b", 1, 0], ["pi_b", 1, 1], ["pi_c", 0], ["pi_c", 1],
];

/** A copy with one place replaced; undefined takes the place out, from an array too. */
export function replaced<T>(value: T, path: readonly (string | number)[], by: (old: never) => unknown): T {
  const [first, ...rest] = path;
  if (first === undefined) return by(value as never) as T;
  const inner = (value as Record<string | number, unknown>)[first];
  const next = replaced(inner, rest, by);
  if (Array.isArray(value)) return value.flatMap((item: unknown, at) => (at !== first ? [item] : next === undefined ? [] : [next])) as T;
  const { [first]: _, ...others } = value as Record<string | number, unknown>;
  return (next === undefined ? others : { ...(value as object), [first]: next }) as T;
}

const negative = (word: string): string => String((BASE_MODULUS - BigInt(word)) % BASE_MODULUS);
const oppositeG1 = ([x, y, z]: readonly string[]): string[] => [x!, negative(y!), z!];
const oppositeG2 = ([x, y, z]: readonly (readonly string[])[]): (readonly string[])[] => [x!, y!.map(negative), z!];

/**
 * @param other a valid statement under the same key of which every public signal that can differs
 * @param foreign a proof of the same public signals under the key of another circuit
 */
export function statementCases(valid: Statement, other: Statement, foreign?: SnarkjsProof): readonly StatementCase[] {
  const cases: StatementCase[] = [];
  const { proof, publicSignals } = valid;
  const add = (name: string, damage: Damage, statement: Partial<Statement>): void => void cases.push({ name, damage, statement: { ...valid, ...statement } });
  const change = (name: string, damage: Damage, path: readonly (string | number)[], by: (old: never) => unknown): void =>
    add(name, damage, { proof: replaced(proof, path, by) });

  for (const path of COORDINATES) {
    const at = path.join(".");
    const inB = path[0] === "pi_b";
    change(`${at} one more`, inB ? "twist" : "point", path, (word: string) => String((BigInt(word) + 1n) % BASE_MODULUS));
    change(`${at} with its lowest bit flipped`, inB ? "twist" : "point", path, (word: string) => String(BigInt(word) ^ 1n));
    change(`${at} zero`, inB ? "twist" : "point", path, () => "0");
    change(`${at} plus the modulus`, "coordinate", path, (word: string) => String(BigInt(word) + BASE_MODULUS));
    change(`${at} without its last digit`, inB ? "twist" : "point", path, (word: string) => word.slice(0, -1));
    change(`${at} negative`, "text", path, (word: string) => String(BigInt(word) - BASE_MODULUS));
    change(`${at} in hexadecimal`, "text", path, (word: string) => `0x${BigInt(word).toString(16)}`);
    change(`${at} empty`, "text", path, () => "");
    change(`${at} missing`, "text", path, () => undefined);
  }

  change("A negated", "point", ["pi_a"], oppositeG1);
  change("B negated", "point", ["pi_b"], oppositeG2);
  change("C negated", "point", ["pi_c"], oppositeG1);
  add("A and C exchanged", "point", { proof: { ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a } });
  change("A in place of C", "point", ["pi_c"], () => proof.pi_a);
  // B has other coordinates than C: the text itself is wrong.
  add("B and C exchanged", "text", { proof: { ...proof, pi_b: proof.pi_c as never, pi_c: proof.pi_b as never } });
  change("B with its coefficients in the other order", "twist", ["pi_b"], ([x, y, z]: string[][]) => [[...x!].reverse(), [...y!].reverse(), z]);
  change("B with its coordinates exchanged", "twist", ["pi_b"], ([x, y, z]: string[][]) => [y, x, z]);
  change("B on the twist, outside the group of order r", "twist", ["pi_b"], () => OUTSIDE_SUBGROUP);

  for (const point of ["pi_a", "pi_c"]) change(`${point} zero and zero, as contracts write infinity`, "point", [point], () => ["0", "0", "1"]);
  change("pi_b all zeros, as contracts write infinity", "infinity", ["pi_b"], () => [["0", "0"], ["0", "0"], ["1", "0"]]);
  for (const point of ["pi_a", "pi_c"]) change(`${point} at infinity, as snarkjs writes it`, "text", [point], () => ["0", "1", "0"]);
  change("pi_b at infinity, as snarkjs writes it", "text", ["pi_b"], () => [["0", "0"], ["1", "0"], ["0", "0"]]);

  for (const point of ["pi_a", "pi_b", "pi_c"]) {
    change(`${point} missing`, "text", [point], () => undefined);
    change(`${point} null`, "text", [point], () => null);
    change(`${point} without its last word`, "text", [point], (words: unknown[]) => words.slice(0, -1));
    change(`${point} with a word more`, "text", [point], (words: unknown[]) => [...words, words[0]]);
  }
  change("pi_b.0 with a coefficient more", "text", ["pi_b", 0], (words: string[]) => [...words, "0"]);

  add("the proof of another statement", "signals", { proof: other.proof });
  add("C of another statement's proof", "signals", { proof: { ...proof, pi_c: other.proof.pi_c } });
  add("the signals of another statement", "signals", { publicSignals: other.publicSignals });
  if (foreign !== undefined) add("the proof of the same signals under another circuit's key", "signals", { proof: foreign });

  publicSignals.forEach((signal, at) => {
    add(`signal ${at} missing`, "count", { publicSignals: publicSignals.filter((_, index) => index !== at) });
    add(`signal ${at} plus the order`, "field", { publicSignals: publicSignals.with(at, String(BigInt(signal) + P)) });
    add(`signal ${at} minus the order`, "field", { publicSignals: publicSignals.with(at, String(BigInt(signal) - P)) });
    add(`signal ${at} the largest of 256 bits`, "field", { publicSignals: publicSignals.with(at, String((1n << 256n) - 1n)) });
    add(`signal ${at} with its lowest bit flipped`, "signals", { publicSignals: publicSignals.with(at, String(BigInt(signal) ^ 1n)) });
    for (let later = at + 1; later < publicSignals.length; later++) {
      if (publicSignals[later] === signal) continue;
      add(`signals ${at} and ${later} exchanged`, "signals", { publicSignals: publicSignals.with(at, publicSignals[later]!).with(later, signal) });
    }
  });
  add("no signals", "count", { publicSignals: [] });
  add("a zero more", "count", { publicSignals: [...publicSignals, "0"] });
  add("the constant one before the signals", "count", { publicSignals: ["1", ...publicSignals] });
  add("the signals in reverse order", "signals", { publicSignals: [...publicSignals].reverse() });
  add("the signals moved by one place", "signals", { publicSignals: [...publicSignals.slice(1), publicSignals[0]!] });
  return cases;
}

/**
 * Of a key: its text is none any more; it is refused on sight; it is well made, and another key; or another key under which the same statements
 * are true as long as their first signal is 1, because the points of that and of the constant 1 have changed places.
 */
export type KeyDamage = "text" | "refused" | "another key" | "same for signal 0 = 1";

export interface VerificationKeyCase {
  readonly name: string;
  readonly damage: KeyDamage;
  readonly vkey: VerificationKeyJson;
}

/** @param foreign the key of another circuit with as many public signals */
export function verificationKeyCases(key: VerificationKeyJson, foreign: VerificationKeyJson): readonly VerificationKeyCase[] {
  const cases: VerificationKeyCase[] = [];
  const change = (name: string, damage: KeyDamage, path: readonly (string | number)[], by: (old: never) => unknown): void =>
    void cases.push({ name, damage, vkey: replaced(key, path, by) });

  const g1 = [["vk_alpha_1"], ...key.IC.map((_, at) => ["IC", at])];
  const g2 = [["vk_beta_2"], ["vk_gamma_2"], ["vk_delta_2"]];
  for (const point of [...g1, ...g2]) {
    const isG2 = point[0] !== "IC" && point[0] !== "vk_alpha_1";
    const name = point.join(".");
    const places = isG2 ? [[0, 0], [0, 1], [1, 0], [1, 1]] : [[0], [1]];
    for (const place of places) {
      const at = [...point, ...place];
      change(`${at.join(".")} with its lowest bit flipped`, "refused", at, (word: string) => String(BigInt(word) ^ 1n));
      change(`${at.join(".")} without its last digit`, "refused", at, (word: string) => word.slice(0, -1));
      change(`${at.join(".")} plus the modulus`, "refused", at, (word: string) => String(BigInt(word) + BASE_MODULUS));
      change(`${at.join(".")} negative`, "text", at, (word: string) => String(BigInt(word) - BASE_MODULUS));
      change(`${at.join(".")} missing`, "text", at, () => undefined);
    }
    change(`${name} all zeros`, "refused", point, () => (isG2 ? [["0", "0"], ["0", "0"], ["1", "0"]] : ["0", "0", "1"]));
    change(`${name} at infinity`, "text", point, () => (isG2 ? [["0", "0"], ["1", "0"], ["0", "0"]] : ["0", "1", "0"]));
    change(`${name} missing`, point[0] === "IC" ? "refused" : "text", point, () => undefined);
    change(`${name} null`, "text", point, () => null);
    // Of gamma or delta the pair is looked at too, but neither is the other's opposite here.
    change(`${name} negated`, "another key", point, isG2 ? oppositeG2 : oppositeG1);
  }
  for (const point of g2) change(`${point[0]} outside the group of order r`, "refused", point, () => OUTSIDE_SUBGROUP);
  change("gamma in place of delta", "refused", ["vk_delta_2"], () => key.vk_gamma_2);
  change("gamma's opposite in place of delta", "refused", ["vk_delta_2"], () => oppositeG2(key.vk_gamma_2));
  change("beta in place of gamma", "another key", ["vk_gamma_2"], () => key.vk_beta_2);
  change("a point of IC more", "refused", ["IC"], (ic: unknown[]) => [...ic, ic[0]]);
  change("no IC", "text", ["IC"], () => undefined);
  change("another protocol", "text", ["protocol"], () => "plonk");
  change("another curve", "text", ["curve"], () => "bls12381");
  change("one public signal less", "text", ["nPublic"], (count: number) => count - 1);
  change("one public signal and its point less", "refused", [], ({ nPublic, IC, ...rest }: VerificationKeyJson) => ({ ...rest, nPublic: nPublic - 1, IC: IC.slice(0, -1) }));
  for (let at = 0; at + 1 < key.IC.length; at++) {
    change(`IC.${at} and IC.${at + 1} exchanged`, at === 0 ? "same for signal 0 = 1" : "another key", ["IC"], (ic: readonly string[][]) => ic.with(at, ic[at + 1]!).with(at + 1, ic[at]!));
  }
  cases.push({ name: "another circuit's key", damage: "another key", vkey: foreign });
  return cases;
}

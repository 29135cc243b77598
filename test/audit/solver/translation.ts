/** Rows over a small prime field as an SMT-LIB program over bit-vectors: booleans as Bool, a x b = c as a b - c = prime x quotient within bounds. */
import { balanced, modulo, type SmallForm, type SmallRow } from "./small-field.js";

/** An unknown of the program: a Bool, or a bit-vector that stands for least + its unsigned value. */
export type Unknown = { readonly name: string; readonly kind: "bool" } | { readonly name: string; readonly kind: "integer"; readonly least: number; readonly most: number };

/** least <= term <= most, signed bit-vector of a width that the caller names. */
interface Quantity {
  readonly least: number;
  readonly most: number;
  term(width: number): string;
}

export class Program {
  readonly #lines: string[] = [];
  readonly #reduced = new Map<string, Quantity>();
  #fresh = 0;

  constructor(readonly prime: number) {}

  get text(): string {
    return this.#lines.join("\n");
  }

  declare(unknown: Unknown): void {
    if (unknown.kind === "bool") {
      this.#lines.push(`(declare-const ${unknown.name} Bool)`);
      return;
    }
    const span = unknown.most - unknown.least;
    const bits = bitsOf(span);
    this.#lines.push(`(declare-const ${unknown.name} (_ BitVec ${bits}))`);
    if (span !== 2 ** bits - 1) this.assert(`(bvule ${unknown.name} (_ bv${span} ${bits}))`);
  }

  assert(condition: string): void {
    this.#lines.push(`(assert ${condition})`);
  }

  /** The condition that a row holds; to be asserted, since quotients in it are unknowns of their own. */
  row({ a, b, c }: SmallRow, unknownOf: (wire: number) => Unknown): string {
    if (a.size === 0 || b.size === 0) return this.#isMultiple(this.#sum(c, unknownOf));
    for (const [factor, other] of [[a, b], [b, a]] as const) {
      const [wire, ...others] = [...factor.keys()].filter((key) => key !== 0);
      if (wire === undefined || others.length > 0) continue;
      const unknown = unknownOf(wire);
      if (unknown.kind !== "bool") continue;
      const constant = factor.get(0) ?? 0;
      const cases = [constant + factor.get(wire)!, constant].map((value) => this.#isMultiple(this.#sum(combined(other, value, c, this.prime), unknownOf)));
      return `(ite ${unknown.name} ${cases.join(" ")})`;
    }
    return this.#isMultiple(difference(product(this.#element(a, unknownOf), this.#element(b, unknownOf)), this.#sum(c, unknownOf)));
  }

  /** The condition that two unknowns are the same element; no quotient in it, so it may be negated. */
  alike(x: Unknown, y: Unknown): string {
    if (x.name === y.name) return "true";
    const [ours, theirs] = [x, y].map((unknown) => this.#sum(new Map([[1, 1]]), () => unknown));
    return this.#isMultiple(difference(ours!, theirs!), Infinity);
  }

  /** Sum with coefficients of least magnitude. */
  #sum(form: SmallForm, unknownOf: (wire: number) => Unknown): Quantity {
    let constant = 0;
    const parts: { readonly coefficient: number; readonly unknown: Unknown }[] = [];
    for (const [wire, value] of form) {
      const coefficient = balanced(value, this.prime);
      if (wire === 0) constant += coefficient;
      else {
        const unknown = unknownOf(wire);
        if (unknown.kind === "integer") constant += coefficient * unknown.least;
        parts.push({ coefficient, unknown });
      }
    }
    const spans = parts.map(({ coefficient, unknown }) => coefficient * (unknown.kind === "bool" ? 1 : unknown.most - unknown.least));
    return {
      least: spans.reduce((sum, span) => sum + Math.min(0, span), constant),
      most: spans.reduce((sum, span) => sum + Math.max(0, span), constant),
      term: (width) => {
        const terms = parts.map(({ coefficient, unknown }) => {
          if (unknown.kind === "bool") return `(ite ${unknown.name} ${literal(coefficient, width)} ${literal(0, width)})`;
          const extended = `((_ zero_extend ${width - bitsOf(unknown.most - unknown.least)}) ${unknown.name})`;
          return coefficient === 1 ? extended : `(bvmul ${literal(coefficient, width)} ${extended})`;
        });
        return added([...terms, literal(constant, width)]);
      },
    };
  }

  /** A factor: the sum itself while it is no wider than the field, else its remainder as an unknown. */
  #element(form: SmallForm, unknownOf: (wire: number) => Unknown): Quantity {
    const sum = this.#sum(form, unknownOf);
    if (sum.most - sum.least < 2 * this.prime) return sum;
    const key = sum.term(widthOf(sum.least, sum.most));
    const known = this.#reduced.get(key);
    if (known !== undefined) return known;
    const remainder = this.#integer(0, this.prime - 1);
    this.assert(this.#isMultiple(difference(sum, remainder)));
    this.#reduced.set(key, remainder);
    return remainder;
  }

  #integer(least: number, most: number): Quantity {
    const unknown: Unknown = { name: `r${this.#fresh++}`, kind: "integer", least, most };
    this.declare(unknown);
    const bits = bitsOf(most - least);
    return { least, most, term: (width) => added([`((_ zero_extend ${width - bits}) ${unknown.name})`, literal(least, width)]) };
  }

  /** quantity = prime x quotient for a quotient that the bounds allow: each of them in turn if there are up to `cases`. */
  #isMultiple(quantity: Quantity, cases = 4): string {
    const [first, last] = [Math.ceil(quantity.least / this.prime), Math.floor(quantity.most / this.prime)];
    if (first > last) return "false";
    const width = widthOf(Math.min(quantity.least, first * this.prime), Math.max(quantity.most, last * this.prime));
    const term = quantity.term(width);
    if (last - first < cases) {
      const equal = Array.from({ length: last - first + 1 }, (_, i) => `(= ${term} ${literal((first + i) * this.prime, width)})`);
      return equal.length === 1 ? equal[0]! : `(or ${equal.join(" ")})`;
    }
    return `(= ${term} (bvmul ${literal(this.prime, width)} ${this.#integer(first, last).term(width)}))`;
  }
}

/** scale x form - c */
function combined(form: SmallForm, scale: number, c: SmallForm, prime: number): SmallForm {
  const sum = new Map<number, number>();
  for (const [wire, value] of form) sum.set(wire, modulo(scale * value, prime));
  for (const [wire, value] of c) sum.set(wire, modulo((sum.get(wire) ?? 0) - value, prime));
  for (const [wire, value] of sum) if (value === 0) sum.delete(wire);
  return sum;
}

function product(x: Quantity, y: Quantity): Quantity {
  const corners = [x.least * y.least, x.least * y.most, x.most * y.least, x.most * y.most];
  // The factors in an order of their own, so that the same product is the same term.
  return { least: Math.min(...corners), most: Math.max(...corners), term: (width) => `(bvmul ${[x.term(width), y.term(width)].sort().join(" ")})` };
}

function difference(x: Quantity, y: Quantity): Quantity {
  return { least: x.least - y.most, most: x.most - y.least, term: (width) => `(bvsub ${x.term(width)} ${y.term(width)})` };
}

const added = (terms: readonly string[]): string => terms.reduce((sum, term) => `(bvadd ${sum} ${term})`);

/** Bits of an unsigned number up to `most`, at least one. */
const bitsOf = (most: number): number => Math.max(1, most.toString(2).length);

/** Bits of a signed number within the bounds. */
const widthOf = (least: number, most: number): number => bitsOf(Math.max(Math.abs(least), Math.abs(most))) + 1;

/** Two's complement. */
const literal = (value: number, width: number): string => `(_ bv${value < 0 ? 2n ** BigInt(width) + BigInt(value) : BigInt(value)} ${width})`;

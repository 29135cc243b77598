/** Changes of a circuit's source that a slip of the pen could make. */
import { circuitSource, type Edit } from "../../support/template.js";

/** width: one bit more. check: a range check of nothing. sign: + for -, or the other way round. */
export type Operator = "width" | "check" | "sign";

export interface Mutant {
  readonly file: string;
  readonly template: string;
  readonly operator: Operator;
  /** What stands in the source, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  readonly edit: Edit;
}

/** All mutants of a template's constraints. */
export function mutantsOf(file: string, template: string): Mutant[] {
  const source = circuitSource(file);
  const start = source.indexOf(`template ${template}(`);
  if (start < 0) throw new Error(`no template ${template} in ${file}`);
  const end = source.indexOf("\n}\n", start);
  return statements(source.slice(start, end)).flatMap(({ at, text }) =>
    changes(text).map(({ operator, offset, length, by }) => {
      const position = start + at + offset;
      const mutated = source.slice(0, position) + by + source.slice(position + length);
      const line = (of: string) => of.trim().replace(/\s+/g, " ");
      return { file, template, operator, from: line(text), to: line(text.slice(0, offset) + by + text.slice(offset + length)), edit: { file, from: source, to: mutated } };
    }));
}

interface Change {
  readonly operator: Operator;
  readonly offset: number;
  readonly length: number;
  readonly by: string;
}

/** Statements that end in a semicolon, without what stands before them: comments, block heads. */
function statements(body: string): { readonly at: number; readonly text: string }[] {
  const blank = body.replace(/\/\/.*$/gm, (comment) => " ".repeat(comment.length)).replace(/for \([^)]*\)/g, (head) => " ".repeat(head.length));
  return [...blank.matchAll(/[^;{}]+;/g)].map((match) => ({ at: match.index, text: match[0] }));
}

function changes(statement: string): Change[] {
  const found: Change[] = [];
  for (const { index, 0: call, 1: name, 2: given } of statement.matchAll(/= (Num2Bits|CeilDivPow2|CeilDiv)\(([^()]*)\)/g)) {
    // The shift of CeilDivPow2 is a divisor.
    for (const argument of name === "CeilDivPow2" ? [1] : given!.split(", ").keys()) {
      const wider = given!.split(", ").map((width, i) => (i === argument ? `${width} + 1` : width)).join(", ");
      found.push({ operator: "width", offset: index, length: call.length, by: `= ${name}(${wider})` });
    }
  }
  const check = /\b(\w*(?:Range|Below|Negative|side|step|atLeast|difference|surplus)(?:\[\w+\])?\.in <== )(.*);/.exec(statement);
  if (check !== null && !/difference|surplus/.test(check[1]!)) found.push({ operator: "check", offset: check.index, length: check[0].length, by: `${check[1]}0;` });
  if (/<==|===|\+=|^\s*var \w+ = /.test(statement) && !/<--/.test(statement)) found.push(...signs(statement));
  return found;
}

/** Signs of values, not of indices or array sizes. */
function signs(statement: string): Change[] {
  let depth = 0;
  return [...statement].flatMap((character, offset): Change[] => {
    // [ of an index, not of an array of values, which follows an arrow.
    if (character === "[" && /\w$/.test(statement.slice(0, offset))) depth++;
    if (character === "]" && depth > 0) depth--;
    if (depth > 0 || (character !== "+" && character !== "-")) return [];
    return [{ operator: "sign", offset, length: 1, by: character === "+" ? "-" : statement[offset + 1] === " " || statement[offset + 1] === "=" ? "+" : "" }];
  });
}

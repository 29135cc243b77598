/** The rows of a small system that are left when its linear rows are solved: fewer unknowns for the solver, the same witnesses. */
import { addModulo, inverseModulo, modulo, type SmallForm, type SmallRow } from "./small-field.js";

export interface Reduced {
  /** Linear rows have an empty a and b. */
  readonly rows: readonly SmallRow[];
  /** Eliminated wire -> form in wires that are left. */
  readonly solved: ReadonlyMap<number, SmallForm>;
}

const NOTHING: SmallForm = new Map();

/** `kept` wires are never eliminated. Wires that are `alike` in both witnesses are solved for such wires only, so that they stay one unknown of both. */
export function eliminate(rows: readonly SmallRow[], prime: number, kept: ReadonlySet<number>, alike: ReadonlySet<number>): Reduced {
  const solved = new Map<number, SmallForm>();
  const linear: SmallForm[] = [];
  let pending: readonly SmallRow[] = rows;
  for (let progress = true; progress; ) {
    progress = false;
    const open: SmallRow[] = [];
    for (const row of pending) {
      const [a, b, c] = [row.a, row.b, row.c].map((form) => substitute(form, solved, prime)) as [SmallForm, SmallForm, SmallForm];
      const equation = linearEquation(a, b, c, prime);
      if (equation === undefined) {
        open.push({ a, b, c });
        continue;
      }
      const candidates = [...equation.keys()].filter((wire) => wire !== 0 && !kept.has(wire));
      const pivot = candidates.find((wire) => !alike.has(wire)) ?? ([...equation.keys()].every((wire) => alike.has(wire)) ? candidates[0] : undefined);
      if (pivot === undefined) {
        if (equation.size > 0) linear.push(equation);
        continue;
      }
      const form = new Map<number, number>();
      addModulo(form, equation, -inverseModulo(equation.get(pivot)!, prime), prime);
      form.delete(pivot);
      for (const [wire, theirs] of solved) if (theirs.has(pivot)) solved.set(wire, substitute(theirs, new Map([[pivot, form]]), prime));
      solved.set(pivot, form);
      progress = true;
    }
    pending = open;
  }
  return { rows: [...pending, ...linear.map((c) => ({ a: NOTHING, b: NOTHING, c }))], solved };
}

/** `given` and what follows from it a row at a time: both factors are known, or one is a constant, and all but one wire of the rest. */
export function followed(rows: readonly SmallRow[], given: Iterable<number>): Set<number> {
  const known = new Set([0, ...given]);
  const openIn = (...forms: readonly SmallForm[]): number[] => [...new Set(forms.flatMap((form) => [...form.keys()]))].filter((wire) => !known.has(wire));
  for (let before = 0; before < known.size; ) {
    before = known.size;
    for (const { a, b, c } of rows) {
      const open = openIn(c, ...(isConstant(a) ? [b] : isConstant(b) ? [a] : []));
      const free = isConstant(a) || isConstant(b) || openIn(a, b).length === 0;
      if (free && open.length === 1 && !cancels(open[0]!, { a, b, c })) known.add(open[0]!);
    }
  }
  return known;
}

/** A linear row whose two sides mention a wire says something of it only if the coefficients differ, which none of a compiler's does not. */
const cancels = (wire: number, { a, b, c }: SmallRow): boolean => c.has(wire) && (a.has(wire) || b.has(wire));

const isConstant = (form: SmallForm): boolean => form.size === 0 || (form.size === 1 && form.has(0));

/** c - a b as a form, if one of the factors is a constant. */
function linearEquation(a: SmallForm, b: SmallForm, c: SmallForm, prime: number): SmallForm | undefined {
  const factor = [a, b].findIndex(isConstant);
  if (factor < 0) return undefined;
  const equation = new Map(c);
  addModulo(equation, factor === 0 ? b : a, -((factor === 0 ? a : b).get(0) ?? 0), prime);
  return equation;
}

function substitute(form: SmallForm, solved: ReadonlyMap<number, SmallForm>, prime: number): SmallForm {
  if (![...form.keys()].some((wire) => solved.has(wire))) return form;
  const sum = new Map<number, number>();
  for (const [wire, coefficient] of form) addModulo(sum, solved.get(wire) ?? new Map([[wire, 1]]), coefficient, prime);
  return sum;
}

export function valueOf(form: SmallForm, values: ReadonlyMap<number, number> | readonly number[], prime: number): number {
  const at = (wire: number): number => (wire === 0 ? 1 : values instanceof Map ? values.get(wire)! : (values as readonly number[])[wire]!);
  return [...form].reduce((sum, [wire, coefficient]) => (sum + modulo(at(wire), prime) * coefficient) % prime, 0);
}

/**
 * The worst book at one point, exactly: linear programming over all instruments.
 *
 * Of a book q, the loss at the point less the worst of its four nodes' losses is min over nodes of sum q (V_node - V_point); its charges are sum |q| c.
 * Their difference is concave in q and grows with its size, so a book of bounded size maximises it, and a basic solution has at most five positions.
 */

/** An instrument at the point: what each node's value has above the point's, and the two charges, all per lot. */
export interface Column {
  readonly ahead: readonly number[];
  readonly long: number;
  readonly short: number;
}

export interface WorstBook {
  /** Greatest excess over the charges of a book whose sum |q| x (greatest |ahead|) is at most 1; 0 if no book has any. */
  readonly excess: number;
  /** Lots of each instrument of the book, fractions. */
  readonly lots: ReadonlyMap<number, number>;
}

const NODES = 4;
const EPSILON = 1e-11;
const MOST_PIVOTS = 500;

/**
 * Primal simplex with Bland's rule on: maximise y - sum c |q|, y <= sum q ahead_node for each of four nodes, sum of sizes <= 1. The tableau's
 * rows are the five constraints and, last, the reduced costs; its columns y, longs, shorts, slacks, right-hand side.
 */
export function worstBook(columns: readonly Column[]): WorstBook {
  const sizes = columns.map(({ ahead }) => Math.max(...ahead.map(Math.abs)));
  // What moves by less than a thousandth of a unit can't carry a book.
  const used = columns.flatMap((_, i) => (sizes[i]! > 1e-3 ? [i] : []));
  const width = 1 + 2 * used.length + NODES + 2;
  const rows = Array.from({ length: NODES + 2 }, (_, row) => {
    const cells = new Float64Array(width);
    if (row < NODES) cells[0] = 1;
    if (row === NODES + 1) cells[0] = -1;
    used.forEach((i, k) => {
      const { ahead, long, short } = columns[i]!;
      const [a, b] = [1 + k, 1 + used.length + k];
      if (row < NODES) {
        cells[a] = -ahead[row]! / sizes[i]!;
        cells[b] = -cells[a];
      } else if (row === NODES) {
        cells[a] = cells[b] = 1;
      } else {
        cells[a] = long / sizes[i]!;
        cells[b] = short / sizes[i]!;
      }
    });
    if (row <= NODES) cells[1 + 2 * used.length + row] = 1;
    if (row === NODES) cells[width - 1] = 1;
    return cells;
  });
  const basis = Array.from({ length: NODES + 1 }, (_, row) => 1 + 2 * used.length + row);
  const costs = rows[NODES + 1]!;
  for (let pivots = 0; pivots < MOST_PIVOTS; pivots++) {
    const enter = costs.findIndex((cost, column) => column < width - 1 && cost < -EPSILON);
    if (enter < 0) break;
    const leave = leavingRow(rows, basis, enter, width);
    if (leave < 0) break;
    pivot(rows, leave, enter);
    basis[leave] = enter;
  }
  const lots = new Map<number, number>();
  basis.forEach((column, row) => {
    const k = (column - 1) % used.length;
    if (column < 1 || column > 2 * used.length) return;
    const i = used[k]!;
    const size = rows[row]![width - 1]! / sizes[i]!;
    if (size !== 0) lots.set(i, (lots.get(i) ?? 0) + (column <= used.length ? size : -size));
  });
  return { excess: costs[width - 1]!, lots };
}

/** Smallest ratio; of equal ones the lowest variable. */
function leavingRow(rows: readonly Float64Array[], basis: readonly number[], enter: number, width: number): number {
  let leave = -1;
  let least = Infinity;
  for (let row = 0; row <= NODES; row++) {
    const share = rows[row]![enter]!;
    if (share <= EPSILON) continue;
    const ratio = rows[row]![width - 1]! / share;
    if (ratio < least - EPSILON || (ratio < least + EPSILON && basis[row]! < basis[leave]!)) {
      least = Math.min(least, ratio);
      leave = row;
    }
  }
  return leave;
}

function pivot(rows: readonly Float64Array[], leave: number, enter: number): void {
  const own = rows[leave]!;
  const unit = own[enter]!;
  for (let column = 0; column < own.length; column++) own[column]! /= unit;
  for (const row of rows) {
    if (row === own) continue;
    const share = row[enter]!;
    if (share === 0) continue;
    for (let column = 0; column < own.length; column++) row[column]! -= share * own[column]!;
  }
}

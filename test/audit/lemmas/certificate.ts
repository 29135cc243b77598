import { P } from "../../../src/math/field.js";
import { plus, same, scaled, type Form } from "../forms.js";
import type { RangeFact } from "../range-facts.js";
import type { Determination } from "../uniqueness.js";

/** Of n, and of l and m: with fewer than 2^32 scenarios every sum stays below 2^(100 + 64 + 32 + 2). */
const DISTANCE_BITS = 100;
const WEIGHT_BITS = 64;

const SIGNS = [1n, P - 1n].flatMap((first) => [1n, P - 1n].map((second) => [first, second] as const));

/** One scenario of a certificate: x - t with its flags and weighted products, as forms. */
interface Member {
  readonly distance: Form;
  readonly flag: Form;
  readonly excess: Form;
  readonly boundary: Form;
  readonly weight: Form;
  readonly weightedExcess: Form;
  readonly tailWeight: Form;
  readonly boundaryWeight: Form;
}

/** A pending product with one factor that is determined or a single boolean. */
interface Product {
  readonly factor: Form;
  readonly other: Form;
  readonly product: Form;
}

/**
 * Certificate of the largest of sum x_s loss_s over 0 <= x_s <= w_s, sum x_s = T (LP duality). Given loss, w and T; t, b, c may differ between witnesses.
 * Premises: w_s in [0, 2^l); b_s, c_s boolean, sum c = 1; e_s = b_s (loss_s - t); 2 e_s - (loss_s - t) in [0, 2^n), so loss_s >= t where b_s, else loss_s <= t;
 * c_s (2 (loss_s - t) + b_s) = 0, so loss = t and b = 0 at the boundary; theta = T - sum w b in [0, 2^m) and sum w c - theta in [0, 2^m).
 * Then x = w b + theta c is feasible and sum x loss = sum w e + T t; for any feasible y, sum y (loss - t) <= sum w e, since y <= w and loss - t is positive
 * only where b. So sum w e + T t is the maximum, which is one number.
 * In the integers: t is one of the losses, and all losses lie within 2^n of it, so they and the t of any witness are integers within 2^(n+1) of the first loss, and T
 * is below the sum of the weights and 2^m. No sum reaches p / 2 if l, m, n and the number of scenarios are small enough; T times the first loss is given.
 */
export function certificates(state: Determination, facts: readonly RangeFact[]): boolean {
  const products = openProducts(state);
  for (const group of candidates(state, products)) {
    const members = group.map((excess) => member(state, products, facts, excess));
    if (members.length === 0 || members.some((each) => each === undefined)) continue;
    const value = certified(state, products, facts, members as Member[]);
    if (value === undefined || state.isDetermined(value)) continue;
    state.learn(value, "certificate");
    return true;
  }
  return false;
}

/** Products e = b (x - t) by their t. */
function candidates(state: Determination, products: readonly Product[]): Product[][] {
  const groups: { threshold: Form; members: Product[] }[] = [];
  for (const product of products) {
    if (!state.isBoolean(product.factor)) continue;
    const threshold = state.reduce(product.other);
    if (threshold.size === 0 || state.equalities.canonical(product.product).size === 0) continue;
    const group = groups.find((each) => same(each.threshold, threshold));
    if (group === undefined) groups.push({ threshold, members: [product] });
    else group.members.push(product);
  }
  return groups.map(({ members }) => members);
}

function member(state: Determination, products: readonly Product[], facts: readonly RangeFact[], { factor: flag, other: distance, product: excess }: Product): Member | undefined {
  const { equalities } = state;
  const side = plus(plus(excess, excess), distance, -1n);
  if (!facts.some(({ form, bits }) => bits <= DISTANCE_BITS && equalities.areEqual(form, side))) return undefined;
  const parity = plus(plus(distance, distance), flag);
  const boundary = products.find(({ factor, other, product }) => state.isBoolean(factor) && equalities.canonical(product).size === 0 && equalities.areEqual(other, parity))?.factor;
  if (boundary === undefined) return undefined;
  for (const { factor: weight, other, product } of products) {
    if (!state.isDetermined(weight) || !equalities.areEqual(other, flag) || !facts.some(({ form, bits }) => bits <= WEIGHT_BITS && equalities.areEqual(form, weight))) continue;
    const weighted = (form: Form) => products.find((each) => equalities.areEqual(each.factor, weight) && equalities.areEqual(each.other, form))?.product;
    const [weightedExcess, boundaryWeight] = [weighted(excess), weighted(boundary)];
    if (weightedExcess === undefined || boundaryWeight === undefined) continue;
    return { distance, flag, excess, boundary, weight, weightedExcess, tailWeight: product, boundaryWeight };
  }
  return undefined;
}

/** sum w e + T t, if the premises about the sums hold. */
function certified(state: Determination, products: readonly Product[], facts: readonly RangeFact[], members: readonly Member[]): Form | undefined {
  const { equalities } = state;
  const total = (part: (each: Member) => Form) => members.reduce<Form>((sum, each) => plus(sum, part(each)), new Map());
  if (!equalities.areEqual(total(({ boundary }) => boundary), new Map([[0, 1n]]))) return undefined;
  const [tailWeight, boundaryWeight] = [total((each) => each.tailWeight), total((each) => each.boundaryWeight)];
  for (const theta of facts) {
    const tail = plus(theta.form, tailWeight);
    if (theta.bits > WEIGHT_BITS || !state.isDetermined(tail) || state.isDetermined(tailWeight)) continue;
    const rest = plus(boundaryWeight, theta.form, -1n);
    if (!facts.some(({ form, bits }) => bits <= WEIGHT_BITS && equalities.areEqual(form, rest))) continue;
    // T t: the other factor is t, so it and any distance add up to something determined.
    const tailThreshold = products.find(({ factor, other }) => equalities.areEqual(factor, tail) && state.isDetermined(plus(other, members[0]!.distance)));
    if (tailThreshold === undefined) continue;
    return plus(total((each) => each.weightedExcess), tailThreshold.product);
  }
  return undefined;
}

/** Each pending product, both ways round and with all signs: x y = z is (-x) y = -z. */
function openProducts(state: Determination): Product[] {
  return [...state.pending].flatMap((row) => {
    const { a, b, c } = state.system.rows[row]!;
    return [[a, b], [b, a]].flatMap(([x, y]) =>
      SIGNS.flatMap(([first, second]) => {
        const factor = scaled(x!, first);
        if (!state.isBoolean(factor) && !state.isDetermined(factor)) return [];
        return [{ factor, other: scaled(y!, second), product: scaled(c, first * second) }];
      }));
  });
}

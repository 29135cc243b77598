/**
 * Where ranges start: what `risk check` promises of a published payload, and which signals are elements of the field without a range. All other ranges
 * are concluded from rows.
 */
import { exactly, ofLanes, type Range, type Value } from "./value.js";
import type { Rows } from "./rows.js";

const below = (bits: bigint): Range => ({ lo: 0n, hi: (1n << bits) - 1n });

/** d, mark, dollar delta and vega of a lot. */
export const LANE: Range = { lo: 1n - (1n << 28n), hi: (1n << 28n) - 1n };

/** Refused beyond by checkRanges, and so by anybody who rebuilds the payload; see test/audit/intervals.test.ts. */
export function riskCheck(lane: Range = LANE): ReadonlyMap<string, Value> {
  return new Map<string, Value>([
    ["gridElement[][]", ofLanes([lane, lane, lane, lane])],
    ["linearElement[]", ofLanes([lane, lane, lane, exactly(0n)])],
    ["asset[]", below(32n)],
    ["lambdaDelta[]", below(64n)],
    ["lambdaVega[]", below(64n)],
  ]);
}

export function assume({ signals }: Rows, promised: ReadonlyMap<string, Value>): ReadonlyMap<number, Value> {
  const assumed = new Map<number, Value>();
  for (const [name, value] of promised) for (const wire of signals.get(`main.${name}`) ?? []) assumed.set(wire, value);
  return assumed;
}

/** Signals that are any element of the field, and why equations with them need no integers. */
const FIELD: readonly (readonly [RegExp, string])[] = [
  // Compared, selected and hashed, never ordered or added up.
  [/^main\.(instrument\[\]\.|bucket\[\]\.|root\.)?(leaf|group|sibling|node)(\[\])+$/, "hash"],
  [/^main\.instrument\[\]\.((place|inGroup\[\])\.(value|level|out)|chosen)(\[\])?$/, "hash"],
  [/^main\.bucket\[\]\.(here|above)\.(value|level|out)(\[\])?$/, "hash"],
  [/^main\.(portfolio\.(link\[\]|hash)|instrument\[\]\.(leafHash|groupHash)|bucket\[\]\.(cap|bucket|siblings)|root\.(bucketRoot|weights|hash))\.(out|inputs\[\])$/, "hash"],
  [/^main\.(portfolioCommitment|riskRoot|portfolio\.(commitment|chain\[\])|root\.root)$/, "hash"],
  [/^main\.(portfolio\.)?salt$/, "any"],
  [/^main\.context(Square)?$/, "any"],
  [/^main\.(root\.)?(epoch|time)$/, "any"],
  // in x inv = 1 - out and in x out = 0 are read as equations of the field.
  [/^main\.liquidity\.sameAsset\[\]\.isz\.inv$/, "inverse"],
  // A product of differences is zero in the field only if one of them is.
  [/^main\.worst\.product\[\]$/, "zero product"],
];

/** Without `risk check` the payload's values have no range either, nor has what they are multiplied by before a range check. */
const UNCHECKED: readonly (readonly [RegExp, string])[] = [
  [/^main\.(instrument\[\]\.|grid\.)?(gridElement(\[\])+|linearElement\[\]|linearElement)$/, "payload"],
  [/^main\.grid\.(gridTerm|linearTerm)(\[\])+$/, "payload"],
  [/^main\.(liquidity\.|bucket\[\]\.)?(asset|lambdaDelta|lambdaVega)(\[\])?$/, "payload"],
  [/^main\.liquidity\.sameAsset\[\](\.isz)?\.in(\[\])?$/, "payload"],
  [/^main\.liquidity\.(deltaCost|runCost|vegaCost)\[\]$/, "payload"],
];

export function fieldReason(signal: string, checked: boolean): string | undefined {
  return [...FIELD, ...(checked ? [] : UNCHECKED)].find(([pattern]) => pattern.test(signal))?.[1];
}

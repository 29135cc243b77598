/**
 * What propagation cannot see, one lemma each. A lemma names its premises and finds them among the constraints: take one out, and nothing is concluded.
 */
import { certificates } from "./lemmas/certificate.js";
import { divisions } from "./lemmas/division.js";
import { openedHashes } from "./lemmas/hash.js";
import { maxima } from "./lemmas/maximum.js";
import { prefixes } from "./lemmas/prefix.js";
import { zeroTests } from "./lemmas/zero-test.js";
import { rangeFacts } from "./range-facts.js";
import type { Determination } from "./uniqueness.js";

/** True if one of them concluded something. */
export function applyLemmas(state: Determination): boolean {
  if (openedHashes(state) || zeroTests(state) || prefixes(state)) return true;
  const facts = rangeFacts(state);
  return divisions(state, facts) || maxima(state, facts) || certificates(state, facts);
}

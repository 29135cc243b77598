/**
 * Gas of the transaction that accepts a proof.
 */
import type { AttestRuns } from "./attest-runs.js";
import { count, type Section } from "./report.js";

/** The first one of an account writes storage that later ones only change. */
export function reportGas({ gas }: AttestRuns): Section {
  const [first, ...later] = gas.map(Number);
  const rows = [["first of the account", count(first!)]];
  if (later.length > 0) rows.push([`later, ${later.length} of them: least`, count(Math.min(...later))], ["most", count(Math.max(...later))]);
  return { title: "Gas: MarginVerifier.attest, sent by the consumer itself", tables: [{ head: ["transaction", "gas"], rows }], notes: [], data: { gas } };
}

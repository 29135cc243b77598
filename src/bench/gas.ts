/**
 * Gas of the transactions that verify and accept proofs.
 */
import type { AttestRuns } from "./attest-runs.js";
import { count, type Section } from "./report.js";

/** The first one of an account writes storage that later ones only change. */
export function reportGas({ gas }: AttestRuns): Section {
  const { attest, verify, batches } = gas;
  const [first, ...later] = attest.map(Number);
  const rows = [
    ["verification alone, one proof", count(Number(verify))],
    ...batches.map(({ size, gas: used }) => [`verification alone, ${size} proofs in a batch, each`, count(Number(used) / size)]),
    ["attest, first of the account", count(first!)],
  ];
  if (later.length > 0) rows.push([`attest, later, ${later.length} of them: least`, count(Math.min(...later))], ["most", count(Math.max(...later))]);
  return { title: "Gas: MarginVerifier, whole transactions sent by the consumer itself", tables: [{ head: ["transaction", "gas"], rows }], notes: [], data: gas };
}

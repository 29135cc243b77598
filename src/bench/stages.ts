/**
 * Times of each stage of the pipeline, from the market's files to the attested margin.
 */
import { startProgress } from "../cli/progress.js";
import { importMarket } from "../market/import-market.js";
import { buildRiskModel } from "../policy/build-risk-model.js";
import { defaultPolicy } from "../policy/policy.js";
import { hashPayload } from "../risk/instrument-tree.js";
import { computeMargin } from "../risk/margin.js";
import { priceInstruments } from "../risk/scenario-prices.js";
import type { Tier } from "../witness/circuit-input.js";
import type { AttestRuns } from "./attest-runs.js";
import { createRecorder, median, summarize, type Measurement } from "./measure.js";
import { timesTable, type Section } from "./report.js";
import { fullBook, TERMS, type Workload } from "./workload.js";

/** Books larger than a tier too: the risk core has no limit of its own. */
const BOOK_SIZES = [14, 56, 224] as const;
const BOOK_BUCKETS = 4;

export async function measureStages(workload: Workload, tier: Tier, runs: AttestRuns, repeat: number): Promise<Section> {
  const { request, snapshot, model, payload } = workload;
  const recorder = createRecorder();
  const progress = startProgress("stages off chain", 3 * repeat);
  for (let run = 0; run < repeat; run++) {
    await recorder.time("import market", () => importMarket(request));
    await recorder.time("policy: risk model", () => buildRiskModel(snapshot, defaultPolicy));
    await recorder.time(`price payload, ${snapshot.instruments.length} instruments`, () => priceInstruments(snapshot, model));
    await recorder.time("hash payload", () => hashPayload(payload));
    progress.update((run + 1) / repeat);
  }
  const book = fullBook(payload, tier);
  for (let run = 0; run < repeat; run++) await recorder.time(`margin of ${book.holdings.length} positions`, () => computeMargin(payload, book, TERMS));
  const growth = measureGrowth(workload, repeat);
  progress.finish();

  const stages = [...recorder.measurements(), ...runs.times];
  const base = median(growth[0]!.times);
  return {
    title: `Stages: ${workload.description}, tier ${tier.name}, a book of ${tier.positions} positions in ${tier.buckets} risk buckets`,
    tables: [
      timesTable("stage", stages),
      {
        head: ["positions", "margin", "a position", "cost, first = 1"],
        rows: growth.map(({ name, times }) => {
          const ms = median(times);
          return [name, `${ms.toFixed(2)} ms`, `${((1000 * ms) / Number(name)).toFixed(0)} µs`, (ms / base).toFixed(2)];
        }),
      },
    ],
    notes: [],
    data: { market: workload.description, stages: stages.map(summarize), growth: growth.map(summarize) },
  };
}

/** The sizes in turn within each run, so that they meet the same load of the machine. */
function measureGrowth({ payload }: Workload, repeat: number): readonly Measurement[] {
  const books = BOOK_SIZES.map((positions) => ({ positions, book: fullBook(payload, { positions, buckets: BOOK_BUCKETS }), times: [] as number[] }));
  for (let run = 0; run < repeat; run++) {
    for (const { book, times } of books) {
      const started = performance.now();
      computeMargin(payload, book, TERMS);
      times.push(performance.now() - started);
    }
  }
  return books.map(({ positions, times }) => ({ name: String(positions), times }));
}

/** Understatement of the reduced expected shortfall against unreduced paths, by class of book. */
import type { MarketSnapshot } from "../../src/market/market-snapshot.js";
import { traceRiskModel } from "../../src/policy/build-risk-model.js";
import type { Policy } from "../../src/policy/policy.js";
import type { RiskModel } from "../../src/policy/risk-model.js";
import { horizonSigma } from "../../src/policy/volatility.js";
import { toFloat } from "../policy/synthetic-snapshot.js";
import { seededRandom } from "../support/random.js";
import { BOOK_CLASSES, chainOf, randomBook, randomQuantities } from "./books.js";
import { freshSample, linearShortfall, reducedLinearShortfall, reducedShortfall, sampleShortfall, valueInstruments, type Sample } from "./unreduced.js";

export interface Ratio {
  readonly kind: string;
  /** Reduced / unreduced expected shortfall, and with the instruments' charges added to the reduced one. */
  readonly alone: number;
  readonly charged: number;
}

export interface Effort {
  readonly seed: number;
  readonly books: number;
  readonly pathsPerBlock: number;
}

/** Books of one market, all classes alike. Books whose unreduced expected shortfall is no loss are left out: there is nothing to cover. */
export function measureBooks(market: MarketSnapshot, policy: Policy, { seed, books, pathsPerBlock }: Effort): Ratio[] {
  const random = seededRandom(seed);
  const { model, origin } = traceRiskModel(market, policy);
  const chains = model.assets.map(({ symbol }) => chainOf(market, symbol));
  const sample = freshSample(policy, model, origin.correlation, pathsPerBlock, seed);
  const drawn = Array.from({ length: books }, (_, i) => {
    const kind = BOOK_CLASSES[i % BOOK_CLASSES.length]!;
    return { kind, book: randomBook(random, chains, kind) };
  });
  const used = new Map(drawn.flatMap(({ book }) => book.map(({ instrument }) => [instrument.id, instrument] as const)));
  const valued = valueInstruments(market, model, [...used.values()]);
  return drawn.flatMap(({ kind, book }) => {
    const unreduced = sampleShortfall(sample, book, valued);
    const { es, charges } = reducedShortfall(model, book, valued);
    return unreduced > 0 ? [{ kind, alone: es / unreduced, charged: (es + charges) / unreduced }] : [];
  });
}

/** A market without instruments: its scenarios, and unreduced paths of the same model. */
export interface Linear {
  readonly model: RiskModel;
  readonly sample: Sample;
}

export function sampleLinear(market: MarketSnapshot, policy: Policy, { seed, pathsPerBlock }: Omit<Effort, "books">): Linear {
  const { model, origin } = traceRiskModel(market, policy);
  return { model, sample: freshSample(policy, model, origin.correlation, pathsPerBlock, seed) };
}

/** Linear books of a market without instruments. */
export function measureLinear({ model, sample }: Linear, { seed, books }: Omit<Effort, "pathsPerBlock">): Ratio[] {
  const random = seededRandom(seed);
  const sigmas = model.assets.map(({ volatility }) => toFloat(horizonSigma(volatility, model.horizon)));
  return Array.from({ length: books }, () => {
    const ratio = linearRatio({ model, sample }, randomQuantities(random, sigmas));
    return { kind: `${sigmas.length} assets`, alone: ratio, charged: ratio };
  });
}

/** Reduced / unreduced expected shortfall of spot quantities, one an asset. */
export function linearRatio({ model, sample }: Linear, quantities: readonly number[]): number {
  return reducedLinearShortfall(model, quantities) / linearShortfall(sample, quantities);
}

/** Share of the books that are understated by more than 5 %. */
export function understated(ratios: readonly Ratio[], of: (ratio: Ratio) => number = ({ alone }) => alone): number {
  return ratios.filter((ratio) => of(ratio) < 0.95).length / ratios.length;
}

/** Rows of text: class, books, quantiles of the ratio, and how many are understated by more than 5 %. */
export function table(ratios: readonly Ratio[]): string {
  const header = ["class".padEnd(16), "books", "   min", "   1 %", "  10 %", "  50 %", "  90 %", "  99 %", "   max", " < 0.95", "charged < 0.95"].join(" ");
  const rows = ["all", ...new Set(ratios.map(({ kind }) => kind))].map((kind) => {
    const own = ratios.filter((ratio) => kind === "all" || ratio.kind === kind);
    const sorted = own.map(({ alone }) => alone).sort((a, b) => a - b);
    const quantiles = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1].map((p) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!.toFixed(3).padStart(6));
    const low = (of: (ratio: Ratio) => number) => String(own.filter((ratio) => of(ratio) < 0.95).length);
    return [kind.padEnd(16), String(own.length).padStart(5), ...quantiles, low(({ alone }) => alone).padStart(7), low(({ charged }) => charged).padStart(14)].join(" ");
  });
  return [header, ...rows].join("\n");
}

import { renderReport } from "../../src/report/page.js";
import { computeMargin, FACTOR_ONE } from "../../src/risk/margin.js";
import { parsePortfolio } from "../../src/risk/portfolio.js";
import { readRiskFiles } from "../../src/risk/risk-files.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { PORTFOLIO, type Workspace } from "../cli/workspace.js";

export interface Book {
  readonly cash: string;
  readonly positions: readonly { readonly instrument: string; readonly quantity: string }[];
}

/** Reading a payload hashes its tree: once a workspace. */
const read = new WeakMap<Workspace, ReturnType<typeof readRiskFiles>>();

/** The page of a book under a workspace's payload, of which the display names may be changed: they are not committed to. */
export async function pageOf(workspace: Workspace, book: Book = PORTFOLIO, rename: (payload: RiskPayload) => RiskPayload = (payload) => payload, factor = FACTOR_ONE): Promise<string> {
  const { payload: committed, tree } = read.get(workspace) ?? readRiskFiles(workspace.path("risk"));
  read.set(workspace, { payload: committed, tree });
  const payload = rename(committed);
  const portfolio = parsePortfolio(JSON.stringify(book), payload, indexInstruments(payload));
  const terms = { factor, collateral: 0n };
  return renderReport({ payload, riskRoot: tree.riskRoot, portfolio, margin: computeMargin(payload, portfolio, terms), terms });
}

/** Puts a text into every name of a payload that its publisher can choose freely, in front of what is there. */
export function renamed(payload: RiskPayload, text: string): RiskPayload {
  return {
    ...payload, quoteCurrency: `${text}${payload.quoteCurrency}`, regimes: payload.regimes.map((name) => `${text}${name}`),
    buckets: payload.buckets.map((bucket) => ({
      ...bucket, symbol: `${text}${bucket.symbol}`, instruments: bucket.instruments.map((instrument) => ({ ...instrument, name: `${text}${instrument.name}` })),
    })),
  };
}

/** The names of all tags, in order. */
export function tagsOf(page: string): string[] {
  return page.match(/<[^>]*>/g)!.map((tag) => /^<\/?[a-z!0-9]+/i.exec(tag)![0]);
}

/** What a tool says of one place. */
export interface Finding {
  readonly rule: string;
  /** Source file or package. */
  readonly file: string;
  /** Text of the statement, which stays when lines move. */
  readonly statement: string;
}

export interface ReviewedFinding extends Finding {
  readonly tool: string;
  readonly reason: string;
}

export interface FindingsComparison {
  /** Found and not listed. */
  readonly unexplained: readonly string[];
  /** Listed and not found. */
  readonly stale: readonly string[];
}

/** @throws FindingsError at a block without tool, rule or reason, or a line without a statement */
export function readReviewed(markdown: string): readonly ReviewedFinding[];
export function compareFindings(tool: string, found: readonly Finding[], reviewed: readonly ReviewedFinding[]): FindingsComparison;

export class FindingsError extends Error {
  readonly field: string;
  readonly value: string;
  readonly rule: string;
}

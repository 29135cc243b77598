/**
 * Errors on standard error: typed ones as one line (they name field, value and rule), anything else with its stack, for a bug report.
 */
import { PortfolioError } from "../risk/portfolio.js";

export function reportError(error: unknown): void {
  if (error instanceof Error && isExpected(error)) {
    // What the user typed is shown to the user; a portfolio's values are in no error's message.
    const value = error instanceof PortfolioError && error.value !== "" ? ` (it is "${error.value}")` : "";
    process.stderr.write(`error: ${printable(`${error.name}: ${error.message}${value}`)}\n`);
  } else {
    process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
}

/** Our own error classes have names of their own; system errors carry a code and a path. */
function isExpected(error: Error): boolean {
  return !["Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError", "AggregateError"].includes(error.name) || "code" in error;
}

/** Files of others can hold terminal control sequences, and characters that turn the direction of text. */
function printable(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/**
 * Errors on standard error: typed ones as one line (they name field, value and rule), anything else with its stack, for a bug report.
 */
export function reportError(error: unknown): void {
  if (error instanceof Error && isExpected(error)) {
    process.stderr.write(`error: ${error.name}: ${error.message}\n`);
  } else {
    process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
}

/** Our own error classes have names of their own; system errors carry a code and a path. */
function isExpected(error: Error): boolean {
  return !["Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError", "AggregateError"].includes(error.name) || "code" in error;
}

/**
 * JSON.parse for documents that people review: of two equal keys it would silently take the last, so that a reader and the program could see
 * different values. Whatever is not written as JSON.stringify writes it, but for spaces, is refused.
 * @throws PlainJsonError
 */
export function parsePlainJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PlainJsonError("must be JSON (truncated?)");
  }
  if (JSON.stringify(value) !== text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1")) {
    throw new PlainJsonError("must be plain JSON: no key twice, no needless escapes, numbers in their shortest form");
  }
  return value;
}

export class PlainJsonError extends Error {
  constructor(readonly rule: string) {
    super(`text ${rule}`);
    this.name = "PlainJsonError";
  }
}

/** A JSON number as it stood in the text. */
export interface LexicalNumber {
  readonly number: string;
}

export type LexicalJson = null | boolean | string | LexicalNumber | readonly LexicalJson[] | { readonly [key: string]: LexicalJson };

/**
 * JSON.parse that keeps every number as its source text, so that no decimal passes through a binary float. Strings are
 * matched first and copied, digits inside them included; each bare number becomes a string marked with U+0000, which JSON.parse
 * then reads; two tokens that do not stand apart ("1.2.3") turn into adjacent strings, which it refuses, as it refuses
 * everything else that is not JSON. Strings that hold U+0000 themselves are refused.
 */
export function parseLexicalJson(text: string, source: string): LexicalJson {
  if (/\\u0000/i.test(text)) throw new LexicalJsonError(source, "holds the character U+0000");
  const marked = text.replace(
    /"(?:[^"\\]|\\[^])*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
    (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`),
  );
  try {
    return JSON.parse(marked, (_key, value: unknown) =>
      typeof value === "string" && value.startsWith("\u0000") ? { number: value.slice(1) } : value,
    ) as LexicalJson;
  } catch {
    // The parser's own message would show the marked text.
    throw new LexicalJsonError(source, "is not JSON (truncated?)");
  }
}

export class LexicalJsonError extends Error {
  readonly code = "LEXICAL_JSON";
  constructor(
    readonly source: string,
    readonly rule: string,
  ) {
    super(`${source} ${rule}`);
    this.name = "LexicalJsonError";
  }
}

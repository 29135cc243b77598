import { describe, expect, it } from "vitest";
import { LexicalJsonError, parseLexicalJson } from "../../src/market/lexical-json.js";

describe("JSON with numbers by their digits", () => {
  it("keeps every number's text and leaves digits in strings alone", () => {
    const text = String.raw`{"a": 0.43229999999999996, "b 12": "1.5e3 \" 7, -2", "c": [1e-05, -0, 123456789012345678901.5], "d": null, "e": true, "\\": "\\", "f": 5}`;
    expect(parseLexicalJson(text, "file")).toEqual({
      a: { number: "0.43229999999999996" },
      "b 12": '1.5e3 " 7, -2',
      c: [{ number: "1e-05" }, { number: "-0" }, { number: "123456789012345678901.5" }],
      d: null,
      e: true,
      "\\": "\\",
      f: { number: "5" },
    });
  });

  it.each(['{"a": 1', "[1.2.3]", "[01]", "[1 2]", "[.5]", "[1.]", "[NaN]", "[Infinity]", '["abc 12]', "[1-2]", '["a"1]', "[true1]", "[- 1]", "[+1]", "", '["a\n1"]'])(
    "%j is refused, as JSON.parse refuses it",
    (text) => {
      expect(() => JSON.parse(text)).toThrow();
      expect(() => parseLexicalJson(text, "file")).toThrow(LexicalJsonError);
    },
  );

  it("a string cannot pass for a number", () => {
    expect(() => parseLexicalJson(String.raw`["\u000012"]`, "file")).toThrow("file holds the character U+0000");
  });
});

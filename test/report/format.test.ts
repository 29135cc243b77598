import { describe, expect, it } from "vitest";
import { amount, compact, exact, factorText, level, share, signedCompact, utcTime } from "../../src/report/format.js";
import { shade } from "../../src/report/heat-map.js";
import { html, markup } from "../../src/report/html.js";

describe("numbers for people", () => {
  it("are exact in tables, with all six decimals of the value unit", () => {
    expect(exact(12_345_678_901n)).toBe("12,345.678901");
    expect(exact(-1n)).toBe("-0.000001");
    expect(exact(-123_456_000_000n)).toBe("-123,456.000000");
    expect(exact(10n ** 30n + 1n)).toBe("1,000,000,000,000,000,000,000,000.000001");
    expect(amount(-12_345_678_901n).markup).toBe('<data value="-12345.678901">-12,345.67<small>8901</small></data>');
  });
  it("have three digits on drawings", () => {
    expect([compact(9_880_131_000n), compact(40_000n), compact(0n)]).toEqual(["9.88K", "0.04", "0"]);
    expect([signedCompact(9_880_131_000n), signedCompact(-349_000_000n), signedCompact(0n)]).toEqual(["+9.88K", "-349", "0"]);
  });
  it("are rounded to the nearest where they are ratios", () => {
    // 0.16 and -0.6 in Q32, the first rounded down and the second up in size.
    expect([level(687_194_767n), level(-2_576_980_378n), level(0n)]).toEqual(["+16.0 %", "-60.0 %", "0.0 %"]);
    expect(share(2488n, 10_485n)).toBe("23.73 %");
    // 1.3 rounded up to 2^-16.
    expect([factorText(85_197n), factorText(65_536n)]).toEqual(["1.3", "1"]);
    expect(utcTime(1_768_471_200)).toBe("2026-01-15 10:00:00 UTC");
  });
});

describe("the colour of an amount", () => {
  it("is none for nothing, by its sign, and stronger in steps of squares", () => {
    expect([shade(0n, 100n), shade(0n, 0n)]).toEqual(["zero", "zero"]);
    expect([4n, 5n, 16n, 17n, 36n, 37n, 64n, 65n, 100n].map((value) => shade(value, 100n))).toEqual(["g1", "g2", "g2", "g3", "g3", "g4", "g4", "g5", "g5"]);
    expect(shade(-1n, 10n ** 12n)).toBe("l1");
    expect(shade(-100n, 100n)).toBe("l5");
  });
});

describe("the template tag", () => {
  it("escapes text and leaves markup", () => {
    expect(html`<p title="${`a"b'c`}">${"<b>&"}${markup("<i>")}${[html`${1}`, html`${"<"}`]}</p>`.markup).toBe('<p title="a&quot;b&#39;c">&lt;b&gt;&amp;<i>1&lt;</p>');
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { P } from "../../src/math/field.js";
import { Q32 } from "../../src/math/fixed-point.js";
import { IndexRangeError } from "../../src/signer/derive-indices.js";
import { HeaderFileError, formatHeader, parseHeader } from "../../src/signer/header-file.js";
import { HeaderRangeError } from "../../src/signer/risk-header.js";
import { sampleHeader, sampleIndices } from "./headers.js";

const signature = `0x${"1b".repeat(65)}`;
const text = formatHeader({ header: sampleHeader(), signatures: [signature] });

describe("a header file", () => {
  it("gives back any header and its signatures, from one text", () => {
    const share = fc.bigInt(-Q32, Q32);
    const header = fc.record({
      epoch: fc.bigInt(1n, (1n << 64n) - 1n), time: fc.bigInt(1n, (1n << 64n) - 1n), riskRoot: fc.bigInt(1n, P - 1n),
      assets: fc.uniqueArray(fc.integer({ min: 1, max: 0xffff_ffff }), { minLength: 1, maxLength: 16 }).chain((assets) => fc.tuple(...[...assets].sort((a, b) => a - b).map((asset) => fc.record({
        asset: fc.constant(asset), spot: fc.bigInt(1n, (1n << 64n) - 1n), fastVolatility: fc.bigInt(0n, (1n << 40n) - 1n), slowVolatility: fc.bigInt(0n, (1n << 40n) - 1n),
        openInterestSkew: share, correlation: share, depth: fc.bigInt(0n, (1n << 96n) - 1n), utilisation: fc.bigInt(0n, Q32), contagion: fc.bigInt(0n, Q32),
      })))),
    });
    fc.assert(fc.property(header, fc.integer({ min: 0, max: 16 }), (any, count) => {
      const signed = { header: any, signatures: new Array<string>(count).fill(signature) };
      const written = formatHeader(signed);
      expect(parseHeader(written)).toEqual(signed);
      expect(formatHeader(parseHeader(written))).toBe(written);
    }), { numRuns: 50 });
  });
  it("has its numbers as decimal text under the names of the struct", () => {
    expect(JSON.parse(text)).toMatchObject({
      format: "zkmargin-risk-header-1", header: { epoch: "7", time: "1800000000", assets: [{ asset: 1, spot: "8872895000000", openInterestSkew: "-536870912" }, { asset: 2 }] },
    });
  });
  it.each([
    ["that is cut off", text.slice(0, -3), HeaderFileError, /must be JSON/],
    ["with a key twice", text.replace('"epoch": "7"', '"epoch": "7", "epoch": "8"'), HeaderFileError, /no key twice/],
    ["of another format", text.replace("header-1", "header-2"), HeaderFileError, /format "zkmargin-risk-header-2"/],
    ["with another field", text.replace('"epoch"', '"x": 1, "epoch"'), HeaderFileError, /header an object or array: Unrecognized key/],
    ["without a field", text.replace('"epoch": "7",', ""), HeaderFileError, /header.epoch absent/],
    ["with a number for text", text.replace('"7"', "7"), HeaderFileError, /header.epoch 7/],
    ["with a number in hex", text.replace('"7"', '"0x7"'), HeaderFileError, /header.epoch "0x7": must be a whole number in quotes/],
    ["with a needless zero", text.replace('"7"', '"07"'), HeaderFileError, /header.epoch "07"/],
    ["with minus zero", text.replace('"7"', '"-0"'), HeaderFileError, /header.epoch "-0"/],
    ["with a short signature", text.replace("1b1b", "1b"), HeaderFileError, /signatures.0 .*65 bytes/],
    ["with an epoch of 2^64", text.replace('"7"', `"${1n << 64n}"`), HeaderRangeError, /epoch 18446744073709551616: must be from 1/],
    ["with an index out of range", text.replace('"-536870912"', '"-4294967297"'), IndexRangeError, /openInterestSkew of asset 1 -4294967297/],
  ])("%s is refused by name", (_, wrong, type, message) => {
    expect(() => parseHeader(wrong)).toThrow(type);
    expect(() => parseHeader(wrong)).toThrow(message);
  });
  it("is not written of what could not be read", () => {
    expect(() => formatHeader({ header: sampleHeader({ riskRoot: 0n }), signatures: [] })).toThrow(HeaderRangeError);
    expect(() => formatHeader({ header: sampleHeader(), signatures: ["0x12"] })).toThrow(HeaderFileError);
    const many = Array.from({ length: 17 }, (_, i) => sampleIndices(i + 1));
    expect(() => formatHeader({ header: sampleHeader({ assets: many }), signatures: [] })).toThrow(/header.assets/);
  });
});

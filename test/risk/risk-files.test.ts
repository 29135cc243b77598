import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashPayload } from "../../src/risk/instrument-tree.js";
import { formatRiskFiles, readRiskFiles, RiskFileError, verifyLeaves, writeRiskFiles } from "../../src/risk/risk-files.js";
import { RiskRangeError } from "../../src/risk/risk-check.js";
import type { RiskBucket, RiskPayload } from "../../src/risk/risk-payload.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const payload = { ...randomPayload(seededRandom(1), { assets: [1, 1], instrumentsPerBucket: 17 }), settled: ["OLD"] };
const tree = hashPayload(payload);
const files = formatRiskFiles({ payload, tree });

function written(edit: (name: string, text: string) => string = (_, text) => text): string {
  const folder = join(mkdtempSync(join(tmpdir(), "zkmargin-")), "risk");
  writeRiskFiles(folder, new Map([...files].map(([name, text]) => [name, edit(name, text)])));
  return folder;
}

describe("risk files", () => {
  it("read back to the same payload and root", () => {
    const read = readRiskFiles(written());
    expect(read.payload).toEqual(payload);
    expect(read.tree).toEqual(tree);
    verifyLeaves(read.payload, read.tree);
  });
  it("replace an older payload and leave nothing else behind", () => {
    const folder = written();
    writeRiskFiles(folder, files);
    expect(readdirSync(join(folder, ".."))).toEqual(["risk"]);
  });
  it("leave the older payload and nothing half-written when a write fails", () => {
    const folder = written();
    const before = readFileSync(join(folder, "payload.json"), "utf8");
    // A file where a folder must be.
    expect(() => writeRiskFiles(folder, new Map([["payload.json", "{}"], ["payload.json/00.json", "{}"]]))).toThrow();
    expect(readFileSync(join(folder, "payload.json"), "utf8")).toBe(before);
    expect(readdirSync(join(folder, ".."))).toEqual(["risk"]);
  });
  it("never replace a folder that is something else", () => {
    const folder = join(mkdtempSync(join(tmpdir(), "zkmargin-")), "precious");
    mkdirSync(folder);
    writeFileSync(join(folder, "keep"), "me");
    expect(() => writeRiskFiles(folder, files)).toThrow(RiskFileError);
    expect(readFileSync(join(folder, "keep"), "utf8")).toBe("me");
  });

  it.each([["book.json", {}], ["buckets/notes.txt", {}], ["payload.json", { format: "another" }]] as const)("never replace a folder whose %s is not a payload's", (name, content) => {
    const folder = written();
    writeFileSync(join(folder, name), JSON.stringify(content));
    expect(() => writeRiskFiles(folder, files)).toThrow(RiskFileError);
    expect(readFileSync(join(folder, name), "utf8")).toBe(JSON.stringify(content));
  });
  it("never replace the working folder, nor one that holds it", () => {
    for (const path of ["", ".", "/"]) expect(() => writeRiskFiles(path, files)).toThrow(RiskFileError);
  });
  it("replace what a link names, not the link", () => {
    const folder = written();
    symlinkSync(folder, `${folder}-link`);
    writeRiskFiles(`${folder}-link`, files);
    expect(lstatSync(`${folder}-link`).isSymbolicLink()).toBe(true);
  });
  it.each(["\u001b[2J", "a\nb", "\u202eabc", "x".repeat(129)])("refuse the label %j: it would reach a terminal", (symbol) => {
    const folder = written((name, text) => (name === "payload.json" ? text.replace(/"quoteCurrency": "[^"]*"/, `"quoteCurrency": ${JSON.stringify(symbol)}`) : text));
    expect(() => readRiskFiles(folder)).toThrow(/quoteCurrency: /);
  });

  const bucketName = `buckets/${String(payload.buckets[0]!.index).padStart(2, "0")}.json`;
  for (const [what, edit, message] of [
    ["a truncated file", (name: string, text: string) => (name === bucketName ? text.slice(0, -20) : text), "is not JSON"],
    ["a changed parameter", (name: string, text: string) => (name === "payload.json" ? text.replace(`"buffer": "${payload.buffer}"`, `"buffer": "${payload.buffer + 1n}"`) : text), "riskRoot"],
    ["a changed leaf hash", (name: string, text: string) => (name === bucketName ? text.replace(/"leaf": "0x../, '"leaf": "0x11') : text), "riskRoot"],
    ["an unknown field", (_: string, text: string) => text.replace('"format"', '"extra": 1,\n "format"'), "extra"],
    ["a missing instrument", (name: string, text: string) => (name === "payload.json" ? text.replace('"count": 17', '"count": 18') : text), "18 instruments"],
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(() => readRiskFiles(written(edit))).toThrow(message);
    });
  }
  const broken = (change: Partial<RiskBucket>, at = 0): RiskPayload => ({ ...payload, buckets: payload.buckets.map((bucket, b) => (b === at ? { ...bucket, ...change } : bucket)) });
  const [first, second] = payload.buckets as [RiskBucket, RiskBucket];
  it.each([
    ["an id in two buckets", broken({ instruments: [{ ...first.instruments[0]!, id: second.instruments[0]!.id }, ...first.instruments.slice(1)] }), `${second.instruments[0]!.name}.id`],
    ["a mark of 2^28", broken({ instruments: [{ ...first.instruments[0]!, mark: 1n << 28n }, ...first.instruments.slice(1)] }), `${first.instruments[0]!.name}.mark`],
    ["node 15", broken({ column: first.column.map((node, s) => (s === 0 ? 15 : node)) }), `buckets.${first.index}.column.0`],
    ["T = 0", { ...payload, tail: 0n }, "tail"],
    ["a gap in an asset's run", sameAsset({ index: 40 }), "buckets.40.index"],
    ["two lambda_D in an asset", sameAsset({ lambdaDelta: first.lambdaDelta + 1n }), `buckets.${first.index + 1}.lambdaDelta`],
  ])("refuse %s, though every hash is right", (_, bad, field) => {
    const folder = join(mkdtempSync(join(tmpdir(), "zkmargin-")), "risk");
    writeRiskFiles(folder, formatRiskFiles({ payload: bad, tree: hashPayload(bad) }));
    const error: unknown = (() => { try { return readRiskFiles(folder); } catch (caught) { return caught; } })();
    expect(error).toBeInstanceOf(RiskRangeError);
    expect((error as RiskRangeError).field).toBe(field);
  });
  /** The second bucket as the next one of the first's asset. */
  function sameAsset(change: Partial<RiskBucket>): RiskPayload {
    return broken({ asset: first.asset, symbol: first.symbol, lambdaDelta: first.lambdaDelta, index: first.index + 1, ...change }, 1);
  }
  it("refuse a changed leaf when it is opened", () => {
    const mark = payload.buckets[0]!.instruments[2]!.mark;
    const folder = written((name, text) => (name === bucketName ? text.replace(`"mark": "${mark}"`, `"mark": "${mark + 1n}"`) : text));
    const read = readRiskFiles(folder);
    expect(() => verifyLeaves(read.payload, read.tree, new Set([3]))).toThrow("does not hash to its entry");
    verifyLeaves(read.payload, read.tree, new Set([4]));
  });
  it("refuse a folder that is not there", () => {
    expect(existsSync("/nonexistent")).toBe(false);
    expect(() => readRiskFiles("/nonexistent")).toThrow("does not exist");
  });
});

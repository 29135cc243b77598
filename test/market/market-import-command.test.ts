import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { registerMarketImport } from "../../src/cli/market-import.js";
import { parseSnapshot } from "../../src/market/market-snapshot.js";
import { csvFile, csvRow } from "./market-files.js";

function workspace(): string {
  const directory = mkdtempSync(join(tmpdir(), "market-import-"));
  writeFileSync(join(directory, "chain.csv"), csvFile(csvRow()).text);
  writeFileSync(join(directory, "bars.csv"), "time,open,high,low,close,quote_volume\n2025-12-29,1,1,1,1,1\n");
  return directory;
}

async function run(...args: readonly string[]): Promise<string> {
  let printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const program = new Command("zkmargin").exitOverride().configureOutput({ writeErr: () => undefined });
  registerMarketImport(program);
  await program.parseAsync(["market", "import", ...args], { from: "user" });
  return printed;
}

afterEach(() => vi.restoreAllMocks());

describe("zkmargin market import", () => {
  it("writes the snapshot and prints a summary", async () => {
    const directory = workspace();
    const out = join(directory, "snapshot.json");
    const printed = await run(join(directory, "chain.csv"), "--history", `BTC=${join(directory, "bars.csv")}`, "--epoch", "12", "--out", out);
    const snapshot = parseSnapshot(readFileSync(out, "utf8"));
    expect([snapshot.epoch, snapshot.instruments.length, snapshot.assets[0]?.history.length]).toEqual([12, 2, 1]);
    expect(printed).toContain("2025-12-30T17:31:15Z, epoch 12, format deribit-csv (detected)");
    expect(printed).toContain("history of BTC: 1 days, 2025-12-29 to 2025-12-29");
    expect(readdirSync(directory).sort()).toEqual(["bars.csv", "chain.csv", "snapshot.json"]);
  });

  it("prints the report as JSON when asked", async () => {
    const directory = workspace();
    const printed = await run(join(directory, "chain.csv"), "--format", "deribit-csv", "--json", "--out", join(directory, "snapshot.json"));
    expect(JSON.parse(printed)).toMatchObject({ format: "deribit-csv", formatDetected: false, rows: 1, newlyListed: 2, notListed: [] });
  });

  it("leaves an older snapshot alone when the input is bad", async () => {
    const directory = workspace();
    const out = join(directory, "snapshot.json");
    const older = '{"format": "zkmargin-market-snapshot-1"}';
    writeFileSync(out, older);
    writeFileSync(join(directory, "chain.csv"), csvFile(csvRow({ mark_price: "-1" })).text);
    await expect(run(join(directory, "chain.csv"), "--out", out)).rejects.toThrow("must not be negative");
    expect(readFileSync(out, "utf8")).toBe(older);
  });

  it("refuses a bad epoch, an unknown format and a missing file", async () => {
    const directory = workspace();
    const file = join(directory, "chain.csv");
    const out = join(directory, "snapshot.json");
    await expect(run(file, "--epoch", "1.5", "--out", out)).rejects.toThrow('--epoch "1.5" must be a whole number');
    await expect(run(file, "--format", "xml", "--out", out)).rejects.toThrow("Allowed choices are deribit-csv, deribit-json, snapshot");
    await expect(run(join(directory, "none.csv"), "--out", out)).rejects.toThrow("none.csv");
    await expect(run(file)).rejects.toThrow("--out");
  });

  it("joins a group of market commands that is already there", () => {
    const program = new Command("zkmargin");
    const market = program.command("market");
    registerMarketImport(program);
    expect(market.commands.map((command) => command.name())).toEqual(["import"]);
    expect(program.commands).toHaveLength(1);
  });
});

import { Command } from "commander";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { developmentPtau } from "../../prover/development-setup/development-key.js";
import { PtauError } from "../../prover/ptau.js";
import { registerSetup, SetupError } from "../../src/cli/setup.js";
import { temporaryCache } from "./fixtures/small-circuit.js";

let cache: ReturnType<typeof temporaryCache>;

beforeEach(() => {
  cache = temporaryCache();
});

afterEach(() => cache.remove());

async function run(...parameters: readonly string[]): Promise<void> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  registerSetup(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(["node", "zkmargin", ...parameters]);
}

describe("zkmargin setup", () => {
  it("refuses powers of tau that aren't the pinned file before it compiles anything, and keeps them", async () => {
    const path = join(cache.directory, "powersOfTau28_hez_final_16.ptau");
    // The development file of a small power with the header of a power-16 file.
    const bytes = readFileSync(await developmentPtau(2));
    bytes.writeUInt32LE(16, 60);
    writeFileSync(path, bytes);
    await expect(run("setup", "--ptau", path, "--out", join(cache.directory, "0.zkey"))).rejects.toThrow(PtauError);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(existsSync(join(cache.directory, "0.zkey"))).toBe(false);
  });

  it("refuses powers of tau that aren't there", async () => {
    await expect(run("setup", "--ptau", join(cache.directory, "missing.ptau"))).rejects.toThrow(/does not exist/);
  });

  it("refuses options that belong to different things", async () => {
    await expect(run("setup", "--ptau", "file.ptau", "--dev")).rejects.toThrow(SetupError);
    await expect(run("setup", "--url", "http://127.0.0.1/file.ptau")).rejects.toThrow(SetupError);
  });

  it("refuses a contributor's name that a transcript can't hold", async () => {
    const parameters = ["ceremony", "contribute", "a.zkey", "b.zkey", "--entropy-file", "-", "--name", "x".repeat(65)];
    await expect(run(...parameters)).rejects.toThrow(/1 to 64 printable/);
  });
});

/** A tool in a copy of the sources, which a test may change, so that it can plant what the tool has to find. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Edit } from "../support/template.js";

/** Gives `work` a folder that `fill` has filled and that has the edits, and removes it. */
export async function inCopy<T>(fill: (folder: string) => void, edits: readonly Edit[], work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-analysis-"));
  try {
    fill(folder);
    for (const { file, from, to } of edits) {
      const text = readFileSync(join(folder, file), "utf8");
      if (text.split(from).length !== 2) throw new Error(`the edit of ${file} does not fit exactly once: ${from}`);
      writeFileSync(join(folder, file), text.replace(from, () => to));
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Output of a tool, which ends with 1 when it found something. */
export async function runTool(folder: string, command: string, parameters: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  try {
    return await promisify(execFile)(command, parameters, { cwd: folder, maxBuffer: 1 << 26, timeout: 100_000 });
  } catch (error) {
    const { code, stdout, stderr } = error as { readonly code?: unknown; readonly stdout?: string; readonly stderr?: string };
    if (code !== 1) throw error;
    return { stdout: stdout ?? "", stderr: stderr ?? "" };
  }
}

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { projectRoot } from "./project-root.js";

const POLL_MILLISECONDS = 100;
const HEARTBEAT_MILLISECONDS = 5_000;
const STALE_MILLISECONDS = 120_000;

let temporaryCounter = 0;

/** Where built circuits and keys are kept: ZKMARGIN_CACHE, or build/ in the project. */
export function cacheRoot(): string {
  const configured = process.env.ZKMARGIN_CACHE;
  return configured === undefined || configured === "" ? join(projectRoot(), "build") : resolve(configured);
}

/**
 * Makes `directory` once: the first process builds into a temporary folder beside it and renames that, others wait. An interrupted build
 * leaves nothing under the final name.
 * @param build fills the folder it is given
 * @returns whether this call did the work
 */
export async function buildOnce(directory: string, build: (temporary: string) => Promise<void>): Promise<boolean> {
  if (existsSync(directory)) return false;
  mkdirSync(dirname(directory), { recursive: true });
  return withLock(`${directory}.lock`, async () => {
    if (existsSync(directory)) return false;
    removeAbandoned(directory);
    const temporary = temporaryName(directory);
    mkdirSync(temporary);
    try {
      await build(temporary);
      return renameUnlessPresent(temporary, directory);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
}

/** As buildOnce, for a single file. */
export async function buildFileOnce(file: string, build: (temporary: string) => Promise<void>): Promise<boolean> {
  if (existsSync(file)) return false;
  mkdirSync(dirname(file), { recursive: true });
  return withLock(`${file}.lock`, async () => {
    if (existsSync(file)) return false;
    removeAbandoned(file);
    const temporary = temporaryName(file);
    try {
      await build(temporary);
      renameSync(temporary, file);
      return true;
    } finally {
      rmSync(temporary, { force: true });
    }
  });
}

function temporaryName(path: string): string {
  return `${path}.${process.pid}-${temporaryCounter++}.tmp`;
}

/** What builds of processes that are gone left behind. */
function removeAbandoned(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const owner = name.startsWith(prefix) ? /^(\d+)-\d+\.tmp$/.exec(name.slice(prefix.length)) : null;
    if (owner === null || Number(owner[1]) === process.pid || isAlive(Number(owner[1]))) continue;
    rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
}

async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!acquire(lock)) await sleep(POLL_MILLISECONDS);
  const heartbeat = setInterval(() => touch(lock), HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(lock, { force: true });
  }
}

function acquire(lock: string): boolean {
  try {
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  // Two processes may both take over a dead owner's lock; then both build, and the rename decides. That costs time, not correctness.
  if (isAbandoned(lock)) rmSync(lock, { force: true });
  return false;
}

function isAbandoned(lock: string): boolean {
  let owner: { pid?: number; host?: string };
  let age: number;
  try {
    age = Date.now() - statSync(lock).mtimeMs;
    owner = JSON.parse(readFileSync(lock, "utf8")) as typeof owner;
  } catch {
    // Gone, or not yet written: look again.
    return false;
  }
  if (age > STALE_MILLISECONDS) return true;
  return owner.host === hostname() && owner.pid !== undefined && !isAlive(owner.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function touch(lock: string): void {
  try {
    const now = new Date();
    utimesSync(lock, now, now);
  } catch {
    // Taken over as abandoned; the rename decides.
  }
}

function renameUnlessPresent(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}

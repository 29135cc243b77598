// Finds a Chromium for the tests that look at a report, and gets Debian's where that is ours to do.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const APPLICATIONS = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];
/** Of each step; the package and what it needs are some 120 MB. */
const INSTALL_LIMIT_MS = 5 * 60_000;

/** How a person gets one. */
export const BROWSER_HELP = "install Chromium (Debian: apt-get install chromium) or name one in ZKMARGIN_CHROMIUM";

/** Path of the program, or undefined. What ZKMARGIN_CHROMIUM names is taken, or nothing. */
export function findBrowser(environment = process.env) {
  const named = environment.ZKMARGIN_CHROMIUM;
  if (named !== undefined && named !== "") return isProgram(named) ? named : undefined;
  const onPath = (environment.PATH ?? "").split(delimiter).filter((folder) => folder !== "").flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...onPath, ...APPLICATIONS].find(isProgram);
}

/**
 * Debian's chromium, for root on a Debian machine without a browser: a container that runs tests. Tried once for a build folder; whatever
 * happens, the tests run.
 */
export function installBrowser(build, say = (line) => process.stderr.write(`${line}\n`)) {
  const tried = join(build, "browser-tried");
  const wanted = findBrowser() === undefined && (process.env.ZKMARGIN_CHROMIUM ?? "") === "";
  if (!wanted || process.getuid?.() !== 0 || !existsSync("/etc/debian_version") || existsSync(tried)) return;
  say("Chromium for the tests of the report, by apt-get (about a minute) ...");
  const started = performance.now();
  const done = [["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]].every((args) => {
    const { status } = spawnSync("apt-get", args, { stdio: "ignore", timeout: INSTALL_LIMIT_MS, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
    return status === 0;
  });
  if (done && findBrowser() !== undefined) return say(`Chromium: installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  mkdirSync(build, { recursive: true });
  writeFileSync(tried, "");
  say(`Chromium could not be installed: the tests of the report in a browser are skipped. To run them, ${BROWSER_HELP}.`);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

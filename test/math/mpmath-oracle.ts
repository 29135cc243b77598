import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const CANDIDATES = [process.env["PYTHON"], "python3", "/usr/bin/python3"].filter((path) => path !== undefined && path !== "") as string[];

/** A python that has mpmath, or undefined: the live oracles run where there is one, the committed vectors everywhere. */
export const mpmathPython: string | undefined = CANDIDATES.find((python) => {
  try {
    execFileSync(python, ["-c", "import mpmath"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});

/** Parsed JSON that test/oracle/<script> prints. */
export function runOracle(script: string, args: readonly string[] = []): unknown {
  const path = fileURLToPath(new URL(`../oracle/${script}`, import.meta.url));
  return JSON.parse(execFileSync(mpmathPython!, [path, ...args], { encoding: "utf8", maxBuffer: 1 << 26 }));
}

/** Exact integer of a plain decimal text x 10^digits, cut after `digits` decimals. */
export function scaledDecimal(text: string, digits: number): bigint {
  const negative = text.startsWith("-");
  const [whole, fraction = ""] = text.replace("-", "").split(".") as [string, string?];
  const scaled = BigInt(whole + fraction.slice(0, digits).padEnd(digits, "0"));
  return negative ? -scaled : scaled;
}

import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Compiles the sources if they have changed, once before all tests. */
export default function setup(): void {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
  execFileSync(process.execPath, [join(root, "scripts/bootstrap.mjs"), "prepare"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}

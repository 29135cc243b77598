import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let cachedRoot: string | undefined;

/**
 * The folder of this project's package.json: the nearest parent that carries the project's name, so that it is the same
 * for the sources and for what the compiler writes to dist/.
 * @throws ProjectRootError when no parent is the project
 */
export function projectRoot(): string {
  cachedRoot ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return cachedRoot;
}

/** The installed folder of a dependency that has a package.json at its top. */
export function packageFolder(name: string): string {
  return dirname(createRequire(join(projectRoot(), "package.json")).resolve(`${name}/package.json`));
}

/** The installed version of a dependency. */
export function packageVersion(name: string): string {
  const manifest = JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")) as { version: string };
  return manifest.version;
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string };
      if (name === "zkmargin") return folder;
    }
    if (dirname(folder) === folder) throw new ProjectRootError(start);
  }
}

export class ProjectRootError extends Error {
  constructor(start: string) {
    super(`no parent of ${start} has a package.json named zkmargin`);
    this.name = "ProjectRootError";
  }
}

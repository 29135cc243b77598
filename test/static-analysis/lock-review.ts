/** What package-lock.json says of the dependencies by itself. */
import type { Finding } from "../../scripts/findings.mjs";

export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string | undefined;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly deprecated?: string;
  readonly hasInstallScript?: boolean;
  readonly license?: string | undefined;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** A finding for each package that is not exactly one version from the registry, or that runs code, and for each licence. */
export function reviewLock(manifest: Manifest, lock: Lock): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides })) {
    if (!EXACT.test(version)) findings.push({ rule: "exact-version", file: name, statement: version });
  }
  const licences = new Set<string>();
  for (const [path, entry] of Object.entries(lock.packages).filter(([key]) => key !== "")) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const use = entry.dev === true || entry.devOptional === true ? "development" : "production";
    const version = entry.version ?? "none";
    const add = (rule: string, statement: string): void => void findings.push({ rule, file: name, statement });
    if (!EXACT.test(version) || entry.link === true) add("source", `version ${version}`);
    // Without an address, npm takes the package from the registry that it is set to.
    if (entry.resolved !== undefined) add("source", entry.resolved);
    if (entry.integrity?.startsWith("sha512-") !== true) add("integrity", version);
    if (entry.hasInstallScript === true) add("install-script", `${version}, ${use}`);
    if (entry.deprecated !== undefined) add("deprecated", `${version}: ${entry.deprecated}`);
    licences.add(JSON.stringify([use, entry.license ?? `none named by ${name} ${version}`]));
  }
  for (const licence of licences) {
    const [use, name] = JSON.parse(licence) as [string, string];
    findings.push({ rule: "licence", file: use, statement: name });
  }
  return findings;
}

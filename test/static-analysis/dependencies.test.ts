import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/template.js";
import { reviewLock, type Lock, type LockedPackage, type Manifest } from "./lock-review.js";
import { compareWithReviewed, EXPLAINED } from "./reviewed.js";

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as Lock;

function withPackage(entry: LockedPackage): Lock {
  return { packages: { ...lock.packages, "node_modules/snarkjs/node_modules/planted": entry } };
}

describe("package-lock.json", () => {
  it("has nothing that docs/static-analysis.md does not explain, and all that it explains", () => {
    expect(Object.keys(lock.packages).length).toBeGreaterThan(200);
    expect(compareWithReviewed("package-lock.json", reviewLock(manifest, lock))).toEqual(EXPLAINED);
  });

  it("names the dependencies of package.json", () => {
    expect(lock.packages[""]).toMatchObject({ dependencies: manifest.dependencies, devDependencies: manifest.devDependencies });
  });

  const sound: LockedPackage = { version: "1.0.0", integrity: "sha512-AA==", license: "MIT" };
  it.each([
    { flaw: "no hash", entry: { ...sound, integrity: undefined }, reported: "integrity planted: 1.0.0" },
    { flaw: "a weak hash", entry: { ...sound, integrity: "sha1-AA==" }, reported: "integrity planted: 1.0.0" },
    { flaw: "a repository for a source", entry: { ...sound, resolved: "git+ssh://git@example.org/planted.git#0123" }, reported: "source planted: git+ssh://git@example.org/planted.git#0123" },
    { flaw: "an address without encryption", entry: { ...sound, resolved: "http://example.org/planted.tgz" }, reported: "source planted: http://example.org/planted.tgz" },
    { flaw: "a folder for a source", entry: { ...sound, link: true }, reported: "source planted: version 1.0.0" },
    { flaw: "code that runs at installation", entry: { ...sound, hasInstallScript: true }, reported: "install-script planted: 1.0.0, production" },
    { flaw: "a version its authors gave up", entry: { ...sound, deprecated: "use another" }, reported: "deprecated planted: 1.0.0: use another" },
    { flaw: "a licence that nobody reviewed", entry: { ...sound, license: "BUSL-1.1" }, reported: "licence production: BUSL-1.1" },
    { flaw: "no licence", entry: { ...sound, license: undefined }, reported: "licence production: none named by planted 1.0.0" },
  ])("is refused with a planted package that has $flaw", ({ entry, reported }) => {
    expect(compareWithReviewed("package-lock.json", reviewLock(manifest, withPackage(entry))).unexplained).toEqual([reported]);
  });

  it("is refused with a range of versions in package.json", () => {
    const ranged = { ...manifest, dependencies: { ...manifest.dependencies, zod: "^4.0.0" } };
    expect(compareWithReviewed("package-lock.json", reviewLock(ranged, lock)).unexplained).toEqual(["exact-version zod: ^4.0.0"]);
  });
});

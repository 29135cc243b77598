import { createServer, type Server } from "node:http";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { developmentPtau } from "../../prover/development-setup/development-key.js";
import { checkPtau, downloadPtau, PtauError, ptauPower, ptauTable } from "../../prover/ptau.js";
import { temporaryCache } from "./fixtures/small-circuit.js";

// BLAKE2b-512 of "abc": RFC 7693, appendix A.
const ABC =
  "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zkmargin-ptau-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("the table of powers of tau", () => {
  it("has the powers 14 to 20 with their names", () => {
    expect(ptauTable().map(({ power, name }) => [power, name])).toEqual(
      [14, 15, 16, 17, 18, 19, 20].map((power) => [power, `powersOfTau28_hez_final_${power}.ptau`]),
    );
    expect(new Set(ptauTable().map(({ blake2b }) => blake2b)).size).toBe(7);
  });
});

describe("checking a file", () => {
  it("accepts the pinned bytes", async () => {
    const file = join(folder, "file.ptau");
    writeFileSync(file, "abc");
    const pinned = { power: 3, name: "three.ptau", blake2b: ABC };
    await expect(checkPtau(file, 3, [pinned])).resolves.toEqual(pinned);
  });

  it("refuses other bytes with both hashes, and keeps the file", async () => {
    const file = join(folder, "file.ptau");
    writeFileSync(file, "abd");
    const check = checkPtau(file, 3, [{ power: 3, name: "three.ptau", blake2b: ABC }]);
    await expect(check).rejects.toThrow(PtauError);
    await expect(check).rejects.toThrow(ABC);
    expect(readFileSync(file, "utf8")).toBe("abd");
  });

  it("refuses a power that isn't in the table, and a file that isn't there", async () => {
    await expect(checkPtau(join(folder, "file.ptau"), 28)).rejects.toThrow(/power 28 is not in ptau\/table.json/);
    await expect(checkPtau(join(folder, "file.ptau"), 16)).rejects.toThrow(/does not exist/);
  });

  it("reads the power from the header", async () => {
    const cache = temporaryCache();
    try {
      expect(ptauPower(await developmentPtau(3))).toBe(3);
    } finally {
      cache.remove();
    }
    const file = join(folder, "file.ptau");
    writeFileSync(file, "not a powers-of-tau file, but longer than the header of one is, by some more characters");
    expect(() => ptauPower(file)).toThrow(PtauError);
  });
});

describe("downloading", () => {
  let server: Server;
  let address: string;

  beforeEach(async () => {
    server = createServer((request, response) => {
      response.statusCode = request.url === "/abc" ? 200 : 403;
      response.end("abc");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("writes the file only when it is complete, and never over another", async () => {
    const file = join(folder, "file.ptau");
    await expect(downloadPtau(`${address}/refused`, file)).rejects.toThrow(/answered 403/);
    expect(existsSync(file)).toBe(false);
    await downloadPtau(`${address}/abc`, file);
    expect(readFileSync(file, "utf8")).toBe("abc");
    await expect(downloadPtau(`${address}/abc`, file)).rejects.toThrow(/not overwritten/);
  });
});

import { execFile } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/template.js";

const ENDPOINT = "/-/npm/v1/security/advisories/bulk";

/** The audit against a registry on this machine. */
async function audit(answer: RequestListener, environment: Readonly<Record<string, string>> = {}): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/`, ...environment };
      execFile(process.execPath, [join(ROOT, "scripts/audit.mjs")], { env, timeout: 100_000 }, (error, stdout) => {
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, lines: stdout.trimEnd().split("\n") });
      });
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Answers the question for advisories with these, of each package that was asked for. */
function advising(advisories: Readonly<Record<string, readonly object[]>>, asked: string[] = []): RequestListener {
  return (request, response) => {
    if (request.url !== ENDPOINT) return void response.writeHead(404).end("{}");
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
      const body = Buffer.concat(parts);
      const packages = JSON.parse((request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString()) as Record<string, unknown>;
      asked.push(...Object.keys(packages));
      response.setHeader("content-type", "application/json").end(JSON.stringify(Object.fromEntries(Object.entries(advisories).filter(([name]) => name in packages))));
    });
  };
}

function advisory(name: string, severity: string, number: string): object {
  return { id: 1, name, title: "planted", url: `https://example.org/advisories/${number}`, severity, vulnerable_versions: ">=0.0.1", cwe: [], cvss: { score: 0, vectorString: null } };
}

describe("the audit of dependencies", () => {
  it("passes where the registry knows of nothing, having asked for every run-time package and no other", async () => {
    const asked: string[] = [];
    expect(await audit(advising({}, asked))).toEqual({ code: 0, lines: ["advisories: 0 of severity high or critical without an exception, 0 exceptions without an advisory, 0 of lower severity"] });
    expect(asked).toEqual(expect.arrayContaining(["snarkjs", "ethers", "zod", "ws", "underscore"]));
    expect(asked).not.toContain("vitest");
  });

  it("fails on a severe advisory that is not excepted, and counts a lesser one", async () => {
    const { code, lines } = await audit(advising({
      ws: [advisory("ws", "high", "GHSA-aaaa-bbbb-cccc")],
      ethers: [advisory("ethers", "moderate", "GHSA-dddd-eeee-ffff")],
    }));
    expect(lines).toEqual(["advisories: 1 of severity high or critical without an exception, 0 exceptions without an advisory, 1 of lower severity", "  advisory ws: GHSA-aaaa-bbbb-cccc"]);
    expect(code).toBe(1);
  });

  it("says that nothing is known where the registry refuses the question", async () => {
    const { code, lines } = await audit((_, response) => void response.writeHead(405, { allow: "GET" }).end());
    expect(lines).toEqual(["advisories: not checked, the registry gave no answer (status 405)"]);
    expect(code).toBe(2);
  });

  it("says so too where the answer does not come in time", async () => {
    const { code, lines } = await audit(() => {}, { ZKMARGIN_AUDIT_SECONDS: "5" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^advisories: not checked, the registry gave no answer \(/);
    expect(code).toBe(2);
  });
});

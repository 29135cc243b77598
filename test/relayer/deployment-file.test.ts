import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEPLOYED_CONTRACTS, DeploymentFileError, DeploymentWriteError, formatDeployment, parseDeployment, readDeployment, writeDeployment, type DeploymentFile } from "../../src/relayer/deployment-file.js";

const addressOf = (digit: number): string => `0x${String(digit).repeat(40)}`;
const addresses = Object.fromEntries(DEPLOYED_CONTRACTS.map((name, at) => [name, addressOf(at + 1)]));
const complete = {
  complete: true,
  chainId: 11_155_111n,
  block: 7_000_000,
  owner: addressOf(6),
  guardian: addressOf(0),
  addresses,
  collateralSource: addressOf(0),
  tiers: [{ tier: "S", keyHash: `0x${"ab".repeat(32)}`, keyStore: addressOf(7), development: false }],
  policyVersion: 3,
  bytecodeSha256: Object.fromEntries(DEPLOYED_CONTRACTS.map((name) => [name, "cd".repeat(32)])),
} as unknown as DeploymentFile;
const partial: DeploymentFile = { complete: false, chainId: 1n, addresses: { RiskOracle: addressOf(1) } };

describe("a deployment file", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "zkmargin-deployment-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([["finished", complete], ["interrupted", partial]])("of a %s deployment comes back as it was", (_, deployment) => {
    const path = join(folder, "deployment.json");
    writeFileSync(path, "of an earlier time, and longer than what replaces it ".repeat(100));
    writeDeployment(path, deployment);
    expect(readFileSync(path, "utf8")).toBe(formatDeployment(deployment));
    expect(readDeployment(path)).toEqual(deployment);
    // Nothing is left beside it.
    expect(readdirSync(folder)).toEqual(["deployment.json"]);
  });

  it("names its format first, so that it is known for what it is", () => {
    expect(formatDeployment(complete)).toMatch(/^\{\n {2}"format": "zkmargin-deployment-1",\n {2}"complete": true,\n {2}"chainId": "11155111",/);
  });

  const json = (): Record<string, unknown> => JSON.parse(formatDeployment(complete)) as Record<string, unknown>;

  it("that can't be written is an error with its path", () => {
    const path = join(folder, "absent", "deployment.json");
    expect(() => writeDeployment(path, partial)).toThrow(DeploymentWriteError);
    expect(() => writeDeployment(path, partial)).toThrow(`deployment file ${path} cannot be written (ENOENT)`);
  });

  it.each<[string, (file: Record<string, any>) => unknown]>([
    ["file is not JSON", () => "{"],
    ["file Invalid input", () => null],
    ["complete", (file) => ({ ...file, complete: "yes" })],
    ["format", (file) => ({ ...file, format: "zkmargin-deployment-2" })],
    ["chainId must be a decimal number", (file) => ({ ...file, chainId: "0x1" })],
    ["chainId", (file) => ({ ...file, chainId: 1 })],
    ["owner must be an address", (file) => ({ ...file, owner: "0x12" })],
    ["owner must be an address", (file) => ({ ...file, owner: addressOf(1).slice(2) })],
    ["guardian must be an address, with a valid checksum if it has one", (file) => ({ ...file, guardian: "0xf39fd6e51aad88F6F4ce6aB8827279cffFb92266" })],
    ["addresses.PolicyRegistry", (file) => ({ ...file, addresses: { ...file["addresses"], PolicyRegistry: undefined } })],
    ["addresses Unrecognized key", (file) => ({ ...file, addresses: { ...file["addresses"], RiskRegistry: addressOf(1) } })],
    ["tiers.0.keyHash must be 0x and 64 hex digits", (file) => ({ ...file, tiers: [{ ...file["tiers"][0], keyHash: "0x1" }] })],
    ["tiers.0.tier must be one to four capital letters", (file) => ({ ...file, tiers: [{ ...file["tiers"][0], tier: "s" }] })],
    ["tiers Too small", (file) => ({ ...file, tiers: [] })],
    ["policyVersion", (file) => ({ ...file, policyVersion: 0 })],
    ["bytecodeSha256.RiskOracle must be 64 hex digits", (file) => ({ ...file, bytecodeSha256: { ...file["bytecodeSha256"], RiskOracle: "00" } })],
    ["file Unrecognized key", (file) => ({ ...file, privateKey: "0x00" })],
    ["file Unrecognized key", (file) => ({ ...file, complete: false })],
  ])("is refused with %s", (message, change) => {
    const changed = change(json());
    const text = typeof changed === "string" ? changed : JSON.stringify(changed);
    expect(() => parseDeployment(text)).toThrow(DeploymentFileError);
    expect(() => parseDeployment(text)).toThrow(`deployment file: ${message}`);
  });
});

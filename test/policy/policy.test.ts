import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PolicyError, assetPolicyOf, defaultPolicy, liquidationHorizon, parsePolicy } from "../../src/policy/policy.js";
import { policyJsonSchema } from "../../src/policy/policy-file.js";

function changed(edit: (policy: any) => void): unknown {
  const copy = structuredClone(defaultPolicy);
  edit(copy);
  return copy;
}

function faultsOf(json: unknown) {
  try {
    parsePolicy(json);
  } catch (error) {
    if (error instanceof PolicyError) return error.faults;
    throw error;
  }
  return [];
}

describe("parsePolicy", () => {
  it("accepts the default policy and reads it back unchanged", () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(defaultPolicy)))).toEqual(defaultPolicy);
  });

  it.each([
    ["a decimal out of range", (p: any) => (p.margin.confidence = "1.5"), "margin.confidence", "1.5", "must be in [0.5, 0.99999]"],
    ["a float where a decimal belongs", (p: any) => (p.nodes.coreSigmas = 4), "nodes.coreSigmas", 4, "expected string"],
    ["nine decimals", (p: any) => (p.margin.buffer = "0.123456789"), "margin.buffer", "0.123456789", "at most 8 digits"],
    ["an unknown field", (p: any) => (p.horizon.delay = 1), "horizon", defaultPolicy.horizon, "delay"],
    ["a later generation", (p: any) => (p.generation = 2), "generation", 2, "expected 1"],
    ["block probabilities of 1.1", (p: any) => (p.scenarios.blocks[0].probability = "0.4"), "scenarios.blocks", undefined, "sum 1"],
    ["13 nodes", (p: any) => p.nodes.stressUp.pop(), "nodes", undefined, "14 nodes together, not 13"],
    ["a core without 0", (p: any) => (p.nodes.coreFractions[4] = "0.01"), "nodes.coreFractions", undefined, "contain 0"],
    ["a slow EWMA faster than the fast one", (p: any) => (p.volatility.slowLambda = "0.8"), "volatility.slowLambda", "0.8", "above fastLambda"],
    ["only opposed stress rows", (p: any) => (p.stress.opposedRegimes = [true, true, true, true]), "stress.opposedRegimes", undefined, "at least one"],
  ])("refuses %s, naming field, value and rule", (_, edit, field, value, rule) => {
    const faults = faultsOf(changed((p) => void edit(p)));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.field).toBe(field);
    expect(faults[0]?.rule).toContain(rule);
    if (value !== undefined && typeof value !== "object") expect(faults[0]?.value).toBe(value);
  });

  it("names every fault at once", () => {
    const faults = faultsOf(changed((p) => ((p.margin.buffer = "2"), (p.horizon.auction = -1))));
    expect(faults.map(({ field }) => field).sort()).toEqual(["horizon.auction", "margin.buffer"]);
  });
});

describe("policy data", () => {
  it("lets an asset override single parameters", () => {
    const policy = parsePolicy(changed((p) => (p.assets = { SOL: { minimumRange: "0.3" } })));
    expect(assetPolicyOf(policy, "SOL")).toEqual({ ...policy.assetDefaults, minimumRange: "0.3" });
    expect(assetPolicyOf(policy, "XRP")).toEqual(policy.assetDefaults);
  });

  it("takes the execution window as horizon where it is longer than the minimum", () => {
    expect(liquidationHorizon(defaultPolicy)).toBe(86_400);
    // 300 + 1800 + 43200 + 86400
    expect(liquidationHorizon(parsePolicy(changed((p) => (p.horizon.auction = 86_400))))).toBe(131_700);
  });

  it("describes every leaf of its JSON Schema", () => {
    const undescribed: string[] = [];
    const walk = (node: any, path: string) => {
      if (node.properties) for (const [key, child] of Object.entries<any>(node.properties)) walk(child, `${path}.${key}`);
      else if (!node.description && !node.items?.properties && !node.items?.description && node.const === undefined && !path.endsWith("assets")) undescribed.push(path);
    };
    const { anyOf } = policyJsonSchema() as { anyOf: unknown[] };
    expect(anyOf).toHaveLength(2);
    for (const kind of anyOf) walk(kind, "");
    expect(undescribed).toEqual([]);
  });
});

describe("a policy error", () => {
  it("shows a wrong value, but nothing of a file that is no policy at all", () => {
    const error = (json: unknown) => {
      try {
        parsePolicy(json);
      } catch (caught) {
        return (caught as Error).message;
      }
      throw new Error("accepted");
    };
    expect(error({ ...defaultPolicy, version: 7 })).toContain("version = 7");
    const message = error({ cash: "12500.77", positions: [{ instrument: "BTC-27MAR26-90000-C", quantity: "-2.53" }] });
    expect(message).toContain("(policy) = an object");
    expect(message).not.toMatch(/12500\.77|90000|2\.53/);
  });
});

describe("docs/policy.schema.json", () => {
  it("is the schema of the policy file", () => {
    const path = new URL("../../docs/policy.schema.json", import.meta.url);
    const current = `${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`;
    if (process.env["UPDATE_SNAPSHOTS"] === "1") writeFileSync(path, current);
    expect(readFileSync(path, "utf8")).toBe(current);
  });
});

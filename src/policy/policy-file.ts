import { z } from "zod";
import { type Policy, parsePolicy, policyShape } from "./policy.js";
import { type WorstCasePolicy, parseWorstCasePolicy, worstCaseShape } from "./worst-case-policy.js";

/** What a policy file can hold. */
export type AnyPolicy = Policy | WorstCasePolicy;

/** Checks parsed JSON of either kind. Throws PolicyError naming every offending field, its value and the rule it breaks. */
export function parseAnyPolicy(json: unknown): AnyPolicy {
  const kind = (json as { scenarios?: { kind?: unknown } } | null | undefined)?.scenarios?.kind;
  return kind === "worst-case" ? parseWorstCasePolicy(json) : parsePolicy(json);
}

export function isWorstCase(policy: AnyPolicy): policy is WorstCasePolicy {
  return "kind" in policy.scenarios;
}

/** JSON Schema (2020-12) of the policy file, every field with unit and range. */
export function policyJsonSchema(): unknown {
  return z.toJSONSchema(z.union([policyShape, worstCaseShape]));
}

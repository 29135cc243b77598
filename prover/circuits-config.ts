import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Tier } from "../src/risk/portfolio.js";
import { projectRoot } from "./project-root.js";

const positive = z.number().int().positive();

const tierSchema = z.strictObject({
  positions: positive,
  buckets: positive,
  /** The circuit fits 2^domainPower rows. */
  domainPower: positive,
  /** Of a tier that is compiled only when it is named: what that takes, measured on two cores. */
  onDemand: z.strictObject({ seconds: positive, gibibytes: z.number().positive() }).optional(),
});

const schema = z.object({
  compiler: z.object({ package: z.string(), flags: z.array(z.string()), prime: z.literal("bn128") }),
  grid: z.record(z.string(), positive),
  template: z.object({ file: z.string(), name: z.string(), parameters: z.array(z.string()) }),
  publicSignals: z.object({ outputs: z.array(z.string()), inputs: z.array(z.string()) }),
  tiers: z.record(z.string(), tierSchema),
});

/** circuits.json: template, tiers and public signals, declared once for every language. */
export type CircuitsConfig = z.infer<typeof schema>;

export interface DeclaredTier extends Tier {
  readonly domainPower: number;
  /** What compiling it costs, about: it is compiled only when it is named. Absent for a tier that is compiled at first use. */
  readonly onDemand?: { readonly seconds: number; readonly gibibytes: number } | undefined;
}

/** @throws CircuitsConfigError when the file does not have the expected form */
export function readCircuitsConfig(): CircuitsConfig {
  const path = join(projectRoot(), "circuits.json");
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new CircuitsConfigError(`${path}: ${parsed.error.message}`);
  return parsed.data;
}

/** Smallest first. */
export function declaredTiers(config: CircuitsConfig = readCircuitsConfig()): readonly DeclaredTier[] {
  return Object.entries(config.tiers)
    .map(([name, sizes]) => ({ name, ...sizes }))
    .sort((a, b) => a.domainPower - b.domainPower || a.positions - b.positions);
}

/** Number of public signals of every tier, without the constant one. */
export function configuredPublicSignals(config: CircuitsConfig): number {
  return config.publicSignals.outputs.length + config.publicSignals.inputs.length;
}

/** What a main file is made from. */
export interface MainConfig extends Pick<CircuitsConfig, "grid" | "template" | "publicSignals"> {
  readonly tiers: Readonly<Record<string, Pick<Tier, "positions" | "buckets">>>;
}

/** The generated main file of a tier. */
export function tierMain(config: MainConfig, tier: string): string {
  // "constructor" is no tier, though every object has one.
  const sizes = Object.hasOwn(config.tiers, tier) ? config.tiers[tier] : undefined;
  if (sizes === undefined) {
    throw new CircuitsConfigError(`tier ${tier} is not in circuits.json, which has ${Object.keys(config.tiers).join(", ")}`);
  }
  const { file, name, parameters } = config.template;
  const known: Readonly<Record<string, number>> = { ...config.grid, positions: sizes.positions, buckets: sizes.buckets };
  const values = parameters.map((parameter) => {
    const value = known[parameter];
    if (value === undefined) throw new CircuitsConfigError(`tier ${tier}: parameter ${parameter} has no value in circuits.json`);
    return value;
  });
  return [
    "pragma circom 2.2.0;",
    `include "${file}";`,
    `component main {public [${config.publicSignals.inputs.join(", ")}]} = ${name}(${values.join(", ")});`,
    "",
  ].join("\n");
}

export class CircuitsConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CircuitsConfigError";
  }
}

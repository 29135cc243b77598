import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "./project-root.js";

const positive = z.number().int().positive();

const schema = z.object({
  compiler: z.object({ package: z.string(), flags: z.array(z.string()), prime: z.literal("bn128") }),
  grid: z.record(z.string(), positive),
  template: z.object({ file: z.string(), name: z.string(), parameters: z.array(z.string()) }),
  publicSignals: z.object({ outputs: z.array(z.string()), inputs: z.array(z.string()) }),
  tiers: z.record(z.string(), z.record(z.string(), positive)),
});

/** circuits.json: template, tiers and public signals, declared once for every language. */
export type CircuitsConfig = z.infer<typeof schema>;

/** @throws CircuitsConfigError when the file does not have the expected form */
export function readCircuitsConfig(): CircuitsConfig {
  const path = join(projectRoot(), "circuits.json");
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new CircuitsConfigError(`${path}: ${parsed.error.message}`);
  return parsed.data;
}

/** Number of public signals of every tier, without the constant one. */
export function configuredPublicSignals(config: CircuitsConfig): number {
  return config.publicSignals.outputs.length + config.publicSignals.inputs.length;
}

/** The generated main file of a tier. */
export function tierMain(config: CircuitsConfig, tier: string): string {
  const sizes = config.tiers[tier];
  if (sizes === undefined) {
    throw new CircuitsConfigError(`tier ${tier} is not in circuits.json, which has ${Object.keys(config.tiers).join(", ")}`);
  }
  const { file, name, parameters } = config.template;
  const values = parameters.map((parameter) => {
    const value = sizes[parameter] ?? config.grid[parameter];
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

import aevo from "./presets/aevo.json" with { type: "json" };
import deribit from "./presets/deribit.json" with { type: "json" };
import derive23 from "./presets/derive23.json" with { type: "json" };
import derive33 from "./presets/derive33.json" with { type: "json" };
import span16 from "./presets/span16.json" with { type: "json" };
import { type WorstCasePolicy, parseWorstCasePolicy } from "./worst-case-policy.js";

const PRESETS: ReadonlyMap<string, unknown> = new Map(Object.entries({ span16, derive23, derive33, deribit, aevo }));

/** Names of the published margin systems that ship as worst-case policies. */
export const presetNames: readonly string[] = [...PRESETS.keys()];

/** A preset by name. Throws UnknownPresetError naming the ones there are. */
export function presetPolicy(name: string): WorstCasePolicy {
  const preset = PRESETS.get(name);
  if (preset === undefined) throw new UnknownPresetError(name, presetNames);
  return parseWorstCasePolicy(preset);
}

export class UnknownPresetError extends Error {
  override readonly name = "UnknownPresetError";
  readonly field = "preset";

  constructor(
    readonly value: string,
    readonly known: readonly string[],
  ) {
    super(`preset ${JSON.stringify(value.slice(0, 64))}: must be one of ${known.join(", ")}`);
  }
}

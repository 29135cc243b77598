/**
 * A solver looks for two witnesses of a template with the same inputs and different outputs, where the rules of uniqueness.ts need a lemma and where they need
 * none. It answers for the sizes and the field in a test's name, all inputs and all hints, and for no other; each variant in which it must find a pair shows
 * that the search sees what it is to see.
 */
import { describe, expect, it } from "vitest";
import { toField } from "../../src/math/field.js";
import { seededRandom } from "../support/random.js";
import { circuitFiles, circuitSource } from "../support/template.js";
import { compileSystem } from "./compile.js";
import type { Form, System } from "./forms.js";
import { SCALED_TEMPLATES } from "./solver/scaled-templates.js";
import { findSecondWitness } from "./solver/second-witness.js";
import { overSmallField, smallestPrimeFrom, smallViolations } from "./solver/small-field.js";

/** Far above what any search here takes; one that is cut off fails. */
const SECONDS = 240;

/** Templates whose every wire is a product or a sum of earlier ones, so that there is nothing to search, and the whole, which is made of the others. */
const NOT_SEARCHED = ["Booleans", "GridPnl", "Margin", "Poseidon", "Select"];

describe("a search for a second witness", () => {
  it("looks at every template of circuits/ whose wires are not all products and sums of earlier ones", () => {
    const templates = circuitFiles().flatMap((file) => [...circuitSource(file).matchAll(/^template (\w+)\(/gm)].map(([, name]) => name!));
    const searched = new Set(SCALED_TEMPLATES.map(({ name }) => name));
    expect([...searched, ...NOT_SEARCHED].sort()).toEqual([...templates].sort());
  });

  for (const { name, sizes, template, bound, options = {}, controls } of SCALED_TEMPLATES) {
    const prime = smallestPrimeFrom(bound);
    it(`${name} (${sizes}) has none modulo ${prime}`, { timeout: SECONDS * 1000 }, async () => {
      const search = await findSecondWitness(await compileSystem(template), { ...options, prime, seconds: SECONDS });
      expect(search).toEqual({ kind: "none" });
    });
    it.each(controls)(`${name} has one when $weakened`, { timeout: SECONDS * 1000 }, async ({ edits = [], prime: other = prime, options: others = options }) => {
      const system = await compileSystem({ ...template, edits: [...(template.edits ?? []), ...edits] });
      const search = await findSecondWitness(system, { ...others, prime: other, seconds: SECONDS });
      if (search.kind !== "found") throw new Error(`the search ended with ${search.kind}`);
      const rows = overSmallField(system, other);
      expect([search.first, search.second].map((values) => smallViolations(rows, other, values))).toEqual([[], []]);
    });
  }
});

describe("the solver", () => {
  const PRIME = 5;
  const random = seededRandom(20);
  const systems = Array.from({ length: 16 }, () => randomSystem());

  it("decides as an enumeration of all assignments does, on systems made at random", { timeout: SECONDS * 1000 }, async () => {
    const enumerated = systems.map(hasSecondWitness);
    expect(new Set(enumerated).size).toBe(2);
    const answers: boolean[] = [];
    for (const system of systems) answers.push((await findSecondWitness(system, { prime: PRIME, seconds: SECONDS })).kind === "found");
    expect(answers).toEqual(enumerated);
  });

  it("says that it does not know when its time is over", async () => {
    expect(await findSecondWitness(systems.find(hasSecondWitness)!, { prime: PRIME, seconds: 0.01 })).toEqual({ kind: "unknown" });
  });

  /** Wires: one, an output, two inputs, two hints. */
  function randomSystem(): System {
    const wires = 6;
    const form = (): Form => {
      const terms = Array.from({ length: random.integer(1, 3) }, () => [random.integer(0, wires - 1), toField(BigInt(random.pick([-3, -2, -1, 1, 2, 4])))] as const);
      return new Map(terms);
    };
    const boolean = (wire: number): Form[] => [new Map([[wire, 1n]]), new Map([[wire, 1n], [0, toField(-1n)]]), new Map()];
    const factors = [boolean(random.integer(4, 5)), ...Array.from({ length: random.integer(2, 4) }, () => [form(), random.chance(0.3) ? new Map([[0, 1n]]) : form(), form()])];
    const rows = factors.map(([a, b, c]) => ({ a: a!, b: b!, c: c! }));
    return { wires, outputs: 1, publicInputs: 0, privateInputs: 2, constraints: rows.length, rows, names: ["one", "main.out", "main.x", "main.y", "main.u", "main.v"] };
  }

  function hasSecondWitness(system: System): boolean {
    const rows = overSmallField(system, PRIME);
    const outputs = new Map<string, number>();
    for (let index = 0; index < PRIME ** 5; index++) {
      const values = [1, ...Array.from({ length: 5 }, (_, i) => Math.floor(index / PRIME ** i) % PRIME)];
      if (smallViolations(rows, PRIME, values).length > 0) continue;
      const inputs = `${values[2]},${values[3]}`;
      const known = outputs.get(inputs);
      if (known !== undefined && known !== values[1]) return true;
      outputs.set(inputs, values[1]!);
    }
    return false;
  }
});

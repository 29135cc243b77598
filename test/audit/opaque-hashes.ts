/** Constraint systems whose Poseidon instances are taken for what they are there for: functions without known collisions. */
import type { System } from "./forms.js";
import type { Hash } from "./uniqueness.js";

export interface HashedSystem extends System {
  readonly hashes: readonly Hash[];
}

/**
 * Takes the rows of the stand-in hash (test/support/open-hash.circom) out and names its instances, so that nothing is concluded from how it computes.
 */
export function withOpaqueHashes(system: System): HashedSystem {
  const instances = new Map<string, number[]>();
  const wires = new Map(system.names.map((name, wire) => [name, wire]));
  for (const [wire, name] of system.names.entries()) {
    const match = /^(main\..+)\.inputs\[(\d+)\]$/.exec(name);
    if (match === null) continue;
    const inputs = instances.get(match[1]!) ?? [];
    inputs[Number(match[2])] = wire;
    instances.set(match[1]!, inputs);
  }
  const hashes = [...instances].map(([path, inputs]) => ({ inputs, out: wires.get(`${path}.out`)! }));
  const own = new Map(hashes.map(({ inputs, out }) => [out, new Set([0, out, ...inputs])]));
  const rows = system.rows.filter(({ a, b, c }) => {
    const mentioned = [...a.keys(), ...b.keys(), ...c.keys()];
    const inside = mentioned.map((wire) => own.get(wire)).find((set) => set !== undefined);
    return inside === undefined || !mentioned.every((wire) => inside.has(wire));
  });
  if (system.rows.length - rows.length !== hashes.length) throw new Error("the rows of the stand-in hash were not found");
  return { ...system, rows, hashes };
}

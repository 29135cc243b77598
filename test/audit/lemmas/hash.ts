import type { Determination } from "../uniqueness.js";

/** Hash: an output determines the inputs (nobody finds a collision), and is a function of them. */
export function openedHashes(state: Determination): boolean {
  const before = state.rules.size;
  for (const { inputs, out } of state.hashes) {
    if (state.isDetermined(new Map([[out, 1n]]))) {
      state.determine(out, "linear");
      for (const input of inputs) state.determine(input, "hash");
    } else if (inputs.every((input) => state.isDetermined(new Map([[input, 1n]])))) state.determine(out, "hash");
  }
  return state.rules.size > before;
}

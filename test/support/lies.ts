/**
 * A lie is an honest statement with its most consistent forgery: other witness code for a hint, or other private inputs. It must be
 * refused by its pin, and accepted once the pin is taken out: else the test would prove nothing.
 */
import { expect } from "vitest";
import { circuitSource, compileTemplate, ConstraintViolation, type Edit, type SignalValue, type Template } from "./template.js";

export interface Lie {
  readonly template: Template;
  readonly honest: Readonly<Record<string, SignalValue>>;
  /** Private inputs that the forger changes. */
  readonly forged?: Readonly<Record<string, SignalValue>>;
  /** Hints that the forger changes. */
  readonly hints?: readonly Edit[];
  /** The constraint that refuses the lie: file and source text of one statement. */
  readonly pin: { readonly file: string; readonly statement: string };
  /** What is left of the pin when it is taken out; nothing by default. */
  readonly without?: string;
  /** Further statements that must go before the lie passes (a lie can meet a second line of defence). */
  readonly alsoWithout?: readonly Edit[];
}

/** What the statement gives, and what the lie would give without its pin: shows what a forger would gain. */
export interface Outcome {
  readonly honest: readonly bigint[];
  readonly forged: readonly bigint[];
}

export async function expectRefused(lie: Lie): Promise<Outcome> {
  const forged = { ...lie.honest, ...lie.forged };
  const hints = lie.hints ?? [];
  const honest = await compileTemplate(lie.template);
  const outputs = await honest.run(lie.honest);

  const given = lie.template.edits ?? [];
  const forging = await compileTemplate({ ...lie.template, edits: [...given, ...hints] });
  const violation = await forging.run(forged).then(() => undefined, (error: unknown) => error);
  expect(violation, "the forgery must be refused").toBeInstanceOf(ConstraintViolation);
  expect((violation as ConstraintViolation).trace, "and by its pin").toContainEqual(placeOf(lie));

  const unpinned = await compileTemplate({
    ...lie.template,
    edits: [...given, ...hints, { file: lie.pin.file, from: lie.pin.statement, to: lie.without ?? "" }, ...(lie.alsoWithout ?? [])],
  });
  return { honest: outputs, forged: await unpinned.run(forged) };
}

function placeOf({ pin, template, hints = [] }: Lie): ConstraintViolation["trace"][number] {
  let text = circuitSource(pin.file);
  for (const hint of [...(template.edits ?? []), ...hints]) if (hint.file === pin.file) text = text.replace(hint.from, () => hint.to);
  const at = text.indexOf(pin.statement);
  if (at < 0) throw new Error(`no statement "${pin.statement}" in ${pin.file}`);
  const before = text.slice(0, at + pin.statement.trimEnd().length);
  // The statement's last line is the one the compiler reports.
  return { template: [...before.matchAll(/^template (\w+)/gm)].at(-1)![1]!, line: before.split("\n").length };
}

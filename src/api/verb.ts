import type * as z from 'zod';
import type { MlregError } from '../core/errors.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * A verb, declared once: the library's method, `--json` and its published schema are derived from
 * it. The schemas are made on demand: a command has already parsed its flags, and must not load
 * zod.
 */
export interface Verb<Name extends string, Given, Input, Result, Output> {
  /** The command's name; for a subcommand, `stage.add`. */
  name: Name;
  /** The schema from a caller's values, as one object, to the checked values that `run` takes. */
  input: () => z.ZodType<Input, Given>;
  /** The object that --json prints: made by `reading` or `changing`. */
  output: () => z.ZodType<Output>;
  run: (registry: Registry, input: Input) => Promise<Result>;
  /** The error to exit with in spite of a result, such as a gate that did not pass. */
  failure?: (result: Result, input: Input) => MlregError | undefined;
}

/** Callers mark the call as pure, so that the bundles of the command omit the declaration. */
export function defineVerb<Name extends string, Given, Input, Result, Output extends { command: string }>(
  verb: Verb<Name, Given, Input, Result, Output>,
): Verb<Name, Given, Input, Result, Output> {
  // zod compiles a schema on first use, which takes longer than most verbs.
  return { ...verb, input: once(verb.input) };
}

function once<Made extends object>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

/** The fields of every command's object besides those of its view. */
type Around = 'schemaVersion' | 'command' | 'changed' | 'warnings';
export type FieldsOf<Output> = Output extends unknown ? Omit<Output, Around> : never;

interface Printing {
  output: () => z.ZodType;
}

/** The object that a verb's `--json` prints. */
export type Printed<Declared extends Printing> = z.output<ReturnType<Declared['output']>>;

/** The fields that the verb's view gives. */
export type Json<Declared extends Printing> = FieldsOf<Printed<Declared>>;

/** The output of a command without a verb, such as `mlreg completion`. Also marked as pure. */
export function defineOutput<Name extends string, Output extends { command: string }>(printed: {
  name: Name;
  output: () => z.ZodType<Output>;
}): typeof printed {
  return printed;
}

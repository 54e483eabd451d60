import type * as z from 'zod';
import type { MlregError } from '../core/errors.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * A verb, declared once: the library's method, `--json` and its published schema come from it. The
 * schemas are made when they are asked for: what runs a verb from the command line has parsed its
 * input already, and must not load zod for it.
 */
export interface Verb<Name extends string, Given, Input, Result, Output> {
  /** The command's name; of a subcommand `stage.add`. */
  name: Name;
  /** What a caller gives, as one object, and the checked values that `run` takes. */
  input: () => z.ZodType<Input, Given>;
  /** The object that --json prints: made by `reading` or `changing`. */
  output: () => z.ZodType<Output>;
  run: (registry: Registry, input: Input) => Promise<Result>;
  /** The error to end with although there is a result, such as a gate that did not pass. */
  failure?: (result: Result, input: Input) => MlregError | undefined;
}

/**
 * Marked as pure where it is called, so that the bundles of the command leave the declaration out.
 */
export function defineVerb<Name extends string, Given, Input, Result, Output extends { command: string }>(
  verb: Verb<Name, Given, Input, Result, Output>,
): Verb<Name, Given, Input, Result, Output> {
  // zod compiles a schema where it is first used, which takes longer than most verbs do.
  return { ...verb, input: once(verb.input) };
}

function once<Made extends object>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

/** What every command's object has beside the fields that its view gives. */
type Around = 'schemaVersion' | 'command' | 'changed' | 'warnings';
export type FieldsOf<Output> = Output extends unknown ? Omit<Output, Around> : never;

interface Printing {
  output: () => z.ZodType;
}

/** The object that a verb's `--json` prints. */
export type Printed<Declared extends Printing> = z.output<ReturnType<Declared['output']>>;

/** The fields of it that the verb's view gives. */
export type Json<Declared extends Printing> = FieldsOf<Printed<Declared>>;

/**
 * What a command prints that no verb stands behind, such as `mlreg completion`. Marked as pure,
 * too.
 */
export function defineOutput<Name extends string, Output extends { command: string }>(printed: {
  name: Name;
  output: () => z.ZodType<Output>;
}): typeof printed {
  return printed;
}

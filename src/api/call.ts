import type * as z from 'zod';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { Registry } from '../registry/registry.ts';
import type { Verb } from './verb.ts';

/** Options that a method has and its verb lacks, or the other way round. */
type Unmatched<Given, Options> = Exclude<keyof Given, keyof Options> | Exclude<keyof Options, keyof Given>;
type Matching<Given, Options> = [Unmatched<Given, Options>] extends [never]
  ? unknown
  : { unmatched: Unmatched<Given, Options> };

/**
 * Runs a verb on a caller's values: `named` are a method's own arguments, `options` its last one.
 */
export type Call = <
  Given,
  Input,
  Result,
  Named extends Partial<Given>,
  Options extends Partial<Omit<Given, keyof Named>>,
>(
  verb: Verb<string, Given, Input, Result, unknown> & Matching<Given, Named & Options>,
  named: Named,
  options: Options | undefined,
) => Promise<Result>;

/** INVALID_INPUT for values that the verb does not accept; otherwise rejects as the verb does. */
export function callOn(registry: Registry): Call {
  return async (verb, named, options) => {
    const taken = Object.keys(options ?? {}).find((key) => Object.hasOwn(named as object, key));
    if (taken !== undefined) throw unknownOption(verb.name, taken);
    const input = readInput(verb, { ...options, ...named });
    const result = await verb.run(registry, input);
    const failure = verb.failure?.(result, input);
    if (failure !== undefined) throw failure;
    return result;
  };
}

/**
 * The checked input of a verb. INVALID_INPUT names the first invalid value and what is expected.
 */
export function readInput<Given, Input>(
  { name, input }: Pick<Verb<string, Given, Input, unknown, unknown>, 'name' | 'input'>,
  given: unknown,
): Input {
  const { success, data, error } = input().safeParse(given);
  if (success) return data;
  throw refuse(name, error.issues[0], given);
}

function refuse(verb: string, issue: z.core.$ZodIssue | undefined, given: unknown): MlregError {
  if (issue?.code === 'unrecognized_keys') return unknownOption(verb, issue.keys[0] ?? '');
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  );
  const shown = typeof value === 'string' ? quote(value) : String(value);
  const wanted = issue?.message ?? 'something else';
  return new MlregError('INVALID_INPUT', `${path.map(String).join('.')} must be ${wanted}, not ${shown}`, {
    hint: `pass ${wanted}`,
  });
}

/** A misspelt option would be ignored, and with it a precondition. */
function unknownOption(verb: string, option: string): MlregError {
  return new MlregError('INVALID_INPUT', `unknown option ${quote(option)} of ${verb}`, {
    hint: 'see the options in the declarations of the package: dist/types',
  });
}

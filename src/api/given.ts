import { resolve } from 'node:path';
import * as z from 'zod';
import { MlregError } from '../core/errors.ts';
import {
  parseStageName,
  parseModelName,
  type ModelName,
  parseExplicitReference,
  parseReference,
} from '../core/versions/reference.ts';
import { parseByteSize, type ByteSize, parseDuration, type Duration } from '../core/text/units.ts';
import { quote } from '../core/text/quote.ts';
import { parseExpectedHolder } from '../core/versions/expected-holder.ts';
import type { NumberRequest } from '../storage/versions.ts';
import { parseVersion, type BumpLevel, type Version } from '../core/versions/version.ts';

/**
 * The kinds of values that callers give, as the values that verbs take. JavaScript lets anything
 * pass, so each says what it wants: "message must be a string, not 1".
 */

export const text = z.string({ error: 'a string' });

const filled = 'a non-empty string';
/** A text that must not be empty: an unset variable often leaves an empty text. */
export const filledText = z
  .string({ error: filled })
  .refine((given) => given.trim() !== '', { error: filled });

/** The path of the user's file or folder, relative to the working folder. */
export const path = filledText.transform((given) => resolve(given));

/** Why, for the history. */
export const message = text.optional();

export const flag = z.boolean({ error: 'true or false' }).optional();

export const modelName = text.transform(parseModelName);
export const stageName = text.transform(parseStageName);
export const version = text.transform(parseVersion);
export const reference = text.transform(parseReference);
/** The version to change. A bare name is refused: `latest` could be another job's version. */
export const explicitReference = text.transform(parseExplicitReference);

/**
 * The expected holder of a stage, which `readExpect` reads when the model is known: null, as in
 * results, and `none` mean that it is empty.
 */
export const expectedHolder = z.union([z.string(), z.null()], { error: 'a version, "none" or null' });

export function readExpect(given: string | null | undefined, name: ModelName): { expect?: Version | 'none' } {
  return given === undefined
    ? {}
    : { expect: given === null ? 'none' : parseExpectedHolder(given, name, 'expect') };
}

/** A number or a bump, not both; empty if neither is given. */
export function readNumber(
  exact: Version | undefined,
  bump: 'auto' | BumpLevel | undefined,
): { number?: NumberRequest } {
  if (exact !== undefined && bump !== undefined) throw notTogether('version', 'bump');
  if (exact !== undefined) return { number: { kind: 'exact', version: exact } };
  if (bump === undefined) return {};
  return { number: bump === 'auto' ? { kind: 'auto' } : { kind: 'bump', level: bump } };
}

export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: `one of ${words.join(', ')}` });
}

/** An integer from `least` to `most`. */
export function count(least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

const someDuration = 'a number of milliseconds or a string, for example "10s"';
/** In milliseconds. */
export const duration = z
  .union([z.number().nonnegative({ error: someDuration }), z.string()], { error: someDuration })
  .transform((given: Duration) => (typeof given === 'string' ? parseDuration(given) : given));

/** A Date or epoch milliseconds, as epoch milliseconds. */
export const instant = z
  .custom<Date | number>((given) => isInstant(given), { error: 'a Date or epoch milliseconds' })
  .transform(Number);

function isInstant(given: unknown): boolean {
  const at = given instanceof Date ? given.getTime() : given;
  // The range of Date.
  return Number.isInteger(at) && Math.abs(at as number) <= 8.64e15;
}

const someBytes = 'a number of bytes or a string, for example "2GiB"';
/** In bytes. */
export const byteSize = z
  .union([z.int().nonnegative({ error: someBytes }), z.string()], { error: someBytes })
  .transform((given: ByteSize) => (typeof given === 'string' ? parseByteSize(given) : given));

/** A function that the verb calls. */
export function callback<Callback extends (...args: never[]) => void>() {
  return z.custom<Callback>((given) => typeof given === 'function', { error: 'a function' }).optional();
}

/** The page of a list: `limit` entries, by default 50. */
export const pageFields = (most: number) => ({
  limit: count(1, most).default(50),
  page: text.optional(),
});

export const number = z.number({ error: 'a number' });

const bound = z.number({ error: 'a number of at least 0' }).nonnegative({ error: 'a number of at least 0' });
/** Absolute and relative tolerance. */
export const toleranceFields = () => ({ atol: bound.optional(), rtol: bound.optional() });

/** As `path`, for a value of a record. INVALID_INPUT with its name. */
export function filledPath(what: string, given: unknown): string {
  if (typeof given === 'string' && given.trim() !== '') return resolve(given);
  const shown = typeof given === 'string' ? quote(given) : String(given);
  throw new MlregError('INVALID_INPUT', `${what} must be ${filled}, not ${shown}`, {
    hint: `pass ${filled}`,
  });
}

export function notTogether(one: string, other: string): MlregError {
  return new MlregError('INVALID_INPUT', `${one} and ${other} cannot be used together`, {
    hint: 'omit one of them',
  });
}

/** The input of a verb that takes none. */
export const nothing: z.ZodType<object, object> = z.strictObject({});

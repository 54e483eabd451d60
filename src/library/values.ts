import { parseByteSize } from '../core/text/byte-size.ts';
import { parseDuration } from '../core/text/duration.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { tryParseVersion, type Version } from '../core/versions/version.ts';

/** The edge of the library, where values come from JavaScript, which lets anything pass. All of this rejects INVALID_INPUT. */

/** Milliseconds, or a string such as `250ms`, `10s` or `2m`. */
export type Duration = number | string;
/** Bytes, or a string such as `512MiB` or `2GB`. */
export type ByteSize = number | string;

export function text(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw refuse(what, value, 'a string');
}

/** A text that must say something: an empty one is what a variable leaves that was never set. */
export function filledText(what: string, value: unknown): string {
  if (text(what, value).trim() !== '') return value as string;
  throw refuse(what, value, 'a non-empty string');
}

export function oneOf<Choice extends string>(
  what: string,
  value: Choice,
  choices: readonly Choice[],
): Choice {
  if (choices.includes(value)) return value;
  throw refuse(what, value, `one of ${choices.join(', ')}`);
}

export function count(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw refuse(what, value, `a whole number from ${least} to ${most}`);
}

/** A duration in milliseconds. */
export function milliseconds(what: string, value: Duration): number {
  if (typeof value === 'string') return parseDuration(value);
  if (Number.isFinite(value) && value >= 0) return value;
  throw refuse(what, value, 'a number of milliseconds or a string, for example "10s"');
}

export function bytes(what: string, value: ByteSize): number {
  if (typeof value === 'string') return parseByteSize(value);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw refuse(what, value, 'a number of bytes or a string, for example "2GiB"');
}

/** Epoch milliseconds. */
export function instant(what: string, value: Date | number): number {
  const at = value instanceof Date ? value.getTime() : value;
  // The range of Date.
  if (Number.isInteger(at) && Math.abs(at) <= 8.64e15) return at;
  throw refuse(what, value, 'a Date or epoch milliseconds');
}

/** Who must hold a stage: null, as in results, and `none` are nobody. */
export function expected(value: string | null): Version | 'none' {
  if (value === null || value === 'none') return 'none';
  const version = tryParseVersion(text('expect', value));
  if (version !== undefined) return version;
  throw refuse('expect', value, 'a version, "none" or null');
}

/** A misspelt option would be passed over, and with it a precondition. */
export function nothingElse(method: string, rest: object): void {
  const [unknown] = Object.keys(rest);
  if (unknown === undefined) return;
  throw new MlregError('INVALID_INPUT', `unknown option ${quote(unknown)} of ${method}`, {
    hint: 'see the options in the declarations of the package: dist/types',
  });
}

/** `parse` for a value that may be left out. */
export function optional<Value, Parsed>(
  value: Value | undefined,
  parse: (value: Value) => Parsed,
): Parsed | undefined {
  return value === undefined ? undefined : parse(value);
}

function refuse(what: string, value: unknown, wanted: string): MlregError {
  const shown = typeof value === 'string' ? quote(value) : String(value);
  return new MlregError('INVALID_INPUT', `${what} must be ${wanted}, not ${shown}`, {
    hint: `pass ${wanted}`,
  });
}

/** A tolerance by its name, where one was given: a number, not negative. INVALID_INPUT for anything else. */
export function tolerance<Name extends string>(
  name: Name,
  value: number | undefined,
): { [Key in Name]?: number } {
  if (value === undefined) return {};
  if (typeof value === 'number' && value >= 0 && value < Infinity)
    return { [name]: value } as { [Key in Name]?: number };
  throw new MlregError(
    'INVALID_INPUT',
    `${name} must be a number of at least 0, not ${quote(String(value))}`,
    {
      hint: `use for example { ${name}: 1e-5 }`,
    },
  );
}

import { isMlregError, MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';
import { type ModelName, parseReference } from './reference.ts';
import { parseVersion, tryParseVersion, type Version } from './version.ts';

/**
 * The holder that a move of a stage expects: `1.0.0`, `digits@1.0.0`, or `none` for an empty stage.
 * INVALID_INPUT for anything else, or for a version of another model than `name`. `flag` is what
 * the caller calls it.
 */
export function parseExpectedHolder(text: string, name: ModelName, flag: string): Version | 'none' {
  if (text === 'none') return text;
  const version = tryParseVersion(text) ?? versionOf(text, name, flag, ', or none for an empty stage');
  if (version !== undefined) return version;
  throw new MlregError(
    'INVALID_INPUT',
    `invalid ${flag} ${quote(text)}: not a version, NAME@VERSION or "none"`,
    {
      hint: 'use the version that should hold the stage, or none for an empty stage',
    },
  );
}

/**
 * A version of the model `name`: `1.0.0` or `digits@1.0.0`. INVALID_INPUT for anything else, or for
 * a version of another model. `flag` is what the caller calls it.
 */
export function parseOwnVersion(text: string, name: ModelName, flag: string): Version {
  return tryParseVersion(text) ?? versionOf(text, name, flag) ?? parseVersion(text);
}

function versionOf(text: string, name: ModelName, flag: string, or = ''): Version | undefined {
  const reference = asReference(text);
  if (reference?.selector?.kind !== 'version') return undefined;
  const { version } = reference.selector;
  if (reference.name === name) return version;
  throw new MlregError(
    'INVALID_INPUT',
    `${flag} ${quote(text)} is a version of ${reference.name}, but the stage is one of ${name}`,
    { hint: `use a version of ${name}: ${flag} ${version}${or}` },
  );
}

function asReference(text: string) {
  try {
    return parseReference(text);
  } catch (error) {
    if (isMlregError(error)) return undefined;
    throw error;
  }
}

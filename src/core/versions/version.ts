import Range from 'semver/classes/range.js';
import SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import prereleaseOf from 'semver/functions/prerelease.js';
import semverSatisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

declare const brand: unique symbol;
/**
 * A semantic version (semver.org 2.0.0) as written, without a leading `v`, build part kept:
 * `1.4.0-rc.1+gpu`.
 */
export type Version = string & { readonly [brand]: 'Version' };

/**
 * Parses `1.0.0`, with or without a leading `v`. INVALID_INPUT for anything else, including `1.0`.
 */
export function parseVersion(text: string): Version {
  const version = tryParseVersion(text);
  if (version !== undefined) return version;
  throw new MlregError('INVALID_INPUT', `invalid version ${quote(text)}: not a semantic version`, {
    hint: 'use MAJOR.MINOR.PATCH, for example 1.4.0 or 2.0.0-rc.1',
  });
}

export function tryParseVersion(text: string): Version | undefined {
  // semver itself accepts more: spaces around the version, and a second v.
  const parsed = /^v?\d\S{0,254}$/.test(text) ? parse(text.replace(/^v/, '')) : null;
  if (parsed === null) return undefined;
  return [parsed.version, ...(parsed.build.length > 0 ? [parsed.build.join('.')] : [])].join('+') as Version;
}

export function isPrerelease(version: Version): boolean {
  return prereleaseOf(version) !== null;
}

/**
 * A text whose byte order is semver precedence (semver.org §11, which ignores the build part), so
 * that an index can answer "highest" and "next page". Each number is written as a letter for its
 * count of digits, then the digits; `~` ends a release, so that it sorts after all of its
 * prereleases.
 */
export function sortKey(version: Version): string {
  const { major, minor, patch, prerelease } = parse(version, {}, true);
  const core = [major, minor, patch].map(orderedNumber).join('');
  if (prerelease.length === 0) return `${core}~`;
  // semver returns numbers beyond a safe integer as text, but in precedence they are still numbers.
  return (
    core + prerelease.map((id) => (/^\d+$/.test(String(id)) ? `0${orderedNumber(id)}` : `1${id}`)).join(' ')
  );
}

/**
 * The common prefix of the sort keys of one line of versions: `linePrefix(1)` for every 1.x.y,
 * `linePrefix(1, 2)` for every 1.2.x.
 */
export function linePrefix(...numbers: number[]): string {
  return numbers.map(orderedNumber).join('');
}

function orderedNumber(value: number | string): string {
  const digits = String(value);
  return String.fromCharCode(96 + digits.length) + digits;
}

export type BumpLevel = 'major' | 'minor' | 'patch';

/**
 * The version that follows: `bumped('1.2.3', 'minor')` is 1.3.0. CONFLICT if there is no higher
 * number.
 */
export function bumped(version: Version, level: BumpLevel): Version {
  const parsed = parse(version, {}, true);
  const { major, minor, patch } = parsed;
  if (parsed[level] >= Number.MAX_SAFE_INTEGER) {
    throw new MlregError(
      'CONFLICT',
      `there is no next ${level} version after ${version}: the number is at its limit`,
      {
        hint: 'choose a number: --version MAJOR.MINOR.PATCH',
      },
    );
  }
  if (level === 'major') return `${major + 1}.0.0` as Version;
  if (level === 'minor') return `${major}.${minor + 1}.0` as Version;
  return `${major}.${minor}.${patch + 1}` as Version;
}

/**
 * Whether the text is a semver range: `^1.2`, `1`, `>=1 <2`, `1.x || 3`. An exact version is not a
 * range.
 */
export function isRange(text: string): boolean {
  return text.length <= 256 && tryParseVersion(text) === undefined && validRange(text) !== null;
}

export function satisfies(version: Version, range: string): boolean {
  return semverSatisfies(version, range);
}

/**
 * Bounds of the sort keys of every version in a range: at or above `lowest`, below `highest`;
 * undefined if the range is open on that side. With them, a look-up reads only that part of a
 * million versions.
 */
export function rangeBounds(range: string): { lowest: string | undefined; highest: string | undefined } {
  const sets = new Range(range).set.map((set) => set.filter((c) => c.semver instanceof SemVer));
  const keyOf = (c: { semver: SemVer }): string => sortKey(c.semver.version as Version);
  const lowests = sets.map((set) => {
    const keys = set.filter((c) => !c.operator?.startsWith('<')).map(keyOf);
    return keys.sort().at(-1);
  });
  const highests = sets.map((set) => {
    const uppers = set.filter((c) => !c.operator?.startsWith('>'));
    return uppers.map((c) => keyOf(c) + (c.operator === '<' ? '' : '\u007f')).sort()[0];
  });
  return { lowest: allOf(lowests)?.[0], highest: allOf(highests)?.at(-1) };
}

/** The bounds of alternatives, sorted; undefined if one of them is open. */
function allOf(bounds: (string | undefined)[]): string[] | undefined {
  const closed = bounds.filter((bound) => bound !== undefined);
  return closed.length === bounds.length ? closed.sort() : undefined;
}

import semver from 'semver';
import { compareSignatures } from './signature-change.ts';
import type { Signature } from './signature.ts';
import { bumped, type BumpLevel, type Version } from './version.ts';

/** What of a version decides the number of the next one. */
export interface VersionBasis {
  /** Hash of what makes two registrations the same: bytes, golden set, and metadata as given. */
  identity: string;
  /** Kind of artifact: `onnx`, `pickle`, `folder` … */
  format: string;
  digest: string;
  graphDigest: string | null;
  signature: Signature | null;
}

export interface Bump {
  bump: 'initial' | BumpLevel;
  reason: string;
}

/** What changed between the highest live release and a candidate, as a level and a reason for people. */
export function decideBump(
  previous: (VersionBasis & { version: Version }) | undefined,
  candidate: VersionBasis,
): Bump {
  if (previous === undefined) return { bump: 'initial', reason: 'there is no release to compare with' };
  const since = `since ${previous.version}`;
  if (previous.format !== candidate.format) {
    return {
      bump: 'major',
      reason: `another kind of artifact ${since}: ${previous.format} became ${candidate.format}`,
    };
  }
  if (previous.digest === candidate.digest) {
    const metadata = previous.identity === candidate.identity ? 'the same' : 'other';
    return { bump: 'patch', reason: `the same bytes with ${metadata} metadata ${since}` };
  }
  if (previous.signature === null || candidate.signature === null) {
    return { bump: 'minor', reason: `other bytes ${since}` };
  }
  const { compatible, changes } = compareSignatures(previous.signature, candidate.signature);
  if (!compatible) {
    const breaking = changes.filter((change) => change.breaking).map((change) => change.description);
    const more = breaking.length > 2 ? ` (and ${breaking.length - 2} more)` : '';
    return {
      bump: 'major',
      reason: `inputs or outputs changed ${since}: ${breaking.slice(0, 2).join('; ')}${more}`,
    };
  }
  if (previous.graphDigest !== candidate.graphDigest)
    return { bump: 'minor', reason: `the graph changed ${since}, and callers need not change` };
  return { bump: 'patch', reason: `the same graph with other weights ${since}` };
}

/** The line of numbers that a bump of `base` continues: `[]` is all of them, `[1]` every 1.x.y, `[1, 2]` every 1.2.x. */
export function lineOf(base: Version | undefined, level: BumpLevel): number[] {
  if (base === undefined || level === 'major') return [];
  const { major, minor } = semver.parse(base, {}, true);
  return level === 'minor' ? [major] : [major, minor];
}

/**
 * The number to issue: one past `highest`, the highest release ever issued in `lineOf(base, level)`, yanked and deleted
 * ones included, so that no number is used twice. Where none was ever issued, 1.0.0.
 */
export function nextVersion(
  base: Version | undefined,
  level: BumpLevel,
  highest: Version | undefined,
): Version {
  const from = highest ?? base;
  return from === undefined ? ('1.0.0' as Version) : bumped(from, level);
}

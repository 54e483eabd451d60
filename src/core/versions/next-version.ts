import parse from 'semver/functions/parse.js';
import { canonicalJson } from '../json/canonical.ts';
import { fileChanges, sameContents, type FileChange } from '../comparison/file-changes.ts';
import { compareSignatures } from './signature-change.ts';
import { bumped, type BumpLevel, type Version } from './version.ts';
import type { VersionFacts } from './version-record.ts';

/** The facts of a version that decide the next number. */
export type VersionBasis = Pick<
  VersionFacts,
  'identity' | 'format' | 'artifact' | 'entry' | 'onnx' | 'golden' | 'metadata'
>;

type Released = VersionBasis & { version: Version };

export interface Bump {
  bump: 'initial' | BumpLevel;
  reason: string;
}

/** What only the bytes of two ONNX models can show. */
export interface ModelComparison {
  /** `modelKey` of the version that it was compared with. */
  with: string;
  sameGraph: boolean;
  /** `unknown`: the stored weights cannot be read. Also set if the graphs differ. */
  weights: 'same' | 'other' | 'unknown';
  /** If the weights are the same: what else changed in the files, one phrase each. */
  changed: string[];
}

/** Identifies the bytes that a comparison is about. */
export function modelKey({ artifact, entry }: Pick<VersionBasis, 'artifact' | 'entry'>): string {
  return `${artifact.digest} ${entry}`;
}

/**
 * What changed from the highest live release to a candidate, as a level and a reason for people.
 * `look`: the bytes of the two models must be compared first.
 */
export function decideBump(
  previous: Released | undefined,
  candidate: VersionBasis,
  compared?: ModelComparison,
): Bump | 'look' {
  if (previous === undefined) return { bump: 'initial', reason: 'no release to compare with' };
  const since = `since ${previous.version}`;
  if (previous.format !== candidate.format) {
    return {
      bump: 'major',
      reason: `the format changed from ${previous.format} to ${candidate.format} ${since}`,
    };
  }
  if (previous.artifact.digest === candidate.artifact.digest && previous.entry === candidate.entry) {
    return {
      bump: 'patch',
      reason: `the same bytes as ${previous.version}, with ${besides(previous, candidate)}`,
    };
  }
  const changes = fileChanges(previous.artifact.files, candidate.artifact.files);
  const names = changes.length === 1 ? 'another name' : 'other names';
  const renamed =
    changes.length > 0 && sameContents(previous.artifact.files, candidate.artifact.files)
      ? `the same bytes as ${previous.version}, under ${names}: ${listed(changes.map(({ phrase }) => phrase))}`
      : undefined;
  if (previous.onnx === null || candidate.onnx === null) {
    return { bump: 'minor', reason: renamed ?? `the bytes changed ${since}` };
  }
  const signatures = compareSignatures(previous.onnx.signature, candidate.onnx.signature);
  if (!signatures.compatible) {
    const breaking = signatures.changes.filter((change) => change.breaking);
    return {
      bump: 'major',
      reason: `inputs or outputs changed ${since}: ${listed(breaking.map(({ description }) => description))}`,
    };
  }
  const graph = sameGraph(previous, candidate, compared);
  if (graph === undefined) return 'look';
  if (!graph) {
    const moved = signatures.changes
      .filter(({ kind }) => kind === 'moved')
      .map(({ description }) => description);
    const note = moved.length === 0 ? '' : `; note: ${listed(moved)}`;
    return { bump: 'minor', reason: `the graph changed ${since}; inputs and outputs are compatible${note}` };
  }
  if (renamed !== undefined) return { bump: 'patch', reason: renamed };
  const reason = patchReason(previous, candidate, changes, compared);
  return reason === undefined ? 'look' : { bump: 'patch', reason };
}

function enumerated(phrases: string[]): string {
  return phrases.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

function listed(phrases: string[]): string {
  const more = phrases.length > 2 ? ` (and ${phrases.length - 2} more)` : '';
  return `${phrases.slice(0, 2).join('; ')}${more}`;
}

/** Differences besides the bytes that make two registrations of the same bytes two versions. */
function besides(previous: VersionBasis, candidate: VersionBasis): string {
  const metadata = canonicalJson(previous.metadata) !== canonicalJson(candidate.metadata);
  if (previous.golden?.digest === candidate.golden?.digest)
    return previous.identity === candidate.identity ? 'the same metadata' : 'different metadata';
  const golden =
    candidate.golden === null
      ? 'no golden set'
      : previous.golden === null
        ? 'a golden set'
        : 'a different golden set';
  return metadata ? `${golden} and different metadata` : golden;
}

function fileOf({ artifact, entry }: VersionBasis, path: string | null = entry): string | undefined {
  return artifact.files.find((file) => file.path === path)?.digest;
}

/** Undefined if only the bytes can tell. */
function sameGraph(
  previous: VersionBasis,
  candidate: VersionBasis,
  compared: ModelComparison | undefined,
): boolean | undefined {
  if (fileOf(previous) !== undefined && fileOf(previous) === fileOf(candidate)) return true;
  const [before, after] = [previous.onnx, candidate.onnx];
  if (before?.graphDigestVersion === after?.graphDigestVersion)
    return before?.graphDigest === after?.graphDigest;
  return compared?.with === modelKey(previous) ? compared.sameGraph : undefined;
}

/** Undefined if only the bytes can tell. */
function patchReason(
  previous: Released,
  candidate: VersionBasis,
  changes: FileChange[],
  compared: ModelComparison | undefined,
): string | undefined {
  const since = `since ${previous.version}`;
  const moved = previous.entry === candidate.entry ? [] : [`the model is now ${candidate.entry}`];
  if (isSameModel(previous, candidate))
    return `the same graph and weights as ${previous.version}: ${listed([...moved, ...changes.map(({ phrase }) => phrase)])}`;
  if (compared?.with !== modelKey(previous)) return undefined;
  if (compared.weights === 'other') return `the weights changed ${since}; the graph is the same`;
  if (compared.weights === 'unknown')
    return `the bytes changed ${since}; the graph is the same, but the weights cannot be compared`;
  const own = new Set([...modelFiles(previous), ...modelFiles(candidate)]);
  const beside = changes.filter(({ path }) => !own.has(path)).map(({ phrase }) => phrase);
  const found = compared.changed.length > 0 ? enumerated(compared.changed) : 'different bytes';
  return [
    `the same graph and weights as ${previous.version}, with ${found}`,
    ...moved,
    ...beside.slice(0, 2),
  ].join('; ');
}

/** Paths of the ONNX file and of its external data. */
function modelFiles({ entry, onnx }: VersionBasis): string[] {
  if (entry === null) return [];
  const folder = entry.slice(0, entry.lastIndexOf('/') + 1);
  return [entry, ...(onnx?.externalData ?? []).map((location) => folder + location)];
}

/**
 * Whether the model's files have the same bytes. Equal ONNX files have their external data at the
 * same paths.
 */
function isSameModel(previous: VersionBasis, candidate: VersionBasis): boolean {
  const digests = (basis: VersionBasis): (string | undefined)[] =>
    modelFiles(basis).map((path) => fileOf(basis, path));
  const before = digests(previous);
  return !before.includes(undefined) && before.join() === digests(candidate).join();
}

/**
 * The line of numbers that a bump of `base` continues: `[]` is all numbers, `[1]` is every 1.x.y,
 * `[1, 2]` is every 1.2.x.
 */
export function lineOf(base: Version | undefined, level: BumpLevel): number[] {
  if (base === undefined || level === 'major') return [];
  const { major, minor } = parse(base, {}, true);
  return level === 'minor' ? [major] : [major, minor];
}

/**
 * The number to issue: one past `highest`, the highest release ever issued in `lineOf(base,
 * level)`, including yanked and deleted ones, so that no number is used twice. If none was ever
 * issued, 1.0.0.
 */
export function nextVersion(
  base: Version | undefined,
  level: BumpLevel,
  highest: Version | undefined,
): Version {
  const from = highest ?? base;
  return from === undefined ? ('1.0.0' as Version) : bumped(from, level);
}

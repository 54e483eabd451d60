import { basename, dirname } from 'node:path';
import { readFile } from 'node:fs/promises';
import { isMlregError, MlregError } from '../core/errors.ts';
import { counted } from '../core/text/numbers.ts';
import { quote } from '../core/text/quote.ts';
import { digestOf } from '../core/versions/artifact.ts';
import { formatReference, type Reference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { startOutputFile } from '../files/output-file.ts';
import { asSourceError } from '../files/path-errors.ts';
import { refuseSameFiles } from '../files/path-guards.ts';
import type { TableOptions } from '../predict/run-table.ts';
import { refuseLostHistory, refuseOwnFolder, type Registry } from '../registry/registry.ts';
import { resolve } from '../registry/resolve.ts';
import type { AskedType } from './column-state.ts';
import { mergeProfiles } from './merge-profiles.ts';
import { parseProfile, profileText } from './profile-file.ts';
import { profileOutputs } from './profile-outputs.ts';
import { type OnRows, profileTable } from './profile-table.ts';
import type { ProfileResult } from './profile-result.ts';
import { describeProfile, type Profile } from './profile.ts';
import { saveProfile } from './stored-profile.ts';

export interface ProfileInput {
  /** A table, with how a model reads it; or files of profiles to merge, by their absolute paths. */
  of: Omit<TableOptions, 'ref' | 'copies' | 'shard'> | { merge: readonly string[] };
  /** The version that the data is of; null: none. */
  ref: Reference | null;
  /** Whether the profile is stored with the version. */
  save: boolean;
  types: ReadonlyMap<string, AskedType>;
  redact: ReadonlySet<string>;
  /** A file for the profile, by its absolute path; null: none. */
  output: string | null;
  /** Replace it. */
  force?: boolean | undefined;
  onRows?: OnRows | undefined;
}

/** With fewer rows, what is kept tells much of each of them. */
const fewRows = 10_000;

/**
 * Profiles a table, or merges profiles; with a version also what it answers for the table, and then
 * stores the profile with it. Without a version no registry is needed. Rejects as `profileTable`,
 * `mergeProfiles` and `runTable`, and CONFLICT if the output exists.
 */
export async function profileData(
  registry: Registry | null,
  input: ProfileInput,
  signal?: AbortSignal,
): Promise<ProfileResult> {
  const { ref, save, output: path, force } = input;
  if (registry !== null && ref !== null && save) await refuseLostHistory(registry);
  const record = registry === null || ref === null ? null : await resolve(registry, ref);
  await refuseSameFiles([
    ['DATA', 'merge' in input.of ? null : input.of.table.path],
    ['--output', path],
  ]);
  if (registry !== null && path !== null) await refuseOwnFolder(registry, dirname(path), [basename(path)]);
  const output = path === null ? null : await startOutputFile(path, force === true, '--output', signal);
  try {
    const { profile, warnings } = await gather(registry, record, input, signal);
    await output?.write(profileText(profile));
    const saved =
      registry === null || record === null || !save ? null : await saveProfile(registry, record, profile);
    await output?.finish();
    return {
      ref: record && formatReference(record.name, record.version),
      ...describeProfile(profile),
      output: path,
      saved,
      warnings: [...warnings, ...warningsOf(profile)],
    };
  } finally {
    await output?.discard();
  }
}

interface Gathered {
  profile: Profile;
  warnings: string[];
}

async function gather(
  registry: Registry | null,
  record: VersionRecord | null,
  { of, types, redact, onRows }: ProfileInput,
  signal: AbortSignal | undefined,
): Promise<Gathered> {
  if ('merge' in of) {
    const parts = await Promise.all(of.merge.map(readProfile));
    return { profile: mergeProfiles(parts), warnings: [] };
  }
  if (record !== null && of.table.path === null) throw readOnce();
  const profile = await profileTable(of.table, { types, redact, onRows }, signal);
  if (registry === null || record === null) return { profile, warnings: [] };
  return withOutputs(registry, record, profile, of, onRows);
}

/**
 * With the profile of what a version answers; a warning if it cannot be run on the data, unless
 * somebody said how.
 */
export async function withOutputs(
  registry: Registry,
  record: VersionRecord,
  profile: Profile,
  of: Omit<TableOptions, 'ref' | 'copies' | 'shard'>,
  onRows?: OnRows,
): Promise<Gathered> {
  const { name, version, onnx } = record;
  const ref = formatReference(name, version);
  if (onnx === null)
    return { profile, warnings: [`${ref} is not an ONNX model: its outputs are not profiled`] };
  const asked = of.columns ?? of.map ?? of.exclude;
  const selector = { kind: 'version', version } as const;
  const run = (options: typeof of) =>
    profileOutputs(registry, { ...options, ref: { name, selector } }, onRows);
  // Training data has the right answers beside the inputs.
  const label = profile.columns.find((column) => labelNames.has(column.name))?.name;
  try {
    const { outputs, sha256 } = await run(of).catch((error: unknown) => {
      if (asked !== undefined || label === undefined || !isUnfit(error)) throw error;
      return run({ ...of, exclude: [{ name: label, flag: '--exclude' }] });
    });
    if (digestOf(sha256) !== profile.sources[0]?.digest)
      throw new MlregError('CONFLICT', 'the data changed while it was read', {
        hint: 'run the command again',
      });
    return { profile: { ...profile, outputs }, warnings: [] };
  } catch (error) {
    if (!isUnfit(error) || asked !== undefined) throw error;
    const why = `${error.message} (${error.hint})`;
    return { profile, warnings: [`the outputs of ${ref} are not profiled: ${why}`] };
  }
}

/** Usual names of the column of right answers. */
const labelNames = new Set(['target', 'label', 'y', 'class']);

function isUnfit(error: unknown): error is MlregError {
  return isMlregError(error) && (error.code === 'NOT_FOUND' || error.code === 'INVALID_INPUT');
}

async function readProfile(path: string): Promise<{ what: string; profile: Profile }> {
  const what = basename(path);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw asSourceError(error, path);
  });
  return { what, profile: parseProfile(text, what) };
}

function readOnce(): MlregError {
  return new MlregError('USAGE', '--model reads the data twice, and stdin can be read only once', {
    hint: 'save it to a file, and pass its name',
  });
}

/** What a user has to know of a profile. */
export function warningsOf({ rows, columns }: Profile): string[] {
  const kept = columns.filter(
    ({ numbers, texts }) => numbers !== null || (texts !== null && texts.categories !== null),
  );
  const odd = columns.filter(({ invalid }) => invalid > 0);
  return [
    ...(rows === 0 ? ['the data has no rows'] : []),
    ...odd.map(
      ({ name, invalid, values }) =>
        `column ${quote(name)}: ${counted(invalid, 'cell')} left out, not a ${values === 'datetime' ? 'time' : 'number'} (--type sets another type)`,
    ),
    ...(rows > 0 && rows < fewRows && kept.length > 0
      ? [
          `${counted(rows, 'row')} are few: single values can be recovered from the profile (--redact COL keeps none of a column)`,
        ]
      : []),
  ];
}

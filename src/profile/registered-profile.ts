import { isMlregError, MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import type { RegisteredProfile } from '../registry/register/register-result.ts';
import type { Registry } from '../registry/registry.ts';
import { type OnRows, profileTable } from './profile-table.ts';
import { warningsOf, withOutputs } from './profile-data.ts';
import { describeProfile } from './profile.ts';
import { latestProfile, saveProfile } from './stored-profile.ts';

/** Data that a version is registered with, and whose profile is stored. */
export interface DataToProfile {
  /** An absolute path. */
  path: string;
  /** As it is registered: the data is hashed before it is profiled. */
  hash: string | undefined;
  redact: ReadonlySet<string>;
  onRows?: OnRows | undefined;
}

/** The data set to profile, of several files by their names. USAGE if it cannot be told. */
export function chooseData(files: ReadonlyMap<string, string>): { name: string; path: string } {
  const [first, further] = files;
  const train = files.get('train');
  if (train !== undefined) return { name: 'train', path: train };
  if (first !== undefined && further === undefined) return { name: first[0], path: first[1] };
  const names = [...files.keys()].map((name) => quote(name)).join(', ');
  throw new MlregError(
    'USAGE',
    first === undefined
      ? '--profile needs the data: no --data names a file'
      : `--profile is of one data set, but there are ${names}, none of them named train`,
    { hint: 'name it: --data train=train.csv' },
  );
}

/**
 * Profiles data before a version of it is registered, so that a bad table registers nothing. The
 * result stores it with the version, also with what the version answers, if it can be run.
 */
export async function profileBefore(
  registry: Registry,
  { path, hash, redact, onRows }: DataToProfile,
): Promise<(record: VersionRecord) => Promise<{ profile: RegisteredProfile; warnings: string[] }>> {
  const table = { path, kindFlag: '--data' };
  const profile = await profileTable(table, { types: new Map(), redact, onRows }, registry.signal);
  const [source] = profile.sources;
  if (hash !== undefined && source?.digest !== `sha256:${hash.replace(/^sha256:/, '')}`)
    throw new MlregError('CONFLICT', `${quote(path)} changed while it was read`, {
      hint: 'run the command again',
    });
  return async (record) => {
    const before = await latestProfile(registry, record);
    const [known] = before?.profile.sources ?? [];
    if (before !== undefined && before.profile.sources.length === 1 && known?.digest === source?.digest)
      return { profile: factsOf(before.id, before.profile, false), warnings: [] };
    const full = await withOutputs(registry, record, profile, { table }, onRows).catch((error: unknown) => {
      // The version is registered by now.
      if (!isMlregError(error)) throw error;
      return { profile, warnings: [`the outputs are not profiled: ${error.message}`] };
    });
    const { id } = await saveProfile(registry, record, full.profile);
    return {
      profile: factsOf(id, full.profile, true),
      warnings: [...full.warnings, ...warningsOf(full.profile)],
    };
  };
}

function factsOf(
  id: string,
  profile: Parameters<typeof describeProfile>[0],
  changed: boolean,
): RegisteredProfile {
  const { rows, columns, outputs, error } = describeProfile(profile);
  return { id, rows, columns: columns.length, outputs: outputs?.length ?? null, error, changed };
}

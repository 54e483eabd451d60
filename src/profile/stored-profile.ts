import { createHash, randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { profileKind, type StoredProfile } from '../core/measurements/profile.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { authorship, type Registry } from '../registry/registry.ts';
import { type ColumnDetail, detailOf, stateOf } from './profile-file.ts';
import type { SavedProfile } from './profile-result.ts';
import { describeProfile, type Profile } from './profile.ts';

interface Samples {
  columns: ColumnDetail[];
  outputs: ColumnDetail[] | null;
}

/** Stores a profile beside a version: its summary as the result, order statistics as the samples. */
export async function saveProfile(
  registry: Registry,
  { name: model, version }: VersionRecord,
  profile: Profile,
): Promise<SavedProfile> {
  const samples: Samples = {
    columns: profile.columns.map(detailOf),
    outputs: profile.outputs?.map(detailOf) ?? null,
  };
  const id = randomUUID();
  const { seq } = await registry.metadata.addMeasurement(profileKind, {
    id,
    model,
    version,
    fingerprint: fingerprintOf(profile),
    status: 'ok',
    result: { ...describeProfile(profile) } satisfies StoredProfile,
    samples: gzipSync(JSON.stringify(samples)),
    ...authorship(registry, undefined),
  });
  return { id, event: seq };
}

/** The latest profile of a version, with the time it was stored, epoch milliseconds. */
export async function latestProfile(
  { metadata }: Registry,
  { name: model, version }: VersionRecord,
): Promise<{ id: string; at: number; profile: Profile } | undefined> {
  const { rows } = await metadata.measurements(profileKind, { model, version, limit: 20 });
  for (const { id, at, result } of rows) {
    // A newer mlreg may have stored one that this one cannot read.
    if (result === undefined) continue;
    const samples = await metadata.samples(id);
    if (samples === undefined) continue;
    const details = JSON.parse(gunzipSync(samples).toString()) as Samples;
    const states = (summaries: StoredProfile['columns'], own: ColumnDetail[]) =>
      summaries.map((summary, place) => stateOf(summary, own[place] as ColumnDetail));
    const { rows: count, sources, columns, outputs } = result;
    return {
      id,
      at,
      profile: {
        rows: count,
        sources,
        columns: states(columns, details.columns),
        outputs: outputs === null || details.outputs === null ? null : states(outputs, details.outputs),
      },
    };
  }
  return undefined;
}

/** Profiles of the same data have the same one. */
function fingerprintOf({ sources }: Profile): string {
  return createHash('sha256')
    .update(sources.map(({ digest }) => digest).join('\n'))
    .digest('hex')
    .slice(0, 16);
}

import { MlregError } from '../core/errors.ts';
import type { Digest } from '../core/versions/artifact.ts';
import { goldenSetsOf } from '../core/versions/golden-sets.ts';
import { formatReference } from '../core/versions/reference.ts';
import type { Artifact, VersionRecord } from '../core/versions/version-record.ts';
import { isListingSound } from '../storage/artifact-listing.ts';
import type { BlobHealth } from '../storage/blob-store.ts';
import type { Registry } from './registry.ts';

/** What a registry must provide for reading stored bytes. */
export type BlobSource = Pick<Registry, 'blobs' | 'signal'>;

/**
 * INTEGRITY if rows were changed, so that files other than the registered ones would pass as the
 * version.
 */
export function checkListing(record: VersionRecord): void {
  if (artifactsOf(record).every(isListingSound)) return;
  const ref = formatReference(record.name, record.version);
  throw new MlregError('INTEGRITY', `${ref} is damaged: its file list does not match its digest`, {
    hint: 'nothing was changed; restore mlreg.db from a backup (run mlreg verify to list all damage)',
    details: { ref },
  });
}

/** A stored blob of a version, as a message names it. */
export interface NamedBlob {
  path: string;
  digest: Digest;
}

/** The blobs that list an artifact's files: its manifest and its config. */
export function listingBlobs({ digest, configDigest }: Artifact): NamedBlob[] {
  return [
    { path: 'its manifest', digest },
    { path: 'its config', digest: configDigest },
  ];
}

/** The artifact of a version, and those of its golden sets. */
export function artifactsOf(record: VersionRecord): Artifact[] {
  return [record.artifact, ...goldenSetsOf(record).map(({ artifact }) => artifact)];
}

/**
 * Reads every stored byte of a version, its golden sets included. INTEGRITY names the first file
 * that is missing or not what was registered.
 */
export async function checkBytes(source: BlobSource, record: VersionRecord): Promise<void> {
  checkListing(record);
  for (const artifact of artifactsOf(record))
    await checkBlobs(source, record, [...artifact.files, ...listingBlobs(artifact)]);
}

/** As `checkBytes`, for some of the version's blobs. Check its listing first. */
export async function checkBlobs(
  { blobs, signal }: BlobSource,
  record: VersionRecord,
  some: readonly NamedBlob[],
): Promise<void> {
  for (const blob of some) {
    signal?.throwIfAborted();
    const health = await blobs.check(blob.digest);
    if (health !== 'sound') throw damagedFile(record, blob, health);
  }
}

/** INTEGRITY: names the file and its version, and says what is wrong with the stored bytes. */
export function damagedFile(
  { name, version }: VersionRecord,
  { path, digest }: NamedBlob,
  health: Exclude<BlobHealth, 'sound'>,
  cause?: unknown,
): MlregError {
  const ref = formatReference(name, version);
  return new MlregError('INTEGRITY', `${ref} is damaged: the stored bytes of ${path} are ${health}`, {
    hint: 'nothing was changed; register the same file with the same metadata again to repair it (run mlreg verify to list all damage)',
    details: { ref, path, digest, health },
    cause,
  });
}

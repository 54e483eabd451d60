import type { Digest } from '../core/versions/digest.ts';
import { MlregError } from '../core/errors.ts';
import { formatReference } from '../core/versions/reference.ts';
import type { Artifact, VersionRecord } from '../core/versions/version-record.ts';
import { isListingSound } from '../storage/artifact-listing.ts';
import type { Registry } from './registry.ts';

/** INTEGRITY where rows were changed, so that other files than the registered ones would be taken for the version. */
export function checkListing({ name, version, artifact, golden }: VersionRecord): void {
  if (isListingSound(artifact) && (golden === null || isListingSound(golden))) return;
  const ref = formatReference(name, version);
  throw new MlregError('INTEGRITY', `${ref} is damaged: its file list does not match its digest`, {
    hint: 'nothing was changed; restore mlreg.db from a backup (run mlreg verify to list all damage)',
    details: { ref },
  });
}

function blobsOf({ files, digest, configDigest }: Artifact): { path: string; digest: Digest }[] {
  return [...files, { path: 'its manifest', digest }, { path: 'its config', digest: configDigest }];
}

/** Reads every stored byte of a version, its golden set included. INTEGRITY names the first file that is missing or not what was registered. */
export async function checkBytes(registry: Registry, record: VersionRecord): Promise<void> {
  checkListing(record);
  const blobs = [record.artifact, ...(record.golden === null ? [] : [record.golden])].flatMap(blobsOf);
  for (const { path, digest } of blobs) {
    registry.signal?.throwIfAborted();
    const health = await registry.blobs.check(digest);
    if (health === 'sound') continue;
    const ref = formatReference(record.name, record.version);
    throw new MlregError('INTEGRITY', `${ref} is damaged: the stored bytes of ${path} are ${health}`, {
      hint: 'nothing was changed; register the same file with the same metadata again to repair it (run mlreg verify to list all damage)',
      details: { ref, path, digest, health },
    });
  }
}

import { MlregError } from '../core/errors.ts';
import { formatReference } from '../core/reference.ts';
import type { VersionRecord } from '../core/version-record.ts';
import type { Registry } from './registry.ts';

/** Reads every stored byte of a version. INTEGRITY names the first file that is missing or not what was registered. */
export async function checkBytes(registry: Registry, record: VersionRecord): Promise<void> {
  const { artifact } = record;
  const blobs = [
    ...artifact.files.map(({ path, digest }) => ({ path, digest })),
    { path: 'its manifest', digest: artifact.digest },
    { path: 'its config', digest: artifact.configDigest },
  ];
  for (const { path, digest } of blobs) {
    registry.signal?.throwIfAborted();
    const health = await registry.blobs.check(digest);
    if (health === 'sound') continue;
    const ref = formatReference(record.name, record.version);
    throw new MlregError('INTEGRITY', `${ref} is damaged: the stored bytes of ${path} are ${health}`, {
      hint: 'nothing was changed; registering the same bytes again repairs them (mlreg verify lists all damage)',
      details: { ref, path, digest, health },
    });
  }
}

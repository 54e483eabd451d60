import type { Digest } from '../../core/versions/artifact.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { listingTexts } from '../../storage/artifact-listing.ts';
import { sha256Hex } from '../../storage/hash-chain.ts';
import { artifactsOf } from '../check-bytes.ts';
import type { Registry } from '../registry.ts';

const mostNamed = 3;

/**
 * Repairs a damaged or missing blob from what the registry has: by reading it again, from bytes
 * that were taken out or set aside, or, for manifests and configs, from the rows. If `how` is
 * missing, only bytes from outside can help; damaged bytes are then in quarantine/.
 */
export async function repairBlob(
  registry: Registry,
  digest: Digest,
): Promise<{ changed: boolean; how?: string }> {
  const { blobs, metadata } = registry;
  const outcome = await blobs.repair(digest);
  if (outcome === 'sound')
    return { changed: false, how: 'it could be read on the second attempt; check the disk' };
  if (outcome === 'restored') return { changed: true, how: 'restored from trash/ or quarantine/' };
  for (const { name, version } of await metadata.versionsNeeding(digest, 1)) {
    const record = await metadata.version(name, version);
    const text = record && listingText(record, digest);
    if (text === undefined) continue;
    const staged = await blobs.stage(bytesOf(text));
    try {
      await staged.publish();
      await blobs.sync();
    } finally {
      await staged.discard();
    }
    return { changed: true, how: 'rebuilt from the rows of the version' };
  }
  return { changed: outcome === 'set-aside' };
}

/** The manifest or config with this digest, if the version's rows produce it. */
function listingText(record: VersionRecord, digest: Digest): string | undefined {
  const texts = artifactsOf(record).flatMap((each) => Object.values(listingTexts(each)));
  return texts.find((text) => `sha256:${sha256Hex(text)}` === digest);
}

/** Which versions need the blob, in words to append to what is wrong with it. */
export async function neededFor(registry: Registry, digest: Digest): Promise<string> {
  const found = await registry.metadata.versionsNeeding(digest, mostNamed + 1);
  const named: string[] = [];
  for (const { name, version } of found.slice(0, mostNamed)) {
    const record = await registry.metadata.version(name, version);
    const files = record === undefined ? [] : artifactsOf(record).flatMap((artifact) => artifact.files);
    const path = files.find((file) => file.digest === digest)?.path;
    named.push(`${formatReference(name, version)}${path === undefined ? '' : ` (${path})`}`);
  }
  if (named.length === 0) return '';
  return `, needed by ${named.join(', ')}${found.length > mostNamed ? ' and others' : ''}`;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

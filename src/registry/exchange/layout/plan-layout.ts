import { type Digest, artifactConfig, artifactManifest } from '../../../core/versions/artifact.ts';
import { MlregError } from '../../../core/errors.ts';
import { goldenSetsOf } from '../../../core/versions/golden-sets.ts';
import type { RegistryEvent } from '../../../core/events/event.ts';
import {
  blobPath,
  emptyConfigText,
  goldenDescriptor,
  goldenManifest,
  indexBody,
  indexPath,
  layoutIndex,
  markerPath,
  markerText,
  maxManifestBytes,
  maxManifests,
  modelDescriptor,
  versionDescriptor,
  versionManifest,
  type Descriptor,
} from '../../../core/versions/oci-layout.ts';
import { formatReference } from '../../../core/versions/reference.ts';
import {
  formatVersionDocument,
  maxDocumentBytes,
  maxTotalBytes,
} from '../../../core/versions/version-document.ts';
import type { Artifact, VersionRecord } from '../../../core/versions/version-record.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { blobOf, textEntry, type LayoutEntry } from './layout-entry.ts';

/** A version with its events in this registry, oldest first. */
export interface ExportedVersion {
  record: VersionRecord;
  history: RegistryEvent[];
}

/**
 * The files of a layout with these versions, in the order to write them; the same versions and
 * events give the same files. The index names each version's artifact `NAME:VERSION`, its record
 * `NAME:VERSION_version` and its golden set `NAME:VERSION_golden`, further ones `_golden-2` and so
 * on. No version or tag of an OCI registry has a lone underscore there, and other tools can copy an
 * artifact by any of these names. Record and golden sets are also referrers of the artifact, for
 * tools that copy it by its digest with all that refers to it. `index` is the digest of the index,
 * and so of everything.
 */
export function planLayout(
  versions: readonly ExportedVersion[],
  { registry, blobs }: { registry: string; blobs: BlobStore },
): { entries: LayoutEntry[]; index: Digest } {
  const stored = new Map<Digest, LayoutEntry>();
  const addText = (text: string) => {
    const blob = blobOf(text);
    stored.set(blob.digest, textEntry(blobPath(blob.digest), text));
    return blob;
  };
  const addStored = (digest: Digest, size: number): void =>
    void stored.set(digest, { path: blobPath(digest), size, content: () => exactly(blobs, digest, size) });
  const addArtifact = ({ files, digest, configDigest }: Artifact) => {
    const config = { digest: configDigest, size: byteCount(artifactConfig(files)) };
    const manifest = { digest, size: byteCount(artifactManifest(files, config)) };
    if (manifest.size > maxManifestBytes) throw tooManyFiles(files.length);
    for (const file of [...files, config, manifest]) addStored(file.digest, file.size);
    return { manifest, config };
  };
  const manifests: Descriptor[] = [];
  let said = 0;
  for (const { record, history } of versions) {
    const name = `${record.name}:${record.version}`;
    const subject = addArtifact(record.artifact).manifest;
    const document = addText(documentOf(record, registry, history));
    said += document.size;
    const beside = addText(versionManifest(document, addText(emptyConfigText), subject));
    manifests.push(modelDescriptor(subject, name), versionDescriptor(beside, `${name}_version`));
    // Their names count them in the order in which they were added.
    for (const [index, { artifact }] of goldenSetsOf(record).entries()) {
      const { manifest, config } = addArtifact(artifact);
      const referrer = addText(goldenManifest(artifact.files, config, subject));
      manifests.push(
        modelDescriptor(manifest, `${name}_golden${index === 0 ? '' : `-${index + 1}`}`),
        goldenDescriptor(referrer),
      );
    }
  }
  if (manifests.length > maxManifests || said > maxTotalBytes) throw tooMany(versions.length);
  const index = layoutIndex(manifests, blobOf(indexBody(manifests)).digest);
  const sorted = [...stored].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return {
    entries: [textEntry(markerPath, markerText), textEntry(indexPath, index), ...sorted],
    index: blobOf(index).digest,
  };
}

function documentOf(record: VersionRecord, registry: string, history: RegistryEvent[]): string {
  const { artifact, golden, tags: _tags, amended: _said, yanked: _yanked, ...rest } = record;
  // The events of the history say which golden sets were added.
  const { addedGolden: _added, imported: _imported, deletedAt: _deleted, ...facts } = rest;
  const text = formatVersionDocument({
    registry,
    artifact: artifact.digest,
    golden: golden?.digest ?? null,
    facts,
    history,
  });
  if (byteCount(text) <= maxDocumentBytes) return text;
  const ref = formatReference(record.name, record.version);
  throw new MlregError(
    'INVALID_INPUT',
    `the history of ${ref} (${byteCount(text)} bytes) exceeds the limit of an export`,
    { hint: `copy its files out instead: mlreg pull ${ref}` },
  );
}

function tooMany(versions: number): MlregError {
  return new MlregError('INVALID_INPUT', `${versions} versions exceed the limit of one export`, {
    hint: 'export fewer versions at once',
  });
}

function tooManyFiles(files: number): MlregError {
  return new MlregError('INVALID_INPUT', `an artifact of ${files} files exceeds the limit of an export`, {
    hint: 'copy its files out instead: mlreg pull',
  });
}

/**
 * The bytes of a blob, and no more than its listing says: in an archive, extra bytes would be read
 * as the next file.
 */
async function* exactly(blobs: BlobStore, digest: Digest, size: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of blobs.read(digest)) {
    count += chunk.length;
    if (count > size) break;
    yield chunk;
  }
  if (count === size) return;
  throw new MlregError('INTEGRITY', `blob ${digest} is corrupt: its bytes do not match its digest`, {
    hint: 'register the same file with the same metadata again to repair it; run mlreg verify to list all damage',
    details: { digest },
  });
}

function byteCount(text: string): number {
  return new TextEncoder().encode(text).length;
}

import { MlregError } from '../../../core/errors.ts';
import { counted } from '../../../core/text/numbers.ts';
import type { Digest } from '../../../core/versions/artifact.ts';
import {
  type Blob,
  blobPath,
  checkMarker,
  importHint,
  indexPath,
  markerPath,
  maxManifestBytes,
  parseIndex,
  parseManifest,
} from '../../../core/versions/oci-layout.ts';
import { formatReference } from '../../../core/versions/reference.ts';
import {
  type VersionDocument,
  maxDocumentBytes,
  maxTotalBytes,
  parseVersionDocument,
} from '../../../core/versions/version-document.ts';
import type { Artifact } from '../../../core/versions/version-record.ts';
import { sortKey } from '../../../core/versions/version.ts';
import { isListingSound } from '../../../storage/artifact-listing.ts';
import { sha256Hex } from '../../../storage/hash-chain.ts';
import type { ForeignVersion } from '../../../storage/versions.ts';
import { checkDocument } from './check-document.ts';
import type { LayoutSource } from './layout-source.ts';
import { broken, checkSize, readBlob, readText } from './read-blob.ts';

/** What an export contains: its versions, and the blobs that they need. */
export interface LayoutContent {
  versions: ForeignVersion[];
  /**
   * Everything that a registry stores for them. The layout has a file of the right size for each
   * blob; its bytes are not read yet.
   */
  blobs: Blob[];
}

/**
 * Reads the versions in an image layout: everything except the files of the artifacts themselves.
 * Everything that is read matches its digest. INVALID_INPUT if no registry would have written it,
 * INTEGRITY if bytes are missing or wrong.
 */
export async function readVersions(layout: LayoutSource): Promise<LayoutContent> {
  checkMarker(await readText(layout, markerPath, 4096, 'not an OCI image layout'));
  const index = parseIndex(
    await readText(layout, indexPath, maxManifestBytes, 'incomplete OCI image layout'),
  );
  const { sealed } = index;
  if (sealed !== undefined && `sha256:${sha256Hex(sealed.body)}` !== sealed.ownDigest)
    throw broken(`${indexPath} does not match its digest`);
  const content: LayoutContent = { versions: [], blobs: [] };
  const artifacts = new Map<Digest, Artifact>();
  let total = 0;
  for (const blob of new Map(index.manifests.map((one) => [one.digest, one])).values()) {
    const manifest = parseManifest(await readBlob(layout, blob, maxManifestBytes), blob.digest);
    if (manifest.kind !== 'version') continue;
    await readBlob(layout, manifest.config, maxManifestBytes);
    total += manifest.document.size;
    if (total > maxTotalBytes) throw tooMuch();
    const text = await readBlob(layout, manifest.document, maxDocumentBytes);
    const document = parseVersionDocument(text, `the version in ${manifest.document.digest}`);
    if (document.artifact !== manifest.subject.digest)
      throw new MlregError('INVALID_INPUT', `${blob.digest}: its artifact does not match its subject`, {
        hint: 'export the version again',
      });
    content.versions.push(await versionOf(layout, document, artifacts));
  }
  refuseTwice(content.versions);
  if (content.versions.length === 0) throw noVersions(index.manifests.length);
  content.blobs = blobsOf(layout, artifacts);
  return content;
}

async function versionOf(
  layout: LayoutSource,
  document: VersionDocument,
  artifacts: Map<Digest, Artifact>,
): Promise<ForeignVersion> {
  const { artifact, golden, registry, history, facts } = document;
  const whole = {
    ...facts,
    artifact: await artifactOf(layout, artifact, artifacts),
    golden: golden === null ? null : await artifactOf(layout, golden, artifacts),
  };
  checkDocument(whole, history);
  return { registry, history, facts: whole };
}

/**
 * Builds the artifact from its manifest, which must be exactly the one that mlreg makes for these
 * files.
 */
async function artifactOf(
  layout: LayoutSource,
  digest: Digest,
  artifacts: Map<Digest, Artifact>,
): Promise<Artifact> {
  const known = artifacts.get(digest);
  if (known !== undefined) return known;
  const size = layout.size(blobPath(digest));
  if (size === undefined) throw broken(`blob ${digest} is missing`);
  const manifest = parseManifest(await readBlob(layout, { digest, size }, maxManifestBytes), digest);
  if (manifest.kind === 'model') {
    const { files, config } = manifest;
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const artifact = { digest, configDigest: config.digest, size: total, files };
    if (Number.isSafeInteger(total) && isListingSound(artifact)) {
      artifacts.set(digest, artifact);
      return artifact;
    }
  }
  throw new MlregError('INVALID_INPUT', `${digest} is not the manifest of a registered artifact`, {
    hint: importHint,
  });
}

function blobsOf(layout: LayoutSource, artifacts: ReadonlyMap<Digest, Artifact>): Blob[] {
  const blobs = new Map<Digest, Blob>();
  for (const { digest, configDigest, files } of artifacts.values()) {
    const documents = [digest, configDigest].map((one) => ({
      digest: one,
      size: layout.size(blobPath(one)) ?? 0,
    }));
    for (const { digest: of, size } of [...files, ...documents]) {
      blobs.set(of, { digest: of, size });
      checkSize(layout, { digest: of, size });
    }
  }
  return [...blobs.values()];
}

function refuseTwice(versions: readonly ForeignVersion[]): void {
  const places = new Map<string, string>();
  for (const { facts } of versions) {
    const ref = formatReference(facts.name, facts.version);
    const place = `${facts.name} ${sortKey(facts.version)}`;
    const other = places.get(place);
    if (other !== undefined) {
      const how = other === ref ? `duplicate version ${ref}` : `${other} and ${ref} have the same precedence`;
      throw new MlregError('INVALID_INPUT', `invalid export: ${how}`, {
        hint: 'export the versions again',
      });
    }
    places.set(place, ref);
  }
}

function tooMuch(): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `invalid export: its version documents exceed ${maxTotalBytes} bytes`,
    { hint: 'export fewer versions at once' },
  );
}

function noVersions(manifests: number): MlregError {
  const what = manifests === 0 ? '' : ` (found ${counted(manifests, 'other image')})`;
  return new MlregError(
    'INVALID_INPUT',
    `no version exported by mlreg in this layout${what}; nothing was imported`,
    {
      hint: 'if it was copied from an export, copy NAME:VERSION_version too; to register the files of another image, unpack it: mlreg register NAME DIR',
    },
  );
}

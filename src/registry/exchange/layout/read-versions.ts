import { MlregError } from '../../../core/errors.ts';
import { artifactManifest, digestOf, type Digest } from '../../../core/versions/artifact.ts';
import {
  type Blob,
  type Manifest,
  blobPath,
  checkMarker,
  importHint,
  indexPath,
  markerPath,
  maxManifestBytes,
  parseIndex,
  parseManifest,
  refuseIndex,
} from '../../../core/versions/oci-layout.ts';
import { formatReference } from '../../../core/versions/reference.ts';
import {
  type VersionDocument,
  maxDocumentBytes,
  maxTotalBytes,
  parseVersionDocument,
} from '../../../core/versions/version-document.ts';
import { replay, wholeHistory } from '../../../core/versions/amendments.ts';
import type { Artifact, ArtifactFile } from '../../../core/versions/version-record.ts';
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
   * blob whose text is not given; its bytes are not read yet.
   */
  blobs: NeededBlob[];
}

/** `text`: the layout does not contain it, but what it must be follows from the layout. */
export interface NeededBlob extends Blob {
  text?: string;
}

/** An artifact of the layout; `text` is its manifest, if the layout has no file for it. */
interface FoundArtifact extends Artifact {
  text?: string;
}

/** What is known of a layout while it is read. */
interface Reading {
  layout: LayoutSource;
  artifacts: Map<Digest, FoundArtifact>;
  /** The referrers that hold a golden set, by the digest of the set's own manifest. */
  goldens: Map<Digest, Blob>;
}

/** The manifests that a layout lists. INVALID_INPUT for anything that is not a layout. */
export async function readIndex(layout: LayoutSource): Promise<ReturnType<typeof parseIndex>> {
  checkMarker(await readText(layout, markerPath, 4096, 'not an OCI image layout'));
  const index = parseIndex(
    await readText(layout, indexPath, maxManifestBytes, 'incomplete OCI image layout'),
  );
  const { sealed } = index;
  if (sealed !== undefined && `sha256:${sha256Hex(sealed.body)}` !== sealed.ownDigest)
    throw broken(`${indexPath} does not match its digest`);
  return index;
}

/**
 * Reads the versions in an image layout: everything except the files of the artifacts themselves.
 * Everything that is read matches its digest. Empty if no registry exported any of it.
 * INVALID_INPUT if no registry would have written it, INTEGRITY if bytes are missing or wrong.
 */
export async function readVersions(
  layout: LayoutSource,
  { manifests, unusual }: Awaited<ReturnType<typeof readIndex>>,
): Promise<LayoutContent> {
  const { parts, goldens } = await readManifests(layout, manifests);
  if (parts.length > 0 && unusual !== undefined) throw refuseIndex(unusual);
  const reading: Reading = { layout, goldens, artifacts: new Map() };
  const content: LayoutContent = { versions: [], blobs: [] };
  let total = 0;
  for (const { blob, config, document: part, subject } of parts) {
    await readBlob(layout, config, maxManifestBytes);
    total += part.size;
    if (total > maxTotalBytes) throw tooMuch();
    const text = await readBlob(layout, part, maxDocumentBytes);
    const document = parseVersionDocument(text, `the version in ${part.digest}`);
    if (document.artifact !== subject.digest)
      throw new MlregError('INVALID_INPUT', `${blob.digest}: its artifact does not match its subject`, {
        hint: 'export the version again',
      });
    content.versions.push(await versionOf(reading, document));
  }
  refuseTwice(content.versions);
  content.blobs = blobsOf(reading);
  return content;
}

type VersionManifest = Extract<Manifest, { kind: 'version' }> & { blob: Blob };

/** Everything that the index lists, without the manifests of artifacts, which may be large. */
async function readManifests(
  layout: LayoutSource,
  listed: readonly Blob[],
): Promise<{ parts: VersionManifest[]; goldens: Reading['goldens'] }> {
  const parts: VersionManifest[] = [];
  const goldens: Reading['goldens'] = new Map();
  for (const blob of new Map(listed.map((one) => [one.digest, one])).values()) {
    const manifest = parseManifest(await readBlob(layout, blob, maxManifestBytes), blob.digest);
    if (manifest.kind === 'version') parts.push({ ...manifest, blob });
    if (manifest.kind === 'golden') goldens.set(digestOf(sha256Hex(ownManifest(manifest))), blob);
  }
  return { parts, goldens };
}

/** The manifest that the golden set of a referrer has by itself. */
function ownManifest({ files, config }: Extract<Manifest, { kind: 'golden' }>): string {
  return artifactManifest(files, config);
}

async function versionOf(reading: Reading, document: VersionDocument): Promise<ForeignVersion> {
  const { artifact, golden, registry, history, facts } = document;
  const whole = {
    ...facts,
    artifact: bare(await artifactOf(reading, artifact)),
    golden: golden === null ? null : bare(await goldenOf(reading, golden, facts)),
  };
  const addedGolden: Artifact[] = [];
  for (const set of replay({}, wholeHistory(history)).golden)
    addedGolden.push(bare(await goldenOf(reading, set.digest, facts)));
  const foreign = { registry, history, facts: whole, addedGolden };
  checkDocument(foreign);
  return foreign;
}

function bare({ text: _text, ...artifact }: FoundArtifact): Artifact {
  return artifact;
}

/**
 * A copy of the artifact with its referrers has the golden set's referrer only, from which the
 * set's own manifest follows.
 */
async function goldenOf(
  reading: Reading,
  digest: Digest,
  { name, version }: VersionDocument['facts'],
): Promise<FoundArtifact> {
  const { layout, goldens, artifacts } = reading;
  if (artifacts.has(digest) || layout.size(blobPath(digest)) !== undefined)
    return artifactOf(reading, digest);
  const referrer = goldens.get(digest);
  if (referrer === undefined) throw noGoldenSet(formatReference(name, version), digest);
  const manifest = parseManifest(await readBlob(layout, referrer, maxManifestBytes), referrer.digest);
  if (manifest.kind !== 'golden') throw new Error(`no longer a golden set: ${referrer.digest}`);
  return keep(reading, digest, manifest, ownManifest(manifest));
}

/**
 * Builds the artifact from its manifest, which must be exactly the one that mlreg makes for these
 * files.
 */
async function artifactOf(reading: Reading, digest: Digest): Promise<FoundArtifact> {
  const { layout, artifacts } = reading;
  const known = artifacts.get(digest);
  if (known !== undefined) return known;
  const size = layout.size(blobPath(digest));
  if (size === undefined) throw broken(`blob ${digest} is missing`);
  const manifest = parseManifest(await readBlob(layout, { digest, size }, maxManifestBytes), digest);
  if (manifest.kind === 'model') return keep(reading, digest, manifest);
  throw notRegistered(digest);
}

function keep(
  { artifacts }: Reading,
  digest: Digest,
  { files, config }: { files: ArtifactFile[]; config: Blob },
  text?: string,
): FoundArtifact {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const artifact = { digest, configDigest: config.digest, size, files };
  if (!Number.isSafeInteger(size) || !isListingSound(artifact)) throw notRegistered(digest);
  const found = { ...artifact, ...(text === undefined ? {} : { text }) };
  artifacts.set(digest, found);
  return found;
}

function blobsOf({ layout, artifacts }: Reading): NeededBlob[] {
  const blobs = new Map<Digest, NeededBlob>();
  for (const { digest, configDigest, files, text } of artifacts.values()) {
    const config = { digest: configDigest, size: layout.size(blobPath(configDigest)) ?? 0 };
    const manifest = { digest, size: layout.size(blobPath(digest)) ?? 0 };
    for (const blob of [...files, config, ...(text === undefined ? [manifest] : [])]) {
      blobs.set(blob.digest, { digest: blob.digest, size: blob.size });
      checkSize(layout, blob);
    }
    if (text !== undefined) blobs.set(digest, { digest, size: Buffer.byteLength(text), text });
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

function notRegistered(digest: Digest): MlregError {
  return new MlregError('INVALID_INPUT', `${digest} is not the manifest of a registered artifact`, {
    hint: importHint,
  });
}

function noGoldenSet(ref: string, digest: Digest): MlregError {
  return new MlregError(
    'INTEGRITY',
    `${ref} in the layout lacks its golden set ${digest}; nothing was imported`,
    {
      hint: `copy ${ref.replace('@', ':')}_golden too, or the artifact with all its referrers: oras cp -r`,
      details: { ref, digest },
    },
  );
}

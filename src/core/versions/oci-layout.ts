import * as z from 'zod';
import {
  checkArtifactPaths,
  hexOf,
  type Digest,
  mediaTypes,
  modelManifest,
  pathAnnotation,
} from './artifact.ts';
import { canonicalJson } from '../json/canonical.ts';
import type { MlregError } from '../errors.ts';
import { invalidInput, whyUnfit } from '../json/invalid-input.ts';
import { quote } from '../text/quote.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import type { ArtifactFile } from './version-record.ts';

/**
 * The documents of an OCI image layout (image-spec v1.1, image-layout.md), as an export writes and
 * an import reads them.
 */

export const markerPath = 'oci-layout';
export const indexPath = 'index.json';
export const markerText = canonicalJson({ imageLayoutVersion: '1.0.0' });

export function blobPath(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/**
 * The version document in an export, beside the version's own manifest: see version-document.ts.
 */
export const versionType = 'application/vnd.mlreg.version.v1+json';
/** A golden set in an export, attached to the artifact that it belongs to. */
const goldenType = 'application/vnd.mlreg.golden.v1+json';
/** The config of a manifest that needs no config, `{}` (image-spec v1.1, manifest.md). */
export const emptyConfigText = '{}';
const emptyType = 'application/vnd.oci.empty.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const nameAnnotation = 'org.opencontainers.image.ref.name';
const titleAnnotation = 'org.opencontainers.image.title';
/**
 * The SHA-256 of the index without this annotation, which detects a changed byte in the index
 * itself.
 */
const ownDigestAnnotation = 'vnd.mlreg.index.digest';

/** The size limit of an index or a manifest, which is read into memory as a whole, in bytes. */
export const maxManifestBytes = 64 * 1024 * 1024;
export const maxManifests = 30_000;

/** Identifies a blob in an index or a manifest. `size` in bytes. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export interface Blob {
  digest: Digest;
  size: number;
}

/** A manifest in an index, with the name by which tools find it. */
export interface Listed extends Blob {
  name?: string;
}

/** The manifest of an artifact in an index; other tools find it by `name`. */
export function modelDescriptor(blob: Blob, name: string | undefined): Descriptor {
  return { mediaType: mediaTypes.manifest, artifactType: mediaTypes.artifact, ...blob, ...named(name) };
}

export function versionDescriptor(blob: Blob, name: string | undefined): Descriptor {
  return { mediaType: mediaTypes.manifest, artifactType: versionType, ...blob, ...named(name) };
}

/** Without a name: it is found by its subject. */
export function goldenDescriptor(blob: Blob): Descriptor {
  return { mediaType: mediaTypes.manifest, artifactType: goldenType, ...blob };
}

/**
 * Only names that the grammar of the annotation allows (image-spec v1.1, annotations.md); others
 * are found by their digest.
 */
function named(name: string | undefined): Pick<Descriptor, 'annotations'> {
  const component = '[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*';
  if (name === undefined || !new RegExp(`^${component}(?:/${component})*$`).test(name)) return {};
  return { annotations: { [nameAnnotation]: name } };
}

/**
 * The manifest that ties a version document to its artifact. `document` and `empty` are the blobs
 * of the two texts.
 */
export function versionManifest(document: Blob, empty: Blob, subject: Blob): string {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: versionType,
    config: { mediaType: emptyType, ...empty },
    layers: [{ mediaType: versionType, ...document, annotations: { [titleAnnotation]: 'version.json' } }],
    subject: { mediaType: mediaTypes.manifest, artifactType: mediaTypes.artifact, ...subject },
  });
}

/**
 * The golden set as a referrer of its artifact (image-spec v1.1, `subject`), so that tools that
 * copy an artifact with its referrers bring it along. Its config and layers are those of the golden
 * set's own manifest, which can be made again from them: that one has no subject, because its
 * digest must not depend on the artifact.
 */
export function goldenManifest(files: readonly ArtifactFile[], config: Blob, subject: Blob): string {
  return canonicalJson({
    ...modelManifest(files, config),
    artifactType: goldenType,
    subject: { mediaType: mediaTypes.manifest, artifactType: mediaTypes.artifact, ...subject },
  });
}

/** The text whose SHA-256 is the index's own digest. */
export function indexBody(manifests: readonly Descriptor[]): string {
  return canonicalJson({ schemaVersion: 2, mediaType: indexType, manifests: [...manifests] });
}

export function layoutIndex(manifests: readonly Descriptor[], ownDigest: Digest): string {
  const annotations = { [ownDigestAnnotation]: ownDigest };
  return canonicalJson({ schemaVersion: 2, mediaType: indexType, annotations, manifests: [...manifests] });
}

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .transform((text) => text as Digest);
const size = z.int().nonnegative();
const annotations = z.record(z.string(), z.string());
const descriptor = z.looseObject({
  mediaType: z.string(),
  digest,
  size,
  annotations: annotations.optional(),
});

const index = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(indexType).optional(),
  manifests: z.array(descriptor).max(maxManifests),
  annotations: annotations.optional(),
});

/**
 * Parses an index, written by mlreg or by another tool. `body` is the text whose SHA-256 must be
 * `ownDigest`; undefined if another tool wrote the index. `unusual`: what stands in it that neither
 * mlreg nor a tool that copies from an export writes; then it is no export.
 */
export function parseIndex(text: string): {
  manifests: Listed[];
  unusual?: string;
  sealed?: { body: string; ownDigest: string };
} {
  const parsed = read(text, indexPath, index);
  const manifests = parsed.manifests.map(({ digest: of, size: bytes, annotations: given }): Listed => {
    const name = given?.[nameAnnotation];
    return { digest: of, size: bytes, ...(name === undefined ? {} : { name }) };
  });
  const { annotations: own, ...body } = parsed;
  const { [ownDigestAnnotation]: ownDigest, ...others } = own ?? {};
  const key = Object.keys(body).find((name) => !Object.hasOwn(index.shape, name));
  const unusual =
    Object.keys(others).length > 0 ? 'unexpected annotations' : key && `unknown key ${quote(key)}`;
  if (ownDigest === undefined) return { manifests, ...(unusual === undefined ? {} : { unusual }) };
  if (unusual !== undefined) throw refuse(indexPath, unusual);
  return { manifests, sealed: { body: canonicalJson(body), ownDigest } };
}

const manifest = z.looseObject({
  schemaVersion: z.literal(2),
  artifactType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
  subject: descriptor.optional(),
});

export type Manifest =
  | { kind: 'model'; config: Blob; files: ArtifactFile[] }
  | { kind: 'version'; config: Blob; document: Blob; subject: Blob }
  | { kind: 'golden'; config: Blob; files: ArtifactFile[] }
  | { kind: 'other' };

/**
 * Parses one of the manifests that an index lists; `what` names it in errors. A nested index, or
 * anything else that is not an mlreg artifact, is `other`.
 */
export function parseManifest(text: string, what: string): Manifest {
  const value = json(text, what);
  if ((value as { mediaType?: unknown } | null)?.mediaType === indexType) return { kind: 'other' };
  const { artifactType, config, layers, subject } = check(value, what, manifest);
  if (artifactType === versionType) {
    const [document, ...others] = layers;
    if (document?.mediaType !== versionType || others.length > 0 || subject === undefined)
      throw refuse(what, 'it must describe exactly one version');
    return { kind: 'version', config: blob(config), document: blob(document), subject: blob(subject) };
  }
  const isGolden = artifactType === goldenType;
  if (!(isGolden || artifactType === mediaTypes.artifact) || config.mediaType !== mediaTypes.config)
    return { kind: 'other' };
  // Layers that other tools pack as archives, or name differently, are not our files.
  if (layers.some((layer) => layer.mediaType !== mediaTypes.file)) return { kind: 'other' };
  const files = layers.map((layer): ArtifactFile => {
    const path = layer.annotations?.[pathAnnotation];
    if (path === undefined) throw refuse(what, `a layer has no ${pathAnnotation}`);
    return { path, ...blob(layer) };
  });
  checkArtifactPaths(
    files.map(({ path }) => path),
    importHint,
  );
  return { kind: isGolden ? 'golden' : 'model', config: blob(config), files };
}

/** INVALID_INPUT unless the text marks an OCI layout of the known version. */
export function checkMarker(text: string): void {
  const marker = z.looseObject({ imageLayoutVersion: z.string() });
  const { imageLayoutVersion } = read(text, markerPath, marker);
  if (imageLayoutVersion === '1.0.0') return;
  throw refuse(markerPath, `unsupported layout version ${quote(imageLayoutVersion)}, expected "1.0.0"`);
}

function blob({ digest: of, size: bytes }: z.infer<typeof descriptor>): Blob {
  return { digest: of, size: bytes };
}

function read<Value>(text: string, what: string, schema: z.ZodType<Value>): Value {
  return check(json(text, what), what, schema);
}

function json(text: string, what: string): unknown {
  return parseStrictJson(text, { what, maxBytes: maxManifestBytes, maxDepth: 16 });
}

function check<Value>(value: unknown, what: string, schema: z.ZodType<Value>): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(what, whyUnfit(result.error));
}

/** INVALID_INPUT: an index that is not one of an export. */
export function refuseIndex(why: string): MlregError {
  return refuse(indexPath, why);
}

/** For a file that is not an export. */
export const importHint =
  'import a .tar file or folder written by mlreg export, or an OCI image layout of another tool';

function refuse(what: string, why: string): MlregError {
  return invalidInput(what, why, importHint);
}

import * as z from 'zod';
import type { Digest } from './artifact.ts';
import type { MlregError } from '../errors.ts';
import { invalidInput, whyUnfit } from '../json/invalid-input.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import { mediaTypes, pathAnnotation } from './artifact.ts';

/**
 * The manifests of models that other tools write: the CNCF ModelPack specification
 * (github.com/modelpack/model-spec), KitOps (github.com/kitops-ml/kitops, pkg/artifact/spec.md),
 * and plain artifacts as `oras push` makes them (image-spec v1.1, manifest.md).
 */

export type ForeignKind = 'modelpack' | 'kitops' | 'oci';

export interface ForeignLayer {
  mediaType: string;
  digest: Digest;
  /** Bytes, as they are stored. */
  size: number;
  /** `file`: the blob is the file `path`. An archive is a tar, and holds paths of its own. */
  form: 'file' | 'tar' | 'tar+gzip' | 'tar+zstd';
  /** Null for an archive, and for a file without a name. */
  path: string | null;
  /** Data that the model was trained on; everything else belongs to the model. */
  isDataset: boolean;
}

export interface ForeignManifest {
  kind: ForeignKind;
  artifactType: string | null;
  config: { mediaType: string; digest: Digest; size: number };
  layers: ForeignLayer[];
  annotations: Record<string, string>;
  /** What it is about, such as a signature about a model; null: it stands for itself. */
  subject: Digest | null;
}

const mostLayers = 100_000;

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits')
  .transform((text) => text as Digest);
const annotations = z.record(z.string(), z.string()).nullish();
const descriptor = z.looseObject({
  mediaType: z.string(),
  digest,
  size: z.int().nonnegative(),
  annotations,
});
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor).max(mostLayers),
  subject: descriptor.nullish(),
  annotations,
});

const title = 'org.opencontainers.image.title';
const kitConfig = 'application/vnd.kitops.modelkit.config.v1+json';
const kitLayer = /^application\/vnd\.kitops\.modelkit\.(\w+)\.v1\.tar(?:\+\w+)?$/;
/** Releases before the move to the CNCF said `cnai`. */
const packConfig = /^application\/vnd\.(?:cncf|cnai)\.model\.config\.v1\+json$/;
const packLayer = /^application\/vnd\.(?:cncf|cnai)\.model\.(\w+(?:\.config)?)\.v1\.([\w+]+)$/;
const imageConfigs = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/**
 * Parses the manifest of an artifact; `what` names it in errors. `index` for several manifests in
 * one, `image` for a container image: neither is a model. INVALID_INPUT for anything that is no
 * manifest.
 */
export function parseForeignManifest(text: string, what: string): ForeignManifest | 'index' | 'image' {
  const value = parseStrictJson(text, { what, maxBytes: 64 * 1024 * 1024, maxDepth: 32 });
  if (Array.isArray((value as { manifests?: unknown } | null)?.manifests)) return 'index';
  const { artifactType, config, layers, subject, annotations: given } = check(value, what, manifestSchema);
  if (imageConfigs.has(config.mediaType)) return 'image';
  const kind = kindOf(config.mediaType, artifactType);
  return {
    kind,
    artifactType: artifactType ?? null,
    config: { mediaType: config.mediaType, digest: config.digest, size: config.size },
    layers: layers.map((layer) => toLayer(kind, layer)),
    annotations: given ?? {},
    subject: subject?.digest ?? null,
  };
}

function kindOf(configType: string, artifactType: string | undefined): ForeignKind {
  if (configType === kitConfig) return 'kitops';
  return packConfig.test(configType) || artifactType === mediaTypes.artifact ? 'modelpack' : 'oci';
}

function toLayer(kind: ForeignKind, layer: z.infer<typeof descriptor>): ForeignLayer {
  const { mediaType } = layer;
  const blob = { mediaType, digest: layer.digest, size: layer.size };
  const given = layer.annotations ?? {};
  const named =
    given[pathAnnotation] ?? given['org.cnai.model.filepath'] ?? (kind === 'kitops' ? null : given[title]);
  const file = { ...blob, form: 'file', path: named ?? null } as const;
  const role = (kind === 'kitops' ? kitLayer : packLayer).exec(mediaType)?.[1];
  if (kind === 'oci') {
    // oras gives a file that it was told nothing about the type of an archive; only this annotation
    // says that a folder was packed.
    const isPacked = given['io.deis.oras.content.unpack'] === 'true' || file.path === null;
    const form = isPacked ? archiveForm(mediaType) : undefined;
    return { ...file, ...(form === undefined ? {} : { form, path: null }), isDataset: false };
  }
  const form = archiveForm(mediaType);
  const isDataset = role === 'dataset';
  return form === undefined ? { ...file, isDataset } : { ...blob, form, path: null, isDataset };
}

function archiveForm(mediaType: string): Exclude<ForeignLayer['form'], 'file'> | undefined {
  if (/[.+]tar\+gzip$|[.]tar\.gzip$/.test(mediaType)) return 'tar+gzip';
  if (/[.+]tar\+zstd$/.test(mediaType)) return 'tar+zstd';
  return /[.+]tar$/.test(mediaType) ? 'tar' : undefined;
}

/** The value, if it is of the form; else INVALID_INPUT. `what` names it in the error. */
export function check<Value>(value: unknown, what: string, schema: z.ZodType<Value>): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(what, whyUnfit(result.error));
}

function refuse(what: string, why: string): MlregError {
  return invalidInput(what, why, 'write it again with the tool that made it');
}

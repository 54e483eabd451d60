import * as z from 'zod';
import type { Digest } from './artifact.ts';
import type { MlregError } from '../errors.ts';
import { exactJsonText } from '../json/exact-json.ts';
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

export const maxConfigBytes = 4 * 1024 * 1024;
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

/** What a manifest and its config say about the model. */
export interface ForeignFacts {
  /** As it stands there, perhaps not a valid name; null: it does not say. */
  name: string | null;
  version: string | null;
  createdAt: string | null;
  /** A metadata file, as `parseMetadata` reads it, without the data that layers hold. */
  metadata: Record<string, unknown>;
  /** The names of data sets by the digests of their layers, and the folders that they stand for. */
  datasets: Map<Digest, { name: string; path: string | null }>;
}

const anyText = z.string().nullish();
const kitSchema = z.looseObject({
  package: z
    .looseObject({
      name: anyText,
      version: anyText,
      description: anyText,
      license: anyText,
      authors: z.array(z.string()).nullish(),
    })
    .nullish(),
  model: z
    .looseObject({
      name: anyText,
      version: anyText,
      framework: anyText,
      format: anyText,
      license: anyText,
      description: anyText,
      parameters: z.unknown().optional(),
    })
    .nullish(),
  datasets: z.array(z.looseObject({ name: anyText, path: anyText, digest: anyText })).nullish(),
});

const packSchema = z.looseObject({
  descriptor: z
    .looseObject({
      name: anyText,
      version: anyText,
      title: anyText,
      description: anyText,
      createdAt: anyText,
      vendor: anyText,
      family: anyText,
      authors: z.array(z.string()).nullish(),
      licenses: z.array(z.string()).nullish(),
      sourceURL: anyText,
      revision: anyText,
      datasetsURL: z.array(z.string()).nullish(),
    })
    .nullish(),
  config: z.looseObject({ format: anyText }).nullish(),
});

/**
 * Reads the config blob of a ModelPack or KitOps manifest; a plain artifact has only annotations.
 */
export function readForeignFacts(
  { kind, annotations: given }: Pick<ForeignManifest, 'kind' | 'annotations'>,
  config: string | null,
  what: string,
): ForeignFacts {
  const value =
    config === null
      ? {}
      : parseStrictJson(config, { what, maxBytes: maxConfigBytes, maxDepth: 32, exactIntegers: true });
  const noted = annotationFacts(given);
  if (kind === 'oci') return noted;
  const said = kind === 'kitops' ? kitFacts(value, what) : packFacts(value, what);
  const { tags, source, ...metadata } = said.metadata;
  return {
    name: said.name ?? noted.name,
    version: said.version ?? noted.version,
    createdAt: said.createdAt ?? noted.createdAt,
    metadata: {
      ...noted.metadata,
      ...metadata,
      tags: { ...(noted.metadata['tags'] as object), ...(tags as object) },
      source: { ...(noted.metadata['source'] as object), ...(source as object) },
    },
    datasets: said.datasets,
  };
}

/** The keys of image-spec v1.1, annotations.md. */
function annotationFacts(given: Record<string, string>): ForeignFacts {
  const of = (key: string): string | null => given[`org.opencontainers.image.${key}`] ?? null;
  return {
    name: of('title'),
    version: of('version'),
    createdAt: of('created'),
    metadata: {
      ...known({ description: of('description') }),
      tags: known({ license: of('licenses'), authors: of('authors'), vendor: of('vendor') }),
      source: known({ repository: of('source'), commit: of('revision') }),
    },
    datasets: new Map(),
  };
}

function kitFacts(value: unknown, what: string): ForeignFacts {
  const { package: pack, model, datasets } = check(value, what, kitSchema);
  const parameters = model?.parameters;
  const isObject = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters);
  const framework = model?.framework ?? model?.format;
  return {
    name: filled(pack?.name) ?? filled(model?.name),
    version: filled(pack?.version) ?? filled(model?.version),
    createdAt: null,
    metadata: {
      ...known({ description: pack?.description ?? model?.description, framework }),
      ...(isObject ? { params: parameters } : {}),
      tags: known({
        license: pack?.license ?? model?.license,
        authors: pack?.authors?.join(', '),
      }),
      extra: { kitfile: withoutDigests(value) },
    },
    datasets: new Map(
      (datasets ?? []).flatMap(({ name, path, digest: of }, at) =>
        of ? [[of as Digest, { name: filled(name) ?? `dataset-${at + 1}`, path: filled(path) }]] : [],
      ),
    ),
  };
}

function packFacts(value: unknown, what: string): ForeignFacts {
  const { descriptor: about, config } = check(value, what, packSchema);
  const { createdAt = null, ...described } = about ?? {};
  const extra = {
    ...(empty(described) ? {} : { descriptor: described }),
    ...(empty(config) ? {} : { config }),
  };
  return {
    name: filled(about?.name),
    version: filled(about?.version),
    createdAt: createdAt ?? null,
    metadata: {
      ...known({ description: about?.description, framework: config?.format }),
      tags: known({
        license: about?.licenses?.join(' AND '),
        authors: about?.authors?.join(', '),
        vendor: about?.vendor,
        family: about?.family,
      }),
      source: known({ repository: about?.sourceURL, commit: about?.revision }),
      data: (about?.datasetsURL ?? []).map((uri, at) => ({ name: `dataset-url-${at + 1}`, uri })),
      ...(empty(extra) ? {} : { extra: { modelpack: extra } }),
    },
    datasets: new Map(),
  };
}

/** The metadata as the text of a metadata file. */
export function metadataText({ metadata }: ForeignFacts, data: readonly object[]): string {
  const { data: urls, ...rest } = metadata;
  return exactJsonText({ ...rest, data: [...((urls as object[] | undefined) ?? []), ...data] });
}

function known(facts: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, value]) => (filled(value) === null ? [] : [[key, value ?? '']])),
  );
}

function filled(text: string | null | undefined): string | null {
  return text === undefined || text === null || text.trim() === '' ? null : text;
}

function empty(value: unknown): boolean {
  return value === undefined || value === null || Object.keys(value).length === 0;
}

/** The digests of layers depend on their compression: the same model would be another version. */
function withoutDigests(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDigests);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, 'rawJSON')) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'digest' && key !== 'diffId');
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutDigests(item)]));
}

function check<Value>(value: unknown, what: string, schema: z.ZodType<Value>): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(what, whyUnfit(result.error));
}

function refuse(what: string, why: string): MlregError {
  return invalidInput(what, why, 'write it again with the tool that made it');
}

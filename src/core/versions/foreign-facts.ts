import * as z from 'zod';
import { exactJsonText } from '../json/exact-json.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import type { Digest } from './artifact.ts';
import { check, type ForeignManifest } from './foreign-manifest.ts';

export const maxConfigBytes = 4 * 1024 * 1024;

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

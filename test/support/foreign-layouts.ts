import { canonicalJson } from '../../src/core/json/canonical.ts';
import { blobOf, tarEntry, type Json, type Layout } from './layouts.ts';
import { createHash } from 'node:crypto';

/** Layouts as other tools write them, made from bytes of the test. */

export interface LayerSpec {
  mediaType: string;
  bytes: Uint8Array;
  annotations?: Record<string, string>;
}

export interface ArtifactSpec {
  config?: { mediaType: string; value: object };
  artifactType?: string;
  layers: LayerSpec[];
  annotations?: Record<string, string>;
  subject?: Json;
  /** Its names in the index. */
  names?: string[];
}

const emptyConfig = { mediaType: 'application/vnd.oci.empty.v1+json', value: {} };
export const kitConfig = (value: object) => ({
  mediaType: 'application/vnd.kitops.modelkit.config.v1+json',
  value,
});
export const packConfig = (value: object) => ({
  mediaType: 'application/vnd.cncf.model.config.v1+json',
  value,
});

/** A file as `oras push` adds it. */
export function titled(title: string, bytes: Uint8Array, mediaType = 'application/octet-stream'): LayerSpec {
  return { mediaType, bytes, annotations: { 'org.opencontainers.image.title': title } };
}

export function foreignLayout(...artifacts: ArtifactSpec[]): Layout {
  const layout: Layout = new Map();
  const put = (bytes: Uint8Array) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    layout.set(blobOf(digest), bytes);
    return { digest, size: bytes.length };
  };
  const text = (value: object): Uint8Array => new TextEncoder().encode(canonicalJson(value));
  const manifests = artifacts.flatMap(
    ({ config = emptyConfig, artifactType, layers, annotations, subject, names }) => {
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const manifest = put(
        text({
          schemaVersion: 2,
          mediaType,
          ...(artifactType === undefined ? {} : { artifactType }),
          config: { mediaType: config.mediaType, ...put(text(config.value)) },
          layers: layers.map(({ bytes, ...about }) => ({ ...about, ...put(bytes) })),
          ...(annotations === undefined ? {} : { annotations }),
          ...(subject === undefined ? {} : { subject }),
        }),
      );
      const entries = (names ?? [undefined]).map((name) => ({
        mediaType,
        ...manifest,
        ...(name === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': name } }),
      }));
      return entries;
    },
  );
  layout.set('oci-layout', text({ imageLayoutVersion: '1.0.0' }));
  layout.set('index.json', text({ schemaVersion: 2, manifests }));
  return layout;
}

/** A tar archive of these files. */
export function tarred(files: Record<string, Uint8Array | string>, ...more: Uint8Array[]): Buffer {
  const entries = Object.entries(files).map(([path, content]) => tarEntry(path, content));
  return Buffer.concat([...entries, ...more, Buffer.alloc(1024)]);
}

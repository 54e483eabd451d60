import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../src/core/json/canonical.ts';
import type { Digest } from '../../src/core/versions/artifact.ts';
import { indexBody, layoutIndex, versionType, type Descriptor } from '../../src/core/versions/oci-layout.ts';
import { endOfArchive, fileHeader, padding } from '../../src/registry/exchange/layout/tar-format.ts';
import { sha256Hex } from '../../src/storage/hash-chain.ts';
import { digestOfText } from './metadata-samples.ts';

/** The files of an image layout by their paths: to change them, and write them anywhere. */
export type Layout = Map<string, Uint8Array>;

export function readLayout(folder: string): Layout {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

export function writeLayout(layout: Layout, folder: string): string {
  for (const [path, bytes] of layout) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

/** The blocks of one entry of a tar archive. */
export function tarEntry(path: string, content: Uint8Array | string, type = '0', link = ''): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.from(fileHeader(path, bytes.length));
  header.write(type, 156);
  header.write(link, 157);
  return Buffer.concat([sealed(header), bytes, padding(bytes.length)]);
}

/** A header with the checksum of what now stands in it. */
export function sealed(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

export function tarOf(layout: Layout, ...more: Uint8Array[]): Buffer {
  const entries = [...layout].map(([path, bytes]) => tarEntry(path, bytes));
  return Buffer.concat([...entries, ...more, endOfArchive]);
}

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what a test changes

export function jsonOf(layout: Layout, path: string): Json {
  return JSON.parse(new TextDecoder().decode(layout.get(path))) as Json;
}

export function blobOf(digest: string): string {
  return `blobs/sha256/${digest.replace('sha256:', '')}`;
}

function put(layout: Layout, text: string): { digest: Digest; size: number } {
  const digest = digestOfText(text);
  const bytes = new TextEncoder().encode(text);
  layout.set(blobOf(digest), bytes);
  return { digest, size: bytes.length };
}

/** Puts an index in place, with the right digest of its own. */
export function reindex(layout: Layout, manifests: Descriptor[]): Layout {
  const text = layoutIndex(manifests, digestOfText(indexBody(manifests)));
  return new Map(layout).set('index.json', new TextEncoder().encode(text));
}

/**
 * A layout in which the first version says something else, and every digest is right. A text is put
 * there as it is.
 */
export function withDocument(layout: Layout, edit: (document: Json) => unknown): Layout {
  const changed = new Map(layout);
  const manifests = jsonOf(layout, 'index.json')['manifests'] as Descriptor[];
  const place = manifests.findIndex((one) => one.artifactType === versionType);
  const manifest = jsonOf(layout, blobOf(manifests[place]?.digest ?? ''));
  const document = jsonOf(layout, blobOf(manifest['layers'][0].digest as string));
  const result = edit(document) ?? document;
  Object.assign(
    manifest['layers'][0] as object,
    put(changed, typeof result === 'string' ? result : canonicalJson(result)),
  );
  const changedManifest = { ...(manifests[place] as Descriptor), ...put(changed, canonicalJson(manifest)) };
  return reindex(changed, manifests.with(place, changedManifest));
}

/** The hash that makes an event whole again after a change. */
export function rehash(event: Json): void {
  const { hash: _hash, ...hashed } = event;
  event['hash'] = sha256Hex(canonicalJson(hashed));
}

import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
// A named import would fail on an old Node before it is told so: it has no createZstdDecompress.
import * as zlib from 'node:zlib';
import { digestOf, type Digest } from '../../../core/versions/artifact.ts';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import type { ForeignLayer } from '../../../core/versions/foreign-manifest.ts';
import { blobPath } from '../../../core/versions/oci-layout.ts';
import type { LayoutSource } from '../layout/layout-source.ts';
import { broken } from '../layout/read-blob.ts';
import { unpackTar, type TarEntry } from '../layout/unpack-tar.ts';

/** Of one artifact, in all its layers together. */
const mostFiles = 100_000;
/** Of these, files of the model: each is stored and synced by itself, while data is only hashed. */
const mostModelFiles = 10_000;
/** An archive may grow to this size whatever its own, and from there to so many times its own. */
const freeBytes = 64 * 1024 * 1024;
const mostRatio = 100;

export interface LayerFile extends TarEntry {
  layer: ForeignLayer;
}

/**
 * The files in the layers of an artifact, in order; each must be read before the next. INTEGRITY if
 * a layer does not match its digest; INVALID_INPUT for an archive that holds anything but files and
 * folders, that is damaged, or that unpacks to far more than its own size, and for too many files.
 */
export async function* layerFiles(
  layout: LayoutSource,
  layers: readonly ForeignLayer[],
  onBytes: (count: number) => void,
): AsyncGenerator<LayerFile> {
  let files = 0;
  let modelFiles = layers.filter(({ form, isDataset }) => form === 'file' && !isDataset).length;
  if (modelFiles > mostModelFiles) throw tooManyLayers(modelFiles);
  for (const [at, layer] of layers.entries()) {
    const { form, path, size, digest } = layer;
    const refuse = (why: string): MlregError =>
      new MlregError('INVALID_INPUT', `cannot unpack layer ${digest}: ${why}; nothing was imported`, {
        hint: 'unpack it with the tool that made it, check the files, and register them: mlreg register NAME DIR',
        details: { digest },
      });
    if (form === 'file') {
      if (path === null) throw nameless(layer, at);
      // An empty file has no chunk that could be checked.
      const content = checked(layout, digest, onBytes);
      yield { path, size, executable: false, content, layer };
      continue;
    }
    const limit = Math.max(freeBytes, mostRatio * size);
    let declared = 0;
    const onHeader = (count: number): void => {
      files += 1;
      if (!layer.isDataset) modelFiles += 1;
      declared += count;
      if (modelFiles > mostModelFiles)
        throw refuse(`the model has more than ${mostModelFiles} files, which is the limit`);
      if (files > mostFiles)
        throw refuse(`the artifact has more than ${mostFiles} files, which is the limit`);
      if (form === 'tar' ? count > size : declared > limit)
        throw refuse(`it declares files of ${declared} bytes, but has ${size} bytes itself`);
    };
    try {
      const packed = checked(layout, digest, onBytes);
      for await (const entry of unpackTar(
        limited(unpacked(packed, form, refuse), limit, refuse),
        refuse,
        onHeader,
      ))
        yield { ...entry, layer };
    } catch (error) {
      // Damaged bytes look like a malformed archive: what is wrong with them is the digest.
      await verify(layout, digest);
      throw error;
    }
  }
}

async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  form: Exclude<ForeignLayer['form'], 'file'>,
  refuse: (why: string) => MlregError,
): AsyncGenerator<Uint8Array> {
  if (form === 'tar') return yield* packed;
  const unzip = form === 'tar+gzip' ? zlib.createGunzip() : zlib.createZstdDecompress();
  let failed: unknown;
  pipeline(Readable.from(packed, { objectMode: false }), unzip, (error) => (failed = error));
  try {
    yield* unzip as AsyncIterable<Buffer>;
  } catch (error) {
    const reason: unknown = failed ?? error;
    if (reason instanceof MlregError) throw reason;
    const { code } = reason as NodeJS.ErrnoException;
    if (/^(?:Z_|ZSTD|ERR_ZSTD|ERR_BUFFER)/.test(code ?? ''))
      throw refuse(`it is not ${form === 'tar+gzip' ? 'gzip' : 'zstd'}, or damaged`);
    throw reason;
  } finally {
    unzip.destroy();
  }
}

async function* limited(
  bytes: AsyncIterable<Uint8Array>,
  limit: number,
  refuse: (why: string) => MlregError,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.length;
    if (count > limit) throw refuse(`it unpacks to more than ${limit} bytes`);
    yield chunk;
  }
}

/** The bytes of a blob; rejects after the last one if they do not match the digest. */
async function* checked(
  layout: LayoutSource,
  digest: Digest,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of layout.read(blobPath(digest))) {
    hash.update(chunk);
    onBytes(chunk.length);
    // A copy: decompression keeps chunks for longer than the buffer that they are views of.
    yield new Uint8Array(chunk);
  }
  if (digestOf(hash.digest('hex')) !== digest) throw broken(`blob ${digest} does not match its digest`);
}

async function verify(layout: LayoutSource, digest: Digest): Promise<void> {
  for await (const _ of checked(layout, digest, () => undefined));
}

function tooManyLayers(count: number): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `the model has ${count} files; the limit is ${mostModelFiles}; nothing was imported`,
    { hint: 'get its files with the tool that made it, and register them: mlreg register NAME DIR' },
  );
}

function nameless({ mediaType, digest }: ForeignLayer, at: number): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `layer ${at + 1} of the artifact (${quote(mediaType)}, ${digest}) has no file name; nothing was imported`,
    {
      hint: 'oras push and ModelPack tools name each file: org.opencontainers.image.title or org.cncf.model.filepath',
      details: { digest },
    },
  );
}

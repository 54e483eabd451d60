import { digestOf } from '../../../core/versions/artifact.ts';
import { MlregError } from '../../../core/errors.ts';
import { blobPath, importHint, type Blob } from '../../../core/versions/oci-layout.ts';
import { sha256Hex } from '../../../storage/hash-chain.ts';
import type { LayoutSource } from './layout-source.ts';

/** INTEGRITY unless the layout has a file for the blob with exactly its size. */
export function checkSize(layout: LayoutSource, { digest, size }: Blob): void {
  const found = layout.size(blobPath(digest));
  if (found === undefined) throw broken(`blob ${digest} is missing`);
  if (found !== size) throw broken(`blob ${digest} has ${found} bytes, expected ${size}`);
}

/** The text of a blob of at most `most` bytes. INTEGRITY if its size or digest does not match. */
export async function readBlob(layout: LayoutSource, blob: Blob, most: number): Promise<string> {
  const path = blobPath(blob.digest);
  checkSize(layout, blob);
  const bytes = await readBytes(layout, path, most);
  if (digestOf(sha256Hex(bytes)) !== blob.digest)
    throw broken(`blob ${blob.digest} does not match its digest`);
  return decode(bytes, blob.digest);
}

/**
 * The text of a file that is not named by a digest. If there is none, INVALID_INPUT with a message
 * that begins with `otherwise`.
 */
export async function readText(
  layout: LayoutSource,
  path: string,
  most: number,
  otherwise: string,
): Promise<string> {
  if (layout.size(path) !== undefined) return decode(await readBytes(layout, path, most), path);
  throw new MlregError('INVALID_INPUT', `${otherwise}: ${path} is missing`, {
    hint: importHint,
  });
}

async function readBytes(layout: LayoutSource, path: string, most: number): Promise<Uint8Array> {
  const size = layout.size(path) ?? 0;
  if (size > most) {
    throw new MlregError('INVALID_INPUT', `${path} is too large: ${size} bytes; the limit is ${most}`, {
      hint: importHint,
    });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of layout.read(path)) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks);
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MlregError('INVALID_INPUT', `invalid ${what}: not UTF-8`, { hint: importHint, cause });
  }
}

export function broken(why: string): MlregError {
  return new MlregError('INTEGRITY', `the layout is damaged: ${why}; nothing was imported`, {
    hint: 'copy it again, or write it again with the tool that made it',
  });
}

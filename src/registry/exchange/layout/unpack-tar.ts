import { quote } from '../../../core/text/quote.ts';
import { blockSize, kindOfEntry, padding, parseHeader, parsePax } from './tar-format.ts';

/** A file in an archive that is read from its beginning to its end. */
export interface TarEntry {
  path: string;
  /** Bytes. */
  size: number;
  /** Its owner may execute it. */
  executable: boolean;
  /** Must be read to its end before the next entry. */
  content: AsyncIterable<Uint8Array>;
}

type Refuse = (why: string) => Error;

const mostNameBytes = 64 * 1024;

/**
 * The files of a tar archive (ustar, pax or GNU), in its order. Folders are skipped. Refuses links,
 * devices and everything else that is neither file nor folder, and damaged or truncated archives.
 * Paths are as they stand there, without a leading `./`. `onHeader` is called with the size of each
 * file before it is read.
 */
export async function* unpackTar(
  bytes: AsyncIterable<Uint8Array>,
  refuse: Refuse,
  onHeader: (size: number) => void,
): AsyncGenerator<TarEntry> {
  const input = new ByteQueue(bytes, refuse);
  try {
    let next: { path?: string; size?: number } = {};
    for (let first = true; ; first = false) {
      const block = await input.take(blockSize);
      if (block.every((byte) => byte === 0)) {
        if (Object.keys(next).length > 0) throw refuse('it is truncated after a pax header');
        return await input.expectZeros();
      }
      const header = parseHeader(block);
      if (typeof header === 'string') throw refuse(first ? 'it is not a tar archive' : header);
      const { type } = header;
      if (type === 'x' || type === 'g' || type === 'L') {
        if (header.size > mostNameBytes) throw refuse('a header is too large');
        const content = await input.take(header.size);
        await input.take(padding(header.size).length);
        // A global header, as git writes it, holds a comment; one with paths or sizes would be an
        // attack.
        next = { ...next, ...namesIn(type, content, refuse) };
        continue;
      }
      const { path, size } = { ...header, ...next };
      next = {};
      const isFolder = type === '5' || (path.endsWith('/') && (type === '0' || type === '\0'));
      if (!isFolder && type !== '0' && type !== '\0' && type !== '7') {
        throw refuse(`it contains ${kindOfEntry(type)}: ${quote(path)}`);
      }
      if (isFolder) {
        await input.skip(size + padding(size).length);
        continue;
      }
      onHeader(size);
      const executable = (header.mode & 0o100) !== 0;
      let read = false;
      const content = (async function* () {
        yield* input.pieces(size);
        await input.take(padding(size).length);
        read = true;
      })();
      yield { path: path.replace(/^(?:\.\/)+/, ''), size, executable, content };
      if (!read) for await (const _ of content);
    }
  } finally {
    await input.close();
  }
}

function namesIn(type: string, content: Uint8Array, refuse: Refuse): { path?: string; size?: number } {
  if (type === 'L') {
    const end = content.indexOf(0);
    try {
      const name = end === -1 ? content : content.subarray(0, end);
      return { path: new TextDecoder('utf-8', { fatal: true }).decode(name) };
    } catch {
      throw refuse('a name is not UTF-8');
    }
  }
  const records = parsePax(content);
  if (typeof records === 'string') throw refuse(records);
  if (type === 'g' && Object.keys(records).length > 0)
    throw refuse('a global header gives all entries one path or size');
  return records;
}

/** Bytes that arrive in chunks, taken in pieces of a wanted size. */
class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #refuse: Refuse;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>, refuse: Refuse) {
    this.#source = source[Symbol.asyncIterator]();
    this.#refuse = refuse;
  }

  /** At most `most` bytes, at least one; undefined at the end. */
  async #some(most: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#source.next();
      if (done === true) return undefined;
      this.#chunk = value;
    }
    const piece = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(piece.length);
    return piece;
  }

  async *pieces(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      const piece = await this.#some(left);
      if (piece === undefined) throw this.#refuse('it is truncated');
      left -= piece.length;
      yield piece;
    }
  }

  /** A copy, since chunks are views of a buffer that is used again. */
  async take(count: number): Promise<Uint8Array> {
    const all = new Uint8Array(count);
    let at = 0;
    for await (const piece of this.pieces(count)) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  async skip(count: number): Promise<void> {
    for await (const _ of this.pieces(count));
  }

  /** The rest of an archive: a second block of zeros, and the padding of a record. */
  async expectZeros(): Promise<void> {
    for (let piece = await this.#some(blockSize); piece !== undefined; piece = await this.#some(1 << 20))
      if (piece.some((byte) => byte !== 0))
        throw this.#refuse('unexpected data after the end of the archive');
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

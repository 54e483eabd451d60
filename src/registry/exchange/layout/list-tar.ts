import type { FileHandle } from 'node:fs/promises';
import { indexPath, markerPath } from '../../../core/versions/oci-layout.ts';
import { quote } from '../../../core/text/quote.ts';
import { type TarHeader, blockSize, kindOfEntry, padding, parseHeader, parsePax } from './tar-format.ts';

/** Where the content of a file is in an archive. */
export interface TarFile {
  position: number;
  size: number;
}

const notTar = 'it is not a tar archive or a layout folder';
const mostEntries = 500_000;
const mostPaxBytes = 64 * 1024;
/** Archivers pad the end to a full record, usually 10 KiB. */
const mostTrailing = 1024 * 1024;

type Refuse = (why: string) => Error;

/**
 * Reads the headers of a tar archive and records where the files of an image layout are, without
 * reading their content. Refuses anything but plain files and folders, names outside the layout, a
 * file that appears twice, and any byte between files that no archiver would have written. Skips
 * names that no layout has.
 */
export async function listTar(
  file: FileHandle,
  fileSize: number,
  refuse: Refuse,
  signal?: AbortSignal,
): Promise<Map<string, TarFile>> {
  const files = new Map<string, TarFile>();
  const read = async (position: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, position);
    if (bytesRead < length) throw refuse('it is truncated');
    return buffer;
  };
  refuseOthers(await file.read(Buffer.alloc(6), 0, 6, 0), refuse);
  if (fileSize < blockSize) throw refuse(fileSize === 0 ? 'it is empty' : notTar);
  let pax: { path?: string; size?: number } = {};
  for (let position = 0, entries = 0; ; entries += 1) {
    signal?.throwIfAborted();
    if (entries > mostEntries) throw refuse(`it has more than ${mostEntries} entries`);
    const block = await read(position, blockSize);
    if (block.every((byte) => byte === 0)) {
      await checkEnd(read, position, fileSize, refuse);
      if (Object.keys(pax).length > 0) throw refuse('it is truncated after a pax header');
      return files;
    }
    const header = parseHeader(block);
    if (typeof header === 'string') throw refuse(position === 0 ? notTar : header);
    const { path, size } = { ...header, ...pax };
    const start = position + blockSize;
    if (start + size > fileSize) throw refuse('it is truncated');
    if ((await read(start + size, padding(size).length)).some((byte) => byte !== 0))
      throw refuse('unexpected data between two entries');
    position = start + size + padding(size).length;
    if (header.type === 'x') {
      if (size > mostPaxBytes) throw refuse('a pax header is too large');
      const records = parsePax(await read(start, size));
      if (typeof records === 'string') throw refuse(records);
      pax = records;
      continue;
    }
    const place = placeOf(header, path, refuse);
    pax = {};
    if (place === undefined) continue;
    if (files.has(place)) throw refuse(`duplicate entry ${quote(place)}`);
    files.set(place, { position: start, size });
  }
}

/** The layout path of a file; undefined for folders and for files that are not part of a layout. */
function placeOf({ type }: TarHeader, name: string, refuse: Refuse): string | undefined {
  const path = name.replace(/^(?:\.\/)+/, '').replace(/\/$/, '');
  if (type === '5' && (path === '' || path === '.')) return undefined;
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(path))
    throw refuse(`entry ${quote(name)} points outside the archive`);
  if (type === '5') return undefined;
  if (type !== '0' && type !== '\0') throw refuse(`it contains ${kindOfEntry(type)}: ${quote(name)}`);
  const belongs = path === markerPath || path === indexPath || /^blobs\/sha256\/[0-9a-f]{64}$/.test(path);
  return belongs ? path : undefined;
}

/** Only zeros may follow, at least two blocks of them. */
async function checkEnd(
  read: (position: number, length: number) => Promise<Buffer>,
  position: number,
  fileSize: number,
  refuse: Refuse,
): Promise<void> {
  const rest = fileSize - position;
  if (rest < 2 * blockSize) throw refuse('it is truncated');
  if (rest > mostTrailing || (await read(position, rest)).some((byte) => byte !== 0))
    throw refuse('unexpected data after the end of the archive');
}

/** Refuses compressed files and other kinds of archives, by their first bytes. */
function refuseOthers({ buffer, bytesRead }: { buffer: Buffer; bytesRead: number }, refuse: Refuse): void {
  const start = buffer.toString('hex', 0, bytesRead);
  const kinds: [magic: string, what: string][] = [
    ['1f8b', 'it is compressed: gunzip it first'],
    ['28b52ffd', 'it is compressed: unzstd it first'],
    ['fd377a585a00', 'it is compressed: unxz it first'],
    ['425a68', 'it is compressed: bunzip2 it first'],
    ['504b', 'it is a zip archive, not a tar'],
  ];
  const kind = kinds.find(([magic]) => start.startsWith(magic))?.[1];
  if (kind !== undefined) throw refuse(kind);
}

import { crc32, inflateRawSync, constants } from 'node:zlib';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { ByteSource } from '../file/bytes.ts';

/**
 * ZIP archives as NumPy writes them (PKWARE's APPNOTE.TXT 6.3): entries that are stored or
 * deflated, without encryption and below 4 GiB. Read by position and synchronously, like ONNX
 * files; nothing is unpacked that is larger than its entry says, and every byte is checked against
 * its CRC-32.
 */
export interface ZipEntry {
  name: string;
  deflated: boolean;
  /** Bytes in the archive, and unpacked. */
  packed: number;
  size: number;
  crc: number;
  /** Where its local header begins. */
  position: number;
}

/** Deflated entries are unpacked in memory. */
export const mostInflated = 256 * 2 ** 20;

const endBytes = 22;
const longestComment = 2 ** 16 - 1;
const entryBytes = 46;
const localBytes = 30;
const mostEntries = 10_000;
const mostDirectory = 16 * 2 ** 20;
const signatures = { end: 0x06054b50, entry: 0x02014b50, local: 0x04034b50 };
const chunkBytes = 2 ** 20;

/** The entries of an archive. INVALID_INPUT, with only the reason, for anything else. */
export function listZip(source: ByteSource): ZipEntry[] {
  const end = findEnd(source);
  const count = end.view.getUint16(10, true);
  const [size, start] = [end.view.getUint32(12, true), end.view.getUint32(16, true)];
  if (end.view.getUint16(4, true) !== 0 || end.view.getUint16(8, true) !== count)
    throw bad('it is a part of a split archive');
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff)
    throw bad('it is a ZIP64 archive (4 GiB or more)');
  if (count > mostEntries || size > mostDirectory) throw bad(`it has more than ${mostEntries} entries`);
  if (start + size > end.position) throw bad('its directory is truncated');
  const directory = viewOf(source.read(start, size));
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const { entry, next } = readEntry(directory, at);
    if (entries.has(entry.name)) throw bad(`duplicate entry ${quote(entry.name)}`);
    entries.set(entry.name, entry);
    at = next;
  }
  refuseOverlaps([...entries.values()], start);
  return [...entries.values()];
}

/** At least the first `length` bytes of an entry, or all of it, not checked by their CRC. */
export function zipHead(source: ByteSource, entry: ZipEntry, length: number): Uint8Array {
  const start = dataStart(source, entry);
  if (!entry.deflated) return source.read(start, Math.min(length, entry.size));
  // Deflate packs at most about 1:1032, and hardly ever makes data longer.
  const packed = source.read(start, Math.min(entry.packed, length + 1024));
  return unpack(packed, entry, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** The bytes of an entry, in pieces. INVALID_INPUT unless they are those of its size and CRC. */
export function* zipChunks(source: ByteSource, entry: ZipEntry): Generator<Uint8Array> {
  const start = dataStart(source, entry);
  let crc = 0;
  if (entry.deflated) {
    if (entry.size > mostInflated)
      throw bad(
        `${quote(entry.name)} has ${entry.size} bytes; the limit for a compressed array is ${mostInflated}`,
      );
    const bytes = unpack(source.read(start, entry.packed), entry, { maxOutputLength: entry.size + 1 });
    if (bytes.length !== entry.size) throw bad(`${quote(entry.name)} does not have the size that it says`);
    crc = crc32(bytes);
    yield bytes;
  } else {
    for (let done = 0; done < entry.size;) {
      const chunk = source.read(start + done, Math.min(chunkBytes, entry.size - done));
      crc = crc32(chunk, crc);
      done += chunk.length;
      yield chunk;
    }
  }
  if (crc !== entry.crc) throw bad(`${quote(entry.name)} is damaged: its CRC does not match`);
}

function unpack(
  packed: Uint8Array,
  entry: ZipEntry,
  options: { finishFlush?: number; maxOutputLength?: number },
): Uint8Array {
  try {
    return inflateRawSync(packed, options);
  } catch (cause) {
    throw bad(`${quote(entry.name)} cannot be unpacked to the size that it says`, cause);
  }
}

function findEnd(source: ByteSource): { view: DataView; position: number } {
  const length = Math.min(source.size, endBytes + longestComment);
  const from = source.size - length;
  const tail = viewOf(source.read(from, length));
  for (let at = length - endBytes; at >= 0; at--) {
    if (
      tail.getUint32(at, true) !== signatures.end ||
      at + endBytes + tail.getUint16(at + 20, true) !== length
    )
      continue;
    return { view: new DataView(tail.buffer, tail.byteOffset + at, endBytes), position: from + at };
  }
  throw bad('it is not a ZIP archive, or truncated');
}

function readEntry(directory: DataView, at: number): { entry: ZipEntry; next: number } {
  if (at + entryBytes > directory.byteLength || directory.getUint32(at, true) !== signatures.entry)
    throw bad('its directory is damaged');
  const uint16 = (offset: number): number => directory.getUint16(at + offset, true);
  const uint32 = (offset: number): number => directory.getUint32(at + offset, true);
  const [nameLength, extraLength, commentLength] = [uint16(28), uint16(30), uint16(32)];
  const next = at + entryBytes + nameLength + extraLength + commentLength;
  if (next > directory.byteLength) throw bad('its directory is damaged');
  const name = decodeName(
    new Uint8Array(directory.buffer, directory.byteOffset + at + entryBytes, nameLength),
  );
  const [flags, method] = [uint16(8), uint16(10)];
  if ((flags & 0x2041) !== 0) throw bad(`${quote(name)} is encrypted`);
  if (method !== 0 && method !== 8) throw bad(`${quote(name)} is packed by the unknown method ${method}`);
  const entry = {
    name,
    deflated: method === 8,
    crc: uint32(16),
    packed: uint32(20),
    size: uint32(24),
    position: uint32(42),
  };
  if (entry.packed === 0xffffffff || entry.size === 0xffffffff || entry.position === 0xffffffff)
    throw bad(`${quote(name)} has 4 GiB or more`);
  if (!entry.deflated && entry.packed !== entry.size)
    throw bad(`${quote(name)} does not have the size that it says`);
  return { entry, next };
}

/** Entries that share bytes would unpack to far more than the archive could hold. */
function refuseOverlaps(entries: readonly ZipEntry[], directory: number): void {
  const ordered = entries.toSorted((a, b) => a.position - b.position);
  for (const [index, { name, position, packed }] of ordered.entries()) {
    const end = ordered[index + 1]?.position ?? directory;
    if (position + localBytes + packed > end) throw bad(`${quote(name)} overlaps with what follows it`);
  }
}

function dataStart(source: ByteSource, { name, position, packed }: ZipEntry): number {
  const local = viewOf(source.read(position, localBytes));
  if (local.getUint32(0, true) !== signatures.local)
    throw bad(`${quote(name)} is not where its directory says`);
  const start = position + localBytes + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + packed > source.size) throw bad(`${quote(name)} is truncated`);
  return start;
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw bad('the name of an entry is not UTF-8', cause);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bad(why: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', why, { hint: 'write it again with numpy.savez', cause });
}

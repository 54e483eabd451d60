import { posix } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { counted } from '../../core/text/numbers.ts';
import { quote } from '../../core/text/quote.ts';
import { WireMessage, once } from './wire.ts';
import type { ByteWindow, Span } from './bytes.ts';

/** The tensor that ends last in one external file. */
export interface ExternalReference extends ExternalLocation {
  tensor: string;
}

/** An exporter writes all locations in the same form, so models need few folders. */
const mostFolders = 64;

function endOf({ offset, length, packedEnd = 0 }: ExternalLocation): number {
  return Math.max(offset + (length ?? 0), packedEnd);
}

/**
 * Keeps, for each file, the tensor that ends last, because the file then also contains the others;
 * and all folders on the way to the file.
 */
export function keepFurthest(
  references: Map<string, ExternalReference>,
  tensor: string,
  found: ExternalLocation,
): void {
  const held = references.get(found.location);
  const furthest = held === undefined || endOf(found) > endOf(held) ? { ...found, tensor } : held;
  const through = new Set([...(held?.through ?? []), ...(found.through ?? [])]);
  if (through.size > mostFolders)
    throw refuse(tensor, `${quote(found.location)} is written in too many different ways`);
  references.set(found.location, { ...furthest, ...(through.size > 0 ? { through: [...through] } : {}) });
}

/**
 * Refuses a model whose external data is incomplete. `files`: sizes by path relative to the model
 * file's folder, only of files that belong to the artifact.
 */
export function checkExternalData(
  references: readonly ExternalReference[],
  files: ReadonlyMap<string, number>,
): void {
  for (const reference of references) {
    const { tensor, location, offset, length, through = [], packedEnd = 0 } = reference;
    const size = files.get(location);
    if (size === undefined) {
      throw new MlregError(
        'INVALID_INPUT',
        `tensor ${quote(tensor)} has its data in ${quote(location)}, which is not in the artifact`,
        { hint: 'register the folder that holds the model and its data files' },
      );
    }
    const missing = through.find((folder) => !isFolder(folder, files));
    if (missing !== undefined) {
      throw new MlregError(
        'INVALID_INPUT',
        `the path of ${quote(location)} (data of tensor ${quote(tensor)}) uses the folder ${quote(missing)}, which is not in the artifact`,
        { hint: 'save the model again with a simple location, for example weights.bin' },
      );
    }
    if (endOf(reference) > size) {
      const wanted =
        packedEnd > offset + (length ?? 0)
          ? `packed weights up to byte ${packedEnd}`
          : length === null
            ? `data from offset ${offset}`
            : `${counted(length, 'byte')} at offset ${offset}`;
      throw new MlregError(
        'INVALID_INPUT',
        `tensor ${quote(tensor)} needs ${wanted} of ${quote(location)}, but the file has ${counted(size, 'byte')}`,
        { hint: `${quote(location)} may be truncated or belong to another model; export both again` },
      );
    }
  }
}

function isFolder(path: string, files: ReadonlyMap<string, number>): boolean {
  return [...files.keys()].some((file) => file.startsWith(`${path}/`));
}

/** Where a tensor's values are in an external file. */
export interface ExternalLocation {
  /** Path relative to the folder of the model file, `/`-separated. */
  location: string;
  offset: number;
  /**
   * In bytes: the size that dtype and shape need, else the size that the model declares; null if
   * unknown.
   */
  length: number | null;
  /** Folders that must exist so that the path can be found; see `resolveLocation`. */
  through?: string[];
  /**
   * End of the last weights that ONNX Runtime packed for its kernels in advance; absent: there are
   * none.
   */
  packedEnd?: number;
}

const known = new Set(['location', 'offset', 'length', 'checksum']);
/**
 * ONNX Runtime writes these with session.save_external_prepacked_constant_initializers, one for
 * each kernel that packs the tensor.
 */
const packedKey = /^prepacked_\d+$/;

export function refuse(tensor: string, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `external data of tensor ${quote(tensor)}: ${why}`, {
    hint: 'save the model again with external data: onnx.save(…, save_as_external_data=True)',
  });
}

function parseLocation(tensor: string, text: string): FolderPath {
  const resolved = text.isWellFormed() ? resolveLocation(text) : undefined;
  if (resolved !== undefined) return resolved;
  throw refuse(tensor, `the location ${quote(text)} is not a plain relative path inside the model's folder`);
}

function parseCount(tensor: string, key: string, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw refuse(tensor, `invalid ${key} ${quote(text)}: not a number of bytes`);
}

/**
 * Parses `KERNEL+HASH|OFFSET;LENGTH;CHECKSUM|…`. Like ONNX Runtime, it ignores other text.
 */
function endOfPacked(value: string): number {
  const ranges = [...value.matchAll(/\|(\d{1,15});(\d{1,15});/g)];
  return ranges.reduce((end, [, offset, length]) => Math.max(end, Number(offset) + Number(length)), 0);
}

function readEntry(window: ByteWindow, span: Span): [key: string, value: string] {
  const message = new WireMessage(window, span, 'StringStringEntryProto');
  let key: string | undefined;
  let value: string | undefined;
  while (message.next()) {
    if (message.field === 1) {
      once(key, message);
      key = message.text();
    } else if (message.field === 2) {
      once(value, message);
      value = message.text();
    }
  }
  return [key ?? '', value ?? ''];
}

/**
 * Parses TensorProto.external_data strictly: keys as in
 * https://onnx.ai/onnx/repo-docs/ExternalData.html, each once. `byteLength` is the size that the
 * tensor's dtype and shape need, null if unknown.
 */
export function readExternalLocation(
  window: ByteWindow,
  spans: Span[],
  tensor: string,
  byteLength: number | null,
): ExternalLocation {
  const entries = new Map<string, string>();
  let packedEnd = 0;
  for (const span of spans) {
    const [key, value] = readEntry(window, span);
    if (packedKey.test(key)) {
      packedEnd = Math.max(packedEnd, endOfPacked(value));
      continue;
    }
    if (!known.has(key)) throw refuse(tensor, `unknown key ${quote(key)}`);
    if (entries.has(key)) throw refuse(tensor, `duplicate ${key}`);
    entries.set(key, value);
  }
  const text = entries.get('location');
  if (text === undefined) throw refuse(tensor, 'it has no location');
  const { path: location, through } = parseLocation(tensor, text);
  const offset = parseCount(tensor, 'offset', entries.get('offset') ?? '0');
  const given = entries.has('length') ? parseCount(tensor, 'length', entries.get('length')!) : null;
  // ONNX Runtime refuses to load such a model; it takes a length of 0 as not given.
  if (given !== null && given !== 0 && byteLength !== null && given !== byteLength) {
    throw refuse(
      tensor,
      `its length is ${counted(given, 'byte')}, but its type and shape need ${byteLength}`,
    );
  }
  const length = byteLength ?? given;
  if (!Number.isSafeInteger(offset + (length ?? 0))) {
    throw refuse(tensor, `offset ${offset} plus length ${length} is out of range`);
  }
  return {
    location,
    offset,
    length,
    ...(through.length > 0 ? { through } : {}),
    ...(packedEnd > 0 ? { packedEnd } : {}),
  };
}

export interface FolderPath {
  /** Relative to the folder of the model file, `/`-separated, without `.`, `..` and empty parts. */
  path: string;
  /**
   * Folders that a `..` leaves again: they must exist, or the operating system does not find the
   * file.
   */
  through: string[];
}

/**
 * Text that cannot be registered as a path, and `*`: ONNX Runtime takes some locations with it for
 * addresses in its own memory.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const bad = /[\u0000-\u001f\u007f\\*]|^[a-zA-Z]:|^\//;

/** The limit on Linux; no path in an artifact is as long. */
const longestPath = 4096;

/**
 * The path of external data, as ONNX Runtime resolves it; undefined if it is not a file below the
 * model's folder.
 */
export function resolveLocation(location: string): FolderPath | undefined {
  if (location.length > longestPath || bad.test(location) || /(?:^|\/)\.{0,2}$/.test(location))
    return undefined;
  const parts: string[] = [];
  const through: string[] = [];
  for (const part of location.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') {
      parts.push(part);
      continue;
    }
    if (parts.length === 0) return undefined;
    through.push(posix.join(...parts));
    parts.pop();
  }
  return { path: parts.join('/'), through };
}

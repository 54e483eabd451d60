import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { once, type ByteWindow, type Span, WireMessage } from './wire.ts';

/** Where a tensor's values lie outside of the model file. */
export interface ExternalLocation {
  /** Path relative to the folder of the model file, `/`-separated. */
  location: string;
  offset: number;
  /** In bytes: what the tensor's dtype and shape need, else what the model says; null when it is not known. */
  length: number | null;
}

/** The tensor that reaches furthest into one external file. */
export interface ExternalReference extends ExternalLocation {
  tensor: string;
}

const known = new Set(['location', 'offset', 'length', 'checksum']);

function refuse(tensor: string, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `external data of tensor ${quote(tensor)}: ${why}`, {
    hint: 'save the model again with its data in files beside it: onnx.save(…, save_as_external_data=True)',
  });
}

/**
 * A path that stays in the model's folder on every platform. A leading `./` is dropped. Asterisks and the other
 * characters Windows reserves are refused, and with them the location by which ONNX Runtime takes the offset for an
 * address in its own memory (`_ORT_MEM_ADDR_` between asterisks).
 */
function parseLocation(tensor: string, text: string): string {
  const path = text.startsWith('./') ? text.slice(2) : text;
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const bad = /[\u0000-\u001f\u007f\\<>:"|?*]/.test(path);
  const segments = path.split('/');
  if (bad || segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw refuse(tensor, `the location ${quote(text)} is not a plain path below the model's folder`);
  }
  return path;
}

function parseCount(tensor: string, key: string, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw refuse(tensor, `the ${key} ${quote(text)} is not a number of bytes`);
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
 * TensorProto.external_data, strictly: keys as in https://onnx.ai/onnx/repo-docs/ExternalData.html, each once.
 * `byteLength` is what the tensor's dtype and shape need, null if that is not known.
 */
export function readExternalLocation(
  window: ByteWindow,
  spans: Span[],
  tensor: string,
  byteLength: number | null,
): ExternalLocation {
  const entries = new Map<string, string>();
  for (const span of spans) {
    const [key, value] = readEntry(window, span);
    if (!known.has(key)) throw refuse(tensor, `unknown key ${quote(key)}`);
    if (entries.has(key)) throw refuse(tensor, `${key} is given twice`);
    entries.set(key, value);
  }
  const path = entries.get('location');
  if (path === undefined) throw refuse(tensor, 'it has no location');
  const location = parseLocation(tensor, path);
  const offset = parseCount(tensor, 'offset', entries.get('offset') ?? '0');
  const given = entries.has('length') ? parseCount(tensor, 'length', entries.get('length')!) : null;
  // ONNX Runtime refuses such a tensor when it loads the model; a length of 0 it takes as not given.
  if (given !== null && given !== 0 && byteLength !== null && given !== byteLength) {
    throw refuse(tensor, `its length is ${given} bytes, but its type and shape take ${byteLength}`);
  }
  const length = byteLength ?? given;
  if (!Number.isSafeInteger(offset + (length ?? 0))) {
    throw refuse(tensor, `offset ${offset} and length ${length} are beyond any file`);
  }
  return { location, offset, length };
}

function endOf({ offset, length }: ExternalLocation): number {
  return offset + (length ?? 0);
}

/** Keeps, for each file, the tensor that reaches furthest: the others are in it then, too. */
export function keepFurthest(
  references: Map<string, ExternalReference>,
  tensor: string,
  found: ExternalLocation,
): void {
  const held = references.get(found.location);
  if (held === undefined || endOf(found) > endOf(held)) references.set(found.location, { ...found, tensor });
}

/**
 * Refuses a model whose external data is not all there. `files`: sizes by path relative to the model file's folder,
 * of those files only that belong to the artifact.
 */
export function checkExternalData(
  references: readonly ExternalReference[],
  files: ReadonlyMap<string, number>,
): void {
  for (const reference of references) {
    const { tensor, location, offset, length } = reference;
    const size = files.get(location);
    if (size === undefined) {
      throw new MlregError(
        'INVALID_INPUT',
        `tensor ${quote(tensor)} has its data in ${quote(location)}, which is not in the artifact`,
        { hint: 'register the folder that holds the model and its data files' },
      );
    }
    if (endOf(reference) > size) {
      const wanted = length === null ? `from byte ${offset}` : `${length} bytes from byte ${offset}`;
      throw new MlregError(
        'INVALID_INPUT',
        `tensor ${quote(tensor)} has its data in ${quote(location)}, ${wanted}, but that file has ${size} bytes`,
        { hint: `${quote(location)} may be truncated, or of another model: export them again together` },
      );
    }
  }
}

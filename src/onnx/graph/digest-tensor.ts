import { createHash } from 'node:crypto';
import { counted } from '../../core/text/numbers.ts';
import type { ExternalLocation } from '../file/external-data.ts';
import { type TensorFacts, readSparseTensor, readTensor } from '../file/read-values.ts';
import { WireMessage } from '../file/wire.ts';
import { type ByteWindow, type Span, malformed } from '../file/bytes.ts';
import { bitsPerElement, dataTypeName, stringType } from '../tensors/data-types.ts';
import type { TokenHash } from './token-hash.ts';

/**
 * Attribute tensors up to this size are configuration (axes, shapes, small constants); larger ones
 * are weights.
 */
const largestContent = 1024;

/** Takes the values of a tensor, in the layout of raw_data. */
interface Content {
  add(piece: Uint8Array): void;
}

/** Keeps up to `largestContent` bytes, and only counts the rest. */
class SmallContent implements Content {
  length = 0;
  readonly #bytes = Buffer.alloc(largestContent);

  add(piece: Uint8Array): void {
    if (this.length + piece.length <= largestContent) this.#bytes.set(piece, this.length);
    this.length += piece.length;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}

/** The `width` low bytes of a number. */
function addInteger(content: Content, low: number, high: number, width: number): void {
  const number = Buffer.alloc(8);
  number.writeUInt32LE(low, 0);
  number.writeUInt32LE(high, 4);
  content.add(number.subarray(0, width));
}

/** The values in the layout of raw_data, whichever field of the tensor holds them. */
function readContent<T extends Content>(
  window: ByteWindow,
  { span, dataType }: TensorFacts,
  empty: () => T,
): T {
  const bits = bitsPerElement(dataType) ?? 32;
  const message = new WireMessage(window, span, 'TensorProto');
  const typed = empty();
  let raw: T | undefined;
  while (message.next()) {
    switch (message.field) {
      case 4:
        for (const piece of message.fixedBytes(4)) typed.add(piece);
        break;
      case 5:
        // Types of less than a byte are already packed into bytes here.
        message.eachInteger((low, high) => addInteger(typed, low, high, Math.min(4, Math.ceil(bits / 8))));
        break;
      case 7:
      case 11:
        message.eachInteger((low, high) => addInteger(typed, low, high, bits === 32 ? 4 : 8));
        break;
      case 9:
        raw = empty();
        for (const piece of message.bytes()) raw.add(piece);
        break;
      case 10:
        for (const piece of message.fixedBytes(8)) typed.add(piece);
        break;
    }
  }
  return raw ?? typed;
}

function readStrings(window: ByteWindow, { span }: TensorFacts): Buffer[] | null {
  const message = new WireMessage(window, span, 'TensorProto');
  const strings: Buffer[] = [];
  let length = 0;
  while (message.next()) {
    if (message.field !== 6) continue;
    const { start, end } = message.span();
    length += end - start;
    // Empty strings take no bytes, but their number must be limited too.
    if (length > largestContent || strings.length === largestContent) return null;
    strings.push(window.copy(start, end));
  }
  return strings;
}

function writeContent(hash: TokenHash, window: ByteWindow, tensor: TensorFacts): void {
  const { dataType, byteLength, external, dims, span } = tensor;
  if (external !== null || (byteLength !== null && byteLength > largestContent)) {
    hash.number(0);
  } else if (dataType === stringType) {
    const strings = readStrings(window, tensor);
    if (strings === null) hash.number(0);
    else hash.number(2).list(strings, (text) => hash.bytes(text.length, [text]));
  } else {
    const content = readContent(window, tensor, () => new SmallContent());
    if (byteLength !== null && content.length !== byteLength) {
      const type = `${dataTypeName(dataType)}[${dims.join(',')}]`;
      throw malformed(
        `a tensor has ${counted(content.length, 'byte')}, but ${type} needs ${byteLength}`,
        span.start,
      );
    }
    if (content.length > largestContent) hash.number(0);
    else hash.number(1).bytes(content.length, [content.bytes()]);
  }
}

class HashedContent implements Content {
  readonly #hash = createHash('sha256');

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
  }

  end(): string {
    return this.#hash.digest('hex');
  }
}

/**
 * A hash of all values of a tensor, in whichever field they are; `external`: their bytes if they
 * are in another file.
 */
export function hashOfValues(
  window: ByteWindow,
  tensor: TensorFacts,
  external: (location: ExternalLocation) => Iterable<Uint8Array>,
): string {
  if (tensor.external === null && tensor.dataType !== stringType)
    return readContent(window, tensor, () => new HashedContent()).end();
  const content = new HashedContent();
  if (tensor.external !== null) for (const piece of external(tensor.external)) content.add(piece);
  else {
    const message = new WireMessage(window, tensor.span, 'TensorProto');
    while (message.next()) {
      if (message.field !== 6) continue;
      addInteger(content, message.end - message.start, 0, 8);
      for (const piece of message.bytes()) content.add(piece);
    }
  }
  return content.end();
}

/** tensor = dtype number, list of dims, content: 0 | 1 bytes | 2 list of byte strings. */
export function writeTensor(hash: TokenHash, window: ByteWindow, span: Span): void {
  const tensor = readTensor(window, span);
  hash.number(tensor.dataType).list(tensor.dims, (size) => hash.number(size));
  writeContent(hash, window, tensor);
}

/** sparse = tensor of the values, 0 | 1 tensor of the indices, list of dims. */
export function writeSparseTensor(hash: TokenHash, window: ByteWindow, span: Span): void {
  const { values, indices, dims } = readSparseTensor(window, span);
  writeTensor(hash, window, values.span);
  hash.number(indices === null ? 0 : 1);
  if (indices !== null) writeTensor(hash, window, indices.span);
  hash.list(dims, (size) => hash.number(size));
}

/** initializer = name, dtype number, list of dims. */
export function writeInitializer(hash: TokenHash, name: string, dataType: number, dims: number[]): void {
  hash
    .text(name)
    .number(dataType)
    .list(dims, (size) => hash.number(size));
}

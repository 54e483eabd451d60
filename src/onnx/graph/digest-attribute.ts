import { writeSparseTensor, writeTensor } from './digest-tensor.ts';
import { attributeName } from '../file/read-node.ts';
import { readType, type ValueType } from '../file/read-values.ts';
import { TokenHash } from './token-hash.ts';
import type { LearnedNumbers } from './learned-attributes.ts';
import { once, WireMessage } from '../file/wire.ts';
import type { ByteWindow, Span } from '../file/bytes.ts';

/**
 * Digest of a nested graph: `graph-digest` passes it in, and calls back here for the attributes in
 * that graph.
 */
export type DigestNested = (span: Span) => Uint8Array;

/**
 * type = text, shape: -1 if there is none, else a list of 0 for an unknown size | 1 size | 2
 * symbol.
 */
export function writeType(hash: TokenHash, { type, shape }: ValueType): void {
  hash.text(type);
  if (shape === null) hash.number(-1);
  else {
    hash.list(shape, (dimension) => {
      if (dimension === null) hash.number(0);
      else if (typeof dimension === 'number') hash.number(1).number(dimension);
      else hash.number(2).text(dimension);
    });
  }
}

/**
 * The content of an AttributeProto: single values by field number, and a running hash per repeated
 * field.
 */
interface Content {
  reference: string;
  type: number;
  float: Buffer;
  integer: [low: number, high: number];
  single: Map<number, Span>;
  lists: Map<number, TokenHash>;
}

function listOf({ lists }: Content, field: number): TokenHash {
  let hash = lists.get(field);
  if (hash === undefined) lists.set(field, (hash = new TokenHash()));
  return hash;
}

function writeMessage(
  hash: TokenHash,
  window: ByteWindow,
  field: number,
  span: Span,
  nested: DigestNested,
): void {
  if (field === 4 || field === 9) hash.bytes(span.end - span.start, window.pieces(span.start, span.end));
  else if (field === 5 || field === 10) writeTensor(hash, window, span);
  else if (field === 6 || field === 11) hash.fixed(nested(span));
  else if (field === 14 || field === 15) writeType(hash, readType(window, span));
  else writeSparseTensor(hash, window, span);
}

function readContent(window: ByteWindow, span: Span, nested: DigestNested): Content {
  const message = new WireMessage(window, span, 'AttributeProto');
  const content: Content = {
    reference: '',
    type: 0,
    float: Buffer.alloc(4),
    integer: [0, 0],
    single: new Map(),
    lists: new Map(),
  };
  while (message.next()) {
    const { field } = message;
    switch (field) {
      case 2:
        content.float = message.float();
        break;
      case 3:
        content.integer = message.halves();
        break;
      case 4:
        content.single.set(field, message.span());
        break;
      case 5:
      case 6:
      case 14:
      case 22:
        once(content.single.get(field), message);
        content.single.set(field, message.span());
        break;
      case 7:
        for (const piece of message.fixedBytes(4)) listOf(content, field).fixed(piece);
        break;
      case 8:
        message.eachInteger((low, high) => listOf(content, field).halves(low, high));
        break;
      case 9:
      case 10:
      case 11:
      case 15:
      case 23:
        writeMessage(listOf(content, field), window, field, message.span(), nested);
        break;
      case 20:
        content.type = message.integer();
        break;
      case 21:
        content.reference = message.text();
        break;
    }
  }
  return content;
}

/**
 * attribute = name, ref_attr_name, type, then the number and the value of each content field that
 * is not empty or zero, in the order of their numbers; 0 at the end. A list is the digest of its
 * items.
 */
export function writeAttribute(hash: TokenHash, window: ByteWindow, span: Span, nested: DigestNested): void {
  const { reference, type, float, integer, single, lists } = readContent(window, span, nested);
  hash.text(attributeName(window, span)).text(reference).number(type);
  if (float.some((byte) => byte !== 0)) hash.number(2).fixed(float);
  if (integer[0] !== 0 || integer[1] !== 0) hash.number(3).halves(...integer);
  for (const field of [...single.keys(), ...lists.keys()].toSorted((a, b) => a - b)) {
    const list = lists.get(field);
    const value = single.get(field);
    if (list !== undefined) hash.number(field).fixed(list.end());
    // Proto3 writers omit an empty string, proto2 writers write it.
    else if (value !== undefined && (field !== 4 || value.end > value.start)) {
      writeMessage(hash.number(field), window, field, value, nested);
    }
  }
  hash.number(0);
}

/**
 * learned = name, -1, then for a tensor its dtype number and list of dims, for a list -1 and the
 * count.
 */
export function writeLearned(hash: TokenHash, name: string, { count, tensor }: LearnedNumbers): void {
  hash.text(name).number(-1);
  if (tensor === null) hash.number(-1).number(count);
  else hash.number(tensor.dataType).list(tensor.dims, (size) => hash.number(size));
}

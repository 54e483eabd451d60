import { createHash, type Hash } from 'node:crypto';
import { WireMessage } from '../file/wire.ts';
import type { ByteWindow, Span } from '../file/bytes.ts';

/**
 * What a field contains: a label (content that is neither graph nor weights), named by the text
 * that a reason uses for its change; or a message.
 */
type Part = { label: string } | { message: keyof typeof messages };

const label = (text: string): { label: string } => ({ label: text });
const message = (name: string): Part => ({ message: name as keyof typeof messages });

const docs = label('different doc strings');
const metadata = label('different metadata_props');
const names = label('different node or graph names');
const devices = label('a different device configuration');
const form = label('a different weight encoding');
const place = label('a different weight location');

/**
 * Field numbers of onnx.proto (IR version 14). A field that is not listed is part of the graph
 * digest or a weight.
 */
const messages = {
  ModelProto: {
    1: label('a different IR version'),
    2: label('a different producer'),
    3: label('a different producer'),
    4: label('a different model domain'),
    5: label('a different model version'),
    6: docs,
    7: message('GraphProto'),
    14: metadata,
    20: label('different training information'),
    25: message('FunctionProto'),
    26: devices,
  },
  GraphProto: {
    1: message('NodeProto'),
    2: names,
    5: message('TensorProto'),
    10: docs,
    11: message('ValueInfoProto'),
    12: message('ValueInfoProto'),
    13: label('different shapes of intermediate values'),
    14: label('different quantization annotations'),
    15: message('SparseTensorProto'),
    16: metadata,
  },
  FunctionProto: {
    7: message('NodeProto'),
    8: docs,
    11: message('AttributeProto'),
    12: label('different shapes of intermediate values'),
    14: metadata,
  },
  NodeProto: { 3: names, 5: message('AttributeProto'), 6: docs, 9: metadata, 10: devices },
  AttributeProto: {
    5: message('TensorProto'),
    6: message('GraphProto'),
    10: message('TensorProto'),
    11: message('GraphProto'),
    13: docs,
    22: message('SparseTensorProto'),
    23: message('SparseTensorProto'),
  },
  SparseTensorProto: { 1: message('TensorProto'), 2: message('TensorProto') },
  // For values, it only counts which field they are in.
  TensorProto: {
    4: form,
    5: form,
    6: form,
    7: form,
    9: form,
    10: form,
    11: form,
    12: docs,
    13: place,
    14: place,
    16: metadata,
  },
  ValueInfoProto: { 2: message('TypeProto'), 3: docs, 4: metadata },
  TypeProto: { 6: label('different denotations') },
} satisfies Record<string, Record<number, Part>>;

/** A hash of each kind of label in an ONNX file, by the text that a reason uses for its change. */
export function labelHashes(window: ByteWindow): Map<string, string> {
  const hashes = new Map<string, Hash>();
  walk(window, { start: 0, end: window.size, depth: 0 }, 'ModelProto', hashes);
  return new Map([...hashes].map(([name, hash]) => [name, hash.digest('hex')]));
}

function walk(window: ByteWindow, span: Span, name: keyof typeof messages, hashes: Map<string, Hash>): void {
  const parts: Record<number, Part> = messages[name];
  const reader = new WireMessage(window, span, name);
  while (reader.next()) {
    const part = parts[reader.field];
    if (part === undefined) continue;
    if ('message' in part) walk(window, reader.span(), part.message, hashes);
    else add(window, reader, part, hashes);
  }
}

/** An empty or zero field counts as left out. */
function add(
  window: ByteWindow,
  reader: WireMessage,
  { label: name }: { label: string },
  hashes: Map<string, Hash>,
): void {
  const { field, start, end } = reader;
  const parts: (string | Uint8Array)[] = [];
  if (name === form.label) parts.push(`${field} `);
  // A number has no bytes of its own.
  else if (start === end)
    reader.eachInteger((low, high) => (low | high) !== 0 && parts.push(`${field}=${low},${high} `));
  if (parts.length === 0 && start === end) return;
  const hash = hashes.get(name) ?? createHash('sha256');
  hashes.set(name, hash);
  for (const part of parts) hash.update(part);
  if (name === form.label || start === end) return;
  hash.update(`${field} ${end - start} `);
  for (const piece of window.pieces(start, end)) hash.update(piece);
}

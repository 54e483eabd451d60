import { writeAttribute } from './digest-attribute.ts';
import { hashOfValues } from './digest-tensor.ts';
import type { ExternalLocation } from '../file/external-data.ts';
import { nodeAttributes } from './learned-attributes.ts';
import { append, readNode } from '../file/read-node.ts';
import { readSparseTensor, readTensor } from '../file/read-values.ts';
import { TokenHash } from './token-hash.ts';
import { WireMessage } from '../file/wire.ts';
import type { ByteWindow, Span } from '../file/bytes.ts';

/** The bytes of an ONNX file, and of its external values. */
export interface ModelBytes {
  window: ByteWindow;
  external: (location: ExternalLocation) => Iterable<Uint8Array>;
}

/**
 * Hashes of everything that the graph digest counts as weights, one after another, so that two
 * models with the same graph can be compared up to the first difference. The order does not depend
 * on how the files are written.
 */
export function* weightHashes(model: ModelBytes): Generator<string> {
  const { window } = model;
  const message = new WireMessage(window, { start: 0, end: window.size, depth: 0 }, 'ModelProto');
  const graphs: Span[] = [];
  const functions: Span[] = [];
  while (message.next()) {
    if (message.field === 7) append(graphs, message, message.span());
    else if (message.field === 25) append(functions, message, message.span());
  }
  const named = functions.map((span) => ({ span, name: functionName(window, span) }));
  for (const { span } of named.toSorted((a, b) => (a.name < b.name ? -1 : 1))) yield* ofNodes(model, span, 7);
  for (const span of graphs) yield* ofGraph(model, span);
}

function functionName(window: ByteWindow, span: Span): string {
  const message = new WireMessage(window, span, 'FunctionProto');
  const labels = ['', '', ''];
  while (message.next()) {
    const place = [10, 1, 13].indexOf(message.field);
    if (place >= 0) labels[place] = message.text();
  }
  return labels.join(' ');
}

function* ofGraph(model: ModelBytes, span: Span): Generator<string> {
  for (const field of [5, 15] as const) {
    const message = new WireMessage(model.window, span, 'GraphProto');
    while (message.next()) if (message.field === field) yield ofTensor(model, message.span(), field === 15);
  }
  yield* ofNodes(model, span, 1);
}

/** The field `nodes` is 1 in a graph and 7 in a function. */
function* ofNodes(model: ModelBytes, span: Span, field: 1 | 7): Generator<string> {
  const message = new WireMessage(model.window, span, field === 1 ? 'GraphProto' : 'FunctionProto');
  while (message.next()) if (message.field === field) yield* ofNode(model, message.span());
}

function* ofNode(model: ModelBytes, span: Span): Generator<string> {
  const node = readNode(model.window, span);
  // Any node that reads its outputs may use them as weights.
  const attributes = nodeAttributes(model.window, node, new Set(node.outputs));
  for (const { name, span: content, learned } of attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    // Hashing what is also in the graph digest does no harm. Nested graphs are walked separately.
    if (learned !== null) yield hashOfAttribute(model, name, content);
    const message = new WireMessage(model.window, content, 'AttributeProto');
    while (message.next()) {
      const { field } = message;
      if (field === 5 || field === 10 || field === 22 || field === 23)
        yield ofTensor(model, message.span(), field > 10);
      else if (field === 6 || field === 11) yield* ofGraph(model, message.span());
    }
  }
}

function hashOfAttribute({ window }: ModelBytes, name: string, span: Span): string {
  const hash = new TokenHash().text(name);
  writeAttribute(hash, window, span, () => new Uint8Array());
  return hash.end().toString('hex');
}

function ofTensor({ window, external }: ModelBytes, span: Span, isSparse: boolean): string {
  if (!isSparse) return hashOfValues(window, readTensor(window, span), external);
  const { values, indices } = readSparseTensor(window, span);
  const parts = indices === null ? [values] : [values, indices];
  return parts.map((part) => hashOfValues(window, part, external)).join(' ');
}

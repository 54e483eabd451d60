import { digestOf } from '../core/digest.ts';
import { attributeName, type DigestNested, writeAttribute, writeType } from './digest-attribute.ts';
import { writeInitializer } from './digest-tensor.ts';
import { append, readNode, readOpset } from './read-node.ts';
import { readSparseTensor, readTensor } from './read-tensor.ts';
import { readNamedType } from './read-value-info.ts';
import { TokenHash } from './token-hash.ts';
import { once, type ByteWindow, type Span, WireMessage } from './wire.ts';

const format = 'mlreg graph digest v1';

function writeAttributes(hash: TokenHash, window: ByteWindow, spans: Span[], nested: DigestNested): void {
  const named = spans.map((span) => ({ span, name: attributeName(window, span) }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  hash.list(named, ({ span }) => writeAttribute(hash, window, span, nested));
}

function writeNode(hash: TokenHash, window: ByteWindow, span: Span): void {
  const node = readNode(window, span);
  hash.text(node.domain).text(node.operator).text(node.overload);
  hash.list(node.inputs, (name) => hash.text(name));
  hash.list(node.outputs, (name) => hash.text(name));
  writeAttributes(hash, window, node.attributes, (inner) => digestOfGraph(window, inner));
}

function writeValueInfo(hash: TokenHash, window: ByteWindow, span: Span): void {
  const { name, value } = readNamedType(window, span);
  writeType(hash.text(name), value);
}

function digestOfGraph(window: ByteWindow, span: Span): Buffer {
  const message = new WireMessage(window, span, 'GraphProto');
  const inputs = new TokenHash();
  const outputs = new TokenHash();
  const initializers = new TokenHash();
  const sparse = new TokenHash();
  const nodes = new TokenHash();
  while (message.next()) {
    if (message.field === 1) writeNode(nodes, window, message.span());
    else if (message.field === 5) {
      const { name, dataType, dims } = readTensor(window, message.span());
      writeInitializer(initializers, name, dataType, dims);
    } else if (message.field === 11) writeValueInfo(inputs, window, message.span());
    else if (message.field === 12) writeValueInfo(outputs, window, message.span());
    else if (message.field === 15) {
      const { values, dims } = readSparseTensor(window, message.span());
      writeInitializer(sparse, values.name, values.dataType, dims);
    }
  }
  const hash = new TokenHash();
  for (const part of [inputs, outputs, initializers, sparse, nodes]) hash.fixed(part.end());
  return hash.end();
}

function writeOpsets(hash: TokenHash, window: ByteWindow, spans: Span[]): void {
  const versions = new Map(
    spans.map((span) => {
      const { domain, version } = readOpset(window, span);
      return [domain, version];
    }),
  );
  const sorted = [...versions].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  hash.list(sorted, ([domain, version]) => hash.text(domain).number(version));
}

function digestOfFunction(window: ByteWindow, span: Span): Buffer {
  const message = new WireMessage(window, span, 'FunctionProto');
  const labels = { name: '', domain: '', overload: '' };
  const names = { inputs: [] as string[], outputs: [] as string[], attributes: [] as string[] };
  const defaults: Span[] = [];
  const opsets: Span[] = [];
  const nodes = new TokenHash();
  while (message.next()) {
    const { field } = message;
    if (field === 1) labels.name = message.text();
    else if (field === 4) append(names.inputs, message, message.text());
    else if (field === 5) append(names.outputs, message, message.text());
    else if (field === 6) append(names.attributes, message, message.text());
    else if (field === 7) writeNode(nodes, window, message.span());
    else if (field === 9) append(opsets, message, message.span());
    else if (field === 10) labels.domain = message.text();
    else if (field === 11) append(defaults, message, message.span());
    else if (field === 13) labels.overload = message.text();
  }
  const hash = new TokenHash().text(labels.domain).text(labels.name).text(labels.overload);
  hash.list(names.inputs, (name) => hash.text(name));
  hash.list(names.outputs, (name) => hash.text(name));
  hash.list(names.attributes.toSorted(), (name) => hash.text(name));
  writeAttributes(hash, window, defaults, (inner) => digestOfGraph(window, inner));
  writeOpsets(hash, window, opsets);
  return hash.fixed(nodes.end()).end();
}

/**
 * `sha256:<hex>` of what a model's graph does, without the values of its weights: two models that differ only in these have the
 * same. It is stored with versions forever, so that any change of this format needs a new name in its first token.
 *
 * Format "mlreg graph digest v1", in the tokens of `TokenHash` (numbers, text, bytes and lists that cannot run into
 * each other); H(…) is a SHA-256 digest of 32 bytes, S(x) one over all items of x in file order:
 *
 *     model       = H(text "mlreg graph digest v1", opsets, list of H(function) sorted by their bytes, H(graph))
 *     opsets      = list of (domain, version) sorted by domain
 *     graph       = S(inputs) S(outputs) S(initializers) S(sparse initializers) S(nodes)
 *     input, output       = name, type            type: `writeType`
 *     initializer         = name, dtype number, list of dims; of a sparse one the dense dims
 *     node        = domain, op_type, overload, list of inputs, list of outputs, list of attributes sorted by name
 *     attribute   = `writeAttribute`; a nested graph is H(graph)
 *     function    = domain, name, overload, list of inputs, list of outputs, sorted list of attribute names, list of default
 *                   attributes sorted by name, opsets, S(nodes)
 *
 * Sorting is by UTF-16 code units. The default domain of nodes and opsets is always `ai.onnx`. Types are named as in a signature, so
 * that the rows of `data-types` may be added to, but not changed.
 *
 * A tensor in an attribute counts with its values if they take up to 1024 bytes in the layout of raw_data, however they
 * are written; a larger or external one is taken for weights and counts by dtype and dims.
 *
 * Left out: IR version, producer, model domain and version, names of graphs and nodes, doc strings, metadata, value_info,
 * quantization annotations, denotations, training information, device configurations, unknown fields.
 */
export function digestGraph(window: ByteWindow): string {
  const message = new WireMessage(window, { start: 0, end: window.size, depth: 0 }, 'ModelProto');
  const opsets: Span[] = [];
  const functions: Buffer[] = [];
  let graph: Buffer | undefined;
  while (message.next()) {
    if (message.field === 7) {
      once(graph, message);
      graph = digestOfGraph(window, message.span());
    } else if (message.field === 8) append(opsets, message, message.span());
    else if (message.field === 25) append(functions, message, digestOfFunction(window, message.span()));
  }
  const hash = new TokenHash().text(format);
  writeOpsets(hash, window, opsets);
  hash.list(
    functions.toSorted((a, b) => Buffer.compare(a, b)),
    (digest) => hash.fixed(digest),
  );
  return digestOf(
    hash
      .fixed(graph ?? Buffer.alloc(0))
      .end()
      .toString('hex'),
  );
}

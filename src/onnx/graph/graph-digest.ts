import { digestOf } from '../../core/versions/artifact.ts';
import { type DigestNested, writeAttribute, writeLearned, writeType } from './digest-attribute.ts';
import { writeInitializer } from './digest-tensor.ts';
import { nodeAttributes, weightsOf } from './learned-attributes.ts';
import { append, attributeName, readNode, readOpset } from '../file/read-node.ts';
import { readSparseTensor, readTensor, readNamedType } from '../file/read-values.ts';
import { TokenHash } from './token-hash.ts';
import { once, WireMessage } from '../file/wire.ts';
import type { ByteWindow, Span } from '../file/bytes.ts';

/**
 * The version of a graph digest. Version 1 counted all numbers in attributes as part of the graph,
 * even learned ones.
 */
export type DigestVersion = 1 | 2;

export const latestDigestVersion = 2;

/** The bytes to digest, the version, and how many learned numbers the attributes contained. */
interface Digested {
  window: ByteWindow;
  version: DigestVersion;
  learned: number;
}

const byName = (a: { name: string }, b: { name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

const nestedIn =
  (digested: Digested): DigestNested =>
  (span) =>
    digestOfGraph(digested, span);

function writeAttributes(hash: TokenHash, digested: Digested, spans: Span[]): void {
  const { window } = digested;
  const named = spans.map((span) => ({ span, name: attributeName(window, span) })).toSorted(byName);
  hash.list(named, ({ span }) => writeAttribute(hash, window, span, nestedIn(digested)));
}

function writeNode(hash: TokenHash, digested: Digested, span: Span, weights: ReadonlySet<string>): void {
  const { window, version } = digested;
  const node = readNode(window, span);
  hash.text(node.domain).text(node.operator).text(node.overload);
  hash.list(node.inputs, (name) => hash.text(name));
  hash.list(node.outputs, (name) => hash.text(name));
  if (version === 1) return writeAttributes(hash, digested, node.attributes);
  const attributes = nodeAttributes(window, node, weights);
  for (const { learned } of attributes)
    if (learned !== null && learned !== 'structure') digested.learned += learned.count;
  const kept = attributes.filter(
    ({ learned }) => learned === null || (learned !== 'structure' && learned.fixed),
  );
  hash.list(kept.toSorted(byName), ({ name, span: content, learned }) => {
    if (learned === null || learned === 'structure')
      writeAttribute(hash, window, content, nestedIn(digested));
    else writeLearned(hash, name, learned);
  });
}

function writeValueInfo(hash: TokenHash, window: ByteWindow, span: Span): void {
  const { name, value } = readNamedType(window, span);
  writeType(hash.text(name), value);
}

/**
 * Names of the values that nodes use as weights. The field `nodes` is 1 in a graph and 7 in a
 * function.
 */
function findWeights({ window, version }: Digested, span: Span, field: 1 | 7): Set<string> {
  const weights = new Set<string>();
  if (version === 1) return weights;
  const message = new WireMessage(window, span, field === 1 ? 'GraphProto' : 'FunctionProto');
  while (message.next())
    if (message.field === field)
      for (const name of weightsOf(readNode(window, message.span()))) weights.add(name);
  return weights;
}

function digestOfGraph(digested: Digested, span: Span): Buffer {
  const { window } = digested;
  const weights = findWeights(digested, span, 1);
  const message = new WireMessage(window, span, 'GraphProto');
  const inputs = new TokenHash();
  const outputs = new TokenHash();
  const initializers = new TokenHash();
  const sparse = new TokenHash();
  const nodes = new TokenHash();
  while (message.next()) {
    if (message.field === 1) writeNode(nodes, digested, message.span(), weights);
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

function digestOfFunction(digested: Digested, span: Span): Buffer {
  const { window } = digested;
  const weights = findWeights(digested, span, 7);
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
    else if (field === 7) writeNode(nodes, digested, message.span(), weights);
    else if (field === 9) append(opsets, message, message.span());
    else if (field === 10) labels.domain = message.text();
    else if (field === 11) append(defaults, message, message.span());
    else if (field === 13) labels.overload = message.text();
  }
  const hash = new TokenHash().text(labels.domain).text(labels.name).text(labels.overload);
  hash.list(names.inputs, (name) => hash.text(name));
  hash.list(names.outputs, (name) => hash.text(name));
  hash.list(names.attributes.toSorted(), (name) => hash.text(name));
  writeAttributes(hash, digested, defaults);
  writeOpsets(hash, window, opsets);
  return hash.fixed(nodes.end()).end();
}

/**
 * `sha256:<hex>` of what a model's graph does, without the values of its weights: two models that
 * differ only in these values have the same digest. It is stored with versions forever, so every
 * change of this format needs a new digest version. Older ones are still computed, to compare what
 * a registry said about a model with its bytes.
 *
 * Format "mlreg graph digest v2", in the tokens of `TokenHash` (numbers, text, bytes and lists with
 * unambiguous boundaries); H(…) is a SHA-256 digest of 32 bytes, S(x) is one over all items of x in
 * file order:
 *
 *     model       = H(text "mlreg graph digest v2", opsets,
 *                   list of H(function) sorted by their bytes, H(graph))
 *     opsets      = list of (domain, version) sorted by domain
 *     graph       = S(inputs) S(outputs) S(initializers) S(sparse initializers) S(nodes)
 *     input, output       = name, type            type: `writeType`
 *     initializer         = name, dtype number, list of dims; of a sparse one the dense dims
 *     node        = domain, op_type, overload, list of inputs, list of outputs,
 *                   list of attributes sorted by name
 *     attribute   = `writeAttribute`, or `writeLearned` for weights; a nested graph is H(graph)
 *     function    = domain, name, overload, list of inputs, list of outputs,
 *                   sorted list of attribute names, list of default attributes sorted by name,
 *                   opsets, S(nodes)
 *
 * Sorting is by UTF-16 code units. The default domain of nodes and opsets is always `ai.onnx`.
 * Types have the names of a signature, so rows can be added to `data-types`, but not changed.
 *
 * A tensor in an attribute counts with its values if they take up to 1024 bytes in the layout of
 * raw_data, in whichever field they are. A larger or external tensor counts as weights, by dtype
 * and dims. Numbers that `learned-attributes` knows as weights count by dtype and dims, or by their
 * number; grown ones and their structure do not count. `learned` is the number of such numbers.
 *
 * Version 1 has a different first token and no `writeLearned`: every attribute counts as written.
 *
 * Left out: IR version, producer, model domain and version, names of graphs and nodes, doc strings,
 * metadata, value_info, quantization annotations, denotations, training information, device
 * configurations, unknown fields.
 */
export function digestGraph(
  window: ByteWindow,
  version: DigestVersion = latestDigestVersion,
): { digest: string; learned: number } {
  const digested: Digested = { window, version, learned: 0 };
  const message = new WireMessage(window, { start: 0, end: window.size, depth: 0 }, 'ModelProto');
  const opsets: Span[] = [];
  const functions: Buffer[] = [];
  let graph: Buffer | undefined;
  while (message.next()) {
    if (message.field === 7) {
      once(graph, message);
      graph = digestOfGraph(digested, message.span());
    } else if (message.field === 8) append(opsets, message, message.span());
    else if (message.field === 25) append(functions, message, digestOfFunction(digested, message.span()));
  }
  const hash = new TokenHash().text(`mlreg graph digest v${version}`);
  writeOpsets(hash, window, opsets);
  hash.list(
    functions.toSorted((a, b) => Buffer.compare(a, b)),
    (digest) => hash.fixed(digest),
  );
  const bytes = hash.fixed(graph ?? Buffer.alloc(0)).end();
  return { digest: digestOf(bytes.toString('hex')), learned: digested.learned };
}

import { attributeName, readNode, type NodeFacts } from '../file/read-node.ts';
import { type ByteSource, ByteWindow, malformedReason, type Span } from '../file/bytes.ts';
import { readTensor } from '../file/read-values.ts';
import { WireMessage } from '../file/wire.ts';
import { dataTypeName } from '../tensors/data-types.ts';
import { inOrder, labelsInMetadata, mostClasses } from './metadata-labels.ts';

/** What a model says about the classes that its outputs are about. */
export interface ClassLabels {
  /** By output of the graph, the class of each value in a row. */
  outputs: Map<string, string[]>;
  /** The classes of the model as a whole, from its metadata. */
  model: string[] | null;
  /**
   * By output of the graph, the tensor that ZipMap makes it from, if no output has this tensor:
   * scikit-learn's converters end with a ZipMap, which no table can hold.
   */
  zipped: Map<string, string>;
}

/** Operators whose output has a value for each value of their first input, in the same order. */
const perValue = new Set([
  'ai.onnx Identity',
  'ai.onnx Cast',
  'ai.onnx Softmax',
  'ai.onnx LogSoftmax',
  'ai.onnx Sigmoid',
  'ai.onnx.ml Normalizer',
]);

/** Operators of `ai.onnx.ml` whose second output has a value for each of their classes. */
const classifiers = new Set([
  'ai.onnx.ml LinearClassifier',
  'ai.onnx.ml SVMClassifier',
  'ai.onnx.ml TreeEnsembleClassifier',
]);

/** What is kept of a graph, by the name of a tensor. */
interface Graph {
  outputs: string[];
  /** The tensor that it has its values from, in the same order. */
  from: Map<string, string>;
  /** Of the largest value, the tensor that it was found in. */
  largest: Map<string, string>;
  labels: Map<string, string[]>;
  zipMaps: Map<string, string>;
  /** Decoders that turn the position of the largest value into a class. */
  decoders: { position: string; labels: () => string[] | null }[];
  /** Initializers that may be lists of classes. */
  lists: Map<string, Span>;
}

/**
 * Reads the names of classes: from classifiers of `ai.onnx.ml` (`classlabels_*`), from what turns
 * the position of the largest value into a class (LabelEncoder, ArrayFeatureExtractor, Gather), from
 * ZipMap, and from the model's metadata (`class_names`, `classes`, `labels`, `names`, `id2label`, as
 * Ultralytics and Transformers write them). A model that names none, or in another way, has none:
 * what cannot be understood is ignored. The file is one that `readOnnxModel` accepts, which does not
 * look into all attributes and metadata.
 */
export function readClassLabels(source: ByteSource): ClassLabels {
  try {
    return readLabels(new ByteWindow(source));
  } catch (error) {
    if (malformedReason(error) === undefined) throw error;
    return { outputs: new Map(), model: null, zipped: new Map() };
  }
}

function readLabels(window: ByteWindow): ClassLabels {
  const message = new WireMessage(window, { start: 0, end: window.size, depth: 0 }, 'ModelProto');
  const found: ClassLabels = { outputs: new Map(), model: null, zipped: new Map() };
  while (message.next()) {
    if (message.field === 7) addGraph(found, readGraph(window, message.span()));
    else if (message.field === 14) found.model ??= labelsInMetadata(window, message.span());
  }
  return found;
}

function readGraph(window: ByteWindow, span: Span): Graph {
  const message = new WireMessage(window, span, 'GraphProto');
  const graph: Graph = {
    outputs: [],
    from: new Map(),
    largest: new Map(),
    labels: new Map(),
    zipMaps: new Map(),
    decoders: [],
    lists: new Map(),
  };
  while (message.next()) {
    if (message.field === 1) addNode(window, graph, readNode(window, message.span()));
    else if (message.field === 5) addList(window, graph, message.span());
    else if (message.field === 12) graph.outputs.push(nameOf(window, message.span()));
  }
  return graph;
}

function nameOf(window: ByteWindow, span: Span): string {
  const message = new WireMessage(window, span, 'ValueInfoProto');
  let name = '';
  while (message.next()) if (message.field === 1) name = message.text();
  return name;
}

function addNode(window: ByteWindow, graph: Graph, node: NodeFacts): void {
  const operator = `${node.domain} ${node.operator}`;
  const [input = '', second = ''] = node.inputs;
  const [output = '', scores = ''] = node.outputs;
  if (perValue.has(operator)) graph.from.set(output, input);
  else if (operator === 'ai.onnx ArgMax') graph.largest.set(output, input);
  // A vector of positions may be reshaped or flattened on the way to its classes.
  else if (/^ai\.onnx (?:Reshape|Flatten|Squeeze|Unsqueeze)$/.test(operator)) {
    const from = graph.largest.get(input);
    if (from !== undefined) graph.largest.set(output, from);
  } else if (classifiers.has(operator)) {
    const labels = labelsOf(window, node);
    if (labels !== null) graph.labels.set(scores, labels);
  } else if (operator === 'ai.onnx.ml ZipMap') {
    const labels = labelsOf(window, node);
    graph.zipMaps.set(output, input);
    if (labels !== null && !graph.labels.has(input)) graph.labels.set(input, labels);
  } else if (operator === 'ai.onnx.ml LabelEncoder')
    graph.decoders.push({ position: input, labels: () => encoderLabels(window, node) });
  else if (operator === 'ai.onnx.ml ArrayFeatureExtractor' || operator === 'ai.onnx Gather')
    graph.decoders.push({ position: second, labels: () => listOf(window, graph.lists.get(input)) });
}

function addList(window: ByteWindow, graph: Graph, span: Span): void {
  const { name, dataType, elements, external } = readTensor(window, span);
  if (external === null && elements > 1 && elements <= mostClasses && isList(dataType))
    graph.lists.set(name, span);
}

const isList = (dataType: number): boolean => ['string', 'int64', 'int32'].includes(dataTypeName(dataType));

/** Follows each output to where its values come from. */
function addGraph(found: ClassLabels, graph: Graph): void {
  const { outputs, labels, zipMaps, decoders, largest } = graph;
  for (const { position, labels: read } of decoders) {
    const scores = largest.get(origin(graph, position));
    const list = scores === undefined || labels.has(origin(graph, scores)) ? null : read();
    if (scores !== undefined && list !== null) labels.set(origin(graph, scores), list);
  }
  for (const [tensor, list] of labels)
    if (!labels.has(origin(graph, tensor))) labels.set(origin(graph, tensor), list);
  for (const output of outputs) {
    const tensor = zipMaps.get(output);
    if (tensor !== undefined && !outputs.includes(tensor)) found.zipped.set(output, tensor);
    const list = labels.get(output) ?? along(graph, tensor ?? output);
    if (list !== undefined) found.outputs.set(output, list);
  }
}

/** Far longer than real chains of such operators; a hostile graph may have a cycle. */
const longestChain = 100;

function origin({ from }: Graph, tensor: string): string {
  let at = tensor;
  for (let steps = 0; steps < longestChain; steps++) {
    const next = from.get(at);
    if (next === undefined) break;
    at = next;
  }
  return at;
}

/** The labels of the first tensor on the way to the origin that has any. */
function along({ from, labels }: Graph, tensor: string): string[] | undefined {
  let at: string | undefined = tensor;
  for (let steps = 0; at !== undefined && steps < longestChain; steps++) {
    const list = labels.get(at);
    if (list !== undefined) return list;
    at = from.get(at);
  }
  return undefined;
}

/** The attributes `classlabels_ints`, `classlabels_int64s` or `classlabels_strings`. */
function labelsOf(window: ByteWindow, node: NodeFacts): string[] | null {
  const lists = node.attributes.filter((span) => attributeName(window, span).startsWith('classlabels_'));
  for (const span of lists) {
    const list = listAttribute(window, span);
    if (list !== null && list.length > 0) return list;
  }
  return null;
}

/** The values of a LabelEncoder whose keys are the positions 0, 1, 2 …, in any order. */
function encoderLabels(window: ByteWindow, node: NodeFacts): string[] | null {
  const byName = new Map(node.attributes.map((span) => [attributeName(window, span), span]));
  const read = (name: string): string[] | null => {
    const span = byName.get(name);
    return span === undefined ? null : listAttribute(window, span);
  };
  const keys = read('keys_int64s');
  const values = read('values_strings') ?? read('values_int64s');
  if (keys === null || values === null || keys.length !== values.length) return null;
  return inOrder(keys.map((key, at) => [key, values[at] ?? '']));
}

/** A list of ints (field 8) or strings (field 9) of an AttributeProto. */
function listAttribute(window: ByteWindow, span: Span): string[] | null {
  return readList(new WireMessage(window, span, 'AttributeProto'), { integers: [8], strings: 9 });
}

/** The values of a TensorProto: `string_data`, `int64_data`, `int32_data` or `raw_data`. */
function listOf(window: ByteWindow, span: Span | undefined): string[] | null {
  if (span === undefined) return null;
  const { dataType, elements } = readTensor(window, span);
  const list = readList(new WireMessage(window, span, 'TensorProto'), { integers: [5, 7], strings: 6 });
  if (list !== null && list.length > 0) return list;
  const message = new WireMessage(window, span, 'TensorProto');
  const width = dataTypeName(dataType) === 'int64' ? 8 : 4;
  while (message.next()) {
    if (message.field !== 9 || message.end - message.start !== elements * width) continue;
    const raw = window.copy(message.start, message.end);
    return Array.from({ length: elements }, (_, at) =>
      String(width === 8 ? raw.readBigInt64LE(at * 8) : raw.readInt32LE(at * 4)),
    );
  }
  return null;
}

function readList(
  message: WireMessage,
  { integers, strings }: { integers: readonly number[]; strings: number },
): string[] | null {
  const list: string[] = [];
  while (message.next()) {
    if (integers.includes(message.field)) message.eachInteger((low, high) => list.push(signed(low, high)));
    else if (message.field === strings) list.push(message.text().toWellFormed());
    if (list.length > mostClasses) return null;
  }
  return list;
}

function signed(low: number, high: number): string {
  return String(BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)));
}

import { quote } from '../../core/text/quote.ts';
import type { ValueInfo } from '../../core/versions/signature.ts';
import { type ExternalReference, keepFurthest } from './external-data.ts';
import { append, defaultDomain, type NodeFacts, readNode, readOpset } from './read-node.ts';
import {
  readSparseTensor,
  readTensor,
  type SparseTensorFacts,
  type TensorFacts,
  readValueInfo,
} from './read-values.ts';
import { WireMessage } from './wire.ts';
import { malformed, type ByteWindow, type Span } from './bytes.ts';

/** Facts gathered over all graphs of a model. */
export interface Tally {
  nodeCount: number;
  parameterCount: number;
  operators: Map<string, number>;
  /** By path. */
  references: Map<string, ExternalReference>;
  /** Domains in use, each with one of its operators, for an error message. */
  domains: Map<string, string>;
  /** An estimate of the bytes that names take. */
  held: number;
}

/**
 * The names that a graph defines, and the names that it still needs, each with the file position of
 * a node that reads it.
 */
interface Scope {
  produced: Set<string>;
  needed: Map<string, number>;
}

/** Instead of a node: the value is an output of the graph or function. */
const asOutput = -1;

export interface GraphFacts {
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  initializers: Set<string>;
}

const mostHeld = 128 * 1024 * 1024;

export function newTally(): Tally {
  return {
    nodeCount: 0,
    parameterCount: 0,
    operators: new Map(),
    references: new Map(),
    domains: new Map(),
    held: 0,
  };
}

function newScope(): Scope {
  return { produced: new Set(), needed: new Map() };
}

/**
 * Counts the bytes of a name. Real graphs stay far below the limit; without it, a file with nothing
 * but names would fill the memory.
 */
function hold(tally: Tally, name: string, extra = 0): void {
  tally.held += name.length + 64 + extra;
  if (tally.held > mostHeld) throw malformed('its graph has too many names');
}

function addValue(tally: Tally, list: ValueInfo[], message: WireMessage, value: ValueInfo): void {
  hold(tally, value.name, value.type.length + 16 * (value.shape?.length ?? 0));
  append(list, message, value);
}

function release(tally: Tally, name: string): void {
  tally.held -= name.length + 64;
}

function need(tally: Tally, scope: Scope, name: string, by: number): void {
  if (name === '' || scope.produced.has(name) || scope.needed.has(name)) return;
  hold(tally, name);
  scope.needed.set(name, by);
}

function produce(tally: Tally, scope: Scope, name: string): void {
  if (name === '' || scope.produced.has(name)) return;
  hold(tally, name);
  scope.produced.add(name);
  if (scope.needed.delete(name)) release(tally, name);
}

function keepExternal(tally: Tally, { name, external }: TensorFacts): void {
  if (external === null) return;
  if (!tally.references.has(external.location)) hold(tally, external.location);
  keepFurthest(tally.references, name, external);
}

function keepSparse(tally: Tally, { values, indices }: SparseTensorFacts): void {
  keepExternal(tally, values);
  if (indices !== null) keepExternal(tally, indices);
}

function addParameters(tally: Tally, { elements }: TensorFacts): void {
  tally.parameterCount += elements;
  if (!Number.isSafeInteger(tally.parameterCount)) throw malformed('its initializers have invalid shapes');
}

function walkAttribute(window: ByteWindow, span: Span, tally: Tally, scope: Scope): void {
  const message = new WireMessage(window, span, 'AttributeProto');
  while (message.next()) {
    const { field } = message;
    if (field === 5 || field === 10) keepExternal(tally, readTensor(window, message.span()));
    else if (field === 6 || field === 11) walkGraph(window, message.span(), tally, scope);
    else if (field === 22 || field === 23) keepSparse(tally, readSparseTensor(window, message.span()));
  }
}

function countNode(tally: Tally, node: NodeFacts): void {
  const name = node.domain === defaultDomain ? node.operator : `${node.domain}.${node.operator}`;
  const operator = name.toWellFormed();
  const count = tally.operators.get(operator);
  if (count === undefined) hold(tally, operator);
  tally.operators.set(operator, (count ?? 0) + 1);
  if (!tally.domains.has(node.domain)) tally.domains.set(node.domain, node.operator);
  tally.nodeCount += 1;
}

function walkNode(window: ByteWindow, span: Span, tally: Tally, scope: Scope): void {
  const node = readNode(window, span);
  countNode(tally, node);
  for (const name of node.inputs) need(tally, scope, name, span.start);
  for (const name of node.outputs) produce(tally, scope, name);
  for (const attribute of node.attributes) walkAttribute(window, attribute, tally, scope);
}

/**
 * Every value that is read must be defined, else part of the graph is missing. The standard also
 * requires sorted nodes, so that each reads only what comes before it. ONNX Runtime sorts nodes
 * itself, and models that rely on this are in use, so order is not checked. A nested graph can read
 * values that its outer graphs define.
 */
function settle(tally: Tally, scope: Scope, outer: Scope | null): void {
  for (const [name, by] of scope.needed) {
    if (outer !== null) need(tally, outer, name, by);
    else if (by === asOutput) throw malformed(`no node produces the output ${quote(name)}`);
    else throw malformed(`a node reads ${quote(name)}, which nothing produces`, by);
  }
  for (const name of scope.produced) release(tally, name);
  for (const name of scope.needed.keys()) release(tally, name);
}

export function walkGraph(window: ByteWindow, span: Span, tally: Tally, outer: Scope | null): GraphFacts {
  const message = new WireMessage(window, span, 'GraphProto');
  const graph: GraphFacts = { inputs: [], outputs: [], initializers: new Set() };
  const scope = newScope();
  const addInitializer = (tensor: TensorFacts) => {
    addParameters(tally, tensor);
    produce(tally, scope, tensor.name);
    graph.initializers.add(tensor.name);
  };
  while (message.next()) {
    switch (message.field) {
      case 1:
        walkNode(window, message.span(), tally, scope);
        break;
      case 5: {
        const tensor = readTensor(window, message.span());
        keepExternal(tally, tensor);
        addInitializer(tensor);
        break;
      }
      case 11:
        addValue(tally, graph.inputs, message, readValueInfo(window, message.span()));
        break;
      case 12:
        addValue(tally, graph.outputs, message, readValueInfo(window, message.span()));
        break;
      case 15: {
        const sparse = readSparseTensor(window, message.span());
        keepSparse(tally, sparse);
        addInitializer(sparse.values);
        break;
      }
    }
  }
  for (const { name } of graph.inputs) produce(tally, scope, name);
  for (const { name } of graph.outputs) need(tally, scope, name, asOutput);
  settle(tally, scope, outer);
  for (const { name } of [...graph.inputs, ...graph.outputs]) release(tally, name);
  return graph;
}

/** A FunctionProto: a graph without initializers and without outer graphs. */
export function walkFunction(window: ByteWindow, span: Span, tally: Tally): void {
  const message = new WireMessage(window, span, 'FunctionProto');
  const scope = newScope();
  const outputs: string[] = [];
  const imported = new Set<string>();
  const inner: Tally = { ...tally, domains: new Map() };
  while (message.next()) {
    switch (message.field) {
      case 4:
        produce(inner, scope, message.text());
        break;
      case 5:
        append(outputs, message, message.text());
        break;
      case 7:
        walkNode(window, message.span(), inner, scope);
        break;
      case 9:
        imported.add(readOpset(window, message.span()).domain);
        break;
      case 11:
        walkAttribute(window, message.span(), inner, scope);
        break;
    }
  }
  for (const name of outputs) need(inner, scope, name, asOutput);
  settle(inner, scope, null);
  for (const [domain, operator] of inner.domains)
    if (!imported.has(domain)) tally.domains.set(domain, operator);
  tally.nodeCount = inner.nodeCount;
  tally.parameterCount = inner.parameterCount;
  tally.held = inner.held;
}

/** A TrainingInfoProto: inference does not use it, but its tensors may be in external files. */
export function walkTraining(window: ByteWindow, span: Span, references: Tally['references']): void {
  const message = new WireMessage(window, span, 'TrainingInfoProto');
  while (message.next()) {
    if (message.field !== 1 && message.field !== 2) continue;
    // These graphs read values of the main graph, so their undefined names are not checked.
    walkGraph(window, message.span(), { ...newTally(), references }, newScope());
  }
}

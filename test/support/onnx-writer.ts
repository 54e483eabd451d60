/**
 * Writes small ONNX models for tests, field numbers from onnx.proto:
 *
 *     const bytes = model({
 *       opset: 17,
 *       graph: graph({
 *         inputs: [tensor('X', 'float32', ['N', 4])],
 *         outputs: [tensor('Y', 'float32', ['N', 2])],
 *         initializers: [constant('float32', [4, 2], weights, 'W')],
 *         nodes: [node('MatMul', ['X', 'W'], ['Y'])],
 *       }),
 *     });
 *
 * In attributes whole numbers are ints, text is a string and arrays of these are lists; `real()`
 * and `reals()` make floats; tensors, graphs and types are given as they are.
 */
import { type Constant, type Encoded, encoded, entries, messages, texts, type Type } from './onnx-values.ts';
import { bytes, type Field, float, floats, integer, integers, message, text } from './protobuf-writer.ts';

export {
  type Constant,
  constant,
  type DataType,
  type Encoded,
  type Shape,
  sparse,
  tensor,
  type TensorValues,
  type Type,
  types,
  value,
} from './onnx-values.ts';

interface Real {
  kind: 'real';
  value: number;
}
interface Reals {
  kind: 'reals';
  values: readonly number[];
}
/** An attribute of a function's node that takes the value of one of the function's attributes. */
interface Reference {
  kind: 'reference';
  name: string;
  type: number;
}
type Content = Constant | Graph | Type | Encoded<'sparse'>;
export type AttributeValue =
  | number
  | bigint
  | string
  | readonly (number | bigint)[]
  | readonly string[]
  | Content
  | readonly Content[]
  | Real
  | Reals
  | Reference;

export const real = (number: number): Real => ({ kind: 'real', value: number });
export const reals = (values: readonly number[]): Reals => ({ kind: 'reals', values });
/** `type` is an AttributeProto.AttributeType. */
export const reference = (name: string, type: number): Reference => ({ kind: 'reference', name, type });

/** Field, and AttributeType, of one message and of a list of them. */
const contentFields = {
  tensor: [5, 4, 10, 9],
  graph: [6, 5, 11, 10],
  type: [14, 13, 15, 14],
  sparse: [22, 11, 23, 12],
} as const;

function contentOf(item: AttributeValue): (Field | Field[])[] {
  const type = (number: number) => integer(20, number);
  if (typeof item === 'number' || typeof item === 'bigint') return [integer(3, item), type(2)];
  if (typeof item === 'string') return [text(4, item), type(3)];
  if (Array.isArray(item)) {
    const list = item as readonly (number | string | Content)[];
    const [first] = list;
    if (typeof first === 'string') return [texts(9, list as string[]), type(8)];
    if (typeof first === 'object') {
      const [, , field, number] = contentFields[first.kind];
      return [messages(field, list as Content[]), type(number)];
    }
    return [integers(8, list as (number | bigint)[]), type(7)];
  }
  const single = item as Content | Real | Reals | Reference;
  if (single.kind === 'real') return [float(2, single.value), type(1)];
  if (single.kind === 'reals') return [floats(7, single.values), type(6)];
  if (single.kind === 'reference') return [text(21, single.name), type(single.type)];
  const [field, number] = contentFields[single.kind];
  return [bytes(field, single.bytes), type(number)];
}

export function attribute(name: string, item: AttributeValue): Encoded<'attribute'> {
  return encoded('attribute', text(1, name), ...contentOf(item));
}

export type Attributes = Record<string, AttributeValue>;
const attributeFields = (field: number, attributes: Attributes = {}): Field[] =>
  messages(
    field,
    Object.entries(attributes).map(([name, item]) => attribute(name, item)),
  );

export interface NodeOptions {
  name?: string;
  domain?: string;
  overload?: string;
  docString?: string;
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
  { name, domain, overload, docString }: NodeOptions = {},
): Encoded<'node'> {
  return encoded(
    'node',
    texts(1, inputs),
    texts(2, outputs),
    text(3, name),
    text(4, operator),
    attributeFields(5, attributes),
    text(6, docString),
    text(7, domain),
    text(8, overload),
  );
}

// Graphs, functions, models

export type Graph = Encoded<'graph'>;

export interface GraphOptions {
  name?: string;
  docString?: string;
  inputs?: readonly Encoded<'value'>[];
  outputs?: readonly Encoded<'value'>[];
  nodes?: readonly Encoded<'node'>[];
  initializers?: readonly Constant[];
  sparseInitializers?: readonly Encoded<'sparse'>[];
  valueInfo?: readonly Encoded<'value'>[];
  metadata?: Record<string, string>;
}

export function graph(options: GraphOptions): Graph {
  return encoded(
    'graph',
    messages(1, options.nodes),
    text(2, options.name ?? 'test'),
    messages(5, options.initializers),
    text(10, options.docString),
    messages(11, options.inputs),
    messages(12, options.outputs),
    messages(13, options.valueInfo),
    messages(15, options.sparseInitializers),
    entries(16, options.metadata),
  );
}

/** One version of the default domain, or versions by domain. */
export type Opset = number | Record<string, number>;

const opsetFields = (field: number, opset: Opset): Field[] =>
  Object.entries(typeof opset === 'number' ? { '': opset } : opset).map(([domain, version]) =>
    bytes(field, message(text(1, domain), integer(2, version))),
  );

export interface FunctionOptions {
  domain: string;
  name: string;
  overload?: string;
  inputs: readonly string[];
  outputs: readonly string[];
  /** Names of attributes without a default. */
  attributes?: readonly string[];
  defaults?: Attributes;
  nodes: readonly Encoded<'node'>[];
  opset?: Opset;
}

export function modelFunction(options: FunctionOptions): Encoded<'function'> {
  return encoded(
    'function',
    text(1, options.name),
    texts(4, options.inputs),
    texts(5, options.outputs),
    texts(6, options.attributes),
    messages(7, options.nodes),
    opsetFields(9, options.opset ?? 17),
    text(10, options.domain),
    attributeFields(11, options.defaults),
    text(13, options.overload),
  );
}

export interface ModelOptions {
  irVersion?: number;
  opset?: Opset;
  producer?: { name?: string; version?: string };
  domain?: string;
  modelVersion?: number;
  docString?: string;
  graph?: Graph;
  functions?: readonly Encoded<'function'>[];
  metadata?: Record<string, string>;
  /** TrainingInfoProto.algorithm of each. */
  training?: readonly Graph[];
}

/** The top-level fields, in the order of their numbers: what `model` joins. */
export function modelFields(options: ModelOptions): Field[] {
  return [
    integer(1, options.irVersion ?? 9),
    text(2, options.producer?.name),
    text(3, options.producer?.version),
    text(4, options.domain),
    integer(5, options.modelVersion),
    text(6, options.docString),
    options.graph === undefined ? new Uint8Array() : bytes(7, options.graph.bytes),
    ...opsetFields(8, options.opset ?? 17),
    ...entries(14, options.metadata),
    ...(options.training ?? []).map((algorithm) => bytes(20, bytes(2, algorithm.bytes))),
    ...messages(25, options.functions),
  ].filter((field) => field.length > 0);
}

export function model(options: ModelOptions): Uint8Array {
  return message(modelFields(options));
}

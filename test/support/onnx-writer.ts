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
 * In attributes whole numbers are ints, text is a string and arrays of these are lists; `real()` and `reals()` make floats;
 * tensors, graphs and types are given as they are.
 */
import {
  bytes,
  type Field,
  float,
  integer,
  message,
  packedDoubles,
  packedFloats,
  packedIntegers,
  text,
} from './protobuf-writer.ts';

const dataTypes = (
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128 ' +
  'bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1 float8e8m0 uint2 int2'
).split(' ');

/** A dtype's name, or the number of one that has none. */
export type DataType = string | number;
export type Shape = (number | string | null)[] | null;

function dataType(type: DataType): number {
  const number = typeof type === 'number' ? type : dataTypes.indexOf(type);
  if (number < 0) throw new Error(`no ONNX data type ${type}`);
  return number;
}

/** An encoded message that knows which one it is. */
export interface Encoded<Kind extends string> {
  kind: Kind;
  bytes: Uint8Array;
}

const encoded = <Kind extends string>(kind: Kind, ...fields: (Field | readonly Field[])[]): Encoded<Kind> => ({
  kind,
  bytes: message(...fields),
});

const messages = (field: number, items: readonly { bytes: Uint8Array }[] = []): Field[] =>
  items.map((item) => bytes(field, item.bytes));
const texts = (field: number, items: readonly string[] = []): Field[] => items.map((item) => text(field, item));
const entries = (field: number, record: Record<string, string> = {}): Field[] =>
  Object.entries(record).map(([name, value]) => bytes(field, message(text(1, name), text(2, value))));

// Types

export type Type = Encoded<'type'>;

const shapeMessage = (shape: (number | string | null)[]): Uint8Array =>
  message(
    shape.map((size) =>
      bytes(1, typeof size === 'number' ? integer(1, size) : size === null ? message() : text(2, size)),
    ),
  );

const tensorFields = (type: DataType, shape: Shape): Uint8Array =>
  message(integer(1, dataType(type)), shape === null ? [] : bytes(2, shapeMessage(shape)));

/** TypeProtos: `types.sequence(types.map('int64', types.tensor('float32', [])))`. */
export const types = {
  /** Shape null: the rank is unknown. */
  tensor: (type: DataType, shape: Shape = null): Type => encoded('type', bytes(1, tensorFields(type, shape))),
  sparseTensor: (type: DataType, shape: Shape = null): Type =>
    encoded('type', bytes(8, tensorFields(type, shape))),
  sequence: (inner: Type): Type => encoded('type', bytes(4, bytes(1, inner.bytes))),
  optional: (inner: Type): Type => encoded('type', bytes(9, bytes(1, inner.bytes))),
  map: (key: DataType, value: Type): Type =>
    encoded('type', bytes(5, message(integer(1, dataType(key)), bytes(2, value.bytes)))),
  opaque: (domain: string, name: string): Type =>
    encoded('type', bytes(7, message(text(1, domain), text(2, name)))),
};

/** An input or output; without a type only its name is known. */
export function value(name: string, type?: Type, docString?: string): Encoded<'value'> {
  return encoded('value', text(1, name), type === undefined ? [] : bytes(2, type.bytes), text(3, docString));
}

export function tensor(name: string, type: DataType, shape: Shape): Encoded<'value'> {
  return value(name, types.tensor(type, shape));
}

// Tensors

export type Constant = Encoded<'tensor'>;
export type TensorValues =
  | readonly (number | bigint)[]
  | readonly string[]
  /** Raw data as it is, for types JavaScript has no array of. */
  | { raw: Uint8Array }
  /** TensorProto.external_data, in this order; entries as a list can repeat a key. */
  | { external: Record<string, string | number> | [key: string, value: string][] };

const arrays: Record<string, (values: readonly number[]) => ArrayBufferView> = {
  float32: (values) => Float32Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  int8: (values) => Int8Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  int16: (values) => Int16Array.from(values),
  int32: (values) => Int32Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
  bool: (values) => Uint8Array.from(values),
  float64: (values) => Float64Array.from(values),
  uint32: (values) => Uint32Array.from(values),
  uint64: (values) => BigUint64Array.from(values, BigInt),
};

function rawData(type: DataType, values: readonly number[]): Field {
  const array = arrays[type]?.(values);
  if (array === undefined) throw new Error(`give values of ${type} as { raw }`);
  return bytes(9, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

function typedData(type: DataType, values: readonly (number | bigint)[]): Field {
  const numbers = values as readonly number[];
  if (type === 'float32' || type === 'complex64') return packedFloats(4, numbers);
  if (type === 'float64' || type === 'complex128') return packedDoubles(10, numbers);
  if (type === 'int64') return packedIntegers(7, values);
  if (type === 'uint32' || type === 'uint64') return packedIntegers(11, values);
  return packedIntegers(5, values);
}

function valueFields(type: DataType, values: TensorValues, typed: boolean): (Field | Field[])[] {
  if ('raw' in values) return [bytes(9, values.raw)];
  if ('external' in values) {
    const { external } = values;
    const pairs = Array.isArray(external) ? external : Object.entries(external);
    return [pairs.map(([name, entry]) => bytes(13, message(text(1, name), text(2, String(entry))))), integer(14, 1)];
  }
  if (type === 'string') return [values.map((item) => text(6, String(item)))];
  const numbers = values as readonly number[];
  return [typed ? typedData(type, numbers) : rawData(type, numbers)];
}

/** A tensor with values: an initializer if it is named. Values go to raw_data, with `typed` to the field of their type. */
export function constant(
  type: DataType,
  dims: readonly (number | bigint)[],
  values: TensorValues,
  name?: string,
  { typed = false }: { typed?: boolean } = {},
): Constant {
  const head = [packedIntegers(1, dims), integer(2, dataType(type))];
  return encoded('tensor', head, ...valueFields(type, values, typed), text(8, name));
}

/** `values` must be named to be an initializer. */
export function sparse(values: Constant, indices: Constant, dims: readonly number[]): Encoded<'sparse'> {
  return encoded('sparse', bytes(1, values.bytes), bytes(2, indices.bytes), packedIntegers(3, dims));
}

// Nodes

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
    return [list.map((number) => integer(8, number as number)), type(7)];
  }
  const single = item as Content | Real | Reals | Reference;
  if (single.kind === 'real') return [float(2, single.value), type(1)];
  if (single.kind === 'reals') return [single.values.map((number) => float(7, number)), type(6)];
  if (single.kind === 'reference') return [text(21, single.name), type(single.type)];
  const [field, number] = contentFields[single.kind];
  return [bytes(field, single.bytes), type(number)];
}

export function attribute(name: string, item: AttributeValue): Encoded<'attribute'> {
  return encoded('attribute', text(1, name), ...contentOf(item));
}

export type Attributes = Record<string, AttributeValue>;
const attributeFields = (field: number, attributes: Attributes = {}): Field[] =>
  messages(field, Object.entries(attributes).map(([name, item]) => attribute(name, item)));

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

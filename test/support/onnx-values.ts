/**
 * The messages of onnx.proto that describe values: types, inputs and outputs, tensors. For
 * `onnx-writer`, which re-exports them.
 */
import {
  bytes,
  type Field,
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
export type Shape = (number | bigint | string | null)[] | null;

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

export const encoded = <Kind extends string>(
  kind: Kind,
  ...fields: (Field | readonly Field[])[]
): Encoded<Kind> => ({
  kind,
  bytes: message(...fields),
});

export const messages = (field: number, items: readonly { bytes: Uint8Array }[] = []): Field[] =>
  items.map((item) => bytes(field, item.bytes));
export const texts = (field: number, items: readonly string[] = []): Field[] => {
  const known = new Map<string, Field>();
  return items.map((item) => {
    const made = known.get(item) ?? text(field, item);
    known.set(item, made);
    return made;
  });
};
export const entries = (field: number, record: Record<string, string> = {}): Field[] =>
  Object.entries(record).map(([name, value]) => bytes(field, message(text(1, name), text(2, value))));

// Types

export type Type = Encoded<'type'>;

const shapeMessage = (shape: (number | bigint | string | null)[]): Uint8Array =>
  message(
    shape.map((size) =>
      bytes(1, size === null ? message() : typeof size === 'string' ? text(2, size) : integer(1, size)),
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
    return [
      pairs.map(([name, entry]) => bytes(13, message(text(1, name), text(2, String(entry))))),
      integer(14, 1),
    ];
  }
  if (type === 'string') return [values.map((item) => text(6, String(item)))];
  const numbers = values as readonly number[];
  return [typed ? typedData(type, numbers) : rawData(type, numbers)];
}

/**
 * A tensor with values: an initializer if it is named. Values go to raw_data, with `typed` to the
 * field of their type.
 */
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

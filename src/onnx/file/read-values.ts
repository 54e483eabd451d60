import { counted } from '../../core/text/numbers.ts';
import { quote } from '../../core/text/quote.ts';
import type { Dimension, ValueInfo } from '../../core/versions/signature.ts';
import { dataTypeName, bitsPerElement } from '../tensors/data-types.ts';
import { type ExternalLocation, readExternalLocation } from './external-data.ts';
import { once, WireMessage } from './wire.ts';
import { malformed, type ByteWindow, type Span } from './bytes.ts';

/**
 * A TypeProto: `type` as in `ValueInfo`. `shape` also exists for sparse tensors; a `ValueInfo`
 * omits it for them.
 */
export interface ValueType {
  type: string;
  dtype: string | null;
  shape: Dimension[] | null;
}

const highestRank = 1024;

function readDimension(window: ByteWindow, span: Span): Dimension {
  const message = new WireMessage(window, span, 'TensorShapeProto.Dimension');
  let dimension: Dimension = null;
  while (message.next()) {
    if (message.field === 1) {
      const size = message.safeInteger() ?? -1;
      // Not in the standard, but some exporters write -1 for a variable size, and ONNX Runtime
      // accepts it. No tensor has a size beyond 2^53, so a declared one counts as unknown.
      dimension = size < 0 ? null : size;
    } else if (message.field === 2) dimension = message.text() || null;
  }
  return dimension;
}

function readShape(window: ByteWindow, span: Span): Dimension[] {
  const message = new WireMessage(window, span, 'TensorShapeProto');
  const shape: Dimension[] = [];
  while (message.next()) {
    if (message.field !== 1) continue;
    if (shape.length === highestRank)
      throw malformed(`a shape has more than ${highestRank} dimensions`, message.start);
    shape.push(readDimension(window, message.span()));
  }
  return shape;
}

/** TypeProto.Tensor and TypeProto.SparseTensor have the same fields. */
function readTensorType(window: ByteWindow, span: Span, kind: 'tensor' | 'sparse_tensor'): ValueType {
  const message = new WireMessage(window, span, 'TypeProto.Tensor');
  let element = 0;
  let shape: Dimension[] | undefined;
  while (message.next()) {
    if (message.field === 1) element = message.integer();
    else if (message.field === 2) {
      once(shape, message);
      shape = readShape(window, message.span());
    }
  }
  const name = dataTypeName(element);
  return { type: `${kind}(${name})`, dtype: kind === 'tensor' ? name : null, shape: shape ?? null };
}

/**
 * TypeProto.Sequence, .Optional and .Map: an inner type; for a map it is in field 2, after the type
 * of the keys.
 */
function readContainer(window: ByteWindow, span: Span, kind: 'seq' | 'optional' | 'map'): ValueType {
  const message = new WireMessage(window, span, `TypeProto ${kind}`);
  let key = 0;
  let inner: ValueType | undefined;
  while (message.next()) {
    if (message.field === (kind === 'map' ? 2 : 1)) {
      once(inner, message);
      inner = readType(window, message.span());
    } else if (message.field === 1) key = message.integer();
  }
  const type = inner?.type ?? 'unknown';
  return {
    type: kind === 'map' ? `map(${dataTypeName(key)},${type})` : `${kind}(${type})`,
    dtype: null,
    shape: null,
  };
}

function readOpaque(window: ByteWindow, span: Span): ValueType {
  const message = new WireMessage(window, span, 'TypeProto.Opaque');
  let domain = '';
  let name = '';
  while (message.next()) {
    if (message.field === 1) domain = message.text();
    else if (message.field === 2) name = message.text();
  }
  return { type: `opaque(${domain},${name})`.toWellFormed(), dtype: null, shape: null };
}

export function readType(window: ByteWindow, span: Span): ValueType {
  const message = new WireMessage(window, span, 'TypeProto');
  let value: ValueType | undefined;
  while (message.next()) {
    if (![1, 4, 5, 7, 8, 9].includes(message.field)) continue;
    once(value, message);
    const inner = message.span();
    if (message.field === 1) value = readTensorType(window, inner, 'tensor');
    else if (message.field === 4) value = readContainer(window, inner, 'seq');
    else if (message.field === 5) value = readContainer(window, inner, 'map');
    else if (message.field === 7) value = readOpaque(window, inner);
    else if (message.field === 8) value = readTensorType(window, inner, 'sparse_tensor');
    else value = readContainer(window, inner, 'optional');
  }
  return value ?? { type: 'unknown', dtype: null, shape: null };
}

/** A ValueInfoProto: the name, and the complete type. */
export function readNamedType(window: ByteWindow, span: Span): { name: string; value: ValueType } {
  const message = new WireMessage(window, span, 'ValueInfoProto');
  let name = '';
  let value: ValueType | undefined;
  while (message.next()) {
    if (message.field === 1) name = message.text();
    else if (message.field === 2) {
      once(value, message);
      value = readType(window, message.span());
    }
  }
  if (name === '') throw malformed('an input or output has no name', span.start);
  return { name, value: value ?? { type: 'unknown', dtype: null, shape: null } };
}

export function readValueInfo(window: ByteWindow, span: Span): ValueInfo {
  const { name, value } = readNamedType(window, span);
  // A symbol that is not UTF-8 cannot be shown or given as an option.
  const shape = value.shape?.map((size) => (typeof size === 'string' && !size.isWellFormed() ? null : size));
  return {
    name,
    type: value.type,
    dtype: value.dtype,
    shape: value.dtype === null ? null : (shape ?? null),
  };
}

/** What a TensorProto says about its values, without the values. */
export interface TensorFacts {
  name: string;
  /** TensorProto.DataType. */
  dataType: number;
  dims: number[];
  elements: number;
  /** Size of its values in the raw layout; null for strings and types of unknown width. */
  byteLength: number | null;
  /** Where its values are, if not in this file. */
  external: ExternalLocation | null;
  span: Span;
}

export interface SparseTensorFacts {
  /** The stored values; their name is that of the sparse tensor. */
  values: TensorFacts;
  indices: TensorFacts | null;
  /** The dims of the dense tensor. */
  dims: number[];
}

/** Far above any real tensor, and small enough to count its bits exactly. */
const mostElements = 2 ** 46;
/** ONNX Runtime adds one for each kernel that packs the tensor. */
const mostEntries = 1024;

export function readDims(message: WireMessage, dims: number[]): void {
  message.eachSafeInteger((size) => {
    if (size < 0) throw malformed(`a tensor has the dimension ${size}`, message.start);
    if (dims.length === highestRank)
      throw malformed(`a tensor has more than ${highestRank} dimensions`, message.start);
    dims.push(size);
  });
}

function countElements(name: string, dims: number[]): number {
  if (dims.includes(0)) return 0;
  const elements = dims.reduce((product, size) => product * size, 1);
  if (elements <= mostElements) return elements;
  throw malformed(`tensor ${quote(name)} has the invalid shape [${dims.slice(0, 8).join(',')}]`);
}

/** Also checks that raw data, which is skipped, has the length that dtype and dims need. */
export function readTensor(window: ByteWindow, span: Span): TensorFacts {
  const message = new WireMessage(window, span, 'TensorProto');
  const dims: number[] = [];
  const entries: Span[] = [];
  let name = '';
  let dataType = 0;
  let location = 0;
  let rawLength: number | undefined;
  while (message.next()) {
    switch (message.field) {
      case 1:
        readDims(message, dims);
        break;
      case 2:
        dataType = message.integer();
        break;
      case 8:
        name = message.text();
        break;
      case 9: {
        const raw = message.span();
        rawLength = raw.end - raw.start;
        break;
      }
      case 13:
        if (entries.length === mostEntries)
          throw malformed(`a tensor has more than ${mostEntries} external_data entries`, message.start);
        entries.push(message.span());
        break;
      case 14:
        location = message.integer();
        break;
    }
  }
  if (location !== 0 && location !== 1)
    throw malformed(`tensor ${quote(name)} has data_location ${location}`);
  const elements = countElements(name, dims);
  const bits = bitsPerElement(dataType);
  const byteLength = bits === null ? null : Math.ceil((elements * bits) / 8);
  if (location === 0 && rawLength !== undefined && byteLength !== null && rawLength !== byteLength) {
    const type = `${dataTypeName(dataType)}[${dims.join(',')}]`;
    throw malformed(
      `tensor ${quote(name)} has ${counted(rawLength, 'byte')}, but ${type} needs ${byteLength}`,
      span.start,
    );
  }
  const external = location === 1 ? readExternalLocation(window, entries, name, byteLength) : null;
  return { name, dataType, dims, elements, byteLength, external, span };
}

export function readSparseTensor(window: ByteWindow, span: Span): SparseTensorFacts {
  const message = new WireMessage(window, span, 'SparseTensorProto');
  const dims: number[] = [];
  let values: TensorFacts | undefined;
  let indices: TensorFacts | undefined;
  while (message.next()) {
    if (message.field === 1) {
      once(values, message);
      values = readTensor(window, message.span());
    } else if (message.field === 2) {
      once(indices, message);
      indices = readTensor(window, message.span());
    } else if (message.field === 3) readDims(message, dims);
  }
  if (values === undefined) throw malformed('a sparse tensor has no values', span.start);
  countElements(values.name, dims);
  return { values, indices: indices ?? null, dims };
}

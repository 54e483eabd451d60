import { quote } from '../../core/text/quote.ts';
import { counted } from '../../core/text/numbers.ts';
import { bitsPerElement, dataTypeName } from '../tensors/data-types.ts';
import { type ExternalLocation, readExternalLocation } from './read-external.ts';
import { type ByteWindow, type Span, WireMessage, malformed, once } from './wire.ts';

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
const highestRank = 1024;
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

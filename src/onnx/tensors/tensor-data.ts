import { type NumberArray, integerRanges } from '../../core/element-types.ts';
import { quote } from '../../core/text/quote.ts';
import { counted } from '../../core/text/numbers.ts';
import { type FeedData, type FeedDtype, allocateData } from '../feeds/feed-dtypes.ts';
import type { TensorFacts } from '../file/read-values.ts';
import { WireMessage, once } from '../file/wire.ts';
import { type ByteWindow, malformed } from '../file/bytes.ts';
import { stringType } from './data-types.ts';

const rawField = 9;
/** The field of TensorProto that holds values of each type that are not raw, see onnx.proto. */
const typedFields: Record<FeedDtype, number> = {
  float32: 4,
  int32: 5,
  int16: 5,
  int8: 5,
  uint16: 5,
  uint8: 5,
  bool: 5,
  float16: 5,
  string: 6,
  int64: 7,
  float64: 10,
  uint32: 11,
  uint64: 11,
};
const ranges: Partial<Record<FeedDtype, readonly [low: number, high: number]>> = {
  ...integerRanges,
  bool: [0, 1],
  // The bits of each, see onnx.proto.
  float16: [0, 2 ** 16 - 1],
};
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Checks that a TensorProto holds exactly the values that its type and dimensions need, in one
 * field, each in range. Keeps none of them. INVALID_INPUT otherwise, and for values in another
 * file.
 */
export function checkTensorData(window: ByteWindow, facts: TensorFacts, dtype: FeedDtype): void {
  walkData(window, facts, dtype, null);
}

/**
 * The values of a TensorProto, after the same checks: nothing larger than the file's content is
 * allocated.
 */
export function readTensorData(window: ByteWindow, facts: TensorFacts, dtype: FeedDtype): FeedData {
  checkTensorData(window, facts, dtype);
  const data = dtype === 'string' ? [] : allocateData(dtype, facts.elements);
  walkData(window, facts, dtype, data);
  return data;
}

function walkData(window: ByteWindow, facts: TensorFacts, dtype: FeedDtype, into: FeedData | null): void {
  const { name, elements, external, span } = facts;
  if (external !== null) throw malformed(`the values of tensor ${quote(name)} are in another file`);
  const message = new WireMessage(window, span, 'TensorProto');
  let count = 0;
  let raw: true | undefined;
  while (message.next()) {
    const { field } = message;
    if (field === rawField) {
      once(raw, message);
      raw = true;
      if (facts.dataType === stringType) throw malformed(`tensor ${quote(name)} has raw strings`, span.start);
      copyRaw(message, dtype, into as NumberArray | null);
    } else if (field === typedFields[dtype]) {
      count += dtype === 'string' ? takeString(message, into) : takeNumbers(message, dtype, into, count);
    } else if ([3, 4, 5, 6, 7, 10, 11].includes(field) && message.end > message.start) {
      const what = field === 3 ? 'a segment' : `values that are not ${dtype}`;
      throw malformed(`tensor ${quote(name)} has ${what}`, message.start);
    }
  }
  // `readTensor` has checked the length of raw data.
  if (raw === true && count > 0)
    throw malformed(`tensor ${quote(name)} has values in two fields`, span.start);
  if (raw !== true && count !== elements) {
    const shape = `[${facts.dims.join(',')}]`;
    throw malformed(
      `tensor ${quote(name)} has ${counted(count, 'value')}, but ${dtype}${shape} needs ${elements}`,
      span.start,
    );
  }
}

/** Raw values are little-endian, as are all platforms that both Node and ONNX Runtime support. */
function copyRaw(message: WireMessage, dtype: FeedDtype, into: NumberArray | null): void {
  if (into === null && dtype !== 'bool') return;
  const bytes = into === null ? null : new Uint8Array(into.buffer);
  let used = 0;
  for (const piece of message.bytes()) {
    if (dtype === 'bool' && piece.some((byte) => byte > 1)) {
      throw malformed('a bool is neither 0 nor 1', message.start);
    }
    bytes?.set(piece, used);
    used += piece.length;
  }
}

function takeString(message: WireMessage, into: FeedData | null): number {
  const [start, end] = [message.start, message.end];
  message.span();
  let text: string;
  try {
    text = strictUtf8.decode(message.window.copy(start, end));
  } catch (cause) {
    throw malformed('a string is not UTF-8', start, cause);
  }
  // onnxruntime-node ends a string at a NUL character.
  if (text.includes('\0')) throw malformed('a string contains a NUL character', start);
  (into as string[] | null)?.push(text);
  return 1;
}

/**
 * Appends the numbers of one field after the first `from` elements; returns how many the field has.
 */
function takeNumbers(message: WireMessage, dtype: FeedDtype, into: FeedData | null, from: number): number {
  const numbers = into as NumberArray | null;
  if (dtype === 'float32' || dtype === 'float64') {
    const width = dtype === 'float32' ? 4 : 8;
    const pieces = message.fixedBytes(width);
    if (numbers !== null) {
      const bytes = new Uint8Array(numbers.buffer);
      let used = from * width;
      for (const piece of pieces) {
        bytes.set(piece, used);
        used += piece.length;
      }
    }
    return (message.end - message.start) / width;
  }
  let count = 0;
  if (dtype === 'int64' || dtype === 'uint64') {
    const halves = numbers === null ? null : new Uint32Array(numbers.buffer);
    message.eachInteger((low, high) => {
      if (halves !== null) {
        halves[2 * (from + count)] = low;
        halves[2 * (from + count) + 1] = high;
      }
      count += 1;
    });
    return count;
  }
  const [least, most] = ranges[dtype] ?? [0, 0];
  message.eachSafeInteger((value) => {
    if (value < least || value > most) throw malformed(`${value} does not fit ${dtype}`, message.start);
    if (numbers !== null) numbers[from + count] = value;
    count += 1;
  });
  return count;
}

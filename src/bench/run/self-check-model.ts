/**
 * The model used to time this machine: a chain of matrix products, `x` [16, 256] · `w` [256, 256] ·
 * `w` …, as an ONNX file of about 400 bytes. The weights are stored as the shape and value of a
 * constant, which ONNX Runtime expands when it loads the model. Each product averages, so that
 * values stay the same. A run takes a fraction of a millisecond, like a small network.
 */
export const selfCheckInput = { name: 'x', shape: [16, 256] };
export const selfCheckOutput = 'y';

const width = 256;
const products = 8;

/**
 * The file's bytes. Field numbers come from onnx.proto,
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
export function selfCheckModel(): Uint8Array {
  const value = (index: number): string =>
    index === 0 ? selfCheckInput.name : index === products ? selfCheckOutput : `x${index}`;
  const nodes = [
    nested(1, text(1, 'shape'), text(2, 'w'), text(4, 'ConstantOfShape'), averaging()),
    ...Array.from({ length: products }, (_, at) =>
      nested(1, text(1, value(at)), text(1, 'w'), text(2, value(at + 1)), text(4, 'MatMul')),
    ),
  ];
  const shape = tensor(5, [2], 7, 7, [...varint(width), ...varint(width)], 'shape');
  const declared = (field: number, name: string): Uint8Array =>
    nested(field, text(1, name), nested(2, nested(1, integer(1, 1), sizes(selfCheckInput.shape))));
  return Buffer.concat([
    integer(1, 8),
    nested(7, ...nodes, text(2, 'self-check'), shape, declared(11, value(0)), declared(12, selfCheckOutput)),
    nested(8, integer(2, 13)),
  ]);
}

/** AttributeProto `value`, a tensor with the element that ConstantOfShape repeats. */
function averaging(): Uint8Array {
  const element = tensor(5, [1], 1, 4, [...new Uint8Array(Float32Array.of(1 / width).buffer)], '');
  return nested(5, text(1, 'value'), element, integer(20, 4));
}

/** A TensorProto: float32 (1) in field 4 or int64 (7) in field 7, packed. */
function tensor(
  field: number,
  dims: readonly number[],
  dataType: number,
  dataField: number,
  data: readonly number[],
  name: string,
): Uint8Array {
  const values = nested(dataField, Uint8Array.from(data));
  return nested(field, ...dims.map((size) => integer(1, size)), integer(2, dataType), values, text(8, name));
}

/** The shape of a TypeProto.Tensor. */
function sizes(shape: readonly number[]): Uint8Array {
  return nested(2, ...shape.map((size) => nested(1, integer(1, size))));
}

function integer(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(8 * field), ...varint(value)]);
}

function text(field: number, value: string): Uint8Array {
  return nested(field, Buffer.from(value, 'utf8'));
}

function nested(field: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.from([...varint(8 * field + 2), ...varint(content.length)]), content]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [128 + (value % 128), ...varint(Math.floor(value / 128))];
}

/**
 * TensorProto.DataType of onnx.proto (IR version 14): our name, and the bits of an element in raw
 * data; null if that number is not fixed or elements are packed across bytes.
 */
const dataTypes: readonly (readonly [name: string, bits: number | null] | undefined)[] = [
  undefined,
  ['float32', 32],
  ['uint8', 8],
  ['int8', 8],
  ['uint16', 16],
  ['int16', 16],
  ['int32', 32],
  ['int64', 64],
  ['string', null],
  ['bool', 8],
  ['float16', 16],
  ['float64', 64],
  ['uint32', 32],
  ['uint64', 64],
  ['complex64', 64],
  ['complex128', 128],
  ['bfloat16', 16],
  ['float8e4m3fn', 8],
  ['float8e4m3fnuz', 8],
  ['float8e5m2', 8],
  ['float8e5m2fnuz', 8],
  ['uint4', 4],
  ['int4', 4],
  ['float4e2m1', 4],
  ['float8e8m0', 8],
  ['uint2', 2],
  ['int2', 2],
  ['float6e2m3', null],
  ['float6e3m2', null],
];

export const stringType = 8;

/** `unknown(<number>)` for a type that this table does not have. */
export function dataTypeName(dataType: number): string {
  return dataTypes[dataType]?.[0] ?? `unknown(${dataType})`;
}

/** The number of a type in this table. */
export function dataTypeNumber(name: string): number {
  return dataTypes.findIndex((type) => type?.[0] === name);
}

export function bitsPerElement(dataType: number): number | null {
  return dataTypes[dataType]?.[1] ?? null;
}

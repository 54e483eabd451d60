/** Tensors as tests write them, and the golden set files that hold them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { float16Bits } from '../../src/onnx/tensors/half-floats.ts';
import { constant } from './onnx-writer.ts';

export interface Tensor {
  dtype: string;
  shape: number[];
  /** Floats as numbers also for float16; booleans; 64-bit integers as bigint or number. */
  data: (number | bigint | string | boolean)[];
}

/** What stands in the place of a tensor: a file's bytes, and anything as JSON. */
export interface Foreign {
  bytes: Uint8Array;
  json: unknown;
}

export type Values = Record<string, Tensor | Foreign>;

const of =
  (dtype: string) =>
  (shape: number[], data: Tensor['data']): Tensor => ({ dtype, shape, data });

export const f32 = of('float32');
export const f64 = of('float64');
export const f16 = of('float16');
export const i64 = of('int64');
export const i32 = of('int32');
export const bool = of('bool');
export const text = of('string');
export const tensorOf = (dtype: string, shape: number[], data: Tensor['data']): Tensor =>
  of(dtype)(shape, data);

const isTensor = (value: Tensor | Foreign): value is Tensor => 'dtype' in value;

/** A TensorProto file; `typed`: its values in the field of their type instead of raw. */
export function tensorFile(
  { dtype, shape, data }: Tensor,
  { name, typed = false }: { name?: string; typed?: boolean } = {},
): Uint8Array {
  if (dtype === 'string') return constant(dtype, shape, data as string[], name).bytes;
  const numbers = data.map((value) => (typeof value === 'boolean' ? Number(value) : value)) as number[];
  if (dtype !== 'float16' && dtype !== 'bfloat16')
    return constant(dtype, shape, numbers, name, { typed }).bytes;
  const bits = dtype === 'float16' ? numbers.map(float16Bits) : numbers.map(bfloat16Bits);
  const values = typed ? bits : { raw: new Uint8Array(Uint16Array.from(bits).buffer) };
  return constant(dtype, shape, values, name, { typed }).bytes;
}

/** The upper half of the float32, which is exact for the values that tests use. */
function bfloat16Bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;
}

/** As in a golden JSON file. */
export function tensorJson(value: Tensor | Foreign): unknown {
  if (!isTensor(value)) return value.json;
  return { ...value, data: value.data.map((item) => jsonElement(item)) };
}

function jsonElement(item: Tensor['data'][number]): unknown {
  if (typeof item === 'bigint') return String(item);
  return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
}

export interface Case {
  inputs: Values;
  outputs: Values;
}

/** Writes `golden.json` into a folder; returns its path. */
export function writeGoldenJson(folder: string, cases: readonly Case[], tolerance: object = {}): string {
  const path = join(folder, 'golden.json');
  const side = (values: Values) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensorJson(value)]));
  const content = cases.map(({ inputs, outputs }) => ({ inputs: side(inputs), outputs: side(outputs) }));
  writeFileSync(path, JSON.stringify({ ...tolerance, cases: content }));
  return path;
}

/** A `golden.json` in a folder, as the files of a golden set. */
export function goldenJson(
  folder: string,
  cases: readonly Case[],
  tolerance: object = {},
): Map<string, string> {
  return new Map([['golden.json', writeGoldenJson(folder, cases, tolerance)]]);
}

/**
 * Writes `test_data_set_0` and so on: inputs raw, in the model's order, each second one with its
 * name; outputs typed, with theirs.
 */
export function writeDataSets(folder: string, cases: readonly Case[]): string {
  cases.forEach(({ inputs, outputs }, at) => {
    const set = join(folder, `test_data_set_${at}`);
    mkdirSync(set, { recursive: true });
    Object.entries(inputs).forEach(([name, value], position) => {
      const bytes = isTensor(value) ? tensorFile(value, position % 2 === 0 ? {} : { name }) : value.bytes;
      writeFileSync(join(set, `input_${position}.pb`), bytes);
    });
    Object.entries(outputs).forEach(([name, value], position) => {
      const bytes = isTensor(value) ? tensorFile(value, { name, typed: true }) : value.bytes;
      writeFileSync(join(set, `output_${position}.pb`), bytes);
    });
  });
  return folder;
}

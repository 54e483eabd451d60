import type { MlregResult, PythonResult } from './backend-case.ts';

/**
 * Element types that onnxruntime-node takes and gives; anything else it can neither be fed nor
 * fetch.
 */
const bindable = new Set([
  'float',
  'double',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
]);

export type Judgement =
  | { kind: 'passed by both' }
  | { kind: "failed by Python's ONNX Runtime too" }
  | { kind: 'passed by mlreg alone' }
  /** `types`: what onnxruntime-node cannot feed or fetch. */
  | { kind: 'excepted'; types: string[] }
  | { kind: 'DIFFERENT' };

/**
 * What Python's ONNX Runtime passes mlreg must pass, but for types of the model's inputs and
 * outputs that Node's binding lacks.
 */
export function judge(python: PythonResult, mlreg: MlregResult): Judgement {
  const types = python.types.filter((type) => !bindable.has(type));
  if (mlreg.result === 'broken') return { kind: 'DIFFERENT' };
  if (python.result === 'passed') {
    if (mlreg.result === 'passed') return { kind: 'passed by both' };
    return mlreg.result === 'skipped' && types.length > 0
      ? { kind: 'excepted', types }
      : { kind: 'DIFFERENT' };
  }
  if (mlreg.result !== 'passed') return { kind: "failed by Python's ONNX Runtime too" };
  // To pass outputs that are wrong would be worse than to refuse some that are right.
  return { kind: python.result === 'differs' && types.length === 0 ? 'DIFFERENT' : 'passed by mlreg alone' };
}

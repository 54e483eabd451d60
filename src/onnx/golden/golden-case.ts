import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { formatValueType } from '../../core/versions/signature-change.ts';
import type { Signature, ValueInfo } from '../../core/versions/signature.ts';
import { type TensorValue, foreignValue, isFeedDtype } from '../feeds/feed-dtypes.ts';
import { hasDeclaredShape, mayBeFedAs } from '../feeds/given-sizes.ts';
import type { Tolerance } from '../tensors/compare-tensors.ts';

/**
 * What cases are used for: comparison, or only as inputs; then outputs are ignored and may be
 * missing.
 */
export type CaseUse = 'golden' | 'feeds';

/**
 * A value in a golden set, not yet checked against the model. Each method reads it again;
 * INVALID_INPUT for errors in it.
 */
export interface GivenValue {
  /** The file and the place in it, for messages. */
  where: string;
  /** Size of the file that holds only this value; absent if other values share the file. */
  fileBytes?: number;
  /** Element type and shape of a tensor. */
  head(): { dtype: string; shape: number[] };
  /** Reads all elements without keeping them. */
  check(): void;
  load(): TensorValue;
}

/** The content of one case of a golden set, by the names of the model's inputs and outputs. */
export interface GivenCase {
  name: string;
  /** For messages. */
  where: string;
  inputs: ReadonlyMap<string, GivenValue>;
  outputs: ReadonlyMap<string, GivenValue>;
  /** The golden set's own tolerance. */
  tolerance: Partial<Tolerance>;
}

/** A case that fits the model. */
export interface GoldenCase {
  name: string;
  /** Why its inputs cannot be used; null if they can. */
  unfed: string | null;
  /** Why it cannot be run and compared; null if it can. */
  skipped: string | null;
  /**
   * The inputs to use and the outputs to compare: tensors of types that ONNX Runtime's binding
   * accepts.
   */
  inputs: ReadonlyMap<string, GivenValue>;
  outputs: ReadonlyMap<string, GivenValue>;
  /** Names of the expected outputs that cannot be compared. */
  skippedOutputs: string[];
  /** Outputs whose expected shape is not the declared one. */
  otherShapes: { output: string; warning: string }[];
  tolerance: Partial<Tolerance>;
}

/**
 * Checks a case against the model's signature. INVALID_INPUT for names that the model lacks,
 * missing inputs, types that contradict the model, and input shapes that ONNX Runtime would refuse:
 * symbolic dimensions accept any size, and a declared rank of 0 any shape. Declared output shapes
 * are only hints: ONNX Runtime returns what it computes, and that is compared. If ONNX Runtime's
 * binding cannot run a case, it is skipped, never an error. For `feeds` the outputs are ignored.
 */
export function fitCase(
  { name, where, inputs, outputs, tolerance }: GivenCase,
  signature: Signature,
  use: CaseUse,
): GoldenCase {
  const fed = fitValues('input', inputs, signature.inputs);
  const compared =
    use === 'golden' ? fitValues('output', outputs, signature.outputs) : new Map<string, GivenValue>();
  for (const input of signature.inputs) {
    if (input.hasDefault === true || !isTensor(input) || inputs.has(input.name)) continue;
    throw refuse(where, `missing input ${quote(input.name)} (${formatValueType(input)})`);
  }
  if (use === 'golden' && outputs.size === 0) throw refuse(where, 'it has no expected outputs');
  const unfed = whyUnfed(signature, inputs, fed);
  const nothing = compared.size === 0 ? 'no output has a type that can be compared' : null;
  return {
    name,
    unfed,
    skipped: unfed ?? (use === 'golden' ? nothing : null),
    inputs: fed,
    outputs: compared,
    skippedOutputs: use === 'golden' ? [...outputs.keys()].filter((output) => !compared.has(output)) : [],
    otherShapes: [...compared].flatMap(([output, value]) => {
      const info = signature.outputs.find((one) => one.name === output);
      return info === undefined ? [] : findOtherShape(info, value.head());
    }),
    tolerance,
  };
}

/** Checks every value, and returns those that can be used as input or compared. */
function fitValues(
  side: 'input' | 'output',
  values: ReadonlyMap<string, GivenValue>,
  declared: readonly ValueInfo[],
): Map<string, GivenValue> {
  const usable = new Map<string, GivenValue>();
  for (const [name, value] of values) {
    const info = declared.find((one) => one.name === name);
    if (info === undefined) {
      const names = declared.map((one) => quote(one.name)).join(', ');
      throw refuse(value.where, `the model has no ${side} ${quote(name)}; its ${side}s: ${names || 'none'}`);
    }
    if (!isTensor(info)) continue;
    const { dtype, shape } = value.head();
    if (!hasDtype(info, dtype) || (side === 'input' && !mayBeFedAs(info, shape))) {
      const given = formatValueType({ ...info, dtype, type: `tensor(${dtype})`, shape });
      throw refuse(
        value.where,
        `${side} ${quote(name)} is ${given}, but the model declares ${formatValueType(info)}`,
      );
    }
    if (isFeedDtype(dtype)) usable.set(name, value);
  }
  return usable;
}

function hasDtype(info: ValueInfo, dtype: string): boolean {
  return info.dtype === null || info.dtype === dtype;
}

/** ONNX Runtime also warns about this. */
function findOtherShape(
  info: ValueInfo,
  { dtype, shape }: { dtype: string; shape: number[] },
): GoldenCase['otherShapes'] {
  if (hasDeclaredShape(info, shape)) return [];
  const expected = formatValueType({ ...info, dtype, type: `tensor(${dtype})`, shape });
  const warning = `the model declares its output ${quote(info.name)} as ${formatValueType(info)}, but the golden set expects ${expected}`;
  return [{ output: info.name, warning }];
}

function whyUnfed(
  signature: Signature,
  given: ReadonlyMap<string, GivenValue>,
  fed: ReadonlyMap<string, GivenValue>,
): string | null {
  const { inputs } = signature;
  const foreign = foreignValue(signature);
  if (foreign !== undefined)
    return `${quote(foreign.name)} is ${foreign.type}; onnxruntime-node does not load models with inputs or outputs of this type`;
  const unfed = inputs.find(({ name, hasDefault }) => hasDefault !== true && !fed.has(name));
  if (unfed !== undefined)
    return `onnxruntime-node cannot feed the input ${quote(unfed.name)} (${unfed.type})`;
  // Tested with onnxruntime-node 1.30: it silently ignores such a value.
  const overridden = inputs.find(({ name, hasDefault }) => hasDefault === true && given.has(name));
  return overridden === undefined
    ? null
    : `it sets the input ${quote(overridden.name)}, but onnxruntime-node cannot override its default`;
}

/** True also if the model does not declare the type: then the golden set decides. */
function isTensor({ type }: ValueInfo): boolean {
  return type.startsWith('tensor(') || type === 'unknown';
}

function refuse(where: string, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `${where}: ${why}`, {
    hint: 'create it with this model, for its inputs and outputs',
  });
}

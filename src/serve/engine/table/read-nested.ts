import type { FedTensor } from '../../../runtime/child/repeated-model.ts';
import { readValues } from '../json-values.ts';
import type { EnginePlan, PlannedValue } from '../plan.ts';
import { badRequest, shown } from '../refusal.ts';
import { checkShape, inputNamed, missingInput, tensor } from '../tensors-in.ts';
import { exactInteger } from './read-features.ts';

/** Of more, the lists are no tensor. */
const mostDimensions = 16;

/**
 * Reads nested lists, as JSON text by input. The lists are the shape; where the model has one more
 * dimension of size 1 at the end, it may be missing. Refused for unknown and missing inputs, and for
 * lists of different lengths.
 */
export function readNested(given: ReadonlyMap<string, string>, plan: EnginePlan): FedTensor[] {
  for (const name of given.keys()) inputNamed(plan, name);
  return plan.inputs.map((input) => {
    const text = given.get(input.name);
    if (text === undefined) throw missingInput(input);
    return readOne(input, text);
  });
}

function readOne(input: PlannedValue, text: string): FedTensor {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`input ${shown(input.name)} is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  if (!Array.isArray(value))
    throw badRequest(`input ${shown(input.name)} must be a list, not ${shown(value)}`);
  const given = shapeOf(value);
  const shape = withLastSize(input, given);
  const elements = checkShape(input, shape);
  const dtype = input.dtype ?? 'float32';
  const data = readValues(input, dtype, given, elements, value, (at) => exactInteger(text, at));
  return tensor(dtype, shape, data);
}

/** By the first element of each level. */
function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level) && shape.length <= mostDimensions; level = level[0] as unknown)
    shape.push(level.length);
  return shape;
}

function withLastSize({ shape: declared }: PlannedValue, shape: number[]): number[] {
  return declared?.length === shape.length + 1 && declared.at(-1) === 1 ? [...shape, 1] : shape;
}

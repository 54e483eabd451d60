import { quote } from '../../core/text/quote.ts';
import { describeValue } from '../engine/datatypes.ts';
import type { PlannedValue } from '../engine/plan.ts';
import type { ServedVersion } from '../served.ts';

type Part = Pick<ServedVersion, 'ref' | 'inputs' | 'outputs'>;

/**
 * Why the outputs of `before` cannot feed `after`, by name; undefined: they can. What the models leave
 * open is only known when they run.
 */
export function misfit(before: Part, after: Part): string | undefined {
  for (const input of after.inputs) {
    const expects = `${after.ref} expects the input ${quote(input.name)}, ${describeValue(input)}`;
    const output = before.outputs.find(({ name }) => name === input.name);
    if (output === undefined) {
      const given = before.outputs.map((one) => `${quote(one.name)}, ${describeValue(one)}`).join('; ');
      return `${expects}, but ${before.ref} has no output of this name; it gives ${given}`;
    }
    if (!agree(output, input)) return `${expects}, but ${before.ref} gives ${describeValue(output)}`;
  }
  return undefined;
}

function agree(output: PlannedValue, input: PlannedValue): boolean {
  if (output.dtype !== null && input.dtype !== null && output.dtype !== input.dtype) return false;
  const [given, taken] = [output.shape, input.shape];
  // A declared rank of 0 also stands for an unknown one: see `mayBeFedAs`.
  if (given === null || taken === null || taken.length === 0) return true;
  if (given.length !== taken.length) return false;
  return given.every((size, axis) => {
    const other = taken[axis] ?? null;
    return size === null || other === null || size === other;
  });
}

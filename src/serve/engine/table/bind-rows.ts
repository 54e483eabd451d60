import { isMlregError } from '../../../core/errors.ts';
import { bindColumns, type Binding } from '../../../predict/columns/binding.ts';
import { listColumns } from '../../../predict/columns/column-choice.ts';
import { type InputSlot, inputSlots } from '../../../predict/columns/input-slots.ts';
import type { EnginePlan } from '../plan.ts';
import { badRequest } from '../refusal.ts';

/** The columns of requests are few, and the same again and again; a client can send any others. */
const mostKept = 64;
const longestKey = 65_536;

const kept = new WeakMap<EnginePlan, Map<string, Binding>>();

/**
 * Which columns fill which inputs, by the rules of `mlreg predict`. Refused if they do not fit the
 * model, naming the columns.
 */
export function bindRows(plan: EnginePlan, columns: readonly string[], text: ReadonlySet<number>): Binding {
  const key = JSON.stringify([columns, [...text]]);
  let known = kept.get(plan);
  if (known === undefined) kept.set(plan, (known = new Map()));
  const found = known.get(key);
  if (found !== undefined) return found;
  const binding = orRefused(
    () => bindColumns(columns, plan.signature, { text }),
    () => `; the columns are ${listColumns(columns)}`,
  );
  if (known.size >= mostKept) known.clear();
  if (key.length <= longestKey) known.set(key, binding);
  return binding;
}

/** What a row gives to each input. Refused if rows of a table cannot fill the model. */
export function slotsOf(plan: EnginePlan): InputSlot[] {
  return orRefused(
    () => inputSlots(plan.signature),
    () => '; send tensors to /v2/models/NAME/infer',
  );
}

/** The hints of these errors name options of the command line. */
function orRefused<Result>(decide: () => Result, instead: () => string): Result {
  try {
    return decide();
  } catch (error) {
    if (!isMlregError(error, 'INVALID_INPUT')) throw error;
    const { message } = error;
    throw badRequest(/the columns? (?:is|are) /.test(message) ? message : `${message}${instead()}`);
  }
}

import type { InputSlot } from '../../../predict/columns/input-slots.ts';
import type { FedTensor } from '../../../runtime/child/repeated-model.ts';
import { readValues } from '../json-values.ts';
import type { EnginePlan, PlannedValue } from '../plan.ts';
import { badRequest, shown } from '../refusal.ts';
import { bindRows, slotsOf } from './bind-rows.ts';
import { parseJson, type Span } from './find-json.ts';
import { type ReadRows, tensorOf } from './read-rows.ts';

/**
 * Reads `[…]`, the values of one row, or `[[…], …]`, a list for each row, for the only input of a
 * model. A row can be flat, or nested as the input's shape.
 */
export function readFeatures(bytes: Buffer, span: Span, plan: EnginePlan): ReadRows {
  const [slot, ...others] = slotsOf(plan);
  const input = plan.inputs.find(({ name }) => name === slot?.name);
  if (slot === undefined || input === undefined || others.length > 0) throw severalInputs(plan);
  const given = parseJson(bytes, span, '"features"');
  if (!Array.isArray(given))
    throw badRequest(`"features" must be a list of values, or a list of such lists, not ${shown(given)}`);
  const rows = rowsOf(given, slot);
  if (rows.length === 0) throw badRequest('"features" has no values');
  const width = slot.width ?? rows[0]?.length ?? 0;
  rows.forEach((row, index) => {
    if (row.length === width) return;
    const which = rows.length === 1 ? '"features"' : `"features"[${index}]`;
    throw badRequest(`${which} has ${row.length} values; ${slot.label} takes ${width} per row`);
  });
  // Numbered columns bind as any others do, with the same checks.
  const names = Array.from({ length: width }, (_, at) => (width === 1 ? slot.name : `${slot.name}_${at}`));
  const binding = bindRows(plan, names, new Set());
  const [bound] = binding.inputs;
  if (bound === undefined) throw severalInputs(plan);
  const flat = rows.length === 1 ? (rows[0] ?? []) : rows.flat();
  const data = readValues(input, bound.dtype, [flat.length], flat.length, flat, (place) =>
    exactInteger(bytes.toString('utf8', span.from, span.to), place),
  );
  const tensors: FedTensor[] = [tensorOf(bound, data, rows.length, binding.batch)];
  return { inputs: tensors, binding, rows: rows.length };
}

/** A row for each element that is a list, unless the whole is one nested row. */
function rowsOf(given: readonly unknown[], slot: InputSlot): unknown[][] {
  if (!given.some((value) => Array.isArray(value))) return given.length === 0 ? [] : [[...given]];
  const rows = given.map((row, index) => {
    if (Array.isArray(row)) return row.flat(Infinity) as unknown[];
    throw badRequest(`"features"[${index}] is ${shown(row)}, and not a list like others; ${slot.label}`);
  });
  const all = rows.reduce((sum, row) => sum + row.length, 0);
  const isNested = slot.rowShape !== null && slot.rowShape.length > 1 && rows[0]?.length !== slot.width;
  return isNested && all === slot.width ? [rows.flat()] : rows;
}

function severalInputs({ inputs }: { inputs: readonly PlannedValue[] }): Error {
  const [first, second] = inputs;
  const example = [first, second].flatMap((input) => (input === undefined ? [] : `${shown(input.name)}: …`));
  return badRequest(
    `the model has ${inputs.length} inputs, and "features" fills one: send records by column name, such as {"records": [{${example.join(', ')}}]}`,
  );
}

/** Reads the text again with the digits of its integers, which Node 22 does not give. */
export function exactInteger(text: string, place: number): bigint | undefined {
  const withSource = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
  ) => unknown;
  const value = withSource(text, (_key, one, context) =>
    typeof one === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : one,
  );
  const found: unknown = Array.isArray(value) ? value.flat(Infinity)[place] : value;
  return typeof found === 'bigint' ? found : undefined;
}

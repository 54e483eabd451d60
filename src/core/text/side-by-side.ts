/** The values of several records for one key; undefined for a record that lacks it. */
export interface Compared<Value> {
  name: string;
  values: (Value | undefined)[];
  /** All records have it, with the same value. */
  same: boolean;
}

/**
 * Compares records side by side: the keys of the first in its order, then keys that only others
 * have.
 */
export function sideBySide<Value extends string | number | boolean | null>(
  records: readonly Readonly<Record<string, Value>>[],
): Compared<Value>[] {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return [...names].map((name) => {
    const values = records.map((record) => (Object.hasOwn(record, name) ? record[name] : undefined));
    return { name, values, same: values.every((value) => value !== undefined && value === values[0]) };
  });
}

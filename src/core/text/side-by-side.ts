/** What several records hold under one key; undefined where one does not have it. */
export interface Compared<Value> {
  name: string;
  values: (Value | undefined)[];
  /** All have it, and all the same. */
  same: boolean;
}

/** Records side by side: the keys of the first in its order, then what others have beyond it. */
export function sideBySide<Value extends string | number | boolean | null>(
  records: readonly Readonly<Record<string, Value>>[],
): Compared<Value>[] {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return [...names].map((name) => {
    const values = records.map((record) => (Object.hasOwn(record, name) ? record[name] : undefined));
    return { name, values, same: values.every((value) => value !== undefined && value === values[0]) };
  });
}

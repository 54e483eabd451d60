/**
 * A verb's result for callers: the branded types `Version` and `ModelName` become strings. Only the
 * type changes, not the value. Metadata has no such types, and its JSON type nests without end.
 */
export type Plain<Value> = Value extends string
  ? Value extends object
    ? string
    : Value
  : Value extends Float64Array
    ? Value
    : Value extends object
      ? { [Key in keyof Value]: Key extends 'metadata' ? Value[Key] : Plain<Value[Key]> }
      : Value;

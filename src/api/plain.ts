/**
 * A verb's result for callers: what is inside a `Version` or a `ModelName`, proven by its type, is
 * a text for them. Nothing is converted. Metadata has no such types, and nests JSON without end.
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

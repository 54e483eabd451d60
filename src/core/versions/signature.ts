/** One dimension: a fixed size, a symbolic name, or null where the model says nothing. */
export type Dimension = number | string | null;

/** One input or output of a model, as a caller sees it. */
export interface ValueInfo {
  name: string;
  /**
   * Written as ONNX type strings with our dtype names: `tensor(float32)`, `seq(tensor(int64))`,
   * `seq(map(int64,tensor(float32)))`, `optional(…)`, `sparse_tensor(float32)`, or `unknown`.
   */
  type: string;
  /**
   * Element type of a tensor (`float32`, `int64`, `string`, `bool`, `bfloat16` …); null for
   * anything but a tensor.
   */
  dtype: string | null;
  /** Shape of a tensor; `[]` is a scalar. Null: unknown rank, or not a tensor. */
  shape: Dimension[] | null;
  /** An input that an initializer of the same name gives a default to: callers may leave it out. */
  hasDefault?: true;
}

/** What a caller of a model depends on. The order of inputs and outputs is the model's own. */
export interface Signature {
  inputs: ValueInfo[];
  outputs: ValueInfo[];
}

/** One dimension: a fixed size, a symbolic name, or null if the model does not say. */
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
   * Element type of a tensor (`float32`, `int64`, `string`, `bool`, `bfloat16` …); null if it is
   * not a tensor.
   */
  dtype: string | null;
  /** Shape of a tensor; `[]` is a scalar. Null: unknown rank, or not a tensor. */
  shape: Dimension[] | null;
  /** The input has a default from an initializer of the same name: callers may omit it. */
  hasDefault?: true;
}

/** What a caller of a model depends on. Inputs and outputs are in the order of the model. */
export interface Signature {
  inputs: ValueInfo[];
  outputs: ValueInfo[];
}

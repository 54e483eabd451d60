/** A model with its data sets, as the ONNX backend suites lay them out. */
export interface BackendCase {
  suite: string;
  /** `node`, `simple`, `real` … */
  kind: string;
  name: string;
  /** Holds model.onnx and test_data_set_N. */
  folder: string;
  rtol: number;
  atol: number;
}

/** What Python's ONNX Runtime makes of a case. */
export interface PythonResult {
  folder: string;
  result: 'passed' | 'not loaded' | 'not fed' | 'not run' | 'differs' | 'crashed';
  reason: string | null;
  /** Of the model's inputs and outputs: `float`, `bfloat16` …, `sequence`, `optional`, `map`. */
  types: string[];
}

/** What mlreg makes of it. */
export interface MlregResult {
  /**
   * `skipped`: it says that the binding cannot run any of it. `broken`: an answer that mlreg never
   * ought to give.
   */
  result: 'passed' | 'failed' | 'skipped' | 'broken';
  reason: string;
}

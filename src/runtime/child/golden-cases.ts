import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Signature } from '../../core/versions/signature.ts';
import type { FeedDtype, TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import type { GoldenCase } from '../../onnx/golden/golden-case.ts';
import {
  type GoldenCaseResult,
  type OutputComparison,
  readGoldenSet,
  toChecked,
} from '../../onnx/golden/golden-set.ts';
import { compareTensors, toleranceFor, type Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import { type Runtime, releaseOutputs, inferenceOf, toTensor, type Outputs } from './session.ts';

/** A golden set to check a model against. */
export interface GoldenFiles {
  signature: Signature;
  /** Location of each file of the golden set, by its path in the set. */
  files: Map<string, string>;
  /** Overrides the golden set's own tolerances. */
  tolerance: Partial<Tolerance>;
}

/** The case that runs next. */
export interface GoldenProgress {
  case: string;
  /** Number of cases before it. */
  done: number;
  total: number;
}

/**
 * Runs every case that can run, one after another, and compares its outputs. If the runtime refuses
 * a case, that is its result. Calls `report` before each case, so that the parent knows which one
 * crashed. Runs only in the child.
 */
export async function runGoldenCases(
  runtime: Runtime,
  session: InferenceSession,
  golden: GoldenFiles,
  report: (progress: GoldenProgress) => Promise<void>,
): Promise<GoldenCaseResult[]> {
  const cases = readGoldenSet(golden.files, golden.signature);
  const results: GoldenCaseResult[] = [];
  for (const one of cases) {
    await report({ case: one.name, done: results.length, total: cases.length });
    results.push(await runCase(runtime, session, one, golden));
  }
  return results;
}

async function runCase(
  runtime: Runtime,
  session: InferenceSession,
  golden: GoldenCase,
  { tolerance: chosen }: GoldenFiles,
): Promise<GoldenCaseResult> {
  const known = toChecked(golden);
  if (known.skipped !== undefined) return { ...known, outputs: null };
  const feeds = Object.fromEntries(
    [...golden.inputs].map(([input, value]) => [input, toTensor(runtime, value.load())]),
  );
  let given: Outputs;
  try {
    // Outputs are fetched by name: onnxruntime-node cannot return sequences and maps, and aborts
    // the process for int4.
    given = await inferenceOf(session, [...golden.outputs.keys()])(feeds);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...known, outputs: null, error: message };
  }
  const outputs = [...golden.outputs].map(([output, value]): OutputComparison => {
    const expected = value.load();
    const tolerance = toleranceFor(expected.dtype, chosen, golden.tolerance);
    const comparison = compareTensors(
      expected,
      fromTensor(Object.hasOwn(given, output) ? given[output] : undefined),
      tolerance,
    );
    return { output, dtype: expected.dtype, ...tolerance, ...comparison };
  });
  await releaseOutputs(given);
  return { ...known, outputs };
}

/** Float16 is returned as its bits and bool as bytes, as in inputs. */
function fromTensor(tensor: Tensor | undefined): TensorValue {
  if (tensor === undefined) throw new Error('ONNX Runtime did not return this output');
  return { dtype: tensor.type as FeedDtype, shape: [...tensor.dims], data: tensor.data };
}

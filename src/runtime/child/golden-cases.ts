import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Signature } from '../../core/versions/signature.ts';
import type { FeedDtype, TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import type { GoldenCase } from '../../onnx/golden/golden-case.ts';
import type { GoldenCaseResult, OutputComparison } from '../../onnx/golden/golden-result.ts';
import { readGoldenSet, toChecked } from '../../onnx/golden/golden-set.ts';
import { compareTensors, toleranceFor, type Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import type { Runtime } from './load-runtime.ts';
import { releaseOutputs } from './release-outputs.ts';
import { inferenceOf, toTensor, type Outputs } from './run-session.ts';

/** A golden set to check a model against. */
export interface GoldenFiles {
  signature: Signature;
  /** Where each file of the golden set is, by its path in there. */
  files: Map<string, string>;
  /** What beats the golden set's own tolerances. */
  tolerance: Partial<Tolerance>;
}

/** The case that is about to run. */
export interface GoldenProgress {
  case: string;
  /** Cases before it. */
  done: number;
  total: number;
}

/**
 * Runs every case that can be run, one after the other, and compares what it gives; what the
 * runtime refuses is a result of that case. `report` is called before each case, so that the one
 * that crashes is known. Only ever in the child.
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
    // By name: onnxruntime-node cannot give back sequences and maps, and aborts the process over
    // int4.
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

/** Float16 comes as its bits and bool as bytes, as they are fed. */
function fromTensor(tensor: Tensor | undefined): TensorValue {
  if (tensor === undefined) throw new Error('ONNX Runtime did not return this output');
  return { dtype: tensor.type as FeedDtype, shape: [...tensor.dims], data: tensor.data };
}

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Signature } from '../../core/versions/signature.ts';
import type { FeedDtype, TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import type { GoldenCase } from '../../onnx/golden/golden-case.ts';
import {
  type GoldenCaseResult,
  type GoldenSetOnDisk,
  type OutputComparison,
  caseName,
  readGoldenSet,
  toChecked,
} from '../../onnx/golden/golden-set.ts';
import { compareTensors, toleranceFor, type Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import { type Runtime, releaseOutputs, inferenceOf, toTensor, type Outputs } from './session.ts';

/** Golden sets to check a model against. */
export interface GoldenFiles {
  signature: Signature;
  sets: GoldenSetFiles[];
  /** Overrides the golden sets' own tolerances. */
  tolerance: Partial<Tolerance>;
}

export interface GoldenSetFiles {
  /** Location of each file of the golden set, by its path in the set. */
  files: Map<string, string>;
  /** How many cases it has. */
  cases: number;
  /** Its digest; absent if it is the only set. */
  set?: string;
}

/** The golden sets in the child's form. */
export function toSetFiles(sets: readonly GoldenSetOnDisk[]): GoldenSetFiles[] {
  return sets.map(({ digest, files, cases }) => ({
    files,
    cases: cases.length,
    ...(sets.length === 1 || digest === null ? {} : { set: digest }),
  }));
}

/** The case that runs next. */
export interface GoldenProgress {
  case: string;
  /** Number of cases before it. */
  done: number;
  total: number;
}

/**
 * Runs every case of every set that can run, one after another, and compares its outputs. If the
 * runtime refuses a case, that is its result. Calls `report` before each case, so that the parent
 * knows which one crashed. Runs only in the child.
 */
export async function runGoldenCases(
  runtime: Runtime,
  session: InferenceSession,
  golden: GoldenFiles,
  report: (progress: GoldenProgress) => Promise<void>,
): Promise<GoldenCaseResult[]> {
  const results: GoldenCaseResult[] = [];
  const total = golden.sets.reduce((sum, { cases }) => sum + cases, 0);
  for (const { files, set } of golden.sets) {
    const named = set === undefined ? {} : { set };
    for (const one of readGoldenSet(files, golden.signature)) {
      await report({ case: caseName({ case: one.name, ...named }), done: results.length, total });
      results.push({ ...(await runCase(runtime, session, one, golden)), ...named });
    }
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
export function fromTensor(tensor: Tensor | undefined): TensorValue {
  if (tensor === undefined) throw new Error('ONNX Runtime did not return this output');
  return { dtype: tensor.type as FeedDtype, shape: [...tensor.dims], data: tensor.data };
}

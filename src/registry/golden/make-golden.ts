import { join } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import { formatReference, type Reference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { asSourceError } from '../../files/path-errors.ts';
import { withScratchFolder } from '../../files/scratch.ts';
import { chooseOutputs } from '../../onnx/feeds/feed-dtypes.ts';
import { readFeedCases } from '../../onnx/feeds/recorded-feeds.ts';
import { madeUp, planInputs, type InputChoices } from '../../onnx/feeds/synthesize.ts';
import { loadedBytes } from '../../onnx/golden/golden-set.ts';
import { quote } from '../../core/text/quote.ts';
import type { GoldenProgress } from '../../runtime/child/golden-cases.ts';
import { recordJob, type RecordJob } from '../../runtime/child/record-job.ts';
import { runtimeMissing } from '../../runtime/probe-runtime.ts';
import { runJob } from '../../runtime/run-job.ts';
import { hintIfTooNew } from '../../runtime/too-new.ts';
import { checkListing } from '../check-bytes.ts';
import { refuseLostHistory, type Registry } from '../registry.ts';
import { requireOnnx, resolve } from '../resolve.ts';
import { withVerifiedCopies } from '../verified-copies.ts';
import { resultOf, storeGolden, tryOn } from './add-golden.ts';
import type { AddGoldenResult } from './golden-result.ts';
import { limitsOf, oneThread } from './run-golden.ts';
import { findGolden, stageGolden } from './stage-golden.ts';

export interface MakeGoldenInput extends Omit<InputChoices, 'seed'> {
  ref: Required<Reference>;
  /** How many cases to generate. */
  cases: number;
  /** Of the first case; each further one has the next. */
  seed: number;
  /** A file or folder of inputs, in the form of a golden set, instead of generated ones. */
  inputFile?: string | undefined;
  message?: string | undefined;
  onProgress?: ((progress: GoldenProgress) => void) | undefined;
}

/** Larger sets would make every test and promotion slow. */
const mostBytes = 2 ** 30;

/**
 * Makes a golden set of a version's own outputs, and adds it, marked `self`: it shows that the
 * outputs stay the same on other machines and runtimes, not that they are right. GATE_FAILED, with
 * nothing changed, if the model does not run, or gives other outputs when it runs again.
 * INVALID_INPUT for a version that is not an ONNX model, and for inputs that do not fit it;
 * NOT_FOUND without ONNX Runtime.
 */
export async function makeGolden(registry: Registry, input: MakeGoldenInput): Promise<AddGoldenResult> {
  // Before anything is run: the row would be refused at the end.
  await refuseLostHistory(registry);
  const record = await resolve(registry, input.ref);
  const { entry, signature } = requireOnnx(record);
  const ref = formatReference(record.name, record.version);
  const { feeds, bytes, warnings } = await chooseFeeds(signature, input);
  const { fetched } = chooseOutputs(signature);
  return withScratchFolder('golden', async (folder) => {
    await withVerifiedCopies(registry, 'golden', async (copies) => {
      checkListing(record);
      const modelFile = join(await copies.model(record), entry);
      const job: RecordJob = { modelFile, session: oneThread, feeds, fetches: fetched, folder, mostBytes };
      const model = { modelFile, modelBytes: record.artifact.size, signature };
      const outcome = await runJob(recordJob, job, {
        limits: limitsOf(model, bytes),
        signal: registry.signal,
        onProgress: input.onProgress,
      });
      if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
      if (outcome.status !== 'ok') throw notRun(ref, outcome.status, outcome.message);
    });
    const golden = await stageGolden(registry, folder, signature);
    try {
      const same = goldenSetsOf(record).find(({ artifact }) => artifact.digest === golden.artifact.digest);
      if (same !== undefined)
        return resultOf(record, golden, { changed: false, self: same.self, trial: null });
      const trial = await tryOn(registry, record, golden, 2);
      if (trial.verdict !== 'pass') throw notReproducible(ref, trial.reason);
      const outcome = await storeGolden(registry, record, golden, { self: true, message: input.message });
      const added = outcome.outcome === 'added';
      const self = added || outcome.set.self;
      // What was chosen for the inputs matters only to who gets a new set.
      const found = { ...golden, warnings: [...(added ? warnings : []), ...golden.warnings] };
      return resultOf(outcome.version, found, { changed: added, self, trial: added ? trial : null });
    } finally {
      await golden.discard();
    }
  });
}

async function chooseFeeds(
  signature: Signature,
  { cases, seed, batch, shapes, ranges, inputFile }: MakeGoldenInput,
): Promise<{ feeds: RecordJob['feeds']; bytes: number; warnings: string[] }> {
  if (inputFile !== undefined) return readInputs(signature, inputFile);
  const plans = Array.from({ length: cases }, (_, at) =>
    planInputs(signature, { batch, shapes, ranges, seed: (seed + at) % 2 ** 32 }),
  );
  return {
    feeds: plans.map(({ feeds }) => feeds),
    bytes: Math.max(...plans.map(({ bytes }) => bytes)),
    warnings: plans[0]?.warnings ?? [],
  };
}

async function readInputs(signature: Signature, inputFile: string) {
  const files = await findGolden(inputFile, 'inputs');
  try {
    const cases = readFeedCases(files, signature);
    const unfed = cases.find((one) => one.unfed !== null);
    if (unfed !== undefined)
      throw new MlregError(
        'INVALID_INPUT',
        `cannot feed ${quote(unfed.name)} of the inputs: ${unfed.unfed}`,
        {
          hint: 'remove that case',
        },
      );
    for (const one of cases) one.check();
    const chosen = { files, signature, cases: cases.map((_, at) => at) };
    return { feeds: chosen, bytes: loadedBytes(files), warnings: [] };
  } catch (error) {
    throw asSourceError(error, inputFile);
  }
}

function notRun(ref: string, status: string, message: string): MlregError {
  return new MlregError(
    'GATE_FAILED',
    `${ref} could not be run (${status}): ${message}; nothing was changed`,
    {
      hint: hintIfTooNew(message) ?? madeUp,
      details: { ref, status },
    },
  );
}

function notReproducible(ref: string, reason: string): MlregError {
  return new MlregError(
    'GATE_FAILED',
    `${ref} does not reproduce its own outputs: ${reason}; nothing was changed`,
    {
      hint: `a golden set needs outputs that stay the same: fix the seed of random operators, or give a tolerance in a set of your own: mlreg golden add ${ref} PATH`,
      details: { ref },
    },
  );
}

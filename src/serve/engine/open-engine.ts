import { materialiseFeed } from '../../onnx/feeds/feed-data.ts';
import type { FeedPlan } from '../../onnx/feeds/synthesize.ts';
import { isMismatch } from '../../onnx/golden/golden-set.ts';
import { runGoldenCases } from '../../runtime/child/golden-cases.ts';
import { openRepeatedModel, type Feeds } from '../../runtime/child/repeated-model.ts';
import type { Outputs, Runtime } from '../../runtime/child/session.ts';
import type { BeginRun, OpenedModel } from '../../runtime/session/session-kind.ts';
import { openBatcher } from './batcher.ts';
import { codecs } from './codecs.ts';
import type { EngineFacts, EnginePlan, PlannedOutput } from './plan.ts';
import { tensor } from './tensors-in.ts';

export interface OpenOptions {
  /** Instead of that of the plan: its file or its bytes. */
  model?: string | Uint8Array;
  begins?: BeginRun;
}

/**
 * Opens a version for serving: loads the model, runs its golden sets, warms it up, and finds out
 * whether requests can run together. Rejects with the reason why it must not be served. Runs in the
 * child or, without isolation, in the server itself.
 */
export async function openEngine(
  runtime: Runtime,
  plan: EnginePlan,
  { model = plan.modelFile, begins = () => undefined }: OpenOptions = {},
): Promise<OpenedModel<EngineFacts>> {
  const opened = await openRepeatedModel(runtime, model, plan.session);
  const found = new Map(opened.session.outputMetadata.map((output) => [output.name, output]));
  const outputs = plan.outputs.filter(({ tensor: name }) => found.get(name)?.isTensor === true);
  if (outputs.length === 0) throw new Error('onnxruntime-node cannot return any output of the model');
  const run = opened.runner([...new Set(outputs.map(({ tensor: name }) => name))]);
  const goldenCases = await passGolden(runtime, opened.session, plan, begins);
  const { seen, batches } = await warmUp(plan, outputs, (feeds) => {
    begins('a run with made-up inputs');
    return run(feeds);
  });
  const served = { plan, outputs: seen, all: seen.map((_, at) => at) };
  return {
    facts: { outputs: seen, batches, goldenCases },
    answer: openBatcher({ codecs, model: served, run, joins: batches.joined }),
  };
}

async function passGolden(
  runtime: Runtime,
  session: Parameters<typeof runGoldenCases>[1],
  { golden }: EnginePlan,
  begins: BeginRun,
): Promise<number | null> {
  if (golden === null) return null;
  const sets = golden.sets.map((set) => ({ ...set, files: new Map(set.files) }));
  const results = await runGoldenCases(runtime, session, { ...golden, sets }, ({ case: name }) => {
    begins(`${name} of its golden set`);
    return Promise.resolve();
  });
  const refused = results.find(({ error }) => error !== undefined);
  if (refused !== undefined) throw new Error(`its golden set fails in ${refused.case}: ${refused.error}`);
  if (isMismatch(results)) {
    const wrong = results.filter(({ outputs }) => outputs?.some(({ match }) => !match));
    throw new Error(`its outputs differ from its golden set in ${wrong.length} of ${results.length} cases`);
  }
  return results.filter(({ outputs }) => outputs !== null).length;
}

type Batches = EngineFacts['batches'];

/**
 * Runs made-up inputs. That requests may run together is tried and not assumed: two rows must give
 * the same outputs together as apart. A model over sequences, whose first dimension is time, has the
 * same shapes as one over rows.
 */
async function warmUp(
  plan: EnginePlan,
  outputs: readonly PlannedOutput[],
  run: (feeds: Feeds) => Outputs | Promise<Outputs>,
): Promise<{ seen: PlannedOutput[]; batches: Batches }> {
  const apart = (why: string): Batches => ({ joined: false, why });
  const seen = (given: Outputs | null): PlannedOutput[] => outputs.map((output) => shapeSeen(output, given));
  if (plan.warmup === null)
    return { seen: seen(null), batches: apart('no inputs can be made up for the model') };
  const [one, two] = plan.warmup;
  let alone: Outputs;
  try {
    alone = await run(feedsOf(one));
  } catch {
    // Made-up inputs can be ones that a model refuses, such as indices beyond a table.
    return { seen: seen(null), batches: apart('the model refuses made-up inputs') };
  }
  if (plan.maxBatch <= 1) return { seen: seen(alone), batches: apart('--max-batch is 1') };
  if (![...plan.inputs, ...outputs].every(({ shape }) => shape === null || shape[0] === null))
    return { seen: seen(alone), batches: apart('the model fixes a first dimension') };
  try {
    const both = feedsOf(two);
    const together = await run(both);
    for (const row of [0, 1]) {
      const single = await run(rowOf(both, row));
      for (const { tensor: name } of outputs)
        if (!sameRow(together[name], single[name], row))
          return { seen: seen(alone), batches: apart('rows depend on each other') };
    }
  } catch {
    return { seen: seen(alone), batches: apart('the model does not take two rows') };
  }
  return { seen: seen(alone), batches: { joined: true } };
}

function feedsOf(plans: readonly FeedPlan[]): Feeds {
  return Object.fromEntries(
    plans.map((feed) => [feed.name, tensor(feed.dtype, feed.shape, materialiseFeed(feed))]),
  );
}

function rowOf(feeds: Feeds, row: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, dims, data }]) => {
      const width = data.length / 2;
      return [name, tensor(type, [1, ...dims.slice(1)], data.slice(row * width, (row + 1) * width))];
    }),
  );
}

/** Other sums of many numbers differ by rounding. */
const tolerance = 1e-4;

function sameRow(
  together: Outputs[string] | undefined,
  single: Outputs[string] | undefined,
  row: number,
): boolean {
  if (together === undefined || single === undefined) return false;
  if (together.dims[0] !== 2 || single.dims[0] !== 1) return false;
  const [both, one] = [together.data as ArrayLike<unknown>, single.data as ArrayLike<unknown>];
  if (both.length !== 2 * one.length) return false;
  for (let at = 0; at < one.length; at++) {
    const [a, b] = [both[row * one.length + at], one[at]];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (typeof a !== 'number' || typeof b !== 'number' || together.type === 'float16') return false;
    if (!(Math.abs(a - b) <= tolerance * (1 + Math.abs(b)))) return false;
  }
  return true;
}

/** The declared type and shape; where the model declares none, as a run gave them. */
function shapeSeen(output: PlannedOutput, given: Outputs | null): PlannedOutput {
  const found = given?.[output.tensor];
  if (found === undefined) return output;
  return {
    ...output,
    dtype: output.dtype ?? (found.type as PlannedOutput['dtype']),
    shape: output.shape ?? found.dims.map(() => null),
  };
}

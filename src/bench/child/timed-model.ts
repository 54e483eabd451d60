import type { InferenceSession } from 'onnxruntime-node';
import { hashFeeds, materialiseFeed } from '../../onnx/feeds/feed-data.ts';
import type { NamedValue, RecordedFeeds } from '../../onnx/feeds/recorded-feeds.ts';
import type { FeedPlan } from '../../onnx/feeds/synthesize.ts';
import { caseName, type GoldenCaseResult } from '../../onnx/golden/golden-set.ts';
import type { GoldenFiles } from '../../runtime/child/golden-cases.ts';
import {
  type Runtime,
  releaseOutputs,
  fetchableOutputs,
  inferenceOf,
  toTensor,
  sessionOptions,
  type SessionChoices,
} from '../../runtime/child/session.ts';
import type { Run } from './timed-runs.ts';

/** Plans for the inputs of one inference to generate, or recorded inputs of several. */
export type Feeds = FeedPlan[] | RecordedFeeds;

/** A model to time, with the same inputs for every run or with recorded cases in turn. */
export interface TimedModel {
  /** A path and not bytes, because external data lies next to the file. */
  modelFile: string;
  feeds: Feeds;
  /** Names of the outputs to fetch. */
  fetches: string[];
  /** Compared in the timed session, before and after timing. */
  golden?: GoldenFiles | undefined;
}

/** A model that has run once. */
export interface LoadedModel {
  /** Makes the next inference. Several cases take turns in their order. */
  run: Run;
  /** How many cases take turns. */
  cases: number;
  /**
   * Makes the next run the one with this number, counted from 0, so that it uses the case of that
   * number.
   */
  goTo: (at: number) => void;
  /**
   * Checks the model against its golden sets in this session; null without one. Calls `between`
   * before each case. Rejects if the runtime refuses a case.
   */
  checkGolden: (between: () => Promise<void>) => Promise<GoldenCaseResult[] | null>;
  createMs: number;
  firstRunMs: number;
  /** Outputs that should be fetched, but have a type that onnxruntime-node cannot return. */
  unfetched: string[];
  /** Milliseconds to create the input tensors, once. */
  feedsMs: number;
  inputSha256: string;
  /** Writes the profile of a session with `enableProfiling`. */
  endProfiling: () => void;
}

/**
 * Creates the session, creates the inputs, and runs once. These times are reported separately from
 * those of later runs.
 */
export async function loadTimedModel(
  runtime: Runtime,
  { modelFile, feeds, fetches, golden }: TimedModel,
  choices: SessionChoices,
  more: InferenceSession.SessionOptions = {},
): Promise<LoadedModel> {
  const beforeCreate = performance.now();
  const session = await runtime.InferenceSession.create(modelFile, {
    ...sessionOptions(choices),
    ...more,
  });
  const createMs = performance.now() - beforeCreate;
  const fetched = fetchableOutputs(session, fetches);
  if (fetched.length === 0) throw new Error('onnxruntime-node cannot return any output of the model');
  const { cases, feedsMs, sha256 } = await makeFeeds(runtime, feeds);
  const infer = inferenceOf(session, fetched);
  let next = 0;
  const run: Run = () => {
    // This adds only some nanoseconds to the timed run.
    const fed = cases[next] as InferenceSession.FeedsType;
    next = next + 1 === cases.length ? 0 : next + 1;
    return infer(fed);
  };
  const beforeFirst = performance.now();
  const first = await run();
  const firstRunMs = performance.now() - beforeFirst;
  await releaseOutputs(first);
  return {
    run,
    cases: cases.length,
    goTo: (at) => {
      next = at % cases.length;
    },
    checkGolden: async (between) => {
      if (golden === undefined) return null;
      const { runGoldenCases } = await import('../../runtime/child/golden-cases.ts');
      const results = await runGoldenCases(runtime, session, golden, between);
      const refused = results.find(({ error }) => error !== undefined);
      if (refused === undefined) return results;
      const name = refused.set === undefined ? `${refused.case} of the golden set` : caseName(refused);
      throw new Error(`${name}: ${refused.error}`);
    },
    createMs,
    firstRunMs,
    unfetched: fetches.filter((name) => !fetched.includes(name)),
    feedsMs,
    inputSha256: sha256,
    endProfiling: () => session.endProfiling(),
  };
}

/** Loads all inputs into memory before timing: the inputs of each run, and a hash over all. */
async function makeFeeds(
  runtime: Runtime,
  feeds: Feeds,
): Promise<{ cases: InferenceSession.FeedsType[]; feedsMs: number; sha256: string }> {
  const began = performance.now();
  const cases = await loadFeeds(feeds);
  const fed = cases.map((values) =>
    Object.fromEntries(values.map((value) => [value.name, toTensor(runtime, value)])),
  );
  return { cases: fed, feedsMs: performance.now() - began, sha256: hashFeeds(cases.flat()) };
}

/** The tensors of each case. */
export async function loadFeeds(feeds: Feeds): Promise<NamedValue[][]> {
  if (Array.isArray(feeds)) return [feeds.map((plan) => ({ ...plan, data: materialiseFeed(plan) }))];
  // Imported only here: a bench with generated inputs does not need the code that reads golden
  // sets.
  const { loadRecorded } = await import('../../onnx/feeds/recorded-feeds.ts');
  return loadRecorded(feeds);
}

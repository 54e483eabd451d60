import type { InferenceSession } from 'onnxruntime-node';
import { hashFeeds, materialiseFeed } from '../../onnx/feeds/feed-data.ts';
import type { RecordedFeeds } from '../../onnx/feeds/recorded-feeds.ts';
import type { FeedPlan } from '../../onnx/feeds/synthesize.ts';
import type { GoldenCaseResult } from '../../onnx/golden/golden-result.ts';
import type { GoldenFiles } from '../../runtime/child/golden-cases.ts';
import type { Runtime } from '../../runtime/child/load-runtime.ts';
import { releaseOutputs } from '../../runtime/child/release-outputs.ts';
import { fetchableOutputs, inferenceOf, toTensor } from '../../runtime/child/run-session.ts';
import { sessionOptions, type SessionChoices } from '../../runtime/child/session-options.ts';
import type { Run } from './timed-runs.ts';

/** Inputs to be made, of one inference, or those of several that were recorded. */
export type Feeds = FeedPlan[] | RecordedFeeds;

/** A model to be timed: the same inputs again and again, or recorded cases in turn. */
export interface TimedModel {
  /** A path, not bytes: external data is found beside it. */
  modelFile: string;
  feeds: Feeds;
  /** Names of the outputs to fetch. */
  fetches: string[];
  /** Compared in the session that is timed, before and after. */
  golden?: GoldenFiles | undefined;
}

/** A model that has run once. */
export interface LoadedModel {
  /** The next inference: where there are several cases, they take turns in their order. */
  run: Run;
  /** How many cases take turns. */
  cases: number;
  /**
   * Makes the next run that with this number, from 0: its case is the one whose turn it then is.
   */
  goTo: (at: number) => void;
  /**
   * Holds the model to its golden set, in this session; null: it has none. `between` is called
   * before each case. Rejects where the runtime refuses a case.
   */
  checkGolden: (between: () => Promise<void>) => Promise<GoldenCaseResult[] | null>;
  createMs: number;
  firstRunMs: number;
  /** Outputs that were to be fetched, and are of no type that onnxruntime-node can give back. */
  unfetched: string[];
  /** To make the input tensors, once. */
  feedsMs: number;
  inputSha256: string;
  /** Writes what a session with `enableProfiling` has gathered. */
  endProfiling: () => void;
}

/**
 * Creates the session, makes the inputs, and runs once: these times are told apart from those of
 * later runs.
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
    // All that taking turns adds to what is timed: some nanoseconds.
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
      throw new Error(`${refused.case} of the golden set: ${refused.error}`);
    },
    createMs,
    firstRunMs,
    unfetched: fetches.filter((name) => !fetched.includes(name)),
    feedsMs,
    inputSha256: sha256,
    endProfiling: () => session.endProfiling(),
  };
}

/**
 * All inputs, in memory before anything is timed: what is fed to each run, and the hash over all.
 */
async function makeFeeds(
  runtime: Runtime,
  feeds: Feeds,
): Promise<{ cases: InferenceSession.FeedsType[]; feedsMs: number; sha256: string }> {
  const began = performance.now();
  // Golden sets are read with code that a bench of made-up inputs does without.
  const cases = Array.isArray(feeds)
    ? [feeds.map((plan) => ({ ...plan, data: materialiseFeed(plan) }))]
    : (await import('../../onnx/feeds/recorded-feeds.ts')).loadRecorded(feeds);
  const fed = cases.map((values) =>
    Object.fromEntries(values.map((value) => [value.name, toTensor(runtime, value)])),
  );
  return { cases: fed, feedsMs: performance.now() - began, sha256: hashFeeds(cases.flat()) };
}

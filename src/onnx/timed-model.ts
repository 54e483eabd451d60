import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { hashFeeds, materialiseFeed } from './feed-data.ts';
import type { SessionChoices, TimedModel } from './jobs.ts';
import { sessionOptions } from './session-options.ts';
import type { Run } from './timed-runs.ts';

export type Runtime = typeof import('onnxruntime-node');

/** A model that has run once. */
export interface LoadedModel {
  run: Run;
  createMs: number;
  firstRunMs: number;
  /** To make the input tensors, once. */
  feedsMs: number;
  inputSha256: string;
  /** Writes what a session with `enableProfiling` has gathered. */
  endProfiling: () => void;
}

/** Creates the session, makes the inputs, and runs once: these times are told apart from those of later runs. */
export async function loadTimedModel(
  runtime: Runtime,
  { modelFile, feeds: plans, fetches }: TimedModel,
  choices: SessionChoices,
  more: InferenceSession.SessionOptions = {},
): Promise<LoadedModel> {
  const beforeCreate = performance.now();
  const session = await runtime.InferenceSession.create(modelFile, {
    ...sessionOptions(choices),
    ...more,
  });
  const createMs = performance.now() - beforeCreate;
  const beforeFeeds = performance.now();
  const made = plans.map((plan) => ({ plan, data: materialiseFeed(plan) }));
  const feeds: Record<string, Tensor> = Object.fromEntries(
    // The constructor's types tie data to dtype; materialiseFeed keeps that promise.
    made.map(({ plan, data }) => [
      plan.name,
      new runtime.Tensor(plan.dtype as 'float32', data as Float32Array, plan.shape),
    ]),
  );
  const feedsMs = performance.now() - beforeFeeds;
  const run: Run = () => session.run(feeds, fetches);
  const beforeFirst = performance.now();
  await run();
  return {
    run,
    createMs,
    firstRunMs: performance.now() - beforeFirst,
    feedsMs,
    inputSha256: hashFeeds(made),
    endProfiling: () => session.endProfiling(),
  };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { materialiseFeed } from '../../onnx/feeds/feed-data.ts';
import type { TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import { loadRecorded, type NamedValue, type RecordedFeeds } from '../../onnx/feeds/recorded-feeds.ts';
import type { FeedPlan } from '../../onnx/feeds/synthesize.ts';
import { tensorProto } from '../../onnx/tensors/write-tensor.ts';
import type { JobKind, RunJob } from '../job-kind.ts';
import { fromTensor, type GoldenProgress } from './golden-cases.ts';
import {
  fetchableOutputs,
  inferenceOf,
  releaseOutputs,
  sessionOptions,
  toTensor,
  type SessionChoices,
} from './session.ts';

export interface RecordJob {
  modelFile: string;
  session: SessionChoices;
  /** The inputs of each case: to generate, or recorded. */
  feeds: FeedPlan[][] | RecordedFeeds;
  /** Names of the outputs to record. */
  fetches: string[];
  /** An existing folder, in which each case gets a `test_data_set_N`. */
  folder: string;
  /** The job fails if its files would be larger than this together. */
  mostBytes: number;
}

export interface RecordAnswer {
  cases: number;
}

/**
 * Runs a model and writes each case, inputs and outputs, as a data set of the ONNX backend tests.
 */
export const recordJob: JobKind<RecordJob, GoldenProgress, RecordAnswer> = { name: 'record' };

export const run: RunJob<typeof recordJob> = async (runtime, job, report) => {
  const session = await runtime.InferenceSession.create(job.modelFile, sessionOptions(job.session));
  const fetched = fetchableOutputs(session, job.fetches);
  if (fetched.length === 0) throw new Error('onnxruntime-node cannot return any output of the model');
  const infer = inferenceOf(session, fetched);
  const { feeds } = job;
  const recorded = Array.isArray(feeds) ? null : loadRecorded(feeds);
  const total = Array.isArray(feeds) ? feeds.length : (recorded?.length ?? 0);
  let left = job.mostBytes;
  for (let at = 0; at < total; at++) {
    const name = `test_data_set_${at}`;
    await report({ case: name, done: at, total });
    const inputs =
      recorded?.[at] ??
      (feeds as FeedPlan[][])[at]?.map((plan): NamedValue => ({ ...plan, data: materialiseFeed(plan) })) ??
      [];
    const given = await infer(
      Object.fromEntries(inputs.map((value) => [value.name, toTensor(runtime, value)])),
    );
    const folder = join(job.folder, name);
    await mkdir(folder);
    const write = async (file: string, named: string, value: TensorValue): Promise<void> => {
      const pieces = tensorProto(named, value);
      left -= pieces.reduce((sum, { length }) => sum + length, 0);
      if (left < 0)
        throw new Error(`the golden set would be larger than ${job.mostBytes} bytes: use fewer cases`);
      await writeFile(join(folder, file), pieces);
    };
    for (const [position, value] of inputs.entries()) await write(`input_${position}.pb`, value.name, value);
    for (const [position, output] of fetched.entries())
      await write(
        `output_${position}.pb`,
        output,
        fromTensor(Object.hasOwn(given, output) ? given[output] : undefined),
      );
    await releaseOutputs(given);
  }
  return { cases: total };
};

import type { GoldenCaseResult } from '../../onnx/golden/golden-set.ts';
import type { JobKind, RunJob } from '../job-kind.ts';
import { runGoldenCases, type GoldenFiles, type GoldenProgress } from './golden-cases.ts';
import { versionOf, sessionOptions, type SessionChoices } from './session.ts';

export interface GoldenJob extends GoldenFiles {
  /** A path and not bytes, because external data lies next to the file. */
  modelFile: string;
  session: SessionChoices;
}

export interface GoldenAnswer {
  onnxruntime: string;
  cases: GoldenCaseResult[];
}

/** Runs one model on the cases of golden sets, in its own session, and compares the outputs. */
export const goldenJob: JobKind<GoldenJob, GoldenProgress, GoldenAnswer> = { name: 'golden' };

export const run: RunJob<typeof goldenJob> = async (runtime, job, report) => {
  const session = await runtime.InferenceSession.create(job.modelFile, sessionOptions(job.session));
  const cases = await runGoldenCases(runtime, session, job, report);
  return { onnxruntime: versionOf(runtime), cases };
};

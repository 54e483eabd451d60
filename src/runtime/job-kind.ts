import type { Runtime } from './child/session.ts';

/**
 * A kind of one-shot job for the child that owns ONNX Runtime. Its owner declares it in one file,
 * which exports this constant for callers and `run` (its `RunJob`) for the child, and adds a line
 * to src/model-child.ts. The child loads the file only when a job of its kind arrives; bundlers
 * drop `run` where only the constant is used. Jobs, progress and answers go to another process as
 * by `structuredClone`: no functions, no class instances.
 */
export interface JobKind<Job, Progress, Answer> {
  /** As in the table of src/model-child.ts. */
  readonly name: string;
  /** Never set: it only carries the types. */
  readonly types?: { job: Job; progress: Progress; answer: Answer };
}

/**
 * Runs a job in the child, which ONNX Runtime may block, crash or fill with data. `report` resolves
 * when the progress has left the process. What this function throws reaches the parent as the
 * outcome `error`.
 */
export type RunJob<Kind> =
  Kind extends JobKind<infer Job, infer Progress, infer Answer>
    ? (runtime: Runtime, job: Job, report: (progress: Progress) => Promise<void>) => Promise<Answer>
    : never;

/** The parent's only message. */
export interface JobRequest {
  kind: string;
  job: unknown;
}

/** Messages of the child: any number of `progress`, then one of the others. */
export type ChildMessage<Progress = unknown, Answer = unknown> =
  | { kind: 'progress'; progress: Progress }
  | { kind: 'ok'; value: Answer }
  | { kind: 'error' | 'no-runtime'; message: string };

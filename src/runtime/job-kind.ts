import type { Runtime } from './child/load-runtime.ts';

/**
 * A kind of one-shot job for the child that owns ONNX Runtime. Its owner declares it in one file,
 * which exports this constant for those who ask and `run` (a `RunJob` of it) for the child, and
 * adds a line to src/model-child.ts. The file is loaded in the child only when a job of its kind
 * arrives; bundlers drop `run` where only the constant is used. Jobs, progress and answers cross to
 * another process as by `structuredClone`: no functions, no class instances.
 */
export interface JobKind<Job, Progress, Answer> {
  /** As in the table of src/model-child.ts. */
  readonly name: string;
  /** Never set: it only carries the types. */
  readonly types?: { job: Job; progress: Progress; answer: Answer };
}

/**
 * Does a job in the child, which ONNX Runtime may block, bloat or crash. `report` resolves when the
 * progress has left the process. What it throws reaches the parent as the outcome `error`.
 */
export type RunJob<Kind> =
  Kind extends JobKind<infer Job, infer Progress, infer Answer>
    ? (runtime: Runtime, job: Job, report: (progress: Progress) => Promise<void>) => Promise<Answer>
    : never;

/** What the parent sends, once. */
export interface JobRequest {
  kind: string;
  job: unknown;
}

/** What the child says: progress any number of times, then one of the others. */
export type ChildMessage<Progress = unknown, Answer = unknown> =
  | { kind: 'progress'; progress: Progress }
  | { kind: 'ok'; value: Answer }
  | { kind: 'error' | 'no-runtime'; message: string };

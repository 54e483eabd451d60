import type { Runtime } from '../child/session.ts';
import type { ReplyFrame, RequestFrame } from './frames.ts';

/** A request as the owner's code gets it. `body` is valid until its answer. */
export interface SessionRequest extends Pick<RequestFrame, 'kind' | 'head' | 'body'> {
  /** Where the answer goes. */
  id: number;
  /** Not in a batch with others. */
  alone: boolean;
  /** `performance.now()` when it arrived in this process. */
  arrived: number;
}

/** Takes answers. Each request gets exactly one, in any order. */
export interface Replies {
  /**
   * `write` appends the body of an answer and returns its `head`. If it throws, nothing of it is
   * left.
   */
  add(reply: Omit<ReplyFrame, 'body' | 'head'>, write: (out: ByteWriter) => number): void;
}

/** Bytes that grow. */
export interface ByteWriter {
  bytes: Buffer;
  /** Where the next byte goes. */
  at: number;
  /** Makes room for `more` bytes; `bytes` may be another buffer afterwards. */
  reserve(more: number): void;
}

/** A model that was opened for a session, in the child or in this process. */
export interface OpenedModel<Facts> {
  facts: Facts;
  /**
   * Answers requests that are there at the same time. Never rejects: what goes wrong is an answer.
   */
  answer(requests: readonly SessionRequest[], replies: Replies): Promise<void> | void;
}

/**
 * What the code of a session exports for the child: see src/session-child.ts. What it throws is the
 * reason why the model cannot be served. `Job` and `Facts` are JSON.
 */
export type OpenModel<Job, Facts> = (
  runtime: Runtime,
  job: Job,
  begins?: BeginRun,
) => Promise<OpenedModel<Facts>>;

/** To be called before each run of the model that is part of opening it, with what it is. */
export type BeginRun = (run: string) => void;

/** The child's answer to the control request that loads a model. */
export type LoadReply<Facts> =
  | { kind: 'ok'; facts: Facts; onnxruntime: string }
  | { kind: 'error' | 'no-runtime'; message: string };

/** What the child says before: see `BeginRun`. */
export interface LoadProgress {
  kind: 'runs';
  run: string;
}

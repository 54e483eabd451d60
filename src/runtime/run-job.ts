import { totalmem } from 'node:os';
import { MlregError } from '../core/errors.ts';
import { watchMemory } from './watch-memory.ts';
import { deathOf, describeDeath, killedAt, type Death, type Limit, startChild } from './start-child.ts';
import type { ChildMessage, JobKind, JobRequest } from './job-kind.ts';

/** Limits on the resources of a job. */
export interface JobLimits {
  /** Wall-clock milliseconds from the start of the child. */
  timeoutMs: number;
  /** The limit that a message names, if `timeoutMs` is only the rest of it. */
  namedTimeoutMs?: number;
  /**
   * Every progress message restarts the clock: the limit is then on silence, not on the total time.
   */
  timeoutIsStall?: boolean;
  /** Resident bytes of the child, Node and ONNX Runtime (about 100 MB) included. */
  memoryLimitBytes: number;
  /**
   * Who watches the child's memory. Default: `parent` on Linux, through /proc, else a thread of the
   * child.
   */
  memoryWatch?: 'parent' | 'child';
}

/**
 * The default memory limit of a child, in bytes: 1 GiB for Node, ONNX Runtime and activations, plus
 * four times the size of what is loaded: the model, its initializers, their packed copies, and as
 * much again while a session is optimised. At most 90% of what the machine or, if known, the cgroup
 * has.
 */
export function defaultMemoryLimit(loadedBytes: number, cgroupBytes: number | null): number {
  const there = Math.min(totalmem(), cgroupBytes ?? Number.POSITIVE_INFINITY);
  return Math.floor(Math.min(0.9 * there, 2 ** 30 + 4 * loadedBytes));
}

/**
 * The outcome of a job. Every status except `ok` is a fact about the model or the machine, never an
 * exception.
 */
export type JobOutcome<Answer, Progress = unknown> = JobReport<Progress> &
  (
    | { status: 'ok'; value: Answer }
    /** `death`: how the child ended; null: it lived, and reported why it could not do the job. */
    | { status: 'crash' | 'timeout' | 'oom' | 'error'; message: string; death: Death | null }
    | { status: 'no-runtime'; message: string }
  );

/** The last news of the child. */
interface JobReport<Progress> {
  /** The end of its stderr. */
  stderr: string;
  /** Its last progress; null: it reported none. */
  lastProgress: Progress | null;
}

export interface JobOptions<Progress> {
  limits: JobLimits;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Open files that the child inherits; `childDescriptor` tells their numbers there. */
  descriptors?: readonly number[] | undefined;
}

type End<Answer> =
  | Exclude<ChildMessage<never, Answer>, { kind: 'progress' }>
  | { kind: 'dead'; death: Death }
  | { kind: 'aborted' }
  | { kind: 'unstarted'; cause: Error };

/**
 * Runs one job in its own child process. When this settles, the child has ended: after its answer,
 * at a limit, or at an abort. Rejects INTERRUPTED (or the signal's own MlregError) when aborted,
 * INTERNAL if no process can be started.
 */
export async function runJob<Job, Progress, Answer>(
  kind: JobKind<Job, Progress, Answer>,
  job: Job,
  { limits, signal, onProgress, descriptors }: JobOptions<Progress>,
): Promise<JobOutcome<Answer, Progress>> {
  if (signal?.aborted === true) throw interrupted(signal);
  const byParent = (limits.memoryWatch ?? (process.platform === 'linux' ? 'parent' : 'child')) === 'parent';
  const child = startChild(byParent ? 0 : limits.memoryLimitBytes, descriptors);
  let lastProgress: Progress | null = null;

  const end = await new Promise<End<Answer>>((settle) => {
    const memory = byParent ? watchMemory(child.pid, limits.memoryLimitBytes, () => exceed('memory')) : null;
    const timer = setTimeout(
      () => exceed(limits.timeoutIsStall === true ? 'silence' : 'time'),
      limits.timeoutMs,
    );
    const abort = (): void => finish({ kind: 'aborted' });
    const exceed = (limit: Limit): void =>
      finish({ kind: 'dead', death: killedAt(limit, memory?.rssBytes() ?? null) });
    signal?.addEventListener('abort', abort);

    let finished = false;
    function finish(end: End<Answer>): void {
      finished = true;
      memory?.stop();
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle(end);
    }

    child.onMessage((received) => {
      // The message comes from our own program and is of this kind; only this line assumes that.
      const message = received as ChildMessage<Progress, Answer>;
      if (finished) return;
      if (message.kind !== 'progress') return finish(message);
      if (limits.timeoutIsStall === true) timer.refresh();
      lastProgress = message.progress;
      onProgress?.(message.progress);
    });
    void child.ended.then((gone) =>
      finish(
        gone.started
          ? { kind: 'dead', death: deathOf(gone, child.stderr(), memory?.rssBytes() ?? null) }
          : { kind: 'unstarted', cause: gone.cause },
      ),
    );
    child.send({ kind: kind.name, job } satisfies JobRequest);
  });

  await child.kill();
  const stderr = child.stderr();
  const report = { stderr, lastProgress };
  switch (end.kind) {
    case 'ok':
      return { ...report, status: 'ok', value: end.value };
    case 'no-runtime':
      return { ...report, status: 'no-runtime', message: end.message };
    case 'error':
      return {
        ...report,
        status: isOutOfMemory(end.message) ? 'oom' : 'error',
        message: end.message,
        death: null,
      };
    case 'dead':
      return { ...report, ...describeDeath(end.death, stderr, limits), death: end.death };
    case 'aborted':
      throw interrupted(signal);
    case 'unstarted':
      throw new MlregError('INTERNAL', `cannot start a child process: ${end.cause.message}`, {
        hint: 'check the limits on processes and memory: ulimit -a',
        cause: end.cause,
      });
  }
}

/** If the system refuses an allocation, ONNX Runtime reports an ordinary error. */
function isOutOfMemory(message: string): boolean {
  return /bad[ _]alloc|failed to allocate memory|array buffer allocation failed|heap out of memory/i.test(
    message,
  );
}

function interrupted(signal: AbortSignal | undefined): MlregError {
  const cause: unknown = signal?.reason;
  return cause instanceof MlregError
    ? cause
    : new MlregError('INTERRUPTED', 'interrupted', { hint: 'run the command again', cause });
}

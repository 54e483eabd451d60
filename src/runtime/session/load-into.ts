import { describeDeath } from '../start-child.ts';
import { type Session, type SessionDeath, SessionEnded } from './session.ts';
import type { LoadReply } from './session-kind.ts';

export interface LoadLimits {
  memoryLimitBytes: number;
  /** Until the model is loaded, and can run for the first time. */
  loadTimeoutMs: number;
  /** For each run that is part of loading, such as a case of a golden set. */
  runTimeoutMs: number;
}

/** Why a model is not served. */
export class NotServed extends Error {
  readonly kind: 'error' | 'no-runtime' | 'died';
  readonly death: SessionDeath | null;

  constructor(kind: NotServed['kind'], message: string, death: SessionDeath | null = null) {
    super(message);
    this.kind = kind;
    this.death = death;
  }
}

/** Loads the model into a child. Rejects `NotServed`; then the child is gone. */
export async function loadInto(
  job: object,
  limits: LoadLimits,
  take: (limits: { memoryLimitBytes: number }) => Session,
  signal?: AbortSignal,
): Promise<{ session: Session; reply: Extract<LoadReply<unknown>, { kind: 'ok' }> }> {
  const session = take({ memoryLimitBytes: limits.memoryLimitBytes });
  const giveUp = (): void => session.kill('time');
  let run: string | undefined;
  let timer = setTimeout(giveUp, limits.loadTimeoutMs);
  signal?.addEventListener('abort', giveUp);
  try {
    const reply = await session.load<unknown>(job, (begun) => {
      run = begun;
      clearTimeout(timer);
      timer = setTimeout(giveUp, limits.runTimeoutMs);
    });
    if (reply.kind === 'ok') return { session, reply };
    void session.close();
    throw new NotServed(reply.kind, reply.message);
  } catch (error) {
    if (!(error instanceof SessionEnded)) throw error;
    throw new NotServed('died', whyNotLoaded(error.death, run, limits), error.death);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

function whyNotLoaded(death: SessionDeath | null, run: string | undefined, limits: LoadLimits): string {
  const { loadTimeoutMs, runTimeoutMs } = limits;
  const during = run === undefined ? 'while it was loaded' : `in ${run}`;
  if (death === null) return `the model was closed ${during}`;
  if (death.limit === 'time')
    return run === undefined
      ? `the model was not loaded within ${loadTimeoutMs / 1000} s`
      : `the model did not finish ${run} within ${runTimeoutMs / 1000} s`;
  return `the model ${deathMessage(death, { ...limits, deadlineMs: runTimeoutMs })} ${during}`;
}

/** What ended a process, for a sentence about it. */
export function deathMessage(
  death: SessionDeath,
  { memoryLimitBytes, deadlineMs }: { memoryLimitBytes: number; deadlineMs: number },
): string {
  return describeDeath(death, death.stderr, { memoryLimitBytes, timeoutMs: deadlineMs }).message;
}

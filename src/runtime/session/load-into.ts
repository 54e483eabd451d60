import { describeDeath } from '../start-child.ts';
import { type Session, type SessionDeath, SessionEnded } from './session.ts';
import type { LoadReply } from './session-kind.ts';

export interface LoadLimits {
  memoryLimitBytes: number;
  /** For loading, with all that is run then. */
  loadTimeoutMs: number;
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
  const timer = setTimeout(giveUp, limits.loadTimeoutMs);
  signal?.addEventListener('abort', giveUp);
  try {
    const reply = await session.load<unknown>(job);
    if (reply.kind === 'ok') return { session, reply };
    void session.close();
    throw new NotServed(reply.kind, reply.message);
  } catch (error) {
    if (!(error instanceof SessionEnded)) throw error;
    const { death } = error;
    const why =
      death === null ? 'was closed' : deathMessage(death, { ...limits, deadlineMs: limits.loadTimeoutMs });
    throw new NotServed('died', `the model ${why} while it was loaded`, death);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

/** What ended a process, for a sentence about it. */
export function deathMessage(
  death: SessionDeath,
  { memoryLimitBytes, deadlineMs }: { memoryLimitBytes: number; deadlineMs: number },
): string {
  return describeDeath(death, death.stderr, { memoryLimitBytes, timeoutMs: deadlineMs }).message;
}

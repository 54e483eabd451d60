import { type Session, startSession } from './session.ts';

/** A child that has ONNX Runtime and waits for a model. */
export interface Spares {
  /** The one that waits, or a new one; another one is started for the next call. */
  take: (limits: { memoryLimitBytes: number }) => Session;
  /** Ends the one that waits, and starts no more. */
  close: () => Promise<void>;
}

/** Before it has a model. */
const emptyLimitBytes = 2 ** 30;

/**
 * Keeps one child booted: a model is then loaded in a few milliseconds instead of a hundred, after
 * a death and in a swap. It takes about 36 MB. Where a child watches its own memory, whose limit it
 * gets when it starts, there are none.
 */
export function openSpares(): Spares {
  const keeps = process.platform === 'linux';
  let waiting: Session | null = null;
  let closed = false;

  const boot = (): void => {
    if (closed || !keeps || waiting !== null) return;
    const booted = startSession({ memoryLimitBytes: emptyLimitBytes });
    waiting = booted;
    // One that dies is not replaced before it is wanted: the next might die, too.
    void booted.died
      .catch(() => null)
      .finally(() => {
        if (waiting === booted) waiting = null;
      });
  };
  boot();
  return {
    take: (limits) => {
      const taken = waiting;
      waiting = null;
      const session = taken ?? startSession(limits);
      taken?.limitMemory(limits.memoryLimitBytes);
      // Not before, because that would slow down the load.
      void session.loaded.then(boot);
      return session;
    },
    close: async () => {
      closed = true;
      const last = waiting;
      waiting = null;
      await last?.close().catch(() => undefined);
    },
  };
}

import type { LoadPace, LoadRuns } from '../child/load-board.ts';

/** Below this the event loop turns without sleeping: its timers wake up to a millisecond late. */
const attentiveMs = 2;

/**
 * Makes requests by the pace, at most `clients` at a time. `send` gets the number of the request.
 * Resolves with their times, as the child's workers measure theirs; rejects with the first failure.
 */
export async function drive(
  pace: Exclude<LoadPace, { kind: 'queries' }>,
  clients: number,
  send: (at: number) => Promise<unknown>,
  onDone: (done: number, elapsedMs: number) => void,
): Promise<LoadRuns> {
  const runs: { worker: number; startMs: number; doneMs: number }[] = [];
  const began = performance.now();
  const now = (): number => performance.now() - began;
  let next = 0;
  let done = 0;
  let failed = false;
  const one = async (worker: number, at: number): Promise<void> => {
    const run = { worker, startMs: now(), doneMs: Number.NaN };
    runs[at] = run;
    try {
      await send(at);
    } catch (error) {
      failed = true;
      throw error;
    }
    run.doneMs = now();
    onDone(++done, run.doneMs);
  };
  const mayStart = (): boolean =>
    !failed &&
    (pace.kind === 'free'
      ? next < pace.maxRuns && (next < pace.minRuns || now() < pace.minMs)
      : next < pace.atMs.length && now() <= pace.lastStartMs);
  const workers = Array.from({ length: clients }, async (_, worker) => {
    while (mayStart()) {
      const at = next++;
      if (pace.kind === 'arrivals') await until(now, pace.atMs[at] ?? 0);
      await one(worker, at);
    }
  });
  const ended = await Promise.allSettled(workers);
  for (const result of ended) if (result.status === 'rejected') throw result.reason;
  const planned = pace.kind === 'arrivals' ? pace.atMs.length : runs.length;
  const column = (key: 'startMs' | 'doneMs'): Float64Array =>
    Float64Array.from({ length: planned }, (_, at) => runs[at]?.[key] ?? Number.NaN);
  return {
    worker: Uint16Array.from({ length: planned }, (_, at) => runs[at]?.worker ?? 0),
    startMs: column('startMs'),
    doneMs: column('doneMs'),
  };
}

async function until(now: () => number, time: number): Promise<void> {
  const left = time - now();
  if (left > attentiveMs) await new Promise((resolve) => setTimeout(resolve, left - attentiveMs));
  while (now() < time) await new Promise((resolve) => setImmediate(resolve));
}

import { traced, type Traced } from '../support/strace.ts';

/** A fault at one call: the process is killed as it makes it, or the call fails with this error. */
export type Fault = 'kill' | 'EIO' | 'ENOSPC';

/**
 * Calls that can change what is on disk. `write` is only that of pipes and event loops: files are
 * written at a place.
 */
export const changingCalls = [
  'pwrite64',
  'fsync',
  'fdatasync',
  'link',
  'rename',
  'unlink',
  'chmod',
  'ftruncate',
  'mkdir',
];

export interface Injected extends Traced {
  fault: Fault;
  /** The call that the fault was at: `fsync registry/tmp/…`. */
  site: string;
}

/**
 * Runs a command once for each call that it makes, each time with a fault at another one, and gives
 * every run to `look`. Only calls on paths that begin with `under` count. `prepare` makes the
 * working folder anew before each run.
 */
export async function everyFault(
  args: readonly string[],
  {
    cwd,
    under,
    faults,
    calls = changingCalls,
    every = 1,
    prepare,
    look,
  }: {
    cwd: string;
    under: string;
    faults: readonly Fault[];
    calls?: readonly string[];
    /** Only every n-th call. */
    every?: number;
    prepare: () => void;
    look: (run: Injected) => Promise<void>;
  },
): Promise<number> {
  let injected = 0;
  for (const fault of faults) {
    for (const call of calls) {
      for (const only of await placesOf(call, { args, cwd, under, prepare })) {
        for (let nth = 1; ; nth += every) {
          prepare();
          const how = fault === 'kill' ? 'signal=SIGKILL' : `error=${fault}`;
          const inject = `${call}:${how}:when=${nth}`;
          const run = await traced(args, { cwd, calls: [call], inject, ...(only === null ? {} : { only }) });
          const hits = run.calls.filter((one) => one.injected);
          if (hits.length === 0) break;
          const hit = hits.find(({ path }) => path.startsWith(under) && (only !== null || isDrawn(path)));
          if (hit === undefined) continue;
          injected += 1;
          await look(Object.assign(run, { fault, site: `${call} ${hit.path} (${nth})` }));
        }
      }
    }
  }
  return injected;
}

/** Whose name is another one in each run. */
function isDrawn(path: string): boolean {
  return /\/(?:tmp|trash)\/./.test(path);
}

/**
 * The paths that a command makes this call on, each to be counted by itself: strace counts by
 * thread, and the first fsync of one would hide that of another. Null, for all of those together
 * whose names are drawn: one thread makes them.
 */
async function placesOf(
  call: string,
  { args, cwd, under, prepare }: { args: readonly string[]; cwd: string; under: string; prepare: () => void },
): Promise<(string | null)[]> {
  prepare();
  const { calls } = await traced(args, { cwd, calls: [call] });
  const paths = calls.map(({ path }) => path).filter((path) => path.startsWith(under));
  const named = new Set(paths.filter((path) => !isDrawn(path)));
  return [...named, ...(paths.some(isDrawn) ? [null] : [])];
}

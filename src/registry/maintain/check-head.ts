import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { shellWord } from '../../core/text/quote.ts';
import { failure, type Finding } from '../../storage/diagnosis.ts';
import { lostHistory } from '../../storage/head.ts';
import type { Registry } from '../registry.ts';

const base = { check: 'head', about: 'database' } as const;

/** Whether the database that is here is the one that was written last. `clock`: what became of reading its events. */
export async function headFinding(
  { home, openRegistry }: { home: string; openRegistry: (home: string) => Promise<Registry> },
  clock: Finding,
): Promise<Finding> {
  if (clock.status === 'skip' || clock.status === 'fail')
    return { ...base, status: 'skip', observed: 'the events cannot be read' };
  try {
    const registry = await openRegistry(home);
    try {
      const state = await registry.metadata.head();
      if (state.lost) {
        const advice =
          'changes are refused: restore the newest mlreg.db with its mlreg.db-wal, or accept this history';
        const command = 'doctor --accept-history -m WHY';
        return { ...base, status: 'fail', observed: lostHistory(state), advice, command, code: 'INTEGRITY' };
      }
      if (state.noted === undefined && (await isNoFile(join(home, 'head'))))
        return {
          ...base,
          status: 'warn',
          observed: 'head is not a file, so an older database would not be noticed',
          advice: `move it away; the next change creates a new one: mv ${shellWord(join(home, 'head'))} ELSEWHERE`,
        };
      const [noted, last] = [state.noted?.seq, state.last?.seq];
      const observed =
        noted === undefined
          ? 'head has no event yet; the next change writes it'
          : noted === last
            ? `head is at event ${noted}, the last one`
            : `head is at event ${noted}, the last event is ${last}`;
      return { ...base, status: 'ok', observed };
    } finally {
      await registry.close();
    }
  } catch (error) {
    return failure('head', 'database', error);
  }
}

async function isNoFile(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isFile() === false;
}

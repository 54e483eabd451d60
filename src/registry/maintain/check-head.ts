import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { shellWord } from '../../core/text/quote.ts';
import { failure, type Finding } from '../../storage/diagnosis.ts';
import { acceptCommand } from '../../storage/head.ts';
import type { Registry } from '../registry.ts';

const base = { check: 'head', about: 'database' } as const;

/**
 * Whether this database is the one that was written last. `clock` is the finding from reading its
 * events.
 */
export async function headFinding(open: () => Promise<Registry>, clock: Finding): Promise<Finding> {
  if (clock.status === 'skip' || clock.status === 'fail')
    return { ...base, status: 'skip', observed: 'the events cannot be read' };
  try {
    const registry = await open();
    try {
      const state = await registry.metadata.head();
      if (state.lost !== null) {
        const { problem, advice: way } = state.lost;
        const advice = `changes are refused: ${way}`;
        return {
          ...base,
          status: 'fail',
          observed: problem,
          advice,
          command: acceptCommand,
          code: 'INTEGRITY',
        };
      }
      const inTheWay = state.noted === undefined ? await noFile(registry) : undefined;
      if (inTheWay !== undefined)
        return {
          ...base,
          status: 'warn',
          observed: 'head is not a file, so an older database would not be noticed',
          advice: `move it away; the next change creates a new one: mv ${shellWord(inTheWay)} ELSEWHERE`,
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

/** The path of `head`, if something other than a file is there. */
async function noFile({ location }: Registry): Promise<string | undefined> {
  if (location.kind !== 'folder') return undefined;
  const path = join(location.home, 'head');
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isFile() === false ? path : undefined;
}

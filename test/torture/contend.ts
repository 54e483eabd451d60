import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseModelName, parseStageName } from '../../src/core/versions/reference.ts';
import { bundledScript } from '../support/bundled-script.ts';
import { createRegistry } from '../../src/open-registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { openOptions } from '../support/temp-registry.ts';
import type { Ack } from './worker.ts';

export interface ContendSummary {
  processes: number;
  turns: number;
  /** Registrations that were acknowledged, and those that are there. */
  acknowledged: number;
  registered: number;
  /** The numbers are 1.0.0, 1.1.0 … without a gap or a double. */
  dense: boolean;
  /** Moves of the stage that were acknowledged, and how many the pointer counts. */
  moves: number;
  generation: number;
  errors: string[];
  problems: string[];
}

const run = promisify(execFile);
const worker = bundledScript('worker.ts', import.meta.url);

/** Many processes that register versions of one model and move its stage, all at once. */
export async function contending(
  folder: string,
  { processes, turns }: { processes: number; turns: number },
): Promise<ContendSummary> {
  const home = join(folder, 'registry');
  const { registry } = await createRegistry(home, openOptions());
  const errors: string[] = [];
  const acks = await Promise.all(
    Array.from({ length: processes }, async (_, index): Promise<Ack[]> => {
      try {
        const args = [worker, home, folder, String(index + 1), String(turns)];
        const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
        const lines = stdout.split('\n').filter((line) => line.startsWith('ack '));
        return lines.map((line) => JSON.parse(line.slice('ack '.length)) as Ack);
      } catch (error) {
        errors.push((error as Error).message.slice(0, 2000));
        return [];
      }
    }),
  );
  try {
    const name = parseModelName('model-0');
    const minors = new Set<number>();
    let below: string | undefined;
    do {
      const page = await registry.metadata.versions({
        name,
        limit: 500,
        yanked: true,
        ...(below === undefined ? {} : { below }),
      });
      for (const { version } of page.rows) minors.add(Number(/^1\.(\d+)\.0$/.exec(version)?.[1]));
      below = page.next;
    } while (below !== undefined);
    const { problems } = await verify(registry, {});
    const { generation } = await registry.metadata.pointer(name, parseStageName('production'));
    const moves = acks.flat().filter(({ kind }) => kind === 'event').length;
    return {
      processes,
      turns,
      acknowledged: acks.flat().length - moves,
      registered: minors.size,
      dense: Array.from({ length: minors.size }, (_, minor) => minor).every((minor) => minors.has(minor)),
      moves,
      generation,
      errors,
      problems: problems.map(({ subject, problem }) => `${subject}: ${problem}`),
    };
  } finally {
    await registry.close();
  }
}

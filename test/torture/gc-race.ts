import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundledScript } from '../support/bundled-script.ts';
import { createRegistry } from '../../src/open-registry.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { openOptions } from '../support/temp-registry.ts';

export interface GcRaceSummary {
  registered: number;
  collections: number;
  /** Blobs that were taken out, all in all. */
  takenOut: number;
  /** What a registration, each of which reads its bytes again, or a full verify found missing. */
  dangling: string[];
}

const script = bundledScript('../support/register-and-delete.ts', import.meta.url);

/**
 * Processes that register the same few files over and over and delete them, while blobs that nobody
 * needs are collected without grace.
 */
export async function racing(
  folder: string,
  { ms, processes = 3 }: { ms: number; processes?: number },
): Promise<GcRaceSummary> {
  const home = join(folder, 'registry');
  const { registry } = await createRegistry(home, { ...openOptions(), waitMs: 60_000, now: Date.now });
  const paths = [0, 1, 2].map((index) => {
    const path = join(folder, `model-${index}.bin`);
    writeFileSync(path, `weights ${index}`);
    return path;
  });
  const dangling: string[] = [];
  const children = Array.from({ length: processes }, (_, index) => {
    const args = [script, home, `racer-${index}`, '1000000', ...paths];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    return { child, ended: watch(child, dangling) };
  });
  const deadline = performance.now() + ms;
  let collections = 0;
  let takenOut = 0;
  while (performance.now() < deadline) {
    const { blobs } = await collectGarbage(registry, { olderThanMs: 0, yes: true });
    collections += 1;
    takenOut += blobs.length;
    // A collector that never pauses would leave the lock to nobody.
    await sleep(5);
  }
  for (const { child } of children) child.kill('SIGKILL');
  await Promise.all(children.map(({ ended }) => ended));
  try {
    const { problems } = await verify(registry, {});
    let registered = 0;
    for (let after = 0; ;) {
      const events = await registry.metadata.eventsAscending({ after, limit: 500 });
      if (events.length === 0) break;
      after = events.at(-1)?.seq ?? after;
      registered += events.filter(({ action }) => action === 'register').length;
    }
    dangling.push(...problems.map(({ subject, problem }) => `${subject}: ${problem}`));
    return { registered, collections, takenOut, dangling };
  } finally {
    await registry.close();
  }
}

/** One that ends before it is killed has found something. */
async function watch(child: ChildProcess, dangling: string[]): Promise<void> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL') dangling.push(`a registration ended with ${code}: ${stderr.slice(0, 2000)}`);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseModelName } from '../../src/core/versions/reference.ts';
import { bundledScript } from '../support/bundled-script.ts';
import { parseVersion } from '../../src/core/versions/version.ts';
import { createRegistry } from '../../src/open-registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { openOptions } from '../support/temp-registry.ts';
import type { Ack } from './worker.ts';

export interface KillSummary {
  kills: number;
  /** How many fell where, by what the process was about to do. */
  steps: Record<string, number>;
  acknowledged: number;
  /** Acknowledged versions and moves that are not there. */
  lost: string[];
  blobs: number;
  events: number;
  /** What a full verify says; rows without bytes are among it. */
  problems: string[];
}

const worker = bundledScript('worker.ts', import.meta.url);
/**
 * From the first sign of life, or, every other time, from the first acknowledgement: a busy machine
 * takes longer for that.
 */
const longestLifeMs = 60;

/**
 * Kills processes in the middle of their work, `atOnce` at a time on one registry, and looks what
 * is left of what they said.
 */
export async function killing(
  folder: string,
  { kills, atOnce = 2, onProgress }: { kills: number; atOnce?: number; onProgress?: (done: number) => void },
): Promise<KillSummary> {
  const home = join(folder, 'registry');
  const { registry } = await createRegistry(home, openOptions());
  const acks: Ack[] = [];
  const steps: Record<string, number> = {};
  let started = 0;
  let done = 0;
  const victims = async (): Promise<void> => {
    while (started < kills) {
      started += 1;
      const life = await killOne(home, folder, started);
      acks.push(...life.acks);
      steps[life.step] = (steps[life.step] ?? 0) + 1;
      onProgress?.((done += 1));
    }
  };
  mkdirSync(folder, { recursive: true });
  await Promise.all(Array.from({ length: atOnce }, victims));
  try {
    const lost: string[] = [];
    for (const ack of acks) if (!(await isThere(ack))) lost.push(JSON.stringify(ack));
    const { checked, problems } = await verify(registry, {});
    return {
      kills,
      steps,
      acknowledged: acks.length,
      lost,
      blobs: checked.blobs,
      events: checked.events,
      problems: problems.map(({ subject, problem }) => `${subject}: ${problem}`),
    };
  } finally {
    await registry.close();
  }

  async function isThere(ack: Ack): Promise<boolean> {
    if (ack.kind === 'version') {
      const record = await registry.metadata.version(parseModelName(ack.name), parseVersion(ack.version));
      return record?.artifact.digest === ack.digest;
    }
    const [event] = await registry.metadata.events({ before: ack.seq + 1, limit: 1 });
    return event?.seq === ack.seq && event.hash === ack.hash;
  }
}

async function killOne(home: string, folder: string, seed: number): Promise<{ acks: Ack[]; step: string }> {
  const child = spawn(process.execPath, [worker, home, folder, String(seed)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const acks: Ack[] = [];
  let step = 'start';
  let doomed = false;
  // An idle pipe would keep what it read; lines are few.
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!doomed && (seed % 2 === 0 || line.startsWith('ack '))) {
      doomed = true;
      setTimeout(() => child.kill('SIGKILL'), Math.random() * longestLifeMs);
    }
    if (line.startsWith('step ')) step = line.slice('step '.length);
    else if (line.startsWith('ack ')) acks.push(JSON.parse(line.slice('ack '.length)) as Ack);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`a worker ended by itself, with ${code}: ${stderr}`);
  return { acks, step };
}

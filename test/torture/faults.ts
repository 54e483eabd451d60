import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { model, runCli } from '../support/run-cli.ts';
import { changingCalls, everyFault, type Fault, type Injected } from './inject.ts';

export interface FaultSummary {
  faults: number;
  /** By fault: how often the command said that it was done, ended with 8, or was killed. */
  outcomes: Record<string, number>;
  /** What must not be: see `faulting`. */
  wrong: string[];
}

/**
 * Registers, promotes, and collects garbage, once for each call that changes the disk, with a fault
 * at that call. Whatever comes of it: a command that fails exits 8 and leaves no copy in tmp/, one
 * that exits 0 has done it, and verify finds nothing.
 */
export async function faulting(
  cwd: string,
  {
    faults = ['EIO', 'ENOSPC', 'kill'],
    calls = changingCalls,
    every = 1,
    onProgress,
  }: {
    faults?: readonly Fault[];
    calls?: readonly string[];
    every?: number;
    onProgress?: (done: number) => void;
  },
): Promise<FaultSummary> {
  const summary: FaultSummary = { faults: 0, outcomes: {}, wrong: [] };
  const registry = join(cwd, 'registry');
  const run = (...args: string[]): ReturnType<typeof runCli> => runCli(args, { cwd });
  const saved = join(cwd, 'saved');
  const anew = (): void => {
    rmSync(registry, { recursive: true, force: true });
    cpSync(saved, registry, { recursive: true });
  };
  const register = ['register', 'digits', model('digits_mlp'), '--no-git'];
  const promote = ['promote', 'digits@1.0.0', '--to', 'production'];
  const collect = ['gc', '--yes', '--older-than', '0s'];
  const settings = { cwd, under: 'registry/', faults, calls, every };

  const look = async (injected: Injected, done: () => Promise<boolean>): Promise<void> => {
    const { fault, code, signal, site, stderr } = injected;
    const killed = signal === 'SIGKILL' || code === 137;
    const outcome = `${fault}: ${killed ? 'killed' : `exit ${code}`}`;
    summary.faults += 1;
    summary.outcomes[outcome] = (summary.outcomes[outcome] ?? 0) + 1;
    const wrong = (what: string): void => void summary.wrong.push(`${fault} at ${site}: ${what}`);
    if (fault !== 'kill' && code !== 0 && code !== 8) wrong(`exit ${code}: ${stderr}`);
    if (code === 8 && readdirSync(join(registry, 'tmp')).length > 0) wrong('a copy is left in tmp/');
    if (code === 0 && !(await done())) wrong('it said that it was done, and it is not');
    const verified = await run('verify');
    if (verified.code !== 0) wrong(`verify exits ${verified.code}: ${verified.stdout}`);
    onProgress?.(summary.faults);
  };

  await run('init');
  cpSync(registry, saved, { recursive: true });
  await everyFault(register, {
    ...settings,
    prepare: anew,
    look: (injected) =>
      look(injected, async () => (await run('show', 'digits@1.0.0', '-q')).stdout === 'digits@1.0.0\n'),
  });
  anew();
  await run(...register);
  rmSync(saved, { recursive: true });
  cpSync(registry, saved, { recursive: true });
  await everyFault(promote, {
    ...settings,
    prepare: anew,
    look: (injected) =>
      look(injected, async () => (await run('show', 'digits@production', '-q')).stdout === 'digits@1.0.0\n'),
  });
  anew();
  await run('register', 'digits', model('digits_mlp_v2'), '--no-git');
  await run('delete', 'digits@1.0.0', '--yes');
  rmSync(saved, { recursive: true });
  cpSync(registry, saved, { recursive: true });
  await everyFault(collect, {
    ...settings,
    prepare: anew,
    look: (injected) => look(injected, async () => (await run(...collect, '-q')).stdout === ''),
  });
  return summary;
}

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { BenchReport } from '../../src/bench/report/result.ts';
import { benchKind } from '../../src/core/measurements/bench.ts';
import { encodeSamples } from '../../src/bench/report/sample-codec.ts';
import { model, openRegistryShell, type Run, type Shell } from './run-cli.ts';
import type { Cleanup } from './temp-folder.ts';
import { modelName, reopen, version } from './temp-registry.ts';

/** What `bench --json` prints of a run. */
export type BenchJson = BenchReport & { changed: boolean; id: string; subject: { ref: string } };

/** What `bench --list --json` prints. */
export interface Listed {
  changed: boolean;
  benches: {
    id: string;
    ref: string;
    mode: string;
    scenario: string;
    batch: number | null;
    rate: number | null;
    concurrency: number;
    status: string;
    latencyMs: { n: number; p50: { value: number } | null; p95: { value: number } | null } | null;
    verdict: string | null;
    baseline: string | null;
    fingerprint: string;
  }[];
  nextPage: string | null;
}

/** A few runs, in the least time. */
export const quick = ['--warmup', '10', '--launches', '2', '--threads', '1'];

export const benchOf = (run: Run): BenchJson => JSON.parse(run.stdout) as BenchJson;

/** digits 1.0.0, and 1.1.0, which takes longer. */
export async function digits(t: Cleanup): Promise<Shell> {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  return shell;
}

export async function measured(shell: Shell, ...args: string[]): Promise<BenchJson> {
  const run = await shell.run('bench', ...args, ...quick, '--json');
  assert.ok(run.code === 0 || run.code === 5, run.stderr);
  return benchOf(run);
}

export async function list(shell: Shell, ...args: string[]): Promise<Listed> {
  return (await shell.json('bench', '--list', ...args)) as unknown as Listed;
}

/** Stores a result of digits@1.0.0 that need not have been measured. */
export async function keep(
  t: Cleanup,
  shell: Shell,
  result: BenchReport,
  changes: Partial<BenchReport> & { fingerprint?: string; id?: string },
): Promise<string> {
  const { fingerprint = result.environment.fingerprint, id = randomUUID(), ...rest } = changes;
  const registry = await reopen(t, join(shell.cwd, 'registry'));
  const report = { ...result, ...rest, environment: { ...result.environment, fingerprint } };
  await registry.metadata.addMeasurement(benchKind, {
    id,
    model: modelName('digits'),
    version: version('1.0.0'),
    fingerprint,
    status: report.status,
    result: { ...report },
    samples: encodeSamples([{ arm: 0, launch: 0, latencyMs: Float64Array.of(1, 2, 3) }]),
    actor: 'ada',
    at: Date.now(),
  });
  return id;
}

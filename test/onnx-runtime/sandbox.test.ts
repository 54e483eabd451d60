import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MlregError } from '../../src/core/errors.ts';
import type { BenchJob } from '../../src/runtime/jobs.ts';
import { runSandboxed, runtimeMissing } from '../../src/runtime/sandbox.ts';
import type { FeedPlan } from '../../src/onnx/feeds/synthesize.ts';
import { benchModel, fixtureModel, modelFile } from '../support/bench-model.ts';
import { allocationBomb, endlessLoop } from '../support/hostile-onnx.ts';

const source = fileURLToPath(new URL('../../src', import.meta.url));
const onLinux = { skip: process.platform === 'linux' ? false : 'looks processes up in /proc' };

function ones(name: string, shape: number[]): FeedPlan[] {
  return [{ name, dtype: 'float32', shape, fill: { kind: 'ones' }, seed: 1 }];
}

function job(file: string, input = 'x'): BenchJob {
  return {
    kind: 'bench',
    modelFile: file,
    session: {
      intraOpThreads: 1,
      interOpThreads: 1,
      extra: {},
    },
    fetches: ['y'],
    feeds: ones(input, [1]),
    warmup: 0,
    minMs: 0,
    minRuns: 1,
    maxRuns: 1,
  };
}

const limits = { timeoutMs: 60_000, memoryLimitBytes: 2 ** 30 };

interface ProcessFacts {
  pid: number;
  parent: number;
  state: string;
  /** Clock ticks in user mode. */
  ticks: number;
}

/** See proc_pid_stat(5); the command's name may hold spaces and brackets. */
function processFacts(pid: number): ProcessFacts | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state, parent: Number(parent), ticks: Number(rest[9]) };
  } catch {
    return null;
  }
}

function childrenOf(parent: number): ProcessFacts[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map((pid) => processFacts(Number(pid)))
    .filter((facts) => facts?.parent === parent) as ProcessFacts[];
}

async function eventually<T>(what: string, look: () => T | undefined | false, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    await delay(25);
  }
  throw new Error(`${what}: not within ${withinMs} ms`);
}

test('when the parent is killed, the child ends in spite of an endless loop', onLinux, async (t) => {
  const file = modelFile(t, endlessLoop());
  const script =
    `import { runSandboxed } from ${JSON.stringify(join(source, 'runtime/sandbox.ts'))};` +
    `await runSandboxed(${JSON.stringify(job(file))}, { limits: ${JSON.stringify(limits)} });`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  t.after(() => parent.kill('SIGKILL'));
  const child = await eventually('a busy child', () =>
    childrenOf(parent.pid ?? 0).find(({ ticks }) => ticks > 80),
  );
  parent.kill('SIGKILL');
  await eventually(
    'the end of the child',
    () => {
      const facts = processFacts(child.pid);
      return facts === null || facts.state === 'Z' || facts.state === 'X';
    },
    3000,
  );
});

test('an abort ends the child and rejects', async (t) => {
  const controller = new AbortController();
  const running = runSandboxed(job(modelFile(t, endlessLoop())), { limits, signal: controller.signal });
  setTimeout(() => controller.abort(), 700);
  await assert.rejects(running, { code: 'INTERRUPTED' });
  if (process.platform === 'linux') assert.deepEqual(childrenOf(process.pid), []);
});

test("an abort's own error is passed on, also before the start", async () => {
  const mine = new MlregError('INTERRUPTED', 'SIGTERM', { hint: 'run it again' });
  await assert.rejects(
    benchModel(fixtureModel('digits_mlp'), {}, { signal: AbortSignal.abort(mine) }),
    (error) => error === mine,
  );
});

test('where the parent cannot see it, the child watches its own memory', async (t) => {
  const outcome = await runSandboxed(
    { ...job(modelFile(t, allocationBomb())), feeds: [] },
    { limits: { ...limits, memoryWatch: 'child' } },
  );
  assert.equal(outcome.status, 'oom');
});

test('a limit on silence is not one on the whole', async () => {
  const feeds = ones('X', [1, 64]);
  const outcome = await runSandboxed(
    { ...job(fixtureModel('digits_mlp')), feeds, fetches: ['label'], minMs: 4000, minRuns: 1, maxRuns: 1e6 },
    { limits: { ...limits, timeoutMs: 3000, timeoutIsStall: true } },
  );
  assert.equal(outcome.status, 'ok');
});

test('the child gets neither our Node options nor our secrets', async (t) => {
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = '--require=/there/is/no/such/file.cjs';
  t.after(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  });
  const { report } = await benchModel(fixtureModel('digits_mlp'));
  assert.equal(report.status, 'ok', report.error?.stderr);
});

test('a missing runtime is told apart, and says what to install', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlreg-no-runtime-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const room of ['core', 'onnx']) cpSync(join(source, room), join(folder, room), { recursive: true });
  const sandbox = (await import(
    join(folder, 'runtime/sandbox.ts')
  )) as typeof import('../../src/runtime/sandbox.ts');
  const outcome = await sandbox.runSandboxed(job(fixtureModel('digits_mlp')), { limits });
  assert.equal(outcome.status, 'no-runtime');
  const error = runtimeMissing(outcome.status === 'no-runtime' ? outcome.message : '');
  assert.equal(error.code, 'NOT_FOUND');
  assert.match(error.message, /Cannot find package 'onnxruntime-node'/);
  assert.match(error.hint ?? '', /^npm install -g --ignore-scripts onnxruntime-node/);
});

test('ONNX Runtime reports to nobody, and leaves nothing in the temporary folder', async (t) => {
  const { TMPDIR } = process.env;
  const tmp = mkdtempSync(join(tmpdir(), 'mlreg-sandbox-'));
  process.env['TMPDIR'] = tmp;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    rmSync(tmp, { recursive: true });
  });
  const { report } = await benchModel(fixtureModel('digits_mlp'));
  assert.equal(report.status, 'ok');
  assert.deepEqual(readdirSync(tmp), []);
});

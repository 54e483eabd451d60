import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MlregError } from '../../src/core/errors.ts';
import { benchJob, type BenchJob } from '../../src/bench/child/bench-job.ts';
import { probeJob } from '../../src/runtime/child/probe-job.ts';
import { runtimeMissing } from '../../src/runtime/probe-runtime.ts';
import { runJob } from '../../src/runtime/run-job.ts';
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
  /** Of its program. */
  name: string;
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
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    return { pid, name, state, parent: Number(parent), ticks: Number(rest[9]) };
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

// The first has a guard, the second a thread: see runtime/guard.ts.
for (const memoryWatch of ['parent', 'child'])
  test(
    `when the parent is killed, the child ends in spite of an endless loop, its memory watched by the ${memoryWatch}`,
    onLinux,
    async (t) => {
      const given = { ...limits, memoryWatch };
      const file = modelFile(t, endlessLoop());
      const script =
        `import { runJob } from ${JSON.stringify(join(source, 'runtime/run-job.ts'))};` +
        `await runJob({ name: 'bench' }, ${JSON.stringify(job(file))}, { limits: ${JSON.stringify(given)} });`;
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
      t.after(() => parent.kill('SIGKILL'));
      const child = await eventually('a busy child', () =>
        childrenOf(parent.pid ?? 0).find(({ ticks }) => ticks > 60),
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
    },
  );

test('an abort ends the child, and what guards it, and rejects', async (t) => {
  const controller = new AbortController();
  const running = runJob(benchJob, job(modelFile(t, endlessLoop())), { limits, signal: controller.signal });
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
  const outcome = await runJob(
    benchJob,
    { ...job(modelFile(t, allocationBomb())), feeds: [] },
    { limits: { ...limits, memoryWatch: 'child' } },
  );
  assert.equal(outcome.status, 'oom');
  assert.partialDeepStrictEqual(outcome.death, { by: 'limit', limit: 'memory' });
});

test('a limit on silence is not one on the whole', async () => {
  const feeds = ones('X', [1, 64]);
  const outcome = await runJob(
    benchJob,
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
  for (const part of ['core', 'onnx', 'runtime', 'bench/child', 'model-child.ts'])
    cpSync(join(source, part), join(folder, 'src', part), { recursive: true });
  const manifest = { type: 'module', imports: { '#model-child': './src/model-child.ts' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const elsewhere = (await import(
    join(folder, 'src/runtime/run-job.ts')
  )) as typeof import('../../src/runtime/run-job.ts');
  const outcome = await elsewhere.runJob(benchJob, job(fixtureModel('digits_mlp')), { limits });
  assert.equal(outcome.status, 'no-runtime');
  const error = runtimeMissing(outcome.status === 'no-runtime' ? outcome.message : '');
  assert.equal(error.code, 'NOT_FOUND');
  assert.match(error.message, /Cannot find package 'onnxruntime-node'/);
  assert.match(error.hint ?? '', /^npm install -g --ignore-scripts onnxruntime-node/);
});

test('ONNX Runtime reports to nobody, and leaves nothing in the temporary folder', async (t) => {
  const { TMPDIR } = process.env;
  const tmp = mkdtempSync(join(tmpdir(), 'mlreg-run-job-'));
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

const probe = (more: Partial<typeof limits>, signal?: AbortSignal) =>
  runJob(probeJob, null, { limits: { ...limits, ...more }, signal });

test('a kind of job that the child does not have is refused by its name', async () => {
  const outcome = await runJob({ name: 'toString' }, null, { limits });
  assert.partialDeepStrictEqual(outcome, { status: 'error', death: null, lastProgress: null });
  assert.match('message' in outcome ? outcome.message : '', /no job of kind "toString"/);
});

test('a death says which limit was reached: the clock, silence or memory', async (t) => {
  const endless = job(modelFile(t, endlessLoop()));
  const time = await runJob(benchJob, endless, {
    limits: { ...limits, timeoutMs: 1500, namedTimeoutMs: 7000 },
  });
  assert.partialDeepStrictEqual(time, {
    status: 'timeout',
    message: 'not finished within 7 s',
    death: { by: 'limit', limit: 'time', signal: 'SIGKILL', exitCode: null },
  });
  const silence = await runJob(benchJob, endless, {
    limits: { ...limits, timeoutMs: 1500, timeoutIsStall: true },
  });
  assert.partialDeepStrictEqual(silence, {
    status: 'timeout',
    message: 'no progress within 1.5 s',
    death: { by: 'limit', limit: 'silence' },
  });
  const memory = await probe({ memoryLimitBytes: 2 ** 20 });
  assert.partialDeepStrictEqual(memory, {
    status: 'oom',
    message: 'used more than 1 MB of memory',
    death: { by: 'limit', limit: 'memory' },
  });
});

test(
  'a death at no limit tells a killer from a crash, and what the child held and said last',
  onLinux,
  async () => {
    const endings = [
      [
        'SIGKILL',
        'oom',
        'system',
        /^was killed by the system, probably out of memory \(it used [\d,]+ MB\)$/,
      ],
      ['SIGSEGV', 'crash', 'itself', /^crashed with SIGSEGV$/],
    ] as const;
    for (const [signal, status, by, message] of endings) {
      const many = { ...job(fixtureModel('digits_mlp')), feeds: ones('X', [1, 64]), fetches: ['label'] };
      let pid = 0;
      const outcome = await runJob(
        benchJob,
        { ...many, minMs: 60_000, minRuns: 1e9, maxRuns: 1e9 },
        {
          limits,
          onProgress: () => {
            pid ||= childrenOf(process.pid).find(({ name }) => name !== 'sh')?.pid ?? 0;
            if (pid > 0) process.kill(pid, signal);
          },
        },
      );
      assert.ok(outcome.status === status, JSON.stringify(outcome));
      assert.match(outcome.message, message);
      assert.partialDeepStrictEqual(outcome.death, { by, limit: null, signal, exitCode: null });
      assert.ok((outcome.death?.rssBytes ?? 0) > 2 ** 20, 'its memory was looked at');
      assert.partialDeepStrictEqual(outcome.lastProgress, { phase: 'timed' });
    }
  },
);

test('a child that cannot be started is an error of this machine, not of the model', async (t) => {
  const { execPath } = process;
  process.execPath = join(tmpdir(), 'there-is-no-such-program');
  t.after(() => {
    process.execPath = execPath;
  });
  await assert.rejects(probe({}), { code: 'INTERNAL', message: /^cannot start a child process: .*ENOENT/ });
});

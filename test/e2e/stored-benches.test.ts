import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BenchReport } from '../../src/bench/result.ts';
import { encodeSamples } from '../../src/bench/sample-codec.ts';
import { noMounts, withMounts } from '../support/mounts.ts';
import { model, openRegistryShell, type Run, type Shell } from '../support/run-cli.ts';
import type { Cleanup } from '../support/temp-folder.ts';
import { modelName, reopen, version } from '../support/temp-registry.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

type BenchJson = BenchReport & { changed: boolean; id: string; subject: { ref: string } };
interface Listed {
  changed: boolean;
  benches: {
    id: string;
    ref: string;
    mode: string;
    scenario: string;
    status: string;
    latencyMs: { n: number; p50: { value: number } | null; p95: { value: number } | null } | null;
    verdict: string | null;
    baseline: string | null;
    fingerprint: string;
  }[];
  nextPage: string | null;
}

const quick = ['--warmup', '10', '--launches', '2', '--threads', '1'];
const benchOf = (run: Run): BenchJson => JSON.parse(run.stdout) as BenchJson;

/** digits 1.0.0, and 1.1.0, which takes longer. */
async function digits(t: Cleanup): Promise<Shell> {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  return shell;
}

async function measured(shell: Shell, ...args: string[]): Promise<BenchJson> {
  const run = await shell.run('bench', ...args, ...quick, '--json');
  assert.ok(run.code === 0 || run.code === 5, run.stderr);
  return benchOf(run);
}

async function list(shell: Shell, ...args: string[]): Promise<Listed> {
  return (await shell.json('bench', '--list', ...args)) as unknown as Listed;
}

/** Stores results that need not have been measured. */
async function keep(
  t: Cleanup,
  shell: Shell,
  result: BenchReport,
  changes: Partial<BenchReport> & { fingerprint?: string; id?: string; ref?: string },
): Promise<string> {
  const { fingerprint = result.environment.fingerprint, id = randomUUID(), ref, ...rest } = changes;
  const [name = '', number = ''] = (ref ?? 'digits@1.0.0').split('@');
  const registry = await reopen(t, join(shell.cwd, 'registry'));
  const report = { ...result, ...rest, environment: { ...result.environment, fingerprint } };
  await registry.metadata.addBench({
    bench: {
      id,
      model: modelName(name),
      version: version(number),
      at: Date.now(),
      fingerprint,
      status: report.status,
      result: { ...report },
    },
    samples: encodeSamples([{ arm: 0, launch: 0, latencyMs: Float64Array.of(1, 2, 3) }]),
    actor: 'ada',
    at: Date.now(),
  });
  return id;
}

test('stored runs are listed newest first, of all models, of one, of a version, and in pages', async (t) => {
  const shell = await digits(t);
  await shell.json('register', 'iris', model('iris_zipmap'));
  const empty = await list(shell);
  assert.deepEqual([empty.benches, empty.nextPage, empty.changed], [[], null, false]);
  const slow = await measured(shell, 'digits@1.0.0', '--iterations', '80', '--max-p95', '1ns');
  const other = await measured(shell, 'iris', '--iterations', '20');
  const pair = await measured(shell, 'digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '320');

  const { benches } = await list(shell);
  assert.deepEqual(
    benches.map(({ id, ref, mode, scenario, status, verdict, baseline }) => [
      id,
      ref,
      mode,
      scenario,
      status,
      verdict,
      baseline,
    ]),
    [
      [pair.id, 'digits@1.1.0', 'ab', 'single', 'ok', null, 'digits@1.0.0'],
      [other.id, 'iris@1.0.0', 'solo', 'single', 'ok', null, null],
      [slow.id, 'digits@1.0.0', 'solo', 'single', 'ok', 'fail', null],
    ],
  );
  const [last] = benches.slice(-1);
  assert.deepEqual(
    [last?.latencyMs?.n, last?.latencyMs?.p50?.value, last?.latencyMs?.p95?.value, last?.fingerprint],
    [80, slow.latencyMs?.p50?.value, slow.latencyMs?.p95?.value, slow.environment.fingerprint],
  );
  assert.equal(benches[1]?.latencyMs?.p95, null, '20 runs are too few');
  const ids = async (...args: string[]): Promise<string[]> =>
    (await list(shell, ...args)).benches.map(({ id }) => id);
  assert.deepEqual(await ids('digits'), [pair.id, slow.id]);
  assert.deepEqual(await ids('digits@1.0.0'), [slow.id]);
  assert.deepEqual(await ids('digits@latest'), [pair.id]);

  const first = await list(shell, '--limit', '2');
  const next = await list(shell, '--limit', '2', '--page', first.nextPage ?? '');
  assert.deepEqual(
    [...first.benches, ...next.benches].map(({ id }) => id),
    benches.map(({ id }) => id),
  );
  assert.equal(next.nextPage, null);
  assert.equal(
    (await shell.run('bench', '--list', '-q')).stdout,
    benches.map(({ id }) => `${id}\n`).join(''),
  );
  const rows = (await shell.run('bench', '--list', 'digits@1.0.0')).stdout.replace('\n', '').split('\t');
  assert.deepEqual([rows[0], rows[2], rows[9], rows.length], [slow.id, 'digits@1.0.0', 'fail', 12]);

  await shell.fails(3, 'bench', '--list', 'nothing');
  await shell.fails(3, 'bench', '--list', 'digits@9.9.9');
  for (const token of ['before:9', 'bench:x', 'bench:'])
    assert.match((await shell.fails(2, 'bench', '--list', '--page', token)).message, /is not a page/);
  await shell.json('delete', 'digits@1.1.0', '--yes');
  assert.deepEqual(await ids('digits'), [slow.id]);
});

test('a stored run is shown as it was, verdicts and all, and its verdict is no failure of the look', async (t) => {
  const shell = await digits(t);
  const solo = await measured(
    shell,
    'digits@1.0.0',
    '--iterations',
    '300',
    '--max-p95',
    '1us',
    '--max-p50',
    '1m',
  );
  const pair = await measured(
    shell,
    ...['digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '320', '--max-regression', '1%'],
  );
  assert.deepEqual(
    solo.gates.map(({ verdict }) => verdict),
    ['pass', 'fail'],
  );
  for (const bench of [solo, pair]) {
    const shown = await shell.run('bench', '--show', bench.id, '--json');
    assert.deepEqual([shown.code, shown.stderr], [0, '']);
    assert.deepEqual(benchOf(shown), { ...bench, changed: false });
    assert.deepEqual(
      benchOf(await shell.run('bench', '--show', bench.id.slice(0, 8), '--json')).id,
      bench.id,
    );
    assert.deepEqual(
      benchOf(await shell.run('bench', '--show', bench.id.toUpperCase(), '--json')).id,
      bench.id,
    );
  }
  await shell.json('delete', 'digits@1.1.0', '--yes');
  assert.equal(
    (await shell.json('bench', '--show', pair.id)).id,
    pair.id,
    'what was measured is still known',
  );
});

test('what is no id, none, or the start of several is told apart', async (t) => {
  const shell = await digits(t);
  const nothing = await shell.fails(3, 'bench', '--show', 'abcd');
  assert.match(nothing.hint ?? '', /none is stored yet/);
  const bench = await measured(shell, 'digits@1.0.0', '--iterations', '20');
  const like = [1, 2].map((digit) => `abcd0000-0000-4000-8000-00000000000${digit}`);
  for (const id of like) await keep(t, shell, bench, { id });
  for (const option of ['--show', '--recheck']) {
    const args = option === '--show' ? [] : ['--max-p95', '1s'];
    for (const id of ['', 'abc', 'xyz1', '../..', `${like[0]}0`, '%'])
      assert.equal((await shell.fails(2, 'bench', option, id, ...args)).code, 'INVALID_INPUT', id);
    const several = await shell.fails(2, 'bench', option, 'abcd', ...args);
    assert.deepEqual(several.details, { ids: like });
    assert.match(several.hint ?? '', new RegExp(like.join(', ')));
    const unknown = await shell.fails(3, 'bench', option, 'ffff0000', ...args);
    assert.match(unknown.hint ?? '', /mlreg bench --list.*abcd0000-.*digits@1\.0\.0/);
  }
  const { stdout } = await shell.run('bench', '--list', '--markdown');
  for (const id of like) assert.match(stdout, new RegExp(`\`${id}\``), 'as much as tells them apart');
  assert.match(stdout, new RegExp(`\`${bench.id.slice(0, 8)}\``));
});

test('a comparison judged again by its own margin is the same; by another, its stored blocks decide', async (t) => {
  const shell = await digits(t);
  const args = ['digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '640'];
  const bench = await measured(shell, ...args, '--max-regression', '1%', '--stat', 'p50', '--max-p90', '1s');
  const again = async (...options: string[]): Promise<{ code: number | null; bench: BenchJson }> => {
    const run = await shell.run('bench', '--recheck', bench.id, ...options, '--json');
    return { code: run.code, bench: benchOf(run) };
  };
  const failed = bench.gates.some(({ verdict }) => verdict !== 'pass');
  for (const stat of [['--stat', 'p50'], []]) {
    const same = await again('--max-regression', '1%', ...stat, '--max-p90', '1s');
    assert.equal(same.code, failed ? 5 : 0);
    assert.equal(same.bench.changed, false);
    assert.deepEqual(same.bench.compare, bench.compare);
    assert.deepEqual(same.bench.gates, bench.gates);
    assert.deepEqual(same.bench.latencyMs, bench.latencyMs);
    assert.deepEqual(same.bench.plan, bench.plan);
  }
  const { ratio, high } = bench.compare ?? { ratio: null, high: null };
  assert.ok(ratio !== null && high !== null);
  const loose = await again('--max-regression', `${Math.ceil(100 * (high - 1)) + 1}%`);
  assert.deepEqual([loose.code, loose.bench.gates[0]?.verdict], [0, 'pass']);
  assert.deepEqual(loose.bench.compare?.ratio, ratio);
  const other = await again('--max-regression', '5000%', '--stat', 'p95');
  assert.equal(other.bench.compare?.stat, 'p95');
  const p95 = (bench.latencyMs?.p95?.value ?? 0) / (bench.compare?.baselineLatencyMs.p95?.value ?? 1);
  assert.equal(other.bench.compare.ratio, p95);
  const limit = await again('--max-p50', '1ns');
  assert.deepEqual([limit.code, limit.bench.gates.map(({ gate }) => gate)], [5, ['p50<=1ns']]);
  assert.deepEqual(limit.bench.compare, bench.compare, 'what was compared stays to be seen');
});

test('judging again ends as a measurement does, and says what more runs it takes', async (t) => {
  const shell = await digits(t);
  const bench = await measured(shell, 'digits@1.0.0', '--iterations', '50');
  const farOff = `${(1000 * (bench.latencyMs?.max ?? 0)).toFixed(3)}ms`;
  // Nothing is over a limit so far above, but 50 runs are too few for a p95.
  const undecided = await shell.run('bench', '--recheck', bench.id, '--max-p95', farOff, '--json');
  assert.equal(undecided.code, 5);
  assert.deepEqual(
    benchOf(undecided).gates.map(({ verdict, needRuns }) => [verdict, needRuns]),
    [['inconclusive', 59]],
  );
  assert.match(undecided.error.hint ?? '', /--iterations 65$/);
  assert.equal(undecided.error.details?.['needRuns'], 59);
  const passed = await shell.run('bench', '--recheck', bench.id, '--max-p50', farOff);
  assert.deepEqual([passed.code, passed.stderr], [0, '']);
  assert.match(passed.stdout, /^gate\tp50<=.*\tpass\t/m);
  assert.match(passed.stdout, /^note\tjudged again from the samples stored \d{4}-/m);
});

test('a run that failed has nothing to judge, whatever the limit; what is no latency stands', async (t) => {
  const shell = await digits(t);
  const bench = await measured(shell, 'digits@1.0.0', '--iterations', '20');
  const gate = {
    gate: 'outputs match',
    verdict: 'fail' as const,
    observed: '1',
    threshold: '0',
    reason: 'no',
  };
  const old = { ...gate, gate: 'p95<=1ms' };
  const wrong = await keep(t, shell, bench, { gates: [old, gate] });
  const judged = await shell.run('bench', '--recheck', wrong, '--max-p50', '1m', '--json');
  assert.equal(judged.code, 5);
  assert.deepEqual(
    benchOf(judged).gates.map((one) => one.gate),
    ['p50<=1m', 'outputs match'],
  );
  const error = { status: 'crash' as const, message: 'it died', stderr: '', launch: 1 };
  const crashed = await keep(t, shell, bench, { status: 'crash', error, latencyMs: null });
  assert.equal((await shell.run('bench', '--show', crashed)).code, 0);
  assert.equal((await list(shell)).benches[0]?.latencyMs, null);
});

test('options that do not go together are refused by name, and nothing is looked for', async (t) => {
  const shell = await openRegistryShell(t);
  const refused: [message: RegExp, ...args: string[]][] = [
    [/missing required argument 'ref'/],
    [/missing required argument 'ref'/, '--max-p95', '1s'],
    [/--list and --show exclude/, '--list', '--show', 'abcd'],
    [/--show and --recheck exclude/, '--recheck', 'abcd', '--show', 'abcd'],
    [/--list runs nothing: --duration/, '--list', '--duration', '1s'],
    [/--list runs nothing: --max-p95/, 'digits', '--list', '--max-p95', '1s'],
    [/--show runs nothing: --max-p95/, '--show', 'abcd', '--max-p95', '1s'],
    [/--show runs nothing: --limit/, '--show', 'abcd', '--limit', '1'],
    [/--recheck runs nothing: --iterations/, '--recheck', 'abcd', '--iterations', '9', '--max-p95', '1s'],
    [/--recheck runs nothing: --baseline/, '--recheck', 'abcd', '--baseline', 'digits@1.0.0'],
    [/--show names a stored run/, 'digits', '--show', 'abcd'],
    [/--recheck names a stored run/, 'digits', '--recheck', 'abcd', '--max-p95', '1s'],
    [/--limit goes with --list/, 'digits', '--limit', '1'],
    [/--page goes with --list/, 'digits', '--page', 'bench:1'],
    [/no threshold/, '--recheck', 'abcd'],
    [/--stat says what --max-regression is of/, '--recheck', 'abcd', '--stat', 'p99'],
  ];
  for (const [message, ...args] of refused) {
    const error = await shell.fails(2, 'bench', ...args);
    assert.equal(error.code, 'USAGE');
    assert.match(error.message, message, args.join(' '));
  }
  assert.match((await shell.fails(2, 'bench', '--recheck', 'abcd')).hint ?? '', /--max-p95 20ms/);
  assert.match((await shell.fails(2, 'bench')).hint ?? '', /mlreg bench --help/);
});

test('a margin for a run that had no baseline is refused, with what to type', async (t) => {
  const shell = await digits(t);
  const { id } = await measured(shell, 'digits@1.0.0', '--iterations', '20');
  const error = await shell.fails(2, 'bench', '--recheck', id, '--max-regression', '5%');
  assert.match(error.message, /compared with nothing/);
  assert.match(error.hint ?? '', /mlreg bench digits@1\.0\.0 --baseline/);
});

test(
  'looking and judging again write nothing, and work where nothing can be written',
  { skip: noMounts },
  async (t) => {
    const shell = await digits(t);
    const { id } = await measured(shell, 'digits@1.0.0', '--iterations', '80');
    const { events } = await shell.json('history');
    const answers = await withMounts(
      shell.cwd,
      `mount --bind registry registry && mount -o remount,ro,bind registry registry || exit 1
answer mlreg bench --list -q
answer mlreg bench --show ${id} -q
answer mlreg bench --recheck ${id} --max-p50 1m -q
answer mlreg bench --recheck ${id} --max-p50 1ns -q
`,
    );
    assert.deepEqual(
      answers.map((answer) => answer.slice(0, 2)),
      ['0 ', '0 ', '0 ', '5 '],
    );
    for (const args of [['--list'], ['--show', id], ['--recheck', id, '--max-p50', '1m']])
      await shell.json('bench', ...args);
    assert.deepEqual((await shell.json('history')).events, events);
  },
);

test('--markdown has the verdict first, both sides, and no text of others that takes effect', async (t) => {
  const shell = await digits(t);
  const args = ['digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '320', ...quick];
  const run = await shell.run('bench', ...args, '--max-p50', '1ns', '--markdown');
  assert.equal(run.code, 5);
  const lines = run.stdout.split('\n');
  assert.match(lines[0] ?? '', /^### ❌ `digits@1\.1\.0` fails: p50 /);
  assert.match(run.stdout, /^\| `p50<=1ns` \| ❌ fail \| /m);
  assert.match(
    run.stdout,
    /^\| latency \| `digits@1\.1\.0` \| 95% interval \| `digits@1\.0\.0` \| 95% interval \|$/m,
  );
  assert.match(run.stdout, /^p95 ratio to the baseline \*\*\d/m);
  assert.match(run.stdout, /^Measured on `.*fingerprint `[0-9a-f]{16}`\.$/m);
  assert.match(run.stdout, /^- `dynamic dimensions taken as 1/m);
  const [listed] = (await list(shell)).benches;
  assert.equal((await shell.run('bench', '--show', listed?.id ?? '', '--markdown')).stdout, run.stdout);

  const bench = benchOf(await shell.run('bench', '--show', listed?.id ?? '', '--json'));
  const nasty = '@ada #1 | <img src=x> `x`';
  const error = { status: 'error' as const, message: nasty, stderr: '', launch: 1 };
  const gate = { gate: nasty, verdict: 'fail' as const, observed: nasty, threshold: nasty, reason: nasty };
  const ids = [
    await keep(t, shell, bench, { notes: [nasty], gates: [gate], compare: null }),
    await keep(t, shell, bench, { status: 'error', error, latencyMs: null, fingerprint: nasty }),
  ];
  const texts = [];
  for (const id of ids) texts.push((await shell.run('bench', '--show', id, '--markdown')).stdout);
  texts.push((await shell.run('bench', '--list', '--markdown')).stdout);
  for (const text of texts) {
    const bare = text.replaceAll(/(?<!`)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '');
    assert.doesNotMatch(bare, /@|#\d|<img/, text);
  }
});

test(
  'on a terminal the list fits, says what is not to be compared, and a run shows its bars again',
  { skip: noTerminal },
  async (t) => {
    const shell = await digits(t);
    const bench = await measured(
      shell,
      ...['digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '320', '--max-p50', '1ns'],
    );
    await keep(t, shell, bench, { fingerprint: '0123456789abcdef' });
    for (const columns of [80, 120]) {
      for (const args of [['--list'], ['--show', bench.id]]) {
        const { stdout, code } = await runOnTerminal(['bench', ...args, '--no-color'], {
          cwd: shell.cwd,
          columns,
        });
        assert.equal(code, 0);
        for (const line of stdout.split('\n')) {
          // The words of the machine are as long as they are.
          if (!/^(?:[AB] |Latencies| +(?:machine|stored))/.test(line))
            assert.ok(line.length <= columns, `${columns}: ${line}`);
        }
      }
    }
    const { stdout } = await runOnTerminal(['bench', '--list', '--no-color'], { cwd: shell.cwd });
    assert.match(
      stdout,
      /^A 0123456789abcdef .*\nB [0-9a-f]{16} .*\nLatencies .* say nothing about each other/m,
    );
    assert.match(stdout, new RegExp(`^${bench.id.slice(0, 8)} .* fail +digits@1\\.0\\.0 +B$`, 'm'));
    const shown = await runOnTerminal(['bench', '--show', bench.id, '--no-color'], { cwd: shell.cwd });
    assert.match(
      shown.stdout,
      /^✗ digits@1\.1\.0 p50 [^]*p50<=1ns fail:[^]*LATENCY +digits@1\.1\.0[^]*█[^]*stored +/,
    );
  },
);

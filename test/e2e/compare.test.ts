import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  model,
  openRegistryShell,
  preparedShell,
  runCli,
  type Result,
  type Shell,
} from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

interface Change {
  delta: number | null;
  relative: number | null;
  better: boolean | null;
}
interface Numbers extends Change {
  name: string;
  direction: string | null;
  values: (number | null)[];
  deltas?: Change[];
}
interface Values {
  name: string;
  values: unknown[];
  same: boolean;
}
interface Signature {
  compatible: boolean | null;
  changes: { side: string; name: string; kind: string; breaking: boolean; description: string }[];
}
interface Comparison extends Omit<Result, 'tags' | 'data' | 'files' | 'signature' | 'size'> {
  metrics: Numbers[];
  params: Values[];
  tags: Values[];
  data: { name: string; hashes: (string | null)[]; same: boolean | null }[];
  size: Numbers;
  signature: Signature;
  signatures?: Signature[];
  graph: {
    same: boolean | null;
    nodes: (number | null)[];
    operators: { name: string; counts: (number | null)[]; same: boolean }[];
  } | null;
  files: { same: number; changes: { path: string; change: string; digests: (string | null)[] }[] };
  benches: { comparable: boolean; reason: string | null; runs: unknown[]; figures: Numbers[] };
}

/**
 * digits 1.0.0, 1.0.1 (the same graph), 1.1.0 (another) and 1.2.0, which is yanked; 1.0.0 holds
 * production.
 */
const digitsShell = preparedShell(async (shell) => {
  const train = ['--data', `train=${fixture('digits_mlp/train.csv')}`];
  for (const [name, ...rest] of [
    ['digits_mlp', ...train],
    ['digits_mlp_retrained', ...train],
    ['digits_mlp_v2', '--data-uri', 'train=s3://bucket/train', '--tag', 'owner=ada', '--metric', 'auc=0.9'],
    ['digits_mlp_bad'],
  ] as [string, ...string[]][])
    await shell.json(
      'register',
      'digits',
      model(name),
      '--metadata',
      fixture(`${name}/metadata.json`),
      ...rest,
    );
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  await shell.json('yank', 'digits@1.2.0', '-m', 'stopped early');
});

async function compared(shell: Shell, ...refs: string[]): Promise<Comparison> {
  return (await shell.json('compare', ...refs)) as unknown as Comparison;
}

const named = <Row extends { name: string }>(rows: Row[], name: string): Row | undefined =>
  rows.find((row) => row.name === name);

test('two versions of a model are compared in all that is known of them', async (t) => {
  const shell = await digitsShell(t);
  const result = await compared(shell, 'digits@production', 'digits');
  assert.equal(result.command, 'compare');
  assert.deepEqual(
    (result.versions as unknown as Result[]).map(({ ref, name, format, stages, yanked, size }) => [
      ref,
      name,
      format,
      stages,
      yanked,
      size,
    ]),
    [
      ['digits@1.0.0', 'digits', 'onnx', ['production'], false, 10_044],
      ['digits@1.1.0', 'digits', 'onnx', [], false, 669_200],
    ],
  );
  const accuracy = named(result.metrics, 'accuracy');
  assert.equal(accuracy?.better, true);
  assert.equal(accuracy.direction, 'higher');
  assert.ok(Math.abs((accuracy.delta ?? 0) - 0.0037) < 0.0001);
  assert.equal(accuracy.deltas, undefined);
  assert.equal(named(result.metrics, 'log_loss')?.better, true);
  assert.deepEqual(named(result.metrics, 'auc'), {
    name: 'auc',
    direction: 'higher',
    values: [null, 0.9],
    delta: null,
    relative: null,
    better: null,
  });
  assert.deepEqual(named(result.params, 'seed'), { name: 'seed', values: [0, 0], same: true });
  assert.equal(named(result.params, 'hidden')?.same, false);
  assert.deepEqual(named(result.tags, 'owner')?.values, [null, 'ada']);
  assert.equal(named(result.data, 'train')?.same, null, 'the hash of one is not known');
  assert.deepEqual(result.signature, { compatible: true, changes: [] });
  assert.equal(result.signatures, undefined);
  assert.equal(result.graph?.same, false);
  assert.deepEqual(named(result.graph.operators, 'Gemm'), { name: 'Gemm', counts: [2, 3], same: false });
  assert.deepEqual(
    result.files.changes.map(({ path, change }) => [path, change]),
    [['model.onnx', 'changed']],
  );
  assert.equal(result.size.delta, 659_156);
  assert.equal(result.benches.comparable, false);
});

test('with more than two, every version is compared with the first', async (t) => {
  const shell = await digitsShell(t);
  const result = await compared(shell, 'digits@1.0.0', 'digits@1.0.1', 'digits@1.2.0');
  const accuracy = named(result.metrics, 'accuracy');
  assert.equal(accuracy?.values.length, 3);
  assert.deepEqual(
    accuracy.deltas?.map(({ better }) => better),
    [false, false],
  );
  assert.equal(accuracy.delta, accuracy.deltas?.[1]?.delta, 'the one that stands alone is of the last');
  assert.equal(result.signatures?.length, 2);
  assert.equal(result.graph?.same, true);
  assert.equal((result.versions as unknown as Result[])[2]?.yanked, true);
});

test('versions of different models, and of what is no ONNX model', async (t) => {
  const shell = await digitsShell(t);
  await shell.json('register', 'conv', fixture('digits_conv_external'));
  await shell.json('register', 'cancer', fixture('breast_cancer_lr/model.joblib'));
  const { signature, files, ...rest } = await compared(shell, 'digits@1.0.0', 'conv');
  assert.equal(signature.compatible, false);
  assert.ok(
    signature.changes.some(({ name, kind, breaking }) => name === 'X' && kind === 'removed' && breaking),
  );
  assert.equal(files.changes.find(({ path }) => path === 'weights.bin')?.change, 'added');
  assert.equal(rest.graph?.same, false);
  const none = await compared(shell, 'conv', 'cancer');
  assert.equal(none.signature.compatible, null);
  assert.deepEqual([none.graph?.same, none.graph?.nodes], [null, [8, null]]);
  const table = (await shell.run('compare', 'conv', 'cancer', '--markdown')).stdout;
  for (const fact of ['nodes', 'parameters', 'opset'])
    assert.match(table, new RegExp(`^[|] ${fact} [|] `, 'm'));
  assert.equal((await compared(shell, 'cancer', 'cancer')).graph, null);
  const same = await compared(shell, 'digits@1.0.0', 'digits@production');
  assert.ok(same.metrics.every(({ delta, better }) => delta === 0 && better === null));
  assert.deepEqual(same.files, { same: 1, changes: [] });
});

test('metrics that were described later are compared as they are now', async (t) => {
  const shell = await digitsShell(t);
  const given = ['describe', 'digits@1.0.0', '--metric', 'accuracy=0.5'];
  const refused = await shell.fails(4, ...given);
  assert.match(refused.hint ?? '', /mlreg describe digits@1\.0\.0 --metric accuracy=0\.5 --force -m "why"/);
  await shell.fails(2, ...given, '--force');
  await shell.json(...given, '--force', '-m', 'counted again');
  const { metrics } = await compared(shell, 'digits@1.0.0', 'digits@1.0.1');
  assert.equal(named(metrics, 'accuracy')?.values[0], 0.5);
});

test('latencies measured alike are compared, others only shown', async (t) => {
  const shell = await digitsShell(t);
  const quick = ['--iterations', '150', '--warmup', '3', '--launches', '1', '--threads', '1'];
  for (const args of [['digits@1.0.0'], ['digits@1.1.0'], ['digits@1.0.1', '--batch', '8']])
    assert.equal((await shell.run('bench', ...args, ...quick)).code, 0);
  // Measured beside a baseline, sessions do not spin: that is another fingerprint.
  const beside = ['digits@1.2.0', '--baseline', 'digits@1.2.0', ...quick];
  assert.equal((await shell.run('bench', ...beside)).code, 0);
  const alike = (await compared(shell, 'digits@1.0.0', 'digits@1.1.0')).benches;
  assert.deepEqual([alike.comparable, alike.reason], [true, null]);
  assert.deepEqual(
    alike.figures.map(({ name, values }) => [name, values.every((value) => (value ?? 0) > 0)]),
    [
      ['p50Ms', true],
      ['p95Ms', true],
      ['throughputPerSec', true],
    ],
  );
  const unlike: [other: string, reason: RegExp][] = [
    ['digits@1.0.1', /shapes/],
    ['digits@1.2.0', /different machines, runtimes, threads/],
  ];
  for (const [other, reason] of unlike) {
    const apart = (await compared(shell, 'digits@1.0.0', other)).benches;
    assert.equal(apart.comparable, false);
    assert.match(apart.reason ?? '', reason);
    assert.ok(apart.runs.every((run) => run !== null));
    assert.ok(apart.figures.every(({ better, delta }) => better === null && delta === null));
  }
});

test('a pipe gets a row a fact, --quiet the references, and the alias the same', async (t) => {
  const shell = await digitsShell(t);
  const refs = ['digits@1.0.0', 'digits@1.1.0'];
  const { stdout } = await shell.run('compare', ...refs);
  assert.doesNotMatch(stdout, /\u001b|[✓✗]/);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const row = (kind: string, name = ''): string[] | undefined =>
    rows.find((cells) => cells[0] === kind && cells[1] === name);
  assert.deepEqual(row('ref'), ['ref', '', ...refs]);
  assert.match(row('metric', 'accuracy')?.join(' ') ?? '', /^metric accuracy 0\.9759\d+ 0\.9796\d+$/);
  assert.deepEqual(row('metric', 'auc')?.slice(2), ['', '0.9']);
  assert.deepEqual(row('param', 'max_iter')?.slice(2), ['200', '200'], 'what is equal is there, too');
  assert.deepEqual(row('signature')?.slice(2), ['', 'compatible']);
  assert.equal((await shell.run('compare', ...refs, '-q')).stdout, `${refs.join('\n')}\n`);
  assert.deepEqual(await shell.json('diff', ...refs), await shell.json('compare', ...refs));
});

test('wrong numbers of references and forms that exclude each other are refused', async (t) => {
  const shell = await digitsShell(t);
  const one = 'digits@1.0.0';
  assert.match((await shell.fails(2, 'compare', one)).message, /references, got 1$/);
  assert.match(
    (await shell.fails(2, 'compare', ...Array.from({ length: 11 }, () => one))).message,
    /references, got 11$/,
  );
  await shell.json('compare', ...Array.from({ length: 10 }, () => one));
  assert.match((await shell.fails(2, 'compare', one, one, '--markdown')).message, /--json and --markdown/);
  const quiet = await shell.run('compare', one, one, '--markdown', '--quiet');
  assert.deepEqual([quiet.code, quiet.stdout], [2, '']);
  await shell.fails(3, 'compare', one, 'digits@9.9.9');
  await shell.fails(3, 'compare', 'nothing', one);
});

test(
  'a terminal gets tables in which what became worse is marked and what is equal is counted',
  { skip: noTerminal },
  async (t) => {
    const { cwd } = await digitsShell(t);
    const refs = ['digits@1.0.0', 'digits@1.0.1', 'digits@1.1.0', 'digits@1.2.0'];
    const two = await runOnTerminal(['compare', ...refs.slice(0, 2)], { cwd, columns: 80 });
    assert.match(two.stdout, /\u001b\[31m✗ -0\.0037 \(-0\.38%\)/);
    const plain = await runOnTerminal(['compare', refs[0] ?? '', refs[2] ?? '', '--no-color'], {
      cwd,
      columns: 80,
    });
    assert.match(plain.stdout, /^ {2}METRIC +1\.0\.0 +1\.1\.0 +CHANGE$/m);
    assert.match(plain.stdout, /^ {2}accuracy +0\.9759 +0\.9796 +✓ \+0\.0037 \(\+0\.38%\)$/m);
    assert.match(plain.stdout, /^ {2}auc +– +0\.9$/m, 'what is missing shows as missing');
    assert.match(plain.stdout, /✓ signature: 1\.1\.0 has the same signature as 1\.0\.0/);
    assert.doesNotMatch(plain.stdout, /max_iter/);
    assert.match(plain.stdout, /equal: 2 params/);
    const all = await runOnTerminal(['compare', refs[0] ?? '', refs[2] ?? '', '--all', '--no-color'], {
      cwd,
    });
    assert.match(all.stdout, /max_iter +200 +200/);
    for (const columns of [60, 80, 120, 160]) {
      for (const args of [refs, refs.slice(0, 2)]) {
        const { stdout } = await runOnTerminal(['compare', ...args, '--no-color'], { cwd, columns });
        for (const line of stdout.split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`);
        for (const ref of args)
          assert.ok(stdout.includes(ref.slice('digits@'.length)), 'no version is left out');
      }
    }
  },
);

const hostile = {
  metrics: { 'a|b': 1, '`x`': 2, '<img src=x>': 3, '@ada #1 https://evil.example': 4, '::error::y': 5 },
  params: {
    pipe: '|',
    html: '<script>',
    mail: 'a@b.co',
    ticks: '``` `',
    lines: 'a\n::error::b\r\u202e',
    md: '[l](http://x) **b**',
  },
  tags: { '##[group]': 'www.evil.example' },
};

test('--markdown holds what others wrote as code, and no workflow command', async (t) => {
  const shell = await openRegistryShell(t);
  writeFileSync(join(shell.cwd, 'h.json'), JSON.stringify(hostile));
  await shell.json('register', 'h', model('iris_zipmap'), '--metadata', 'h.json');
  await shell.json('register', 'h', model('iris_zipmap'));
  const env = { GITHUB_ACTIONS: 'true' };
  const { code, stdout } = await runCli(['compare', 'h@1.0.0', 'h@1.0.1', '--markdown'], {
    cwd: shell.cwd,
    env,
  });
  assert.equal(code, 0);
  assert.match(stdout, /^### `h@1\.0\.0` → `h@1\.0\.1`\n\n\| version \| stages /);
  assert.match(stdout, /^\| `a\\\|b` \| 1 \| – \|$/m);
  assert.match(stdout, /^\| `pipe` \| `\\\|` \| – \|$/m);
  for (const line of stdout.split('\n')) {
    assert.doesNotMatch(line, /^\s*::|##\[|[\r\u202e]/);
    // What stands outside of code spans is ours.
    const ours = line.replaceAll(/(?<!`)(`+)(?!`).*?[^`]\1(?!`)/g, '');
    assert.doesNotMatch(ours, /[@<[`]|https?:|www\./, line);
  }
});

test('--markdown has a table for each thing compared, also for many versions', async (t) => {
  const shell = await digitsShell(t);
  const { stdout } = await shell.run('compare', 'digits@1.0.0', 'digits@1.1.0', '--markdown');
  assert.match(
    stdout,
    /^\| metric \| `1\.0\.0` \| `1\.1\.0` \| change \|\n\| --- \| ---: \| ---: \| --- \|$/m,
  );
  assert.match(stdout, /^\| `accuracy` \| 0\.9759 \| 0\.9796 \| \+0\.0037 \(\+0\.38%\) ✅ \|$/m);
  assert.match(stdout, /^Equal: 2 params/m);
  const many = await shell.run('compare', 'digits@1.0.0', 'digits@1.0.1', 'digits@1.1.0', '--markdown');
  assert.match(many.stdout, /^\| `accuracy` \| 0\.9759 \| 0\.9722 ❌ \| 0\.9796 ✅ \|$/m);
  assert.match(many.stdout, /^- ✅ All have the same signature\.$/m);
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model as fixtureModel, openRegistryShell, preparedShell, type Run } from '../support/run-cli.ts';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

interface Matrix {
  axes: { name: string; values: number[] }[];
  cells: {
    id: string;
    threads: number;
    batch: number | null;
    dimensions: Record<string, number>;
    order: number;
    status: string;
    message: string | null;
    runs: number | null;
    p50: { value: number } | null;
    itemsPerSec: number | null;
    throughputPerSec: number | null;
    verdict: string | null;
  }[];
  best: { cell: number; id: string; by: string; value: number; dimensions: Record<string, number> }[];
}

const quick = ['--iterations', '80', '--warmup', '2', '--launches', '1'];
const matrixOf = (run: Run): Matrix => (JSON.parse(run.stdout) as { matrix: Matrix }).matrix;

const digits = preparedShell(async (shell) => {
  await shell.json('register', 'digits', fixtureModel('digits_mlp'));
});

/**
 * y = x, of [N, seq], times the Nth row of a table that has two: the runtime refuses a larger
 * batch.
 */
function atMostTwo(): Uint8Array {
  return model({
    graph: graph({
      inputs: [tensor('x', 'float32', ['N', 'seq'])],
      outputs: [tensor('y', 'float32', ['N', 'seq'])],
      initializers: [
        constant('int64', [], [0], 'zero'),
        constant('int64', [], [1], 'one'),
        constant('float32', [2], [1, 1], 'table'),
      ],
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('Gather', ['shape', 'zero'], ['n']),
        node('Sub', ['n', 'one'], ['row']),
        node('Gather', ['table', 'row'], ['factor']),
        node('Mul', ['x', 'factor'], ['y']),
      ],
    }),
  });
}

test('a grid gives a bench for every setting, each stored, and the best of them', async (t) => {
  const shell = await digits(t);
  const args = ['bench', 'digits', '--matrix', 'threads=1,2', 'batch=1,4,16', '--max-p95', '10s', ...quick];
  const run = await shell.run(...args, '--json');
  assert.equal(run.code, 0, run.stderr);
  const { axes, cells, best } = matrixOf(run);
  assert.deepEqual(axes, [
    { name: 'threads', values: [1, 2] },
    { name: 'batch', values: [1, 4, 16] },
  ]);
  assert.deepEqual(
    cells.map(({ threads, batch, status, runs, verdict }) => [threads, batch, status, runs, verdict]),
    [1, 2].flatMap((threads) => [1, 4, 16].map((batch) => [threads, batch, 'ok', 80, 'pass'])),
  );
  assert.deepEqual(
    cells.map(({ order }) => order).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6],
  );
  const most = Math.max(...cells.map(({ itemsPerSec }) => itemsPerSec ?? 0));
  assert.deepEqual([best.length, best[0]?.by, best[0]?.value], [1, 'itemsPerSec', most]);
  assert.equal(best[0]?.id, cells[best[0]?.cell ?? -1]?.id);

  type Stored = {
    id: string;
    latencyMs: { p50: unknown };
    input: unknown;
    plan: { batch: number; launches: number };
  };
  const shown = (await shell.json('show', 'digits')) as unknown as { benches: Stored[] };
  assert.deepEqual(
    new Set(shown.benches.map(({ id, plan }) => `${id} ${plan.batch} ${plan.launches}`)),
    new Set(cells.map(({ id, batch }) => `${id} ${batch} 1`)),
  );
  assert.deepEqual(
    shown.benches.find(({ id }) => id === cells[0]?.id)?.latencyMs.p50,
    cells[0]?.p50,
    'what is stored is what is in the grid',
  );
  assert.equal((await shell.json('verify')).ok, true);
});

test('the reference may stand before, after or among the axes', async (t) => {
  const shell = await digits(t);
  const grid = ['--iterations', '5', '--warmup', '1', '--quiet'];
  for (const args of [
    ['--matrix', 'threads=1', 'batch=2', 'digits', ...grid],
    ['--matrix', 'threads=1', 'digits@>=1', 'batch=2', ...grid],
    [...grid, '--matrix', 'threads=1', '--matrix', 'batch=2', '--no-color', 'digits'],
    ['--matrix=threads=1', '--matrix', 'batch=2', ...grid, '--', 'digits'],
  ]) {
    const run = await shell.run('bench', ...args);
    assert.equal(run.code, 0, run.stderr);
    assert.equal(run.stdout, 'digits@1.0.0\n');
  }
  assert.equal((await shell.json('history', 'digits', '--limit', '10')).events.length, 5);
});

test('a limit that no setting keeps to ends with 5, whatever is the fastest', async (t) => {
  const shell = await digits(t);
  const run = await shell.run(
    'bench',
    'digits',
    '--matrix',
    'batch=1,4',
    '--max-p95',
    '1ns',
    ...quick,
    '--json',
  );
  assert.equal(run.code, 5);
  const { cells, best } = matrixOf(run);
  assert.deepEqual(
    cells.map(({ verdict }) => verdict),
    ['fail', 'fail'],
  );
  assert.deepEqual(best, []);
  assert.equal(run.error.code, 'GATE_FAILED');
  assert.match(run.error.message, /no setting of digits@1\.0\.0 meets p95<=1ns: 2 fail/);
});

test('a setting that cannot be run is a row, and not the end of the grid', async (t) => {
  const shell = await openRegistryShell(t);
  writeFileSync(join(shell.cwd, 'two.onnx'), atMostTwo());
  await shell.json('register', 'two', 'two.onnx');
  const grid = ['bench', 'two', '--matrix', 'batch=1,2,3', 'seq=4,8', ...quick];
  const run = await shell.run(...grid, '--json');
  assert.equal(run.code, 0, run.stderr);
  const { cells, best } = matrixOf(run);
  assert.deepEqual(
    cells.map(({ batch, dimensions, status }) => [batch, dimensions, status]),
    [1, 2, 3].flatMap((batch) => [4, 8].map((seq) => [batch, { seq }, batch === 3 ? 'error' : 'ok'])),
  );
  assert.match(cells[4]?.message ?? '', /Gather/);
  assert.deepEqual(
    best.map(({ dimensions }) => dimensions),
    [{ seq: 4 }, { seq: 8 }],
  );
  const piped = await shell.run(...grid);
  assert.match(piped.stdout, /^cell\tbatch=3 seq=8\terror\t\t\t\t\t\t[0-9a-f-]{36}$/m);

  const none = await shell.run('bench', 'two', '--matrix', 'batch=3,4', ...quick, '--json');
  assert.equal(none.code, 5);
  assert.match(none.error.message, /no setting of .* could be measured: 2 error/);
});

test('what cannot be meant is refused before anything is measured', async (t) => {
  const shell = await digits(t);
  await shell.json('register', 'loop', writeFixed(shell.cwd));
  const refused: [code: number, message: RegExp, ...args: string[]][] = [
    [2, /"depth"/, 'digits', '--matrix', 'depth=1,2'],
    [2, /expected an integer/, 'digits', '--matrix', 'threads=1,', 'batch=1'],
    [2, /duplicate value 1 of axis "batch"/, 'digits', '--matrix', 'batch=1,1'],
    [2, /--matrix "other" is not of the form/, 'digits', '--matrix', 'batch=1', 'other'],
    [2, /missing required argument 'ref'/, '--matrix', 'batch=1'],
    [2, /missing required argument 'ref'/],
    [2, /batch=8.*first dimension/, 'loop', '--matrix', 'threads=1,2', 'batch=1,8'],
    [2, /also set to 8/, 'digits', '--matrix', 'batch=1,2', '--batch', '8'],
    [2, /--matrix and --profile cannot be used together/, 'digits', '--matrix', 'batch=1', '--profile'],
    [
      2,
      /--matrix and --baseline cannot be used together/,
      'digits',
      '--matrix',
      'batch=1',
      '--baseline',
      'digits',
    ],
    [3, /no version/, 'digits@9.0.0', '--matrix', 'batch=1'],
  ];
  for (const [code, message, ...args] of refused)
    assert.match((await shell.fails(code, 'bench', ...args)).message, message);
  assert.equal((await shell.json('history', '--limit', '1')).events[0]?.action, 'register');
});

/** A model whose batch is fixed at 1. */
function writeFixed(folder: string): string {
  const path = join(folder, 'fixed.onnx');
  writeFileSync(
    path,
    model({
      graph: graph({
        inputs: [tensor('x', 'float32', [1, 4])],
        outputs: [tensor('y', 'float32', [1, 4])],
        nodes: [node('Sqrt', ['x'], ['y'])],
      }),
    }),
  );
  return path;
}

test('on a terminal a grid is a table, and the best has a star', { skip: noTerminal }, async (t) => {
  const shell = await digits(t);
  const args = ['bench', 'digits', '--matrix', 'threads=1', 'batch=1,16', ...quick];
  const { stdout } = await runOnTerminal(args, { cwd: shell.cwd });
  assert.match(stdout, /THREADS.*BATCH.*P95.*ITEMS\/S/);
  assert.match(stdout, /★/);
  assert.match(stdout, /best: threads=1 batch=\d+ with [\d,]+ items\/s/);
});

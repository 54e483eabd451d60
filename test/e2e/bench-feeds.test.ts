import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BenchReport } from '../../src/bench/report/result.ts';
import { f32, tensorFile, writeDataSets } from '../support/golden-tensors.ts';
import { model, openRegistryShell, preparedShell, type Run, type Shell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

type BenchJson = BenchReport & { changed: boolean; id: string };

const quick = ['--iterations', '60', '--warmup', '3', '--launches', '2', '--threads', '1'];
const golden = fixture('digits_mlp/golden.json');
const benchOf = (run: Run): BenchJson => JSON.parse(run.stdout) as BenchJson;

interface GoldenFile {
  cases: { inputs: Record<string, { data: unknown[] }>; outputs?: Record<string, { data: number[] }> }[];
}

/** A copy of the golden set of the digits, changed. */
function changed(shell: Shell, name: string, change: (set: GoldenFile) => void): string {
  const path = join(shell.cwd, name);
  const set = JSON.parse(readFileSync(golden, 'utf8')) as GoldenFile;
  change(set);
  writeFileSync(path, JSON.stringify(set));
  return path;
}

const digits = preparedShell(async (shell) => {
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
});

test('a version with a golden set is fed its cases and held to it, which the stored record keeps', async (t) => {
  const shell = await digits(t);
  const run = await shell.run('bench', 'digits', ...quick, '--json');
  assert.equal(run.code, 0, run.stderr);
  const bench = benchOf(run);
  assert.deepEqual([bench.input.source, bench.input.cases], ['golden', 2]);
  assert.deepEqual([bench.outputs.match, bench.outputs.golden?.checks], [true, 4]);
  const shown = JSON.parse((await shell.run('show', 'digits', '--json')).stdout) as { benches: BenchJson[] };
  assert.deepEqual(shown.benches[0]?.outputs, bench.outputs);
  assert.deepEqual(shown.benches[0]?.input, bench.input);
  assert.equal((await shell.run('verify')).code, 0);

  const made = benchOf(await shell.run('bench', 'digits', ...quick, '--synthetic', '--json'));
  assert.deepEqual(
    [made.input.source, made.input.shapes, made.outputs.match],
    ['synthetic', { X: [1, 64] }, true],
  );
  const batch = benchOf(await shell.run('bench', 'digits', ...quick, '--batch', '4', '--json'));
  assert.deepEqual([batch.input.source, batch.input.shapes], ['synthetic', { X: [4, 64] }]);
});

test('a wrong golden value ends with 5, names the element, times nothing, and is stored', async (t) => {
  const shell = await openRegistryShell(t);
  const wrong = changed(
    shell,
    'wrong.json',
    ({ cases }) => (cases[0]!.outputs!['probabilities']!.data[12]! += 0.5),
  );
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', wrong);
  const run = await shell.run('bench', 'digits', ...quick, '--max-p95', '10s', '--json');
  assert.equal(run.code, 5);
  assert.match(
    run.error.message,
    /^outputs of digits@1\.0\.0 differ from its golden set: cases\[0\], output "probabilities"\[1,2\]: expected 0\.\d+, got \S+ \(allowed: .*\), before timing, in launch 1$/,
  );
  assert.deepEqual(
    [run.error.code, run.error.details?.['gate'], run.error.details?.['check'], run.error.details?.['index']],
    ['GATE_FAILED', 'golden', 'before', [1, 2]],
  );
  const bench = benchOf(run);
  assert.deepEqual(
    [bench.status, bench.latencyMs, bench.outputs.match, bench.changed],
    ['error', null, false, true],
  );
  assert.deepEqual([bench.gates[0]?.gate, bench.gates[0]?.verdict], ['golden', 'fail']);
  const shown = JSON.parse((await shell.run('show', 'digits', '--json')).stdout) as { benches: BenchJson[] };
  assert.deepEqual([shown.benches[0]?.id, shown.benches[0]?.outputs.match], [bench.id, false]);
  assert.equal((await shell.run('verify')).code, 0);

  const again = await shell.run('bench', '--recheck', bench.id, '--max-p95', '1h', '--json');
  assert.equal(again.code, 5, 'no threshold makes up for it');
  assert.match(again.error.message, /differ from its golden set: cases\[0\]/);

  const piped = await shell.run('bench', 'digits', ...quick);
  assert.match(piped.stdout, /^gate\tgolden\tfail\t\S+\tcases\[0\], output "probabilities"\[1,2\]: /m);
  const allowed = await shell.run('bench', 'digits', ...quick, '--atol', '0.6', '--json');
  assert.deepEqual([allowed.code, benchOf(allowed).outputs.atol], [0, 0.6], allowed.stderr);
});

test('inputs come from a JSON file or a folder of tensors, with or without outputs', async (t) => {
  const shell = await digits(t);
  const without = changed(shell, 'inputs.json', ({ cases }) => cases.forEach((one) => delete one.outputs));
  const nonsense = changed(shell, 'nonsense.json', ({ cases }) => {
    cases.forEach((one) => (one.outputs = { other: { data: [1] } }));
  });
  const folder = join(shell.cwd, 'sets');
  mkdirSync(folder);
  const rows = [1, 2, 3].map((rows) =>
    f32(
      [rows, 64],
      Array.from({ length: 64 * rows }, (_, at) => at % 16),
    ),
  );
  writeDataSets(
    folder,
    rows.map((row) => ({ inputs: { X: row }, outputs: {} })),
  );
  const single = join(shell.cwd, 'single');
  mkdirSync(single);
  cpSync(join(folder, 'test_data_set_1', 'input_0.pb'), join(single, 'input_0.pb'));
  const results: [path: string, cases: number, shapes: object][] = [
    [without, 2, {}],
    [nonsense, 2, {}],
    [golden, 2, {}],
    [folder, 3, {}],
    [join(folder, 'test_data_set_2'), 1, { X: [3, 64] }],
    [single, 1, { X: [2, 64] }],
  ];
  for (const [path, cases, shapes] of results) {
    const run = await shell.run('bench', 'digits', ...quick, '--input', path, '--json');
    assert.equal(run.code, 0, run.stderr);
    const { input, outputs } = benchOf(run);
    assert.deepEqual(
      [input.source, input.cases, input.shapes, outputs.match],
      ['file', cases, shapes, true],
      path,
    );
  }
});

test('inputs that are not for the model, malformed or not there are refused before anything is measured', async (t) => {
  const shell = await digits(t);
  const inputs = (name: string, content: unknown): string => {
    writeFileSync(join(shell.cwd, name), typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  };
  const tensorOf = (shape: number[], data: unknown[], dtype = 'float32') => ({
    cases: [{ inputs: { X: { dtype, shape, data } } }],
  });
  const sixtyFour = Array.from({ length: 64 }, () => 0);
  mkdirSync(join(shell.cwd, 'two'));
  for (const name of ['input_0.pb', 'input_1.pb'])
    writeFileSync(join(shell.cwd, 'two', name), tensorFile(f32([1, 64], sixtyFour)));
  const refused: [code: number, message: RegExp, ...args: string[]][] = [
    [3, /no such file or folder/, '--input', 'nowhere.json'],
    [
      2,
      /input "X" is float32\[64,1\], but the model declares float32\[batch,64\]/,
      '--input',
      inputs('shape.json', tensorOf([64, 1], sixtyFour)),
    ],
    [
      2,
      /input "X" is int64\[1,64\], but/,
      '--input',
      inputs('dtype.json', tensorOf([1, 64], sixtyFour, 'int64')),
    ],
    [
      2,
      /data\[3\]: "four" is not a valid float32/,
      '--input',
      inputs('element.json', tensorOf([1, 64], sixtyFour.with(3, 'four' as never))),
    ],
    [
      2,
      /has no input "Z"/,
      '--input',
      inputs('name.json', { cases: [{ inputs: { Z: tensorOf([1], [1]).cases[0]!.inputs.X } }] }),
    ],
    [2, /missing input "X"/, '--input', inputs('none.json', { cases: [{ inputs: {} }] })],
    [2, /"cases" must be a list/, '--input', inputs('empty.json', { cases: [] })],
    [2, /not valid JSON/, '--input', inputs('broken.json', '{')],
    [2, /is not an input file: it is not a JSON file or a NumPy \.npz file/, '--input', model('digits_mlp')],
    [
      2,
      /is not an input file: it contains no test_data_set_N with input_0.pb/,
      '--input',
      fixture('digits_mlp'),
    ],
    [2, /position 1/, '--input', 'two'],
    [2, /--input is empty/, '--input', ''],
    [2, /--batch and --input cannot be used together/, '--input', golden, '--batch', '2'],
    [2, /--shape and --input cannot be used together/, '--input', golden, '--shape', 'batch=2'],
    [2, /--range and --input cannot be used together/, '--input', golden, '--range', 'X=0:1'],
    [2, /--synthetic and --input cannot be used together/, '--input', golden, '--synthetic'],
    [2, /must be a number of at least 0/, '--atol', '-1'],
  ];
  for (const [code, message, ...args] of refused)
    assert.match((await shell.fails(code, 'bench', 'digits', ...args)).message, message);
  assert.equal((await shell.json('history', '--limit', '1')).events[0]?.action, 'register');
});

test('a comparison feeds both the same: the golden set of the version, a file, or synthetic inputs', async (t) => {
  const shell = await digits(t);
  await shell.json(
    'register',
    'digits',
    model('digits_mlp_v2'),
    '--golden',
    fixture('digits_mlp_v2/golden.json'),
  );
  const args = ['bench', 'digits@1.1.0', '--baseline', 'digits@1.0.0', ...quick, '--iterations', '200'];
  const fed = async (...more: string[]): Promise<BenchJson> => {
    const run = await shell.run(...args, ...more, '--json');
    assert.equal(run.code, 0, run.stderr);
    return benchOf(run);
  };
  const own = await fed();
  assert.deepEqual([own.input.source, own.input.cases], ['golden', 2]);
  assert.deepEqual([own.outputs.match, own.compare?.baselineOutputs.match], [true, true]);
  assert.ok(own.notes.includes("both use the cases of the version's golden set"));
  const file = await fed('--input', golden);
  assert.deepEqual([file.input.source, file.input.sha256], ['file', own.input.sha256]);
  const made = await fed('--synthetic');
  assert.deepEqual([made.input.source, made.compare?.baselineOutputs.golden?.checks], ['synthetic', 4]);
  await shell.json('register', 'iris', model('iris_zipmap'), '--golden', fixture('iris_zipmap/golden.json'));
  const error = await shell.fails(2, 'bench', 'digits@1.1.0', '--baseline', 'iris@1.0.0', '--input', golden);
  assert.match(error.message, /^the baseline cannot take these inputs: .*float32\[5,64\]/);
});

test('what was fed, and that it matched, stays with a run that is shown and judged again', async (t) => {
  const shell = await digits(t);
  const { id } = benchOf(await shell.run('bench', 'digits', ...quick, '--json'));
  const again = await shell.run('bench', '--recheck', id, '--max-p50', '1h', '--json');
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(
    benchOf(again)
      .gates.map(({ gate, verdict }) => `${gate} ${verdict}`)
      .toSorted(),
    ['golden pass', 'p50<=1h pass'],
  );
  const markdown = await shell.run('bench', '--show', id, '--markdown');
  assert.match(markdown.stdout, /inputs `X\[1,64\]…\[5,64\]` \(2 cases of the golden set, used in turn\)/);
  await shell.fails(2, 'bench', '--show', id, '--input', golden);
});

test('a profile and a grid of threads are of the same inputs; a grid of sizes makes its own', async (t) => {
  const shell = await digits(t);
  const profiled = benchOf(await shell.run('bench', 'digits', ...quick, '--profile', '--json'));
  assert.deepEqual([profiled.input.source, profiled.outputs.match], ['golden', true]);
  assert.equal(profiled.profile?.operators.find(({ op }) => op === 'Softmax')?.countPerRun, 1);

  const fast = ['--iterations', '40', '--warmup', '2'];
  const sources = async (...args: string[]): Promise<(string | undefined)[]> => {
    const run = await shell.run('bench', 'digits', ...args, ...fast, '--json');
    assert.equal(run.code, 0, run.stderr);
    const { matrix } = JSON.parse(run.stdout) as { matrix: { cells: { id: string }[] } };
    const { benches } = JSON.parse((await shell.run('show', 'digits', '--json')).stdout) as {
      benches: BenchJson[];
    };
    return matrix.cells.map(({ id }) => benches.find((bench) => bench.id === id)?.input.source);
  };
  assert.deepEqual(await sources('--matrix', 'threads=1,2'), ['golden', 'golden']);
  assert.deepEqual(await sources('--matrix', 'threads=1', '--input', golden), ['file']);
  assert.deepEqual(await sources('--matrix', 'batch=1,2'), ['synthetic', 'synthetic']);
  await shell.fails(2, 'bench', 'digits', '--matrix', 'batch=1,2', '--input', golden);
});

test('under a load a version is fed and held to its golden set as without, saturated or not', async (t) => {
  const shell = await digits(t);
  const load = ['--iterations', '60', '--warmup', '3', '--launches', '1', '--json'];
  const met = benchOf(await shell.run('bench', 'digits', '--rate', '200', ...load, '--max-p95', '10s'));
  assert.deepEqual([met.mode, met.input.source, met.outputs.match], ['open', 'golden', true]);
  const verdictOf = ({ gates }: BenchJson, name: string) => gates.find(({ gate }) => gate === name)?.verdict;
  assert.equal(verdictOf(met, 'golden'), 'pass');
  const flooded = benchOf(
    await shell.run('bench', 'digits', '--rate', '1000000', ...load, '--max-p95', '10s', '--input', golden),
  );
  assert.deepEqual(
    [
      flooded.open?.saturated,
      flooded.input.source,
      verdictOf(flooded, 'golden'),
      verdictOf(flooded, 'p95<=10s'),
    ],
    [true, 'file', 'pass', 'fail'],
  );
  const several = benchOf(await shell.run('bench', 'digits', '--concurrency', '2', ...load, '--synthetic'));
  assert.deepEqual([several.input.source, several.outputs.golden?.checks], ['synthetic', 2]);
});

test('versions that were fed other recorded inputs stand side by side, unranked', async (t) => {
  const shell = await digits(t);
  const other = changed(shell, 'other.json', ({ cases }) => (cases[0]!.inputs['X']!.data[0] = 5));
  await shell.json(
    'register',
    'digits',
    model('digits_mlp_v2'),
    '--golden',
    fixture('digits_mlp_v2/golden.json'),
  );
  await shell.run('bench', 'digits@1.0.0', ...quick);
  await shell.run('bench', 'digits@1.1.0', ...quick, '--input', other);
  const compared = async () =>
    JSON.parse((await shell.run('compare', 'digits@1.0.0', 'digits@1.1.0', '--json')).stdout) as {
      benches: { comparable: boolean; reason: string | null };
    };
  assert.deepEqual(
    [(await compared()).benches.comparable, (await compared()).benches.reason],
    [false, 'measured with different inputs'],
  );
  await shell.run('bench', 'digits@1.1.0', ...quick);
  assert.equal((await compared()).benches.comparable, true);
});

test(
  'on a terminal the verdict on the outputs and what was fed are seen',
  { skip: noTerminal },
  async (t) => {
    const shell = await digits(t);
    const seen = await runOnTerminal(['bench', 'digits', ...quick, '--no-color'], { cwd: shell.cwd });
    assert.match(
      seen.stdout,
      /golden pass:\s+2 cases of the golden set match, before and after timing \(4 checks\)/,
    );
    assert.match(seen.stdout, /inputs +X\[1,64\]…\[5,64\] \(2 cases of the golden set, used in turn\)/);
  },
);

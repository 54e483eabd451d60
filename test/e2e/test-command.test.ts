import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestResult } from '../../src/registry/inspect/test-result.ts';
import { f32, writeDataSets, writeGoldenJson } from '../support/golden-tensors.ts';
import { endlessLoop } from '../support/hostile-onnx.ts';
import { graph, model as onnxModel, node, types, value } from '../support/onnx-writer.ts';
import {
  bin,
  finished,
  model,
  openRegistryShell,
  runCli,
  startCli,
  type Run,
  type Shell,
} from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

const golden = fixture('digits_mlp/golden.json');
const resultOf = (run: Run): TestResult => JSON.parse(run.stdout) as TestResult;

/** The golden set of the digits with one probability changed. */
function changedGolden(shell: Shell): string {
  const path = join(shell.cwd, 'changed.json');
  const set = JSON.parse(readFileSync(golden, 'utf8')) as {
    cases: { outputs: Record<string, { data: number[] }> }[];
  };
  set.cases[0]!.outputs['probabilities']!.data[12]! += 0.5;
  writeFileSync(path, JSON.stringify(set));
  return path;
}

test('a version that matches its golden set ends with 0', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
  const run = await shell.run('test', 'digits', '--json');
  assert.deepEqual([run.code, run.stderr], [0, '']);
  const result = resultOf(run);
  assert.deepEqual([result.ref, result.verdict, result.status], ['digits@1.0.0', 'pass', 'ok']);
  assert.deepEqual(
    result.cases.map((one) => [one.case, one.match]),
    [
      ['cases[0]', true],
      ['cases[1]', true],
    ],
  );
  assert.match(result.golden.digest ?? '', /^sha256:/);
  assert.equal((await shell.run('test', 'digits', '--quiet')).stdout, 'digits@1.0.0\n');
  assert.equal((await shell.json('history', 'digits')).events.length, 1);
});

test('a value that differs ends with 5, the result on stdout and the element on stderr', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
  const against = changedGolden(shell);
  const run = await shell.run('test', 'digits', '--against', against, '--json');
  assert.equal(run.code, 5);
  const result = resultOf(run);
  assert.deepEqual([result.verdict, result.golden], ['fail', { source: 'file', digest: null, cases: 2 }]);
  assert.deepEqual(result.cases[0]?.worst?.index, [1, 2]);
  assert.match(
    run.error.message,
    /cases\[0\], output "probabilities"\[1,2\]: expected 0\.\d+, got \S+ \(allowed: 0\.00001 \+ 0\.0001·\|expected\|\)$/,
  );
  assert.equal(run.error.code, 'GATE_FAILED');
  assert.equal((await shell.run('test', 'digits', '--against', against, '--atol', '0.6')).code, 0);
  const piped = await shell.run('test', 'digits', '--against', against);
  assert.match(piped.stdout, /^ref\tdigits@1\.0\.0\nverdict\tfail\n/);
  assert.match(
    piped.stdout,
    /^case\tcases\[0\]\tmismatch\tprobabilities\t1,2\t[\d.]+\t[\d.e-]+\t0\.[45]\d*\t/m,
  );
});

test('a version without a golden set ends with 3, flags that make no sense with 2', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const error = await shell.fails(3, 'test', 'digits');
  assert.match(error.hint ?? '', /mlreg golden add digits@1\.0\.0 PATH.*--against PATH/);
  await shell.fails(3, 'test', 'digits', '--against', 'nowhere.json');
  await shell.fails(3, 'test', 'digits@9.9.9');
  for (const flags of [
    ['--atol', '-1'],
    ['--rtol', 'NaN'],
    ['--atol', '1e999'],
    ['--against', ''],
    ['--timeout', '5'],
    ['--memory-limit', '1'],
    ['--against', fixture('digits_mlp/metadata.json')],
    ['--against', fixture('digits_mlp')],
    ['--against', fixture('iris_zipmap/golden.json')],
  ]) {
    const { code } = await shell.fails(2, 'test', 'digits', ...flags);
    assert.match(code, /USAGE|INVALID_INPUT/);
  }
});

test('registering says what of a golden set will be skipped, and a test that compares nothing ends with 5', async (t) => {
  const shell = await openRegistryShell(t);
  const digits = await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
  assert.deepEqual(digits.warnings, []);
  const case_ = {
    inputs: { X: f32([1, 4], [1, 2, 3, 4]) },
    outputs: { probabilities: { bytes: new Uint8Array(), json: [] } },
  };
  const set = join(writeDataSets(shell.cwd, [case_]), 'test_data_set_0');
  // The place of the map of probabilities.
  renameSync(join(set, 'output_0.pb'), join(set, 'output_1.pb'));
  const iris = await shell.json('register', 'iris', model('iris_zipmap'), '--golden', set);
  assert.match(
    iris.warnings[0] ?? '',
    /^test_data_set of the golden set will be skipped: no output has a type/,
  );
  const error = await shell.fails(5, 'test', 'iris');
  assert.match(error.message, /could not compare any case of iris@1\.0\.0: test_data_set was skipped/);
});

test('the hint after a difference is about the golden set that was used, and about what a tolerance can do', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const against = changedGolden(shell);
  const floats = await shell.fails(5, 'test', 'digits', '--against', against);
  assert.match(floats.message, /^outputs of digits@1\.0\.0 differ from the golden set: /);
  assert.equal(
    floats.hint,
    `see every output with mlreg test digits@1.0.0 --against ${against} --json; allow more with --atol and --rtol`,
  );
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', against);
  const own = await shell.fails(5, 'test', 'digits');
  assert.match(own.message, /^outputs of digits@1\.0\.1 differ from its golden set: /);
  assert.match(
    own.hint ?? '',
    /^see every output with mlreg test digits@1\.0\.1 --json; allow more with --atol/,
  );
  const labels = JSON.parse(readFileSync(golden, 'utf8')) as {
    cases: { outputs: Record<string, { data: number[] }> }[];
  };
  labels.cases[0]!.outputs['label']!.data[0]! += 1;
  writeFileSync(join(shell.cwd, 'my labels.json'), JSON.stringify(labels));
  const integers = await shell.fails(5, 'test', 'digits', '--against', 'my labels.json');
  assert.match(
    integers.hint ?? '',
    /^see every output with mlreg test digits@1\.0\.1 --against '.*my labels\.json' --json; int64 values must be equal$/,
  );
});

test('a set that is named by its own folder is called so', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const shape = {
    inputs: {
      X: f32(
        [1, 64],
        Array.from({ length: 64 }, () => 0),
      ),
    },
    outputs: {
      probabilities: f32(
        [1, 10],
        Array.from({ length: 10 }, () => 7),
      ),
    },
  };
  writeDataSets(shell.cwd, [shape, shape]);
  const error = await shell.fails(5, 'test', 'digits', '--against', 'test_data_set_1');
  assert.match(error.message, /: test_data_set_1, output "probabilities"/);
  rmSync(join(shell.cwd, 'test_data_set_1', 'output_0.pb'));
  const refused = await shell.fails(2, 'test', 'digits', '--against', 'test_data_set_1/.');
  assert.match(refused.message, /"test_data_set_1": it has no expected outputs/);
});

test('where no golden set can be run, none is asked for', async (t) => {
  const shell = await openRegistryShell(t);
  for (const [name, type] of Object.entries({
    sequence: types.sequence(types.tensor('float32', [2])),
    optional: types.optional(types.tensor('float32', [2])),
    bfloat16: types.tensor('bfloat16', [2]),
  })) {
    const path = join(shell.cwd, `${name}.onnx`);
    const nodes = [node('Identity', ['s'], ['y'])];
    writeFileSync(
      path,
      onnxModel({
        opset: 18,
        graph: graph({ inputs: [value('s', type)], outputs: [value('y', type)], nodes }),
      }),
    );
    await shell.json('register', name, path);
    const set = { bytes: new Uint8Array(), json: { dtype: 'bfloat16', shape: [2], data: [1, 2] } };
    const against = writeGoldenJson(shell.cwd, [{ inputs: { s: set }, outputs: { y: set } }]);
    const error = await shell.fails(5, 'test', name, '--against', against);
    assert.match(error.hint ?? '', /cannot run any golden set on this model/, name);
    const run = await shell.run('test', name, '--against', against, '--json');
    assert.equal(resultOf(run).testable, false);
  }
});

test('SIGINT ends a test with 130 and leaves no temporary copy behind', async (t) => {
  const shell = await openRegistryShell(t);
  mkdirSync(join(shell.cwd, 'tmp'));
  const path = join(shell.cwd, 'loop.onnx');
  writeFileSync(path, endlessLoop());
  const cases = [{ inputs: { x: f32([1], [1]) }, outputs: { y: f32([1], [1]) } }];
  // Registered with the set, the model would be tried until the time limit.
  await shell.json('register', 'loop', path);
  const against = writeGoldenJson(shell.cwd, cases);
  const child = startCli(['test', 'loop', '--against', against, '--json'], {
    cwd: shell.cwd,
    env: { TMPDIR: join(shell.cwd, 'tmp') },
  });
  const ended = finished(child);
  while (!readdirSync(join(shell.cwd, 'tmp')).some((name) => name.startsWith('mlreg-test-'))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGINT');
  assert.equal((await ended).code, 130);
  assert.deepEqual(readdirSync(join(shell.cwd, 'tmp')), []);
});

test('without ONNX Runtime a test ends with 3 and says what to install', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
  const root = join(dirname(bin), '..');
  const bare = join(shell.cwd, 'bare');
  mkdirSync(join(bare, 'node_modules'), { recursive: true });
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(root, name), join(bare, name), { recursive: true });
  symlinkSync(join(root, 'node_modules', 'better-sqlite3'), join(bare, 'node_modules', 'better-sqlite3'));
  const command: [string, string] = [process.execPath, join(bare, 'bin', 'mlreg.js')];
  const run = await runCli(['test', 'digits', '--json'], { cwd: shell.cwd, command });
  assert.equal(run.code, 3, run.stdout + run.stderr);
  assert.match(run.error.hint ?? '', /^npm install -g --ignore-scripts onnxruntime-node/);
});

test(
  'on a terminal the verdict comes first, then the cases with what is furthest off',
  { skip: noTerminal },
  async (t) => {
    const shell = await openRegistryShell(t);
    await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
    await shell.json(
      'register',
      'iris',
      model('iris_zipmap'),
      '--golden',
      fixture('iris_zipmap/golden.json'),
    );
    const seen = async (...args: string[]): Promise<string> =>
      (await runOnTerminal(['test', ...args, '--no-color'], { cwd: shell.cwd })).stdout;
    assert.match(
      await seen('digits'),
      /^✓ outputs of digits@1\.0\.0 match its golden set \(2 cases\)\n  ✓ cases\[0\]/,
    );
    const failed = await seen('digits', '--against', changedGolden(shell));
    assert.match(
      failed,
      /^✗ outputs of digits@1\.0\.0 differ from the golden set in 1 of 2 cases\n  ✗ cases\[0\]  "probabilities"\[1,2\]  1 of 50 elements/,
    );
    assert.match(
      failed,
      /expected {2}0\.\d+\n +got +\S+\n +off by +0\.5, .*\n +allowed +\S+ = 0\.00001 \+ 0\.0001·\|expected\|\n  ✓ cases\[1\]/,
    );
    assert.match(await seen('iris'), /not compared  probabilities seq\(map\(int64,tensor\(float32\)\)\)/);
  },
);

test('an output that the golden set leaves out is named in every form', { skip: noTerminal }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const set = JSON.parse(readFileSync(golden, 'utf8')) as { cases: { outputs: Record<string, unknown> }[] };
  for (const one of set.cases) delete one.outputs['probabilities'];
  writeFileSync(join(shell.cwd, 'part.json'), JSON.stringify(set));
  const args = ['test', 'digits', '--against', 'part.json'];
  assert.deepEqual(resultOf(await shell.run(...args, '--json')).skippedOutputs, [
    { name: 'probabilities', type: 'tensor(float32)' },
  ]);
  assert.match((await shell.run(...args)).stdout, /^not_compared\tprobabilities\ttensor\(float32\)$/m);
  const terminal = await runOnTerminal([...args, '--no-color'], { cwd: shell.cwd });
  assert.match(terminal.stdout, /not compared +probabilities tensor\(float32\)/);
});

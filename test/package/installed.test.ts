import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noNpm, npm, packTarball } from '../support/npm.ts';
import { oldNode } from '../support/old-node.ts';
import { servePackages } from '../support/package-registry.ts';
import { writeParquet } from '../support/parquet-files.ts';
import { model, runCli, type Run } from '../support/run-cli.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

/** Cuts a command off from every network, where this system lets us. */
const unplugged = spawnSync('unshare', ['-rn', 'true']).status === 0 ? ['unshare', '-rn'] : [];
/** For where it does not: a port on which nobody listens. */
const nowhere = 'http://127.0.0.1:9/';

describe('the package, packed and installed as people install it', { skip: noNpm }, () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  let prefix = '';
  let cwd = '';
  let packages = '';

  before(async () => {
    const test = { after: (action: () => void | Promise<void>): void => void cleanups.push(action) };
    const folder = tempFolder(test);
    prefix = join(folder, 'prefix');
    cwd = join(folder, 'work');
    mkdirSync(cwd);
    const tarball = await packTarball(folder);
    packages = await servePackages(test);
    const install = ['install', '--global', '--prefix', prefix, '--ignore-scripts', tarball];
    await npm(folder, install, { npm_config_registry: packages });
  });
  after(async () => {
    for (const action of cleanups.toReversed()) await action();
  });

  const installed = (...path: string[]): string => join(prefix, 'lib', 'node_modules', 'mlreg', ...path);

  /** As a shell runs it: by its name, with this Node first on the PATH. */
  function mlreg(...args: string[]): Promise<Run> {
    const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;
    return runCli(args, {
      cwd,
      env: { PATH: path, npm_config_registry: nowhere },
      command: ['env', ...unplugged, join(prefix, 'bin', 'mlreg')],
    });
  }

  async function succeeds(...args: string[]): Promise<Run> {
    const run = await mlreg(...args, '--json');
    assert.deepEqual([run.code, run.stderr], [0, ''], args.join(' '));
    return run;
  }

  test('it brings its dependencies, and nothing that it was made with', () => {
    const modules = readdirSync(installed('node_modules'));
    for (const name of ['better-sqlite3', 'onnxruntime-node', '@duckdb', 'zod'])
      assert.ok(modules.includes(name), name);
    for (const name of ['kysely', 'esbuild', 'typescript', 'node', 'ajv', 'cli-progress'])
      assert.equal(modules.includes(name), false, name);
    assert.equal(existsSync(installed('src')), false);
  });

  test('without a network it registers, promotes, benches, pulls and verifies', async () => {
    assert.match((await mlreg('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
    await succeeds('init');
    const metadata = [
      '--metadata',
      fixture('digits_mlp/metadata.json'),
      '--data',
      fixture('digits_mlp/train.csv'),
    ];
    const registered = await succeeds('register', 'digits', model('digits_mlp'), ...metadata);
    assert.equal(registered.json.ref, 'digits@1.0.0');
    await succeeds('promote', 'digits@1.0.0', '--to', 'production');
    const bench = await succeeds('bench', 'digits@production', '--iterations', '50', '--launches', '1');
    assert.match(bench.stdout, /"status":"ok"/);
    await succeeds('pull', 'digits@production', '-o', 'out');
    assert.ok(existsSync(join(cwd, 'out', 'model.onnx')));
    assert.equal((await succeeds('verify')).json.ok, true);
    assert.match((await mlreg('list', 'digits')).stdout, /^1\.0\.0\tsha256:/);
    assert.equal((await mlreg('schema', 'output', 'show')).code, 0);
    assert.match((await mlreg('help', 'references')).stdout, /production~1/);
  });

  test('it predicts Parquet; without DuckDB it says what to install, and CSV still works', async () => {
    const input = join(cwd, 'digits.parquet');
    const pixels = Array.from({ length: 64 }, (_, at) => `(range % 17)::FLOAT AS p${at}`);
    await writeParquet(input, `SELECT ${pixels.join(', ')} FROM range(3000)`);
    const predicted = await succeeds('predict', 'digits', '--input', input, '--output', 'one.parquet');
    assert.match(predicted.stdout, /"rows":3000/);
    const packages = installed('node_modules', '@duckdb');
    renameSync(packages, `${packages}-away`);
    const without = await mlreg('predict', 'digits', '--input', input, '--output', 'two.parquet', '--json');
    assert.deepEqual([without.code, without.error.code], [3, 'NOT_FOUND']);
    assert.match(without.error.hint ?? '', /^npm install -g --ignore-scripts @duckdb\/node-api /);
    assert.equal(existsSync(join(cwd, 'two.parquet')), false);
    await succeeds(
      'predict',
      'digits',
      '--input',
      fixture('digits_mlp/test.csv'),
      '--output',
      'two.csv',
      '--exclude',
      'target',
    );
    renameSync(`${packages}-away`, packages);
  });

  test('an old Node gets one line that says what to install', async (t) => {
    const old = oldNode();
    if (old === undefined) return t.skip('no Node older than 22 is on the PATH');
    const command: [string, string] = [old, installed('bin', 'mlreg.js')];
    const text = await runCli(['list'], { cwd, command });
    assert.deepEqual([text.code, text.stdout], [2, '']);
    assert.match(
      text.stderr,
      /^error: mlreg needs Node 22\.18 or newer, but this is [\d.]+; try: install a current Node[^\n]*\n$/,
    );
    const json = await runCli(['list', '--json'], { cwd, command });
    assert.deepEqual([json.code, json.error.code], [2, 'USAGE']);
  });

  // The last one: it breaks the installation.
  test('without ONNX Runtime all but bench and test works, and what they say brings it', async (t) => {
    for (const name of ['onnxruntime-node', 'onnxruntime-common'])
      rmSync(installed('node_modules', name), { recursive: true, force: true });
    await succeeds('register', 'digits', model('digits_mlp_v2'));
    await succeeds('promote', 'digits@1.1.0', '--to', 'production');
    await succeeds('show', 'digits@production');
    await succeeds('rollback', 'digits');
    await succeeds('pull', 'digits@1.1.0', '-o', 'wide');
    await succeeds('verify');
    const bench = await mlreg('bench', 'digits', '--iterations', '50', '--json');
    assert.deepEqual([bench.code, bench.error.code], [3, 'NOT_FOUND']);
    const golden = fixture('digits_mlp_v2/golden.json');
    const test = await mlreg('test', 'digits@1.1.0', '--against', golden, '--json');
    assert.deepEqual([test.code, test.error.hint], [3, bench.error.hint]);
    const [command = ''] = /^npm install -g .*?(?= {2})/.exec(bench.error.hint ?? '') ?? [];
    assert.match(command, /onnxruntime-node/);
    await npm(tempFolder(t), command.split(' ').slice(1), {
      npm_config_registry: packages,
      npm_config_prefix: prefix,
    });
    await succeeds('bench', 'digits', '--iterations', '50', '--launches', '1');
    await succeeds('test', 'digits@1.1.0', '--against', golden);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { migrations } from '../../src/storage/sql/migrations.ts';
import { openMain } from '../support/run-main.ts';

const root = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(root, 'utf8')) as { version: string };

test('version prints what --version and -v print, anywhere, and all versions as JSON', async (t) => {
  const run = openMain(t);
  for (const args of [['--version'], ['-v'], ['version'], ['version', '--quiet']]) {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, stdout, stderr], [0, `${version}\n`, ''], args.join(' '));
  }
  const { stdout } = await run(['version', '--json']);
  for (const args of [
    ['--version', '--json'],
    ['--json', '-v'],
    ['-v', '--format=json'],
  ]) {
    const other = await run(args);
    assert.deepEqual([other.code, other.stdout, other.stderr], [0, stdout, ''], args.join(' '));
  }
  for (const args of [['--version'], ['version']]) {
    const byVariable = await run(args, ({ env }) => void (env['MLREG_FORMAT'] = 'json'));
    assert.equal(byVariable.stdout, stdout);
    const plain = await run([...args, '-q'], ({ env }) => void (env['MLREG_FORMAT'] = 'json'));
    assert.equal(plain.stdout, `${version}\n`);
  }
  assert.equal((await run(['--version', '--json', '--quiet'])).code, 2, 'as version --json --quiet');
  const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  assert.deepEqual(JSON.parse(stdout), {
    schemaVersion: 1,
    command: 'version',
    version,
    node: process.versions.node,
    onnxruntime: runtime.version,
    format: 1,
    schema: migrations.length,
    warnings: [],
  });
});

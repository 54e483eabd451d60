import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, tempRegistry } from '../support/temp-registry.ts';
import { model } from '../support/run-cli.ts';
import { openMain } from '../support/run-main.ts';
import type { Cleanup } from '../support/temp-folder.ts';

/** `digits` with two versions, and a way to run commands on it. */
async function digits(t: Cleanup) {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'));
  await add(registry, 'digits', model('digits_mlp_v2'));
  const run = openMain(t);
  return async (...args: string[]) => {
    const { code, stdout, stderr } = await run([...args, '--registry', registry.home, '--json']);
    const { error } = stderr === '' ? { error: undefined } : JSON.parse(stderr);
    return { code, result: stdout === '' ? undefined : JSON.parse(stdout), error };
  };
}

test('a stage to move to is an argument, --to or --stage, and all of them if they agree', async (t) => {
  const run = await digits(t);
  for (const [command, ref] of [
    [['promote'], 'digits@1.0.0'],
    [['approve'], 'digits@1.0.0'],
    [['policy', 'check'], 'digits@1.0.0'],
  ] as const) {
    for (const stage of [
      ['staging'],
      ['--to', 'staging'],
      ['--stage', 'staging'],
      ['staging', '--to=staging', '--stage', 'staging'],
    ]) {
      const { code, result } = await run(...command, ref, ...stage);
      assert.deepEqual([code, result.stage], [0, 'staging'], [...command, ...stage].join(' '));
    }
    for (const [stage, shown] of [
      [['staging', '--to', 'production'], /staging and --to production/],
      [['--to', 'staging', '--stage', 'production'], /--to staging and --stage production/],
      [['production', '--stage', 'staging'], /production and --stage staging/],
    ] as const) {
      const { code, error } = await run(...command, ref, ...stage);
      assert.deepEqual([code, error.code], [2, 'USAGE']);
      assert.match(error.message, shown);
    }
    const none = await run(...command, ref);
    assert.deepEqual([none.code, none.error.code], [2, 'USAGE']);
    assert.match(none.error.hint, /digits@1\.0\.0 STAGE, or --to STAGE, or --stage STAGE/);
    assert.equal((await run(...command, ref, '')).code, 2, 'an unset variable');
    assert.equal((await run(...command, ref, 'staging', '--to', '')).code, 2, 'an unset variable');
    assert.equal((await run(...command, ref, 'staging', 'more')).code, 2);
  }
});

test('rollback and demote take their stage either way', async (t) => {
  const run = await digits(t);
  for (const stage of ['staging', 'production'])
    for (const version of ['1.0.0', '1.1.0']) await run('promote', `digits@${version}`, stage);
  for (const [text, hint] of [
    ['staging', /--stage staging$/],
    ['1.0.0', /--to-version 1\.0\.0$/],
    ['digits@1.0.0', /--to-version digits@1\.0\.0$/],
  ] as const) {
    const { code, error } = await run('rollback', 'digits', '--to', text);
    assert.deepEqual([code, error.code], [2, 'USAGE']);
    assert.match(error.hint, hint);
  }
  const dry = await run('rollback', 'digits', '--to-version', 'digits@1.0.0', '--dry-run');
  assert.deepEqual([dry.code, dry.result.to], [0, '1.0.0']);
  assert.equal((await run('rollback', 'digits', 'staging')).result.to, '1.0.0');
  assert.equal((await run('rollback', 'digits')).result.stage, 'production');
  assert.equal((await run('rollback', 'digits', 'staging', '--stage', 'production')).code, 2);
  const mistaken = await run('rollback', 'digits', '1.0.0');
  assert.deepEqual([mistaken.code, mistaken.error.hint], [2, 'mlreg rollback digits --to-version 1.0.0']);

  assert.deepEqual((await run('demote', 'digits', 'staging')).result.to, null);
  assert.deepEqual((await run('demote', 'digits', '--stage', 'production')).result.to, null);
  const none = await run('demote', 'digits');
  assert.deepEqual(
    [none.code, none.error.hint],
    [2, 'mlreg demote digits STAGE, or --stage STAGE instead of STAGE'],
  );
  assert.equal((await run('demote', 'digits', 'staging', '--stage', 'production')).code, 2);
});

test('--expect takes the reference that results print', async (t) => {
  const run = await digits(t);
  await run('promote', 'digits@1.0.0', 'staging');
  const other = await run('promote', 'digits@1.1.0', 'staging', '--expect', 'other@1.0.0');
  assert.deepEqual([other.code, other.error.code], [2, 'INVALID_INPUT']);
  assert.equal((await run('promote', 'digits@1.1.0', 'staging', '--expect', 'digits@1.1.1')).code, 4);
  assert.equal((await run('promote', 'digits@1.1.0', 'staging', '--expect', 'digits@1.0.0')).code, 0);
  assert.equal((await run('rollback', 'digits', 'staging', '--expect', 'digits@1.0.0')).code, 4);
  assert.equal((await run('rollback', 'digits', 'staging', '--expect', 'other@1.1.0')).code, 2);
  assert.equal((await run('rollback', 'digits', 'staging', '--expect', 'digits@1.1.0')).code, 0);
  assert.equal((await run('demote', 'digits', 'staging', '--expect', 'digits@1.1.0')).code, 4);
  assert.equal((await run('demote', 'digits', 'staging', '--expect', 'other@1.0.0')).code, 2);
  assert.equal((await run('demote', 'digits', 'staging', '--expect', 'digits@1.0.0')).code, 0);
});

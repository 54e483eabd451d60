import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promote } from '../../src/registry/stages/promote.ts';
import { model } from '../support/run-cli.ts';
import { openMain } from '../support/run-main.ts';
import { add, exact, stage, tempRegistry } from '../support/temp-registry.ts';

test('rollback --dry-run is told apart from a rollback in every form', async (t) => {
  const registry = await tempRegistry(t);
  for (const [name, version] of [
    ['digits_mlp', '1.0.0'],
    ['digits_mlp_v2', '1.1.0'],
  ]) {
    await add(registry, 'digits', model(name ?? ''));
    await promote(registry, { ref: exact(`digits@${version}`), stage: stage('production') });
  }
  const run = openMain(t);
  const rollback = async (...args: string[]) =>
    run(['rollback', 'digits', '--dry-run', '--registry', registry.home, ...args]);

  const json = await rollback('--yank', '--json');
  const { changed, dryRun, from, to, yanked, event } = JSON.parse(json.stdout);
  assert.deepEqual([json.code, changed, dryRun], [0, false, true]);
  assert.deepEqual([from, to, yanked, event], ['1.1.0', '1.0.0', '1.1.0', null]);
  assert.equal((await rollback()).stdout, 'digits\tproduction\t1.1.0\t1.0.0\t2\tdry-run\n');
  assert.equal((await rollback('--quiet')).stdout, 'digits@1.0.0\n');
  const shown = await run(
    ['rollback', 'digits', '--yank', '--dry-run', '--no-color', '--registry', registry.home],
    (process) => Object.assign(process.stdout, { isTTY: true }),
  );
  assert.equal(
    shown.stdout,
    '○ production of digits would move from 1.1.0 to 1.0.0, and 1.1.0 would be yanked (dry run; nothing changed)\n',
  );
  assert.equal((await rollback('staging')).code, 4);
  assert.equal(
    (await run(['show', 'digits@production', '-q', '--registry', registry.home])).stdout,
    'digits@1.1.0\n',
  );
});

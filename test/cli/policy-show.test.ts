import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PolicyStage } from '../../src/core/events/policy.ts';
import { openMain } from '../support/run-main.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Every key that the policy of a stage can have. */
const staging: Required<PolicyStage> = {
  from: ['production'],
  require: ['golden'],
  whenEmpty: 'pass',
  soak: '24h',
  protected: ['ada'],
  bench: { duration: '5s' },
  golden: { allowSelf: true },
  monitor: { autoRollback: true },
  maxAge: '2d',
  onPromote: ['true'],
};

test('a policy is shown with every key, in every form', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify({ stages: { staging } }));
  const run = openMain(t, cwd);
  await run(['init']);
  for (const line of [
    ['policy', 'apply', 'policy.json'],
    ['policy', 'show'],
    ['policy', 'show', 'staging'],
  ]) {
    for (const [args, lead] of [
      [line, 'staging\t'],
      [[...line, '--format', 'table'], ' +'],
    ] as const) {
      const { code, stdout, stderr } = await run([...args]);
      assert.equal(code, 0, stderr);
      for (const key of Object.keys(staging)) assert.match(stdout, new RegExp(`^${lead}${key}\\b`, 'm'));
      assert.match(stdout, new RegExp(`^${lead}golden\\s+\\{"allowSelf":true\\}$`, 'm'));
    }
    const { stdout } = await run([...line, '--json']);
    assert.deepEqual(JSON.parse(stdout).policy, { stages: { staging } });
  }
});

import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promote } from '../../src/registry/stages/promote.ts';
import { pull } from '../../src/registry/exchange/pull.ts';
import type { RegisterResult } from '../../src/registry/register/register-result.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { failsWith, fixture, flipBit, tempFolder } from '../support/temp-folder.ts';
import { add, blobPath, editRows, exact, ref, stage, tempRegistry } from '../support/temp-registry.ts';

const model = fixture('digits_mlp/model.onnx');

/** Which of the blobs of a version suffers. */
const targets: [what: string, digestOf: (result: RegisterResult) => string][] = [
  ['a file', (result) => result.files[0]?.digest ?? ''],
  ['the manifest', (result) => result.digest],
];
const harms: [what: string, harm: (path: string) => void][] = [
  ['with a flipped bit', flipBit],
  ['that is gone', (path) => rmSync(path)],
];

for (const [target, digestOf] of targets) {
  for (const [how, harm] of harms) {
    test(`${target} ${how} stops promote, rollback and verify, until the same bytes are registered again`, async (context) => {
      const registry = await tempRegistry(context);
      const production = stage('production');
      const result = await add(registry, 'digits', model);
      await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'));
      for (const version of ['1.0.0', '1.1.0'])
        await promote(registry, { ref: exact(`digits@${version}`), stage: production });
      const path = blobPath(registry.home, digestOf(result));
      harm(path);

      const again = { ref: exact('digits@1.0.0'), stage: stage('staging') };
      await assert.rejects(promote(registry, again), failsWith('INTEGRITY', /digits@1\.0\.0 is damaged/));
      const back = { name: ref('digits').name, stage: production, back: { steps: 1 } };
      await assert.rejects(rollback(registry, back), failsWith('INTEGRITY', /digits@1\.0\.0 is damaged/));
      const found = await verify(registry, {});
      assert.equal(found.ok, false);
      assert.equal(found.problems.length, 1);
      assert.equal(found.problems[0]?.subject, digestOf(result));
      assert.equal((await verify(registry, { ref: ref('digits@1.0.0') })).ok, false);
      assert.equal((await verify(registry, { ref: ref('digits@1.1.0') })).ok, true);
      assert.deepEqual(
        readdirSync(join(registry.home, 'quarantine')),
        [],
        'nothing that only reads moves bytes',
      );

      const repaired = await add(registry, 'digits', model);
      assert.equal(repaired.changed, false);
      if (how === 'with a flipped bit') {
        assert.match(repaired.warnings[0] ?? '', /^repaired the damaged stored bytes/);
        assert.equal(readdirSync(join(registry.home, 'quarantine')).length, 1);
      }
      assert.equal((await rollback(registry, back)).to, '1.0.0');
      assert.equal((await verify(registry, {})).ok, true);
    });
  }
}

for (const [how, harm] of harms) {
  test(`a file ${how} is not pulled, and no part of it is left behind`, async (context) => {
    const registry = await tempRegistry(context);
    const result = await add(registry, 'digits', fixture('digits_conv_external'));
    harm(blobPath(registry.home, result.files.at(-1)?.digest ?? ''));
    const directory = join(tempFolder(context), 'out');
    await assert.rejects(pull(registry, { ref: ref('digits'), directory }), failsWith('INTEGRITY'));
    assert.deepEqual(existsSync(directory) ? readdirSync(directory) : [], []);
  });
}

test('rows that name another file that is there do not pass for the version', async (context) => {
  const registry = await tempRegistry(context);
  const result = await add(registry, 'digits', model);
  const other = await add(registry, 'other', fixture('digits_mlp_bad/model.onnx'));
  editRows(
    registry.home,
    'update artifact_files set blob_digest = ?, size = ? where artifact_digest = ?',
    other.files[0]?.digest,
    other.size,
    result.digest,
  );
  const directory = join(tempFolder(context), 'out');
  const swapped = failsWith(
    'INTEGRITY',
    /digits@1\.0\.0 is damaged: its file list does not match its digest/,
  );
  await assert.rejects(pull(registry, { ref: ref('digits'), directory }), swapped);
  await assert.rejects(promote(registry, { ref: exact('digits@1.0.0'), stage: stage('staging') }), swapped);
  assert.equal((await verify(registry, { ref: ref('digits') })).ok, false);
  assert.equal((await verify(registry, {})).ok, false);
  assert.equal(existsSync(directory), false);
});

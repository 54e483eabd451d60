import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRegistry } from '../../src/open-registry.ts';
import { backup, type BackupResult } from '../../src/registry/maintain/backup.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { deleteVersion } from '../../src/registry/versions/delete-version.ts';
import { checkpoint } from '../../src/registry/inspect/history.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { everyStep } from '../support/every-step.ts';
import { failsWith, fixture, flipBit, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  exact,
  openOptions,
  reopen,
  stage,
  tempRegistry,
  type TempRegistry,
} from '../support/temp-registry.ts';

const golden = fixture('digits_mlp/golden.json');

function backUp(registry: Registry, directory: string): Promise<BackupResult> {
  return backup(registry, { directory });
}

async function filled(context: Cleanup): Promise<{ registry: TempRegistry; folder: string; second: string }> {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), { golden });
  const { ref } = await add(registry, 'digits', fixture('digits_conv_external'));
  await promote(registry, { ref: exact('digits@1.0.0'), stage: stage('production') });
  return { registry, folder: tempFolder(context), second: ref };
}

test('a backup is a registry with the same id and history, whole, and goes on by itself', async (context) => {
  const { registry, folder } = await filled(context);
  const directory = join(folder, 'deeper', 'copy');
  const result = await backUp(registry, directory);
  assert.deepEqual(result.checkpoint, await checkpoint(registry));
  assert.deepEqual(result.checked, (await verify(registry, {})).checked);
  const copy = await reopen(context, directory);
  assert.deepEqual(await copy.metadata.registry(), await registry.metadata.registry());
  assert.deepEqual(await copy.metadata.events({ limit: 99 }), await registry.metadata.events({ limit: 99 }));
  assert.deepEqual((await verify(copy, { checkpoint: result.checkpoint })).problems, []);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  await add(copy, 'digits', fixture('digits_mlp_v2/model.onnx'));
  assert.equal((await verify(copy, {})).ok, true);
  assert.equal((await checkpoint(registry)).seq, result.checkpoint.seq, 'the original knows nothing of it');
  assert.deepEqual(readdirSync(join(folder, 'deeper')), ['copy']);
});

test('a backup in the place of a lost registry is the registry', async (context) => {
  const { registry, folder } = await filled(context);
  await backUp(registry, join(folder, 'copy'));
  await registry.close();
  rmSync(registry.home, { recursive: true });
  renameSync(join(folder, 'copy'), registry.home);
  const again = await reopen(context, registry.home);
  assert.equal((await verify(again, {})).ok, true);
  assert.equal(
    (await again.metadata.pointer(exact('digits@1.0.0').name, stage('production'))).version,
    '1.0.0',
  );
});

test('what is damaged in a copy is whole in the original: they share no bytes', async (context) => {
  const { registry, folder } = await filled(context);
  await backUp(registry, join(folder, 'copy'));
  const blob = readdirSync(join(folder, 'copy', 'blobs', 'sha256'))[0] ?? '';
  flipBit(blobPath(join(folder, 'copy'), `sha256:${blob}`));
  assert.equal((await verify(registry, {})).ok, true);
});

test('whatever others do at any step of a backup, it is whole, and of one moment', async (context) => {
  for (let step = 1; ; step += 1) {
    const { registry, folder, second } = await filled(context);
    const other = await reopen(context, registry.home);
    let steps = 0;
    const stepped = everyStep(registry, async () => {
      steps += 1;
      if (steps !== step) return;
      await add(other, 'digits', fixture('digits_mlp_v2/model.onnx'));
      await deleteVersion(other, { ref: exact(second) });
      const impatient = await openRegistry(registry.home, openOptions(registry.clock, 0));
      await collectGarbage(impatient, { olderThanMs: 0, yes: true }).catch(failsWith('BUSY'));
      await impatient.close();
    });
    const result = await backUp(stepped, join(folder, 'copy'));
    const copy = await openRegistry(join(folder, 'copy'), openOptions());
    assert.deepEqual((await verify(copy, { checkpoint: result.checkpoint })).problems, []);
    await copy.close();
    if (steps < step) return;
  }
});

test('of a damaged registry no copy is kept, and what was there stays', async (context) => {
  const { registry, folder } = await filled(context);
  const blob = readdirSync(join(registry.home, 'blobs', 'sha256'))[0] ?? '';
  flipBit(blobPath(registry.home, `sha256:${blob}`));
  const directory = join(folder, 'copy');
  await assert.rejects(backUp(registry, directory), failsWith('INTEGRITY'));
  assert.deepEqual(readdirSync(folder), []);
  mkdirSync(directory);
  await assert.rejects(backUp(registry, directory), failsWith('INTEGRITY'));
  assert.deepEqual(readdirSync(folder), ['copy']);
  assert.deepEqual(readdirSync(directory), []);
  assert.equal(
    (await collectGarbage(registry, { olderThanMs: 0, yes: true })).dryRun,
    false,
    'no lease is left',
  );
});

test('a full folder, a file, and the registry itself are refused, and nothing is changed', async (context) => {
  const { registry, folder } = await filled(context);
  writeFileSync(join(folder, 'file'), 'x');
  await assert.rejects(backUp(registry, folder), failsWith('CONFLICT', /is not empty/));
  await assert.rejects(
    backUp(registry, join(folder, 'file')),
    failsWith('INVALID_INPUT', /a file is in the way/),
  );
  await assert.rejects(backUp(registry, registry.home), failsWith('INVALID_INPUT', /is inside the registry/));
  const within = join(registry.home, 'trash', 'copy');
  await assert.rejects(backUp(registry, within), failsWith('INVALID_INPUT', /is inside the registry/));
  assert.deepEqual([readdirSync(folder), existsSync(within)], [['file'], false]);
});

test('while a collector works a backup waits, and says so in the end', async (context) => {
  const { registry, folder } = await filled(context);
  const lease = await registry.metadata.lease();
  const impatient = await openRegistry(registry.home, openOptions(registry.clock, 20));
  context.after(() => impatient.close());
  await assert.rejects(
    backUp(impatient, join(folder, 'copy')),
    failsWith('BUSY', /another gc, backup or repair/),
  );
  assert.deepEqual(readdirSync(folder), []);
  await lease.release();
  assert.equal((await backUp(impatient, join(folder, 'copy'))).changed, true);
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkPolicy } from '../../src/core/events/policy.ts';
import { localFolder, locationText, type Registry } from '../../src/registry/registry.ts';
import { backup } from '../../src/registry/maintain/backup.ts';
import { pull } from '../../src/registry/exchange/pull.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, ref, stage, tempRegistry } from '../support/temp-registry.ts';

const url = 'https://models.example.org/team';

/** The stores of a local registry, which cannot be told to be in a folder. */
async function remoteRegistry(test: Cleanup): Promise<Registry> {
  const { home: _home, ...registry } = await tempRegistry(test);
  return { ...registry, location: { kind: 'url', url } };
}

test('a registry elsewhere is named by its URL, in messages and to hooks', async (t) => {
  const registry = await remoteRegistry(t);
  assert.equal(locationText(registry), url);
  await assert.rejects(show(registry, ref('digits')), failsWith('NOT_FOUND', new RegExp(`in ${url}`)));

  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const output = join(tempFolder(t), 'told');
  const program = `require('fs').writeFileSync(process.argv[1], process.env.MLREG_REGISTRY)`;
  const onPromote = [process.execPath, '-e', program, output];
  const policy = checkPolicy({ stages: { production: { onPromote } } }, 'it');
  await applyPolicy(registry, { policy, what: 'it' });
  await promote(registry, { ref: exact('digits@1.0.0'), stage: stage('production') });
  assert.equal(readFileSync(output, 'utf8'), url);
});

test('what needs a local folder refuses another place, and says which it is', async (t) => {
  const registry = await remoteRegistry(t);
  assert.throws(() => localFolder(registry, 'this test'), failsWith('USAGE', new RegExp(`at ${url}`)));
  const folder = tempFolder(t);
  const directory = join(folder, 'copy');
  await assert.rejects(
    backup(registry, { directory }),
    failsWith('USAGE', /^a backup needs a local registry/),
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('a registry elsewhere guards no path: any file is registered and pulled', async (t) => {
  const registry = await remoteRegistry(t);
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'weights.bin'), 'weights');
  await add(registry, 'raw', folder);
  await pull(registry, { ref: ref('raw'), directory: join(folder, 'copy') });
  assert.equal(readFileSync(join(folder, 'copy', 'weights.bin'), 'utf8'), 'weights');
});

test('the stamp of a registry changes with the database at its location', async (t) => {
  const registry = await tempRegistry(t);
  const before = registry.stamp();
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  assert.equal(registry.stamp(), before, 'what this registry can see is no other one');
  const path = join(registry.home, 'mlreg.db');
  const bytes = readFileSync(path);
  renameSync(path, `${path}.away`);
  assert.notEqual(registry.stamp(), before);
  writeFileSync(path, bytes);
  assert.notEqual(registry.stamp(), before);
  renameSync(`${path}.away`, path);
  assert.equal(registry.stamp(), before);
});

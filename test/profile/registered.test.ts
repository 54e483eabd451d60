import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { registerProfiled } from '../../src/api/verbs/versions/register.ts';
import { isMlregError } from '../../src/core/errors.ts';
import { hashData } from '../../src/registry/register/data-hash.ts';
import { show } from '../../src/registry/inspect/show.ts';
import type { TempRegistry } from '../support/temp-registry.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';
import { modelName, ref, tempRegistry } from '../support/temp-registry.ts';

async function registered(registry: TempRegistry, files: Record<string, string>, redact: string[] = []) {
  const data = await Promise.all(
    Object.entries(files).map(async ([name, path]) => {
      const { hash, size } = await hashData(path, {});
      return { name, hash, size };
    }),
  );
  return registerProfiled(
    registry,
    {
      name: modelName('digits'),
      path: fixture('digits_mlp/model.onnx'),
      number: { kind: 'auto' },
      metadata: { data },
      ifExists: 'reuse',
    },
    { files: new Map(Object.entries(files)), redact: new Set(redact) },
  );
}

test('a registration stores the profile of its training data and of its answers, once', async (t) => {
  const registry = await tempRegistry(t);
  const files = { test: fixture('digits_mlp/train.csv'), train: fixture('digits_mlp/test.csv') };
  const first = await registered(registry, files);
  const rows = readFileSync(files.train, 'utf8').trimEnd().split('\n').length - 1;
  const { id, ...facts } = first.profile ?? assert.fail();
  // Its column target is none of the 64 inputs.
  assert.deepEqual(facts, { rows, columns: 65, outputs: 11, error: 0, changed: true });
  const { profile } = await show(registry, ref('digits'));
  assert.equal(profile?.id, id);
  assert.equal(profile?.result.columns.length, 65);
  const again = await registered(registry, files);
  assert.deepEqual(again.profile, { id, ...facts, changed: false });
  assert.equal(again.changed, false);
});

test('data that cannot be profiled registers nothing', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  const path = join(folder, 'train.csv');
  writeFileSync(path, 'a,b\n1,2\n3\n');
  const events = async () => (await registry.metadata.events({ limit: 10 })).length;
  const before = await events();
  const refused = async (files: Record<string, string>, message: RegExp): Promise<void> => {
    await assert.rejects(registered(registry, files), (error: unknown) => {
      assert.ok(isMlregError(error));
      assert.match(error.message, message);
      return true;
    });
    assert.equal(await events(), before);
  };
  await refused({ train: path }, /train\.csv, line 3: 1 field, 2 expected/);
  await refused({ train: folder }, /does not tell the format of the table/);
  await refused({ a: path, b: path }, /one data set, but there are "a", "b", none of them named train/);
  await refused({}, /no --data names a file/);
});

test('a column that is redacted at registration leaves no values in the registry', async (t) => {
  const registry = await tempRegistry(t);
  const path = join(tempFolder(t), 'train.csv');
  writeFileSync(path, `secret\n${Array.from({ length: 40 }, (_, at) => 7_000_001 + at).join('\n')}\n`);
  const { profile, warnings } = await registered(registry, { train: path }, ['secret']);
  assert.equal(profile?.outputs, null);
  assert.match(warnings.join('\n'), /the outputs of digits@1\.0\.0 are not profiled/);
  const shown = await show(registry, ref('digits'));
  assert.doesNotMatch(JSON.stringify(shown.profile), /70000\d\d/);
});

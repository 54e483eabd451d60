import assert from 'node:assert/strict';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseModelName, parseReference } from '../../src/core/versions/reference.ts';
import { pull } from '../../src/registry/exchange/pull.ts';
import { register } from '../../src/registry/register/register.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { failsWith, fixture } from '../support/temp-folder.ts';
import { tempRegistry } from '../support/temp-registry.ts';

const name = parseModelName('digits');
const registerPath = (registry: Registry, path: string): Promise<unknown> =>
  register(registry, { name, path, number: { kind: 'auto' }, metadata: {}, ifExists: 'reuse' });

test('a registry is not registered in itself, by whatever path', async (context) => {
  const registry = await tempRegistry(context);
  const outside = dirname(registry.home);
  symlinkSync(outside, join(outside, 'link'));
  for (const path of [
    outside,
    registry.home,
    join(registry.home, 'mlreg.db'),
    join(registry.home, 'blobs'),
    join(outside, 'link', 'registry', 'mlreg.db'),
  ]) {
    await assert.rejects(registerPath(registry, path), failsWith('INVALID_INPUT', /registry/), path);
  }
  assert.equal(await registry.metadata.hasModel(name), false);
});

test('what lies beside a registry, with a name that starts alike, is registered', async (context) => {
  const registry = await tempRegistry(context);
  const beside = `${registry.home}-models`;
  mkdirSync(beside);
  cpSync(fixture('digits_mlp/model.onnx'), join(beside, 'model.onnx'));
  await registerPath(registry, beside);
});

test('nothing is pulled into the registry', async (context) => {
  const registry = await tempRegistry(context);
  const folder = join(dirname(registry.home), 'model');
  mkdirSync(join(folder, 'registry'), { recursive: true });
  cpSync(fixture('digits_mlp/model.onnx'), join(folder, 'registry', 'mlreg.db'));
  await registerPath(registry, folder);
  const ref = parseReference('digits');
  for (const directory of [registry.home, join(registry.home, 'blobs', 'new'), dirname(registry.home)]) {
    await assert.rejects(
      pull(registry, { ref, directory, force: true }),
      failsWith('INVALID_INPUT', /registry/),
    );
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listModels, listVersions } from '../../src/registry/inspect/list.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  exact,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const numbers = ['1.0.0', '1.2.0', '1.10.0', '2.0.0-rc.1', '2.0.0', '3.0.0'];

async function filled(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (const number of numbers) {
    const asked = { kind: 'exact', version: version(number) } as const;
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), { number: asked });
  }
  await promote(registry, { ref: exact('digits@1.2.0'), stage: stage('production') });
  await yank(registry, { ref: exact('digits@3.0.0'), reason: 'bad' });
  return registry;
}

test('every kind of selector finds its version', async (context) => {
  const registry = await filled(context);
  const { digest } = (await resolve(registry, ref('digits'))).artifact;
  const expected: [selector: string, version: string][] = [
    ['', '2.0.0'],
    ['@latest', '2.0.0'],
    ['@1.0.0', '1.0.0'],
    ['@3.0.0', '3.0.0'],
    ['@^1', '1.10.0'],
    ['@1', '1.10.0'],
    ['@~1.2', '1.2.0'],
    ['@>=1 <1.10', '1.2.0'],
    ['@*', '2.0.0'],
    ['@>=2.0.0-rc.1 <2.0.0', '2.0.0-rc.1'],
    ['@<=1.2.0 || 1.0.0', '1.2.0'],
    ['@production', '1.2.0'],
    [`@${digest}`, '2.0.0'],
    [`@${digest.slice(0, 15)}`, '2.0.0'],
  ];
  for (const [selector, found] of expected) {
    assert.equal((await resolve(registry, ref(`digits${selector}`))).version, found, selector);
  }
});

test('what is not there is NOT_FOUND, and says what', async (context) => {
  const registry = await filled(context);
  const missing: [reference: string, why: RegExp][] = [
    ['nobody', /no model "nobody"/],
    ['nobody@1.0.0', /no model "nobody"/],
    ['nobody@production', /no model "nobody"/],
    ['digits@9.0.0', /no version 9\.0\.0 of digits/],
    ['digits@^3', /no version of digits matches "\^3"/],
    ['digits@<1', /no version of digits matches/],
    ['digits@staging', /staging of .* is empty/],
    ['digits@qa', /unknown stage "qa"/],
    ['digits@production~1', /no earlier version to return to/],
    ['digits@sha256:00000000', /digest that starts with/],
  ];
  for (const [reference, why] of missing) {
    await assert.rejects(resolve(registry, ref(reference)), failsWith('NOT_FOUND', why), reference);
  }
});

test('a range is found past many versions that are not in it', async (context) => {
  const registry = await tempRegistry(context);
  for (let major = 1; major <= 60; major += 1) {
    const asked = { kind: 'exact', version: version(`${major}.0.0-rc.1`) } as const;
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), { number: asked });
  }
  assert.equal((await resolve(registry, ref('digits@>=1.0.0-0 <1.0.0'))).version, '1.0.0-rc.1');
  assert.equal((await resolve(registry, ref('digits@>=1.0.0-0'))).version, '1.0.0-rc.1');
});

test('lists say what holds what', async (context) => {
  const registry = await filled(context);
  assert.deepEqual(await listModels(registry, { limit: 10 }), {
    models: [
      {
        name: 'digits',
        versions: 6,
        latest: '2.0.0',
        stages: [{ stage: 'production', version: '1.2.0' }],
        description: null,
        owner: null,
      },
    ],
    stages: ['staging', 'production'],
    filtered: false,
    nextPage: null,
  });
  const { name } = ref('digits');
  const first = await listVersions(registry, { name, limit: 3, yanked: false });
  assert.deepEqual(
    first.versions.map((row) => row.version),
    ['2.0.0', '2.0.0-rc.1', '1.10.0'],
  );
  const second = await listVersions(registry, { name, limit: 3, yanked: false, page: first.nextPage ?? '' });
  assert.deepEqual(
    second.versions.map((row) => [row.version, row.stages]),
    [
      ['1.2.0', ['production']],
      ['1.0.0', []],
    ],
  );
  assert.deepEqual(second.holders, [{ stage: 'production', version: '1.2.0' }]);
  assert.equal(second.nextPage, null);
  const all = await listVersions(registry, { name, limit: 1, yanked: true });
  assert.equal(all.versions[0]?.yanked, true);
  await assert.rejects(
    listVersions(registry, { name: ref('x').name, limit: 1, yanked: true }),
    failsWith('NOT_FOUND'),
  );
});

test('show knows the stages of a version', async (context) => {
  const registry = await filled(context);
  assert.deepEqual((await show(registry, ref('digits@1.2.0'))).stages, ['production']);
  assert.deepEqual((await show(registry, ref('digits'))).stages, []);
});

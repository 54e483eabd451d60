import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promote } from '../../src/registry/stages/promote.ts';
import {
  inputsOf,
  suggestBenches,
  suggestMetrics,
  suggestModels,
  suggestReferences,
  suggestStages,
  suggestTags,
  suggestVersions,
  type Suggestion,
} from '../../src/registry/inspect/suggest.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { addBench, bench } from '../support/metadata-samples.ts';
import { model } from '../support/run-cli.ts';
import {
  add,
  exact,
  modelName,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';
import type { Cleanup } from '../support/temp-folder.ts';

/**
 * digits 1.0.0 (held production before), 1.0.1 (holds it), 1.1.0 (yanked), 2.0.0-rc.1; digits-conv
 * and team/churn 1.0.0.
 */
async function filled(t: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  for (const number of ['1.0.0', '1.0.1', '1.1.0', '2.0.0-rc.1'])
    await add(registry, 'digits', model('digits_mlp'), {
      number: { kind: 'exact', version: version(number) },
      ifExists: 'new',
    });
  await add(registry, 'digits-conv', model('digits_mlp'));
  await add(registry, 'team/churn', model('digits_mlp'));
  for (const ref of ['digits@1.0.0', 'digits@1.0.1'])
    await promote(registry, { ref: exact(ref), stage: stage('production'), dryRun: false });
  await yank(registry, { ref: exact('digits@1.1.0'), reason: 'unfit' });
  return registry;
}

const words = (suggestions: Suggestion[]): string[] => suggestions.map(({ word }) => word);
const selectors = ['production', 'production~1', 'latest', '2.0.0-rc.1', '1.1.0', '1.0.1', '1.0.0'];

test('a reference is completed part by part, in each of its forms', async (t) => {
  const registry = await filled(t);
  const all = (name: string): string[] => selectors.map((selector) => `${name}@${selector}`);
  const cases: [start: string, expected: string[]][] = [
    ['', ['digits', 'digits-conv', 'team/churn']],
    ['dig', ['digits', 'digits-conv']],
    ['digits', ['digits', 'digits-conv', ...all('digits')]],
    ['team', ['team/churn', 'team/churn@latest', 'team/churn@1.0.0']],
    ['digits@', all('digits')],
    ['digits@prod', ['digits@production', 'digits@production~1']],
    ['digits@1.0.', ['digits@1.0.1', 'digits@1.0.0']],
    ['digits@2', ['digits@2.0.0-rc.1']],
    ['digits@sha256:e1c1', Array.from({ length: 4 }, () => 'digits@sha256:e1c147def051')],
    ['digits#p', ['digits#production', 'digits#production~1']],
    ['models:/digits-', ['models:/digits-conv', 'models:/digits-conv@latest', 'models:/digits-conv@1.0.0']],
    ['models:/digits@l', ['models:/digits@latest']],
    ['models:/digits/1.0', ['models:/digits/1.0.1', 'models:/digits/1.0.0']],
    ['models:/team/churn/', ['models:/team/churn/1.0.0']],
    ['nothing', []],
    ['nothing@', []],
    ['@', []],
    ['digits@\0', []],
  ];
  for (const [start, expected] of cases)
    assert.deepEqual(words(await suggestReferences(registry, { start, limit: 50 })), expected, start);
});

test('what a suggestion is stands beside it', async (t) => {
  const registry = await filled(t);
  const about = new Map(
    [
      ...(await suggestReferences(registry, { start: 'digits', limit: 50 })),
      ...(await suggestStages(registry, modelName('digits'))),
    ].map(({ word, about }) => [word, about]),
  );
  assert.equal(about.get('digits'), '4 versions, latest 1.0.1');
  assert.equal(about.get('digits@production'), 'now 1.0.1');
  assert.equal(about.get('digits@production~1'), 'before: 1.0.0');
  assert.equal(about.get('digits@1.0.1'), 'production');
  assert.equal(about.get('digits@1.1.0'), 'yanked');
  assert.deepEqual([about.get('staging'), about.get('production')], ['', 'now 1.0.1']);
});

test('of a long history that part is read where the number can stand', async (t) => {
  const registry = await tempRegistry(t);
  for (let minor = 0; minor < 30; minor += 1)
    await add(registry, 'digits', model('digits_mlp'), {
      number: { kind: 'exact', version: version(`1.${minor}.0`) },
      ifExists: 'new',
    });
  const name = modelName('digits');
  const suggest = async (start: string): Promise<string[]> =>
    words(await suggestVersions(registry, { name, start, limit: 3 }));
  assert.deepEqual(await suggest(''), ['1.29.0', '1.28.0', '1.27.0']);
  assert.deepEqual(await suggest('1.4.'), ['1.4.0']);
  assert.deepEqual(await suggest('0.'), []);
  assert.deepEqual(words(await suggestModels(registry, { start: 'd', limit: 3 })), ['digits']);
});

test('of the stored benches, those whose ids begin so, the latest first', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'));
  for (const id of ['ab1', 'b1', 'ab2']) await addBench(registry.metadata, bench(id));
  assert.deepEqual(await suggestBenches(registry, { start: 'ab', limit: 9 }), [
    { word: 'ab2', about: 'digits@1.0.0, ok' },
    { word: 'ab1', about: 'digits@1.0.0, ok' },
  ]);
});

test('metrics come with their latest value, tags with what they are, and inputs with their dimensions', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'), { metadata: { metrics: { loss: 2, accuracy: 0.9 } } });
  const tags = { owner: 'ada' };
  await add(registry, 'digits', model('digits_mlp_v2'), { metadata: { metrics: { accuracy: 0.95 }, tags } });
  const metrics = await suggestMetrics(registry, { name: modelName('digits'), limit: 30 });
  assert.deepEqual(metrics, [
    { word: 'accuracy', about: '0.95 in 1.1.0' },
    { word: 'loss', about: '2 in 1.0.0' },
  ]);
  assert.deepEqual(await suggestTags(registry, exact('digits@latest')), [{ word: 'owner', about: 'ada' }]);
  const [input] = await inputsOf(registry, exact('digits@latest'));
  assert.deepEqual(input?.shape, ['batch', 64]);
});

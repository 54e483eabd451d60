import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promote } from '../../src/registry/stages/promote.ts';
import { lookAround, show } from '../../src/registry/inspect/show.ts';
import { showView } from '../../src/render/inspect/show-view.ts';
import { fixture } from '../support/temp-folder.ts';
import { add, exact, ref, stage, tempRegistry } from '../support/temp-registry.ts';

test('what only a page shows is looked up for a page alone', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const result = await show(registry, ref('digits'));
  for (const files of [false, true]) {
    for (const metadata of [false, true]) {
      const view = showView({ files, metadata }, () => assert.fail('looked around'));
      assert.equal(view.json(result)['ref'], 'digits@1.0.0');
      assert.ok(view.plain(result).length > 0);
      assert.deepEqual(view.quiet(result), ['digits@1.0.0']);
    }
  }
});

test('show knows the version before, and since when a stage is held', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'));
  registry.clock.at += 60_000;
  await promote(registry, { ref: exact('digits@1.1.0'), stage: stage('production') });
  const shown = await show(registry, ref('digits'));
  const { since, stages } = shown;
  assert.deepEqual(stages, ['production']);
  assert.deepEqual(since, { production: registry.clock.at });
  const { previous, samples } = await lookAround(registry, shown);
  assert.equal(previous?.version, '1.0.0');
  assert.equal(samples, undefined);
  assert.equal((await lookAround(registry, await show(registry, ref('digits@1.0.0')))).previous, undefined);
});

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { planBench } from '../../src/bench/plan/plan.ts';
import { benchVersion } from '../../src/bench/run/bench-version.ts';
import { predict } from '../../src/predict/predict.ts';
import { requireDevice } from '../../src/runtime/probe-runtime.ts';
import { serving } from '../support/served.ts';
import { failsWith, fixture, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

const noCuda = failsWith('NOT_FOUND', /^ONNX Runtime [\d.]+ cannot use CUDA on this machine: ./);
let hasCuda = false;

before(async () => {
  hasCuda = await requireDevice('cuda', undefined).then(
    () => true,
    () => false,
  );
});

test('a device that is not there is refused before anything runs', async (t) => {
  if (hasCuda) return t.skip('CUDA is there');
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const digits = ref('digits');
  await assert.rejects(requireDevice('cuda', undefined), noCuda);
  await assert.rejects(serving(t, registry, ['digits'], { device: 'cuda' }), noCuda);
  await assert.rejects(benchVersion(registry, { ref: digits, plan: planBench({ device: 'cuda' }) }), noCuda);
  const output = `${tempFolder(t)}/out.csv`;
  const table = { path: fixture('digits_mlp/test.csv'), kindFlag: '--input-format' };
  await assert.rejects(predict(registry, { ref: digits, table, output, device: 'cuda' }), noCuda);
});

test('a bench says what ran the model, also in its fingerprint', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  for (const device of hasCuda ? (['cpu', 'cuda'] as const) : (['cpu'] as const)) {
    const plan = planBench({ device, iterations: 20, launches: 1 });
    const { report } = await benchVersion(registry, { ref: ref('digits'), plan });
    assert.deepEqual(
      [report.plan.device, report.session.provider, report.environment.facts.provider],
      [device, device, device],
    );
  }
});

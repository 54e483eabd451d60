import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BenchSettings, GivenPolicy, Policy } from '../../src/core/events/policy.ts';
import { howToMeasure } from '../../src/registry/stages/policy-settings.ts';
import { stage } from '../support/temp-registry.ts';

const production = stage('production');
const policyOf = (bench: BenchSettings): Policy => ({ stages: { production: { bench } } });
const given = (bench: BenchSettings): GivenPolicy => ({ policy: policyOf(bench), what: '"ci.json"' });

test('where the registry has latency gates, a policy that is given changes limits of the child only', () => {
  const stored = policyOf({ batch: 32, reuse: '2h' });
  const ci = given({ batch: 1, threads: 8, shapes: { n: [1] }, timeout: '5m', reuse: '24h' });
  assert.deepEqual(howToMeasure(production, { stored, measures: true }, { policy: ci }), {
    settings: { batch: 32, timeout: '5m', reuse: '2h' },
    note:
      "only the registry's policy can set how this stage's latency gates measure, " +
      'so "batch", "threads", "shapes" in "ci.json" do not count',
  });
  const { settings } = howToMeasure(production, { stored, measures: true }, { policy: ci, reuseBench: '1h' });
  assert.equal(settings.reuse, '1h', 'the lowest age');
  const same = howToMeasure(production, { stored, measures: true }, { policy: given({ batch: 32 }) });
  assert.equal(same.note, null, 'what is equal to it is no contradiction');
});

test('without such gates it adds what the policy of the registry leaves open', () => {
  const stored = policyOf({ batch: 32 });
  const ci = given({ batch: 1, threads: 8 });
  assert.deepEqual(howToMeasure(production, { stored, measures: false }, { policy: ci }), {
    settings: { batch: 32, threads: 8 },
    note: `only the registry's policy can set how this stage's latency gates measure, so "batch" in "ci.json" does not count`,
  });
  const alone = howToMeasure(production, { stored: undefined, measures: false }, { policy: ci });
  assert.deepEqual(alone, { settings: { batch: 1, threads: 8 }, note: null });
});

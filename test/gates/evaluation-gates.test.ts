import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPolicy } from '../../src/core/events/policy.ts';
import type { GateResult } from '../../src/core/events/gate-result.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { storedPolicy } from '../../src/registry/stages/policy-settings.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  editRows,
  exact,
  ref,
  stage,
  tempRegistry,
  type TempRegistry,
} from '../support/temp-registry.ts';
import {
  comparedMetric,
  saveComparison,
  saveEvaluation,
  storedEvaluation,
} from '../support/evaluation-samples.ts';

const production = stage('production');
const dayMs = 24 * 3600e3;

/** digits@1.0.0 holds production; 1.1.0 is the candidate. */
async function twoVersions(
  t: Cleanup,
  first: { metrics?: Record<string, number> } = {},
): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), { metadata: first });
  await promote(registry, { ref: exact('digits@1.0.0'), stage: production });
  await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'), { metadata: first });
  return registry;
}

async function judged(registry: Registry, gate: string): Promise<GateResult & { hint: string | null }> {
  const { gates, hint } = await checkPromotion(registry, {
    ref: ref('digits@1.1.0'),
    stage: production,
    require: [gate],
  });
  const [only] = gates;
  assert.ok(only !== undefined && gates.length === 1);
  return { ...only, hint };
}

test('a saved evaluation decides a gate with a number', async (t) => {
  const registry = await twoVersions(t);
  const before = await judged(registry, 'eval.accuracy>=0.95');
  assert.deepEqual([before.verdict, before.reason], ['inconclusive', 'digits@1.1.0 has no saved evaluation']);
  assert.equal(before.hint, 'mlreg evaluate digits@1.1.0 --data FILE --target COLUMN --save');

  await saveEvaluation(
    registry,
    '1.1.0',
    storedEvaluation({ accuracy: 0.96, roc_auc: null, rocs: { cat: 0.9 } }),
  );
  registry.clock.at += dayMs;
  const { verdict, observed, threshold, reason, kind } = await judged(registry, 'eval.accuracy>=0.95');
  assert.deepEqual(
    { verdict, observed, threshold, kind },
    {
      verdict: 'pass',
      observed: '0.96',
      threshold: '0.95',
      kind: 'evaluation',
    },
  );
  assert.match(
    reason,
    /^eval\.accuracy is 0\.96, which is >= 0\.95, evaluated 1d ago on test\.csv sha256:[0-9a-f]{12}$/,
  );
  assert.equal((await judged(registry, 'eval.accuracy>0.96')).verdict, 'fail');
  assert.equal((await judged(registry, 'eval.rocs.cat>=0.9')).verdict, 'pass', 'of one class');
  assert.equal((await judged(registry, 'eval.rocs.dog>=0.9')).verdict, 'inconclusive');

  await saveEvaluation(registry, '1.1.0', storedEvaluation({ accuracy: 0.5 }, { data: { text: 'other' } }));
  assert.equal((await judged(registry, 'eval.accuracy>=0.95')).verdict, 'fail', 'the latest counts');
});

test('what an evaluation does not say is inconclusive, with the reason', async (t) => {
  const registry = await twoVersions(t);
  const undefinedMetrics = { roc_auc: 'class "2" does not occur' };
  await saveEvaluation(
    registry,
    '1.1.0',
    storedEvaluation({ accuracy: 1, roc_auc: null }, { undefinedMetrics }),
  );
  const missing = await judged(registry, 'eval.acuracy>=0.95');
  assert.deepEqual(
    [missing.verdict, missing.reason, missing.hint],
    [
      'inconclusive',
      'the evaluation of digits@1.1.0 has no metric "acuracy"',
      'its metrics: accuracy, roc_auc',
    ],
  );
  const unknown = await judged(registry, 'eval.roc_auc>=0.95');
  assert.deepEqual(
    [unknown.verdict, unknown.reason],
    ['inconclusive', 'roc_auc is undefined for digits@1.1.0: class "2" does not occur'],
  );
});

test('versions are compared by their evaluations on the same data only', async (t) => {
  const registry = await twoVersions(t);
  const gate = 'eval.accuracy>=production-0.005';
  await saveEvaluation(registry, '1.0.0', storedEvaluation({ accuracy: 0.7 }, { data: { text: 'other' } }));
  await saveEvaluation(registry, '1.1.0', storedEvaluation({ accuracy: 0.896 }));
  const apart = await judged(registry, gate);
  assert.equal(apart.verdict, 'inconclusive');
  assert.match(apart.reason, /^digits@1\.0\.0 has no saved evaluation on the same data \(test\.csv sha256:/);
  assert.equal(apart.hint, 'mlreg evaluate digits@1.0.0 --data test.csv --target target --save');

  await saveEvaluation(registry, '1.0.0', storedEvaluation({ accuracy: 0.9 }));
  // A later one on other data does not matter.
  await saveEvaluation(registry, '1.0.0', storedEvaluation({ accuracy: 0.99 }, { data: { text: 'third' } }));
  const together = await judged(registry, gate);
  assert.equal(together.verdict, 'pass');
  assert.match(
    together.reason,
    /eval\.accuracy is 0\.896, which is >= 0\.895 \(production-0\.005: digits@1\.0\.0 has 0\.9, evaluated/,
  );
  assert.equal((await judged(registry, 'eval.accuracy>=production')).verdict, 'fail');
  const other = { data: { target: 'other' } };
  await saveEvaluation(registry, '1.1.0', storedEvaluation({ accuracy: 0.95 }, other));
  assert.equal((await judged(registry, gate)).verdict, 'inconclusive', 'another target of the same file');
});

test('data sets have names, and a gate says which one it means', async (t) => {
  const registry = await twoVersions(t);
  await saveEvaluation(registry, '1.1.0', storedEvaluation({ accuracy: 0.9 }, { as: 'easy' }));
  assert.equal((await judged(registry, 'eval.accuracy>=0.9')).verdict, 'pass', 'the only one');
  await saveEvaluation(registry, '1.1.0', storedEvaluation({ accuracy: 0.6 }, { as: 'hard' }));
  const { verdict, reason, hint } = await judged(registry, 'eval.accuracy>=0.9');
  assert.deepEqual(
    [verdict, reason, hint],
    [
      'inconclusive',
      'digits@1.1.0 has evaluations on several data sets: hard, easy',
      'name one: eval(hard).accuracy',
    ],
  );
  assert.equal((await judged(registry, 'eval(easy).accuracy>=0.9')).verdict, 'pass');
  assert.equal((await judged(registry, 'eval(hard).accuracy>=0.9')).verdict, 'fail');
  const none = await judged(registry, 'eval(new).accuracy>=0.9');
  assert.deepEqual(
    [none.verdict, none.hint],
    ['inconclusive', 'mlreg evaluate digits@1.1.0 --data FILE --target COLUMN --save --as new'],
  );
  await saveEvaluation(registry, '1.1.0', storedEvaluation({ accuracy: 0.8 }));
  assert.equal((await judged(registry, 'eval.accuracy>=0.9')).verdict, 'fail', 'the one without a name');
});

test('better and notworse read the latest saved comparison with the holder', async (t) => {
  const registry = await twoVersions(t);
  const none = await judged(registry, 'better(accuracy)');
  assert.deepEqual(
    [none.verdict, none.reason, none.hint],
    [
      'inconclusive',
      'no saved comparison of digits@1.1.0 with digits@1.0.0',
      'mlreg compare digits@1.0.0 digits@1.1.0 --data FILE --target COLUMN --save',
    ],
  );
  await saveComparison(
    registry,
    ['1.0.0', '1.1.0'],
    [
      comparedMetric({}),
      comparedMetric({
        name: 'log_loss',
        direction: 'lower',
        delta: 0.01,
        low: -0.01,
        high: 0.03,
        p: 0.3,
        baseline: 0.4,
      }),
      comparedMetric({
        name: 'brier',
        direction: 'lower',
        delta: 0.05,
        low: 0.04,
        high: 0.06,
        p: 0.001,
        baseline: 0.1,
      }),
    ],
  );
  const verdicts: [gate: string, verdict: string][] = [
    ['better(accuracy)', 'pass'],
    ['better(log_loss)', 'inconclusive'],
    ['better(brier)', 'fail'],
    ['notworse(accuracy;0.5%)', 'pass'],
    ['notworse(log_loss;0.03)', 'pass'],
    ['notworse(log_loss;0.02)', 'inconclusive'],
    // A share of the holder's value, 0.4 and 0.1.
    ['notworse(log_loss;8%)', 'pass'],
    ['notworse(log_loss;7%)', 'inconclusive'],
    ['notworse(brier;30%)', 'fail'],
    ['notworse(brier;60%)', 'pass'],
    ['better(f1_macro)', 'inconclusive'],
  ];
  for (const [gate, verdict] of verdicts) assert.equal((await judged(registry, gate)).verdict, verdict, gate);
  const { reason, observed } = await judged(registry, 'better(accuracy)');
  assert.equal(observed, '+0.02');
  assert.match(
    reason,
    /^accuracy \+0\.02 against digits@1\.0\.0 \(95% interval \+0\.005 to \+0\.035, p=0\.008; on test\.csv sha256:\w+, 540 rows, 0s ago\)$/,
  );
  assert.match((await judged(registry, 'better(f1_macro)')).hint ?? '', /accuracy, log_loss, brier/);

  // The same two, the other way round, and later.
  await saveComparison(registry, ['1.1.0', '1.0.0'], [comparedMetric({})]);
  const turned = await judged(registry, 'better(accuracy)');
  assert.deepEqual([turned.verdict, turned.observed], ['fail', '-0.02']);
});

test('a comparison counts for as long as the policy says, a week if it does not', async (t) => {
  const registry = await twoVersions(t);
  await saveComparison(registry, ['1.0.0', '1.1.0'], [comparedMetric({})]);
  registry.clock.at += 6 * dayMs;
  assert.equal((await judged(registry, 'better(accuracy)')).verdict, 'pass');
  const withAge = (maxAge: string) =>
    checkPolicy({ stages: { production: { require: ['better(accuracy)'], maxAge } } }, 'it');
  await applyPolicy(registry, { policy: withAge('5d'), what: 'it' });
  const old = await judged(registry, 'better(accuracy)');
  assert.equal(old.verdict, 'inconclusive');
  assert.match(old.reason, /with digits@1\.0\.0 is 6d old, and at most 5d count \(maxAge in the policy\)/);
  assert.match(old.hint ?? '', /^mlreg compare digits@1\.0\.0 digits@1\.1\.0 --data/);
  registry.clock.at += 2 * dayMs;
  await applyPolicy(registry, { policy: withAge('30d'), what: 'it' });
  assert.equal((await judged(registry, 'better(accuracy)')).verdict, 'pass');
  const { gates } = await checkPromotion(registry, {
    ref: ref('digits@1.1.0'),
    stage: production,
    policy: { policy: withAge('1d'), what: 'a file' },
  });
  assert.deepEqual(
    gates.map(({ verdict }) => verdict),
    ['inconclusive'],
    'a file can only shorten it',
  );
});

test('a margin that any candidate keeps is refused where a gate is given', async (t) => {
  const registry = await twoVersions(t);
  const check = (gate: string) =>
    checkPromotion(registry, { ref: ref('digits@1.1.0'), stage: production, require: [gate] });
  for (const gate of ['notworse(accuracy;200%)', 'notworse(rmse;100%)', 'notworse(f1_macro;1)'])
    await assert.rejects(check(gate), failsWith('INVALID_INPUT', /--require: .* allows any loss/));
  const policy = (gate: string) => ({
    policy: { stages: { production: { require: [gate] } } },
    what: 'policy.json',
  });
  await assert.rejects(
    applyPolicy(registry, policy('notworse(accuracy;100%)')),
    failsWith('INVALID_INPUT', /policy\.json: stages\.production: .* must be below 100%/),
  );
  for (const gate of ['notworse(accuracy;99%)', 'notworse(rmse;1)', 'notworse(log_loss;2)'])
    await check(gate);
});

test('an empty stage, and the holder itself, are nothing to compare with', async (t) => {
  const registry = await twoVersions(t);
  const check = async (selector: string, target: string, whenEmpty: 'block' | 'pass') => {
    const { gates } = await checkPromotion(registry, {
      ref: ref(`digits@${selector}`),
      stage: stage(target),
      require: ['notworse(accuracy;0.01)'],
      whenEmpty,
    });
    return gates[0]?.verdict;
  };
  assert.equal(await check('1.1.0', 'staging', 'block'), 'inconclusive');
  assert.equal(await check('1.1.0', 'staging', 'pass'), 'pass');
  assert.equal(await check('1.0.0', 'production', 'block'), 'inconclusive');
});

test('a stored evaluation or comparison that was changed passes no gate', async (t) => {
  const registry = await twoVersions(t);
  await saveEvaluation(registry, '1.1.0', storedEvaluation({ accuracy: 0.5 }));
  await saveComparison(registry, ['1.0.0', '1.1.0'], [comparedMetric({})]);
  assert.deepEqual((await verify(registry, {})).problems, []);
  assert.equal(editRows(registry.home, `UPDATE measurements SET result = replace(result, '540', '541')`), 2);
  for (const gate of ['eval.accuracy>=0.8', 'better(accuracy)'])
    await assert.rejects(judged(registry, gate), failsWith('INTEGRITY', /does not match its event/));
  assert.ok((await verify(registry, {})).problems.length > 0);
});

test('the words are metrics in policies of before, and are stored with the grammar that has them', async (t) => {
  const metrics = { 'eval.accuracy': 0.99 };
  const registry = await twoVersions(t, { metrics });
  const require = ['eval.accuracy>=0.9'];
  const policy = checkPolicy({ stages: { production: { require } } }, 'it');
  const stages = await registry.metadata.stages();
  // As a version without the word applied it.
  await registry.metadata.applyPolicy({ policy, stages, actor: 'x', at: 1 });
  assert.equal((await storedPolicy(registry))?.grammar, 1);
  const { gates } = await promote(registry, { ref: exact('digits@1.1.0'), stage: production });
  assert.deepEqual(
    gates.map(({ kind, gate, verdict }) => [kind, gate, verdict]),
    [['metric', '"eval.accuracy">=0.9', 'pass']],
  );
  // Applied again, it is read by the words of today.
  await applyPolicy(registry, { policy, what: 'it' });
  assert.equal((await storedPolicy(registry))?.grammar, 2);
  const { gates: now } = await checkPromotion(registry, { ref: ref('digits@1.0.0'), stage: production });
  assert.deepEqual(
    now.map(({ kind }) => kind),
    ['evaluation'],
  );
});

test('a policy warns of a direction that is worse, and of an age that nothing uses', async (t) => {
  const registry = await tempRegistry(t);
  const policy = checkPolicy({ stages: { production: { require: ['eval.rmse>=4'], maxAge: '1d' } } }, 'it');
  const { warnings } = await applyPolicy(registry, { policy, what: 'it' });
  assert.deepEqual(warnings, [
    'stages.production sets "maxAge", but requires neither better(…) nor notworse(…)',
    'eval.rmse>=4 requires a higher value, but lower is better for this metric',
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { showVerb } from '../../src/api/verbs/inspect/show.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { lookAround, show } from '../../src/registry/inspect/show.ts';
import { cardMarkdown } from '../../src/render/inspect/card-markdown.ts';
import { eventDetails } from '../../src/render/inspect/event-details.ts';
import { showView } from '../../src/render/inspect/show-view.ts';
import { fixture } from '../support/temp-folder.ts';
import { saveEvaluation, storedEvaluation } from '../support/evaluation-samples.ts';
import { add, editRows, exact, ref, stage, tempRegistry } from '../support/temp-registry.ts';

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

test('saved evaluations are shown in every form, and one that cannot be read hides no other', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const intervals = { accuracy: { low: 0.95, high: 0.985, method: 'wilson' } };
  await saveEvaluation(
    registry,
    '1.0.0',
    storedEvaluation({ accuracy: 0.9759, log_loss: 0.1 }, { intervals }),
  );
  const hostile = { file: 'a|b\u001b[2J`@ada`.csv', text: 'other' };
  const second = { data: hostile, as: 'hard', asOf: '2026-01-01T00:00:00.000Z' };
  await saveEvaluation(registry, '1.0.0', storedEvaluation({ accuracy: 0.5 }, second));
  await saveEvaluation(registry, '1.0.0', storedEvaluation({ accuracy: 0.1 }));
  editRows(
    registry.home,
    `UPDATE measurements SET result = '{"task":"x"}' WHERE seq = (SELECT max(seq) FROM measurements)`,
  );
  const result = await show(registry, ref('digits'));
  assert.deepEqual(
    result.evaluations.map(({ result: { metrics } }) => metrics['accuracy']),
    [0.5, 0.9759],
  );
  const view = showView({ files: false, metadata: false }, () => lookAround(registry, result));
  const printed = { schemaVersion: 1, command: 'show', warnings: [], ...view.json(result) };
  const { evaluations } = showVerb.output().parse(printed);
  assert.deepEqual(
    evaluations.map(({ as }) => as),
    ['hard', null],
  );
  const text = await view.text(result, {
    color: new Chalk({ level: 0 }),
    width: 100,
    now: registry.clock.at,
  });
  assert.match(text, /EVALUATED +DATA +ROWS +METRICS/);
  assert.match(text, /just now +test\.csv sha256:\w+ +540 +accuracy 0\.9759 \(0\.95 to 0\.985\)/);
  assert.match(text, /hard: a\|b\\u\{1b\}/);
  const rows = view.plain(result).filter(([kind]) => kind === 'evaluation');
  assert.deepEqual(
    rows.map((row) => row.slice(3)),
    [
      ['hard', evaluationOf(second).data.digest, 540, 'accuracy=0.5'],
      ['', evaluationOf({}).data.digest, 540, 'accuracy=0.9759'],
    ],
  );
  const card = cardMarkdown(result);
  assert.match(card, /## Evaluations\n\n\| evaluated \|/);
  assert.match(card, /`accuracy` 0\.9759 \(0\.95 to 0\.985\)/);
  assert.doesNotMatch(card, /\u001b/);
  const [, event] = await registry.metadata.events({ limit: 2 });
  assert.ok(event !== undefined);
  assert.equal(eventDetails(event), 'evaluation, as hard, accuracy=0.5');
});

const evaluationOf = (rest: Parameters<typeof storedEvaluation>[1]) => storedEvaluation({}, rest);

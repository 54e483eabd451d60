import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluateVersion, type EvaluateInput } from '../../src/evaluate/evaluate-version.ts';
import { compareOnData } from '../../src/evaluate/compare-versions.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { classifier, identity, wordClassifier } from '../support/passing-models.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, ref, stage, tempRegistry } from '../support/temp-registry.ts';

type Options = Partial<Omit<EvaluateInput, 'ref' | 'table'>>;

const usual = {
  target: 'target',
  task: 'auto',
  named: {},
  classes: null,
  positive: null,
  seed: 0,
} as const;
const once = { slices: [], importance: false, save: null } as const;

function evaluate(registry: Registry, name: string, path: string, rest: Options = {}) {
  return evaluateVersion(registry, {
    ...usual,
    ...once,
    ref: ref(name),
    table: { path, kindFlag: '--input-format' },
    ...rest,
  });
}

interface Opened {
  registry: Registry;
  /** Writes a table and returns its path. */
  table: (text: string) => string;
}

/** A registry with one model, `m`. */
async function withModel(t: Cleanup, make: (folder: string) => string): Promise<Opened> {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  await add(registry, 'm', make(folder));
  return {
    registry,
    table(text) {
      const path = join(folder, `data-${text.length}.csv`);
      writeFileSync(path, text);
      return path;
    },
  };
}

test('a real model on its test set has the metrics that scikit-learn computes', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const data = fixture('digits_mlp/test.csv');
  const save = { as: 'test', asOf: Date.UTC(2025, 1, 3) };
  const result = await evaluate(registry, 'digits', data, { slices: ['target'], importance: true, save });
  const expected = JSON.parse(readFileSync(fixture('digits_mlp/metrics.json'), 'utf8')) as Record<
    string,
    number
  >;
  for (const [name, value] of Object.entries(expected))
    assert.ok(Math.abs(Number(result.metrics[name]) - value) <= 1e-12, name);
  assert.deepEqual(result.labels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(
    result.confusion?.flat().reduce((sum, count) => sum + count, 0),
    540,
  );
  const { low = 1, high = 0 } = result.intervals['accuracy'] ?? {};
  assert.ok(low < expected['accuracy']! && expected['accuracy']! < high);
  assert.equal(result.slices[0]?.groups[0]?.value, '8', 'the worst class');
  assert.equal(result.importance?.columns.length, 64);
  assert.ok((result.importance?.columns[0]?.mean ?? 0) > 0.01);
  assert.equal(result.curves.length, 10);

  const { evaluations } = await show(registry, ref('digits'));
  const [stored] = evaluations;
  assert.equal(stored?.id, result.saved?.id);
  assert.deepEqual(stored?.result.metrics, result.metrics);
  assert.deepEqual([stored?.result.as, stored?.result.asOf], ['test', '2025-02-03T00:00:00.000Z']);
  assert.equal(stored?.result['curves'], undefined, 'too large to be stored');
  const { gates } = await checkPromotion(registry, {
    ref: ref('digits'),
    stage: stage('production'),
    require: ['eval.accuracy>=0.97', 'eval(test).log_loss>0.1'],
  });
  assert.deepEqual(
    gates.map(({ verdict }) => verdict),
    ['pass', 'fail'],
  );
});

test('probabilities behind a ZipMap are scored as scikit-learn scores them', async (t) => {
  const { registry, table } = await withModel(t, () => fixture('iris_zipmap/model.onnx'));
  // Iris, with some of the species wrong, since the model finds them all.
  const rows = `
    a,b,c,d,species
    5.1,3.5,1.4,0.2,1
    5.8,4.0,1.2,0.2,0
    4.5,2.3,1.3,0.3,0
    7.0,3.2,4.7,1.4,1
    6.3,3.3,4.7,1.6,1
    5.9,3.2,4.8,1.8,2
    6.7,3.0,5.0,1.7,1
    6.0,2.7,5.1,1.6,1
    5.1,2.5,3.0,1.1,1
    5.8,2.7,5.1,1.9,2
    4.9,2.5,4.5,1.7,0
    6.0,2.2,5.0,1.5,2
    6.2,2.8,4.8,1.8,2
    6.3,2.8,5.1,1.5,2
    6.0,3.0,4.8,1.8,2
    5.9,3.0,5.1,1.8,0
  `;
  const result = await evaluate(registry, 'm', table(rows.replaceAll(/^ +/gm, '').trim()), {
    target: 'species',
  });
  assert.equal(result.outputs.probability, 'probabilities');
  const expected = { accuracy: 0.5625, roc_auc: 0.75, average_precision: 0.6858803233803233 };
  for (const [name, value] of Object.entries(expected))
    assert.ok(Math.abs(Number(result.metrics[name]) - value) < 1e-12, name);
  // These count the last digits of the probabilities, too.
  for (const [name, value] of Object.entries({ log_loss: 1.374598161, brier: 0.567120605 }))
    assert.ok(Math.abs(Number(result.metrics[name]) - value) < 1e-6, name);
  assert.deepEqual(
    result.curves.map(({ label }) => label),
    ['0', '1', '2'],
  );
});

test('targets are read as the model writes its labels, and rows without one are counted', async (t) => {
  const { registry, table } = await withModel(t, (folder) => classifier(folder, 2));
  const rows = ['0.9,0.1,0.0', '0.2,0.8,1.0', '0.3,0.7,01', '0.6,0.4,', '0.6,0.4,NaN', '0.6,0.4,0'];
  const result = await evaluate(registry, 'm', table(['p_0,p_1,target', ...rows].join('\n')));
  assert.deepEqual(result.labels, [0, 1]);
  assert.deepEqual(result.confusion, [
    [2, 0],
    [0, 2],
  ]);
  assert.deepEqual([result.rows, result.data.rows, result.data.missingTarget], [4, 6, 2]);
  assert.equal(result.positive, 1);
  const turned = await evaluate(registry, 'm', table(`p_0,p_1,target\n${rows[0]}\n${rows[1]}`), {
    positive: '0',
  });
  assert.deepEqual([turned.positive, turned.labels], [0, [1, 0]]);
});

test('labels that never match are told, and named classes are those of integer labels, too', async (t) => {
  const { registry, table } = await withModel(t, (folder) => classifier(folder, 2));
  const data = table('p_0,p_1,target\n0.9,0.1,cat\n0.2,0.8,dog\n0.3,0.7,dog\n');
  const { metrics, warnings } = await evaluate(registry, 'm', data);
  assert.equal(metrics['accuracy'], 0);
  assert.match(warnings.join(), /no target is a label of the model: .*"cat", "dog", labels such as "0", "1"/);
  const named = await evaluate(registry, 'm', data, { classes: ['cat', 'dog'] });
  assert.deepEqual([named.metrics['accuracy'], named.labels, named.warnings], [1, ['cat', 'dog'], []]);
});

test('a classifier is not scored on numbers with fractions unless that is asked for', async (t) => {
  const { registry, table } = await withModel(t, (folder) => classifier(folder, 2));
  const data = table('p_0,p_1,target\n0.9,0.1,0.5\n0.2,0.8,1\n');
  await assert.rejects(
    evaluate(registry, 'm', data),
    failsWith('INVALID_INPUT', /numbers with fractions, but the model gives classes/),
  );
  assert.equal((await evaluate(registry, 'm', data, { task: 'regression' })).task, 'regression');
});

test('a class that the data lacks is there, with undefined metrics that say why', async (t) => {
  const { registry, table } = await withModel(t, (folder) => classifier(folder, 3));
  const data = table('p_0,p_1,p_2,target\n0.5,0.3,0.2,0\n0.2,0.7,0.1,1\n0.1,0.2,0.7,1\n');
  const { labels, metrics, undefinedMetrics, classes } = await evaluate(registry, 'm', data);
  assert.deepEqual(labels, [0, 1, 2]);
  assert.equal(metrics['roc_auc'], null);
  assert.match(undefinedMetrics['roc_auc'] ?? '', /no row is of class "2"/);
  assert.equal(classes?.[2]?.support, 0);
  assert.equal(typeof metrics['log_loss'], 'number');
});

test('words are classes, and the order of probabilities is found by what the model predicts', async (t) => {
  const { registry, table } = await withModel(t, (folder) => wordClassifier(folder, ['dog', 'cat', 'Ærø']));
  const rows = ['0.8,0.1,0.1,dog', '0.1,0.8,0.1,cat', '0.1,0.1,0.8,Ærø', '0.2,0.7,0.1,dog'];
  const result = await evaluate(registry, 'm', table(['p_0,p_1,p_2,target', ...rows].join('\n')));
  assert.deepEqual(result.labels, ['cat', 'dog', 'Ærø']);
  assert.equal(result.metrics['accuracy'], 0.75);
  // In sorted order, the probabilities of cats and dogs would be swapped.
  assert.ok(Number(result.metrics['log_loss']) < 0.7);
});

test('without labels the most likely class counts, and unknown classes have to be named', async (t) => {
  const { registry, table } = await withModel(t, (folder) => classifier(folder, 3, ['probabilities']));
  const data = table('p_0,p_1,p_2,target\n0.5,0.3,0.2,cat\n0.2,0.7,0.1,dog\n');
  await assert.rejects(
    evaluate(registry, 'm', data),
    failsWith('INVALID_INPUT', /3 values per row, but the data has 2 labels/),
  );
  const classes = ['cat', 'dog', 'emu'];
  const { metrics, labels } = await evaluate(registry, 'm', data, { classes });
  assert.deepEqual([metrics['accuracy'], labels], [1, classes]);
  await assert.rejects(
    evaluate(registry, 'm', data, { named: { label: 'label' } }),
    failsWith('INVALID_INPUT', /has no output "label"/),
  );
});

test('one number per row is a probability of two classes, or a number', async (t) => {
  const { registry, table } = await withModel(t, identity);
  const binary = await evaluate(registry, 'm', table('x,target\n0.9,yes\n0.2,no\n0.6,no\n0.7,yes\n'));
  assert.deepEqual(
    [binary.task, binary.metrics['accuracy'], binary.metrics['roc_auc']],
    ['classification', 0.75, 1],
  );
  assert.equal(binary.positive, 'yes');
  const numbers = table('x,target\n1,3.5\n4,3.5\n');
  const regression = await evaluate(registry, 'm', numbers);
  assert.deepEqual(
    [regression.task, regression.metrics['r2'], regression.metrics['mae']],
    ['regression', 0, 1.5],
  );
  assert.equal(regression.residuals?.points.length, 2);
  await assert.rejects(
    evaluate(registry, 'm', numbers, { task: 'classification' }),
    failsWith('INVALID_INPUT', /a probability of two classes only/),
  );
  await assert.rejects(
    evaluate(registry, 'm', table('x,target\n1,a\n2,b\n'), { task: 'regression' }),
    failsWith('INVALID_INPUT', /"a" in row 1, which is not a number/),
  );
  await assert.rejects(
    evaluate(registry, 'm', table('x,target\n1,\n')),
    failsWith('INVALID_INPUT', /column "target" is empty in all 1 rows/),
  );
  await assert.rejects(
    evaluate(registry, 'm', table('x,target\n1,2\n'), { target: 'label' }),
    failsWith('INVALID_INPUT', /label/),
  );
});

test('two versions are compared on the same rows, and the result decides gates', async (t) => {
  const registry = await tempRegistry(t);
  for (const name of ['digits_mlp_bad', 'digits_mlp'])
    await add(registry, 'digits', fixture(`${name}/model.onnx`));
  const [first, second] = [exact('digits@1.0.0'), exact('digits@1.0.1')];
  await promote(registry, { ref: first, stage: stage('production') });
  const table = { path: fixture('digits_mlp/test.csv'), kindFlag: '' };
  const result = await compareOnData(registry, {
    ...usual,
    table,
    baseline: first,
    candidate: second,
    save: true,
  });
  const accuracy = result.metrics.find(({ name }) => name === 'accuracy');
  assert.equal(accuracy?.better, 'candidate');
  assert.equal(accuracy.method, 'mcnemar');
  assert.ok(Math.abs(accuracy.delta - (0.975925925925926 - 0.562962962962963)) < 1e-12);
  assert.ok(accuracy.low > 0 && accuracy.p < 1e-10);
  const loss = result.metrics.find(({ name }) => name === 'log_loss');
  assert.deepEqual([loss?.better, loss?.direction], ['candidate', 'lower']);
  const judge = async (selector: string, gate: string) => {
    const { gates } = await checkPromotion(registry, {
      ref: ref(`digits@${selector}`),
      stage: stage('production'),
      require: [gate],
    });
    return gates[0]?.verdict;
  };
  assert.equal(await judge('1.0.1', 'better(accuracy)'), 'pass');
  assert.equal(await judge('1.0.1', 'notworse(log_loss;0.5%)'), 'pass');
  await assert.rejects(
    compareOnData(registry, {
      ...usual,
      table: { path: null, kindFlag: '' },
      baseline: first,
      candidate: second,
      save: false,
    }),
    failsWith('USAGE', /once only/),
  );
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluationKind } from '../../src/core/measurements/evaluation.ts';
import { isMlregError } from '../../src/core/errors.ts';
import { feedback, type FeedbackInput } from '../../src/feedback/feedback.ts';
import { predict } from '../../src/predict/predict.ts';
import { predictInput } from '../support/predicted.ts';
import { fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, modelName, ref, tempRegistry } from '../support/temp-registry.ts';

const header = Array.from({ length: 64 }, (_, at) => `p${at}`);
const rows = readFileSync(fixture('digits_mlp/test.csv'), 'utf8').trimEnd().split('\n').slice(1, 101);
const split = rows.map((row) => ({
  pixels: row.slice(0, row.lastIndexOf(',')),
  digit: row.slice(row.lastIndexOf(',') + 1),
}));

/** A registry in which digits 1.0.0 kept predictions of a hundred rows, by ids k0 to k99. */
async function kept(t: Cleanup) {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  await add(registry, 'digits', fixture('digits_mlp_retrained/model.onnx'));
  const folder = tempFolder(t);
  const paths = { input: join(folder, 'in.csv'), output: join(folder, 'out.csv') };
  const lines = split.map(({ pixels }, at) => `k${at},${pixels}`);
  writeFileSync(paths.input, `id,${header.join(',')}\n${lines.join('\n')}\n`);
  const key = { name: 'id', flag: '--key' };
  await predict(registry, predictInput('digits@1.0.0', paths, { exclude: [key], keep: { key: 'id' } }));
  const input = (text: string, rest: Partial<FeedbackInput> = {}): FeedbackInput => {
    const path = join(folder, 'labels.csv');
    writeFileSync(path, text);
    const table = { path, kindFlag: '--input-format' };
    return {
      ref: ref('digits@1.0.0'),
      labels: table,
      key: 'id',
      label: 'digit',
      at: null,
      task: null,
      as: null,
      ...rest,
    };
  };
  const stored = async () =>
    (await registry.metadata.measurements(evaluationKind, { model: modelName('digits'), limit: 100 })).rows;
  const [names = '', ...written] = readFileSync(paths.output, 'utf8').trimEnd().split('\n');
  const at = names.split(',').indexOf('label');
  const right = written.filter((row, place) => row.split(',')[at] === split[place]?.digit);
  return { registry, input, stored, accuracy: right.length / split.length };
}

const labelled = `id,digit\n${split.map(({ digit }, at) => `k${at},${digit}`).join('\n')}\n`;

test('labels that come later evaluate the predictions that were kept, once', async (t) => {
  const { registry, input, stored, accuracy } = await kept(t);
  const first = await feedback(registry, input(labelled));
  assert.deepEqual([first.matched, first.unknown, first.duplicates], [100, 0, 0]);
  const [evaluation] = first.evaluations;
  assert.equal(evaluation?.rows, 100);
  // Of what predict wrote.
  assert.equal(evaluation?.metrics['accuracy'], accuracy);
  assert.equal(evaluation?.changed, true);
  const [only] = await stored();
  assert.equal(only?.id, evaluation?.id);
  assert.equal(only?.result?.metrics['accuracy'], evaluation?.metrics['accuracy']);
  const again = await feedback(registry, input(labelled));
  assert.deepEqual(again.evaluations, [{ ...evaluation, changed: false }]);
  assert.equal((await stored()).length, 1);
});

test('unknown, repeated and empty rows are counted, and the last of a key counts', async (t) => {
  const { registry, input } = await kept(t);
  const right = split[0]?.digit ?? '';
  const text = `id,digit\nk0,wrong\nk0,${right}\nk1,${split[1]?.digit}\nk1,${split[1]?.digit}\nnobody,3\n,4\nk2,\n`;
  const result = await feedback(registry, input(text));
  const { matched, unknown, unknownKeys, duplicates, contradicting, withoutKey, withoutLabel } = result;
  assert.deepEqual(
    { matched, unknown, unknownKeys, duplicates, contradicting, withoutKey, withoutLabel },
    {
      matched: 2,
      unknown: 1,
      unknownKeys: ['nobody'],
      duplicates: 2,
      contradicting: 1,
      withoutKey: 1,
      withoutLabel: 1,
    },
  );
  assert.equal(result.evaluations[0]?.metrics['accuracy'], 1);
  assert.match(result.warnings.join('\n'), /1 key without a kept prediction, such as "nobody"/);
});

test('with times, each day is evaluated by itself', async (t) => {
  const { registry, input, stored } = await kept(t);
  const text = split.map(({ digit }, at) => `k${at},${digit},2026-01-0${1 + (at % 3)}T0${at % 10}:00:00Z`);
  const { evaluations } = await feedback(
    registry,
    input(`id,digit,ts\n${text.join('\n')}\nk0,1,soon\n`, { at: 'ts' }),
  );
  assert.deepEqual(
    evaluations.map(({ asOf, rows: count }) => [asOf, count]),
    [
      ['2026-01-01T00:00:00.000Z', 34],
      ['2026-01-02T00:00:00.000Z', 33],
      ['2026-01-03T00:00:00.000Z', 33],
    ],
  );
  assert.equal((await stored()).length, 3);
});

test('what cannot be joined says why, and stores nothing', async (t) => {
  const { registry, input, stored } = await kept(t);
  const fails = async (given: FeedbackInput, code: string, message: RegExp): Promise<void> => {
    await assert.rejects(feedback(registry, given), (error: unknown) => {
      assert.ok(isMlregError(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  };
  await fails(
    input('id,digit\nx,1\n'),
    'NOT_FOUND',
    /digits@1\.0\.0 has no kept prediction for any of the 1 key$/,
  );
  const other = { ref: ref('digits@1.0.1') };
  await fails(
    input(labelled, other),
    'NOT_FOUND',
    /digits@1\.0\.1 has no kept prediction .* other versions have for 100/,
  );
  await fails(
    input('id,other\nk0,1\n'),
    'INVALID_INPUT',
    /labels\.csv has no column "digit", which --label names/,
  );
  await fails(input('id,digit\nk0\n'), 'INVALID_INPUT', /labels\.csv, line 2: 1 field, 2 expected/);
  assert.equal((await stored()).length, 0);
});

test('predictions of the other version are not mixed in, but counted', async (t) => {
  const { registry, input } = await kept(t);
  const key = { name: 'id', flag: '--key' };
  const folder = tempFolder(t);
  const paths = { input: join(folder, 'more.csv'), output: join(folder, 'out.csv') };
  writeFileSync(paths.input, `id,${header.join(',')}\nonly,${split[0]?.pixels}\n`);
  await predict(registry, predictInput('digits@1.0.1', paths, { exclude: [key], keep: { key: 'id' } }));
  const result = await feedback(registry, input(`${labelled}only,1\n`));
  assert.deepEqual([result.matched, result.otherVersions, result.unknown], [100, 1, 0]);
});

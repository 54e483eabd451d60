import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, after, suite, test } from 'node:test';
import type { RunningServer } from '../../src/serve/running-server.ts';
import { predictText } from '../support/predicted.ts';
import { ask, post, registryWith, serving } from '../support/served.ts';
import { fixture, type Cleanup } from '../support/temp-folder.ts';
import { add, type TempRegistry } from '../support/temp-registry.ts';

interface Tensor {
  shape: number[];
  data: (number | string | boolean)[];
}

function goldenOf(folder: string): { inputs: Record<string, Tensor>; outputs: Record<string, Tensor> } {
  const { cases } = JSON.parse(readFileSync(fixture(`${folder}/golden.json`), 'utf8')) as {
    cases: ReturnType<typeof goldenOf>[];
  };
  return cases[0]!;
}

const digits = goldenOf('digits_mlp');
const pixels = digits.inputs['X']!;
const row = (at: number): unknown[] => pixels.data.slice(64 * at, 64 * (at + 1));
const labels = digits.outputs['label']!.data;

/** Golden inputs as CSV, with a column for each value of a row. */
function tableOf(folder: string): string {
  const columns = Object.entries(goldenOf(folder).inputs).flatMap(([name, { shape, data }]) => {
    const width = data.length / shape[0]!;
    return Array.from({ length: width }, (_, at) => [
      width === 1 ? name : `${name}_${at}`,
      ...data.filter((__, place) => place % width === at),
    ]);
  });
  return columns[0]!.map((_, line) => `${columns.map((column) => column[line]).join(',')}\n`).join('');
}

suite('rows of tables', () => {
  const done: (() => unknown)[] = [];
  const cleanup: Cleanup = { after: (one) => void done.unshift(one) };
  let registry: TempRegistry;
  let server: RunningServer;

  before(async () => {
    registry = await registryWith(cleanup, {
      digits: 'digits_mlp',
      'team/cars': 'cars_mixed_inputs',
      iris: 'iris_zipmap',
    });
    await add(registry, 'scan', fixture('digits_conv_external'));
    server = await serving(cleanup, registry, ['digits', 'team/cars', 'iris', 'scan']);
  });
  after(async () => {
    for (const one of done) await one();
  });

  test('features are one row, or a list of rows', async () => {
    const one = await post(server, '/predict/digits', { features: row(0) });
    assert.equal(one.status, 200, one.json.error);
    const { model_name, model_version, predictions } = one.json as unknown as {
      model_name: string;
      model_version: string;
      predictions: { label: number; probabilities: number[] }[];
    };
    assert.deepEqual([model_name, model_version, predictions.length], ['digits', '1.0.0', 1]);
    assert.equal(predictions[0]!.label, labels[0]);
    const expected = digits.outputs['probabilities']!.data.slice(0, 10) as number[];
    predictions[0]!.probabilities.forEach((value, at) =>
      assert.ok(Math.abs(value - expected[at]!) < 1e-5, `${value} is not ${expected[at]}`),
    );
    const two = await post(server, '/predict/digits/versions/1.0.0', { features: [row(0), row(1)] });
    const both = two.json['predictions'] as { label: number }[];
    assert.deepEqual(
      both.map(({ label }) => label),
      labels.slice(0, 2),
    );
  });

  test('a row can be nested as the shape of the input', async () => {
    const image = goldenOf('digits_conv_external').inputs['image']!.data.slice(0, 64);
    const lines = Array.from({ length: 8 }, (_, y) => image.slice(8 * y, 8 * y + 8));
    const answers = await Promise.all(
      [image, [image], [lines], [[lines]]].map((features) => post(server, '/predict/scan', { features })),
    );
    for (const { status, json } of answers) {
      assert.equal(status, 200, json.error);
      assert.deepEqual(json, answers[0]!.json);
    }
  });

  test('records are bound by column name, whatever their order and what else they have', async () => {
    const { inputs, outputs } = goldenOf('cars_mixed_inputs');
    const record = (at: number): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(inputs)
          .map(([name, { data }]) => [name, data[at]])
          .toReversed(),
      );
    const list = [{ ...record(0), note: { by: 'me' } }, record(1)];
    for (const body of [list, { records: list }, JSON.stringify({ records: list }, null, 2)]) {
      const { status, json } = await post(server, '/predict/team/cars', body);
      assert.equal(status, 200, json.error);
      const predictions = json['predictions'] as { mpg: number; thirsty: boolean; origin_out: string }[];
      assert.deepEqual(
        predictions.map(({ thirsty, origin_out }) => [thirsty, origin_out]),
        [0, 1].map((at) => [outputs['thirsty']!.data[at], outputs['origin_out']!.data[at]]),
      );
      assert.ok(Math.abs(predictions[1]!.mpg - Number(outputs['mpg']!.data[1])) < 1e-4);
    }
    const lines = list.map((one) => `${JSON.stringify(one)}\n`).join('');
    const { json } = await ask(server, '/predict/team%2Fcars', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines,
    });
    assert.equal((json['predictions'] as unknown[]).length, 2, json.error);
  });

  test('a model that names its classes gives an object of them', async () => {
    const { json } = await post(server, '/predict/iris', { features: [6.3, 3.4, 5.6, 2.4] });
    const [{ label, probabilities }] = json['predictions'] as [
      { label: number; probabilities: Record<string, number> },
    ];
    assert.deepEqual(Object.keys(probabilities), ['0', '1', '2']);
    assert.equal(label, 2);
    assert.ok(probabilities['2']! > 0.5);
  });

  for (const [model, folder] of [
    ['digits', 'digits_mlp'],
    ['team/cars', 'cars_mixed_inputs'],
    ['iris', 'iris_zipmap'],
  ] as const) {
    test(`a table of CSV for ${folder} is answered by the bytes that predict writes`, async (t) => {
      const table = tableOf(folder);
      const response = await fetch(`${server.url}/predict/${model}`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv; charset=utf-8' },
        body: table,
      });
      const { output } = await predictText(t, registry, model, table);
      assert.equal(await response.text(), output.toString());
      assert.equal(response.headers.get('content-type'), 'text/csv');
      const asJson = await ask(server, `/predict/${model}`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv', Accept: 'application/json' },
        body: table,
      });
      assert.equal((asJson.json['predictions'] as unknown[]).length, table.trim().split('\n').length - 1);
    });
  }

  test('a bad row is answered with its place, its column, what was expected and what came', async () => {
    const good = { origin: 'USA', cylinders: 4, horsepower: 75, weight: 2125 };
    const csv = (text: string): [string, string] => [text, 'text/csv'];
    const wrong: [model: string, body: unknown, message: RegExp][] = [
      [
        'team/cars',
        [good, { ...good, weight: 'heavy' }],
        /^records\[1\], column "weight": "heavy" is not a number; expected float32 for input "weight"$/,
      ],
      [
        'team/cars',
        { records: [{ ...good, cylinders: 4.5 }] },
        /^"records"\[0\], column "cylinders": "4.5" is not an integer; expected int64 for input "cylinders"$/,
      ],
      ['team/cars', [{ ...good, weight: null }], /^records\[0\], column "weight": missing; expected float32/],
      ['team/cars', [good, 7], /^records\[1\] must be an object of values by column name/],
      ['team/cars', '[{"origin":"a\nb"}]', /^records\[0\]: not JSON: unexpected/],
      ['team/cars', [{ origin: 'USA' }], /^no column fills input "cylinders" .*; the columns are "origin"$/],
      ['team/cars', { features: [1, 2] }, /^the model has 4 inputs, and "features" fills one: send records/],
      [
        'team/cars',
        csv('origin,cylinders,horsepower,weight\nUSA,4,75,2125\nUSA,4,x,2125\nUSA,4,y,2125\n'),
        /^line 3, column "horsepower": "x" is not a number; expected float32 for input "horsepower" \(and 1 more rows\)$/,
      ],
      ['team/cars', csv('origin,cylinders\nUSA\n'), /^no column fills input "horsepower"/],
      ['iris', csv('a,b,c,d\n1,2,3\n'), /^line 2: 3 fields, 4 expected$/],
      ['iris', csv('a,b,c,d\n'), /^the request has no rows$/],
      ['iris', csv(''), /^the body has no header/],
      ['iris', csv('a,b,c,d,target\n1,2,3,4,5\n'), /takes 4 values per row, but the table has 5 columns/],
      ['digits', { features: row(0).slice(1) }, /^"features" has 63 values; input "X" .* takes 64 per row$/],
      [
        'digits',
        { features: [row(0), row(1).slice(2)] },
        /^"features"\[1\] has 62 values; input "X" .* takes 64 per row$/,
      ],
      ['digits', { features: [row(0), 3] }, /^"features"\[1\] is 3, and not a list like others/],
      ['digits', { features: row(0).map(String) }, /^input "X": value 0 is ".*", which is not FP32$/],
      ['digits', { features: [] }, /^"features" has no values$/],
      ['digits', { features: 7 }, /^"features" must be a list of values/],
      ['digits', [], /^the request has no rows with values$/],
      ['digits', {}, /^the request must have "features": a list of values, or "records"/],
      ['digits', { features: row(0), records: [] }, /^the request must have "features"/],
      ['digits', { inputs: [] }, /; it has "inputs"$/],
      ['digits', '', /^the request is not JSON: the body is empty$/],
      ['digits', '{"features": [1', /^the request is not JSON: it ends too early$/],
      ['digits', '{"features": [1}}', /is not JSON/],
      ['digits', '7', /^the request must be an object/],
      ['digits', '{"features": [1]} x', /^the request is not JSON: unexpected "x" at byte 18$/],
    ];
    for (const [model, given, message] of wrong) {
      const isCsv = Array.isArray(given) && given[1] === 'text/csv';
      const { status, json } = isCsv
        ? await ask(server, `/predict/${model}`, {
            method: 'POST',
            headers: { 'Content-Type': 'text/csv' },
            body: String(given[0]),
          })
        : await post(server, `/predict/${model}`, given);
      assert.match(json.error ?? '', message);
      assert.equal(status, 400, json.error);
    }
  });

  test('a missing value is NaN if the request says so', async () => {
    const features = { sepal_length: null, sepal_width: 3.4, petal_length: 5.6, petal_width: 2.4 };
    const { json } = await post(server, '/predict/iris?on-missing=nan', [features]);
    assert.deepEqual(Object.values((json['predictions'] as [{ probabilities: object }])[0].probabilities), [
      null,
      null,
      null,
    ]);
    assert.equal(json['non_finite'], 3);
    const unknown = await post(server, '/predict/iris?missing=nan', [features]);
    assert.match(unknown.json.error ?? '', /^unknown parameter "missing"/);
  });

  test('another type, another charset, too many rows and an unknown model are refused', async () => {
    const send = (model: string, type: string, body: string) =>
      ask(server, `/predict/${model}`, { method: 'POST', headers: { 'Content-Type': type }, body });
    assert.equal((await send('iris', 'application/xml', '<a/>')).status, 415);
    assert.equal((await send('iris', 'text/csv; charset=utf-16', 'a')).status, 415);
    assert.equal((await send('nobody', 'text/csv', 'a')).status, 404);
    const many = await send('iris', 'text/csv', `a,b,c,d\n${'1,2,3,4\n'.repeat(100_001)}`);
    assert.deepEqual(
      [many.status, many.json.error],
      [413, 'the request has more than 100000 rows: send fewer at a time'],
    );
  });

  test('rows of several requests run together', async (t) => {
    const batches: (number | null)[] = [];
    const watched = await serving(t, registry, ['digits'], {
      observe: ({ batch }: { batch: number | null }) => void batches.push(batch),
    });
    const got = await Promise.all(
      Array.from({ length: 32 }, async (_, at) => {
        const features = row(at % pixels.shape[0]!);
        const { json } = await post(watched, '/predict/digits', { features });
        return (json['predictions'] as [{ label: number }])[0].label;
      }),
    );
    assert.deepEqual(
      got,
      Array.from({ length: 32 }, (_, at) => labels[at % labels.length]),
    );
    assert.ok(batches.some((batch) => (batch ?? 0) > 1));
  });
});

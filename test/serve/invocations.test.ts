import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ask, post, registryWith, serving } from '../support/served.ts';
import { fixture } from '../support/temp-folder.ts';

interface Tensor {
  shape: number[];
  data: (number | string | boolean)[];
}

const cars = (
  JSON.parse(readFileSync(fixture('cars_mixed_inputs/golden.json'), 'utf8')) as {
    cases: { inputs: Record<string, Tensor>; outputs: Record<string, Tensor> }[];
  }
).cases[0]!;
const names = Object.keys(cars.inputs);
const column = (name: string): Tensor['data'] => cars.inputs[name]!.data.slice(0, 2);
const records = [0, 1].map((row) => Object.fromEntries(names.map((name) => [name, column(name)[row]])));
const thirsty = cars.outputs['thirsty']!.data.slice(0, 2);

test('the bodies that MLflow takes are answered as MLflow answers for ONNX models', async (t) => {
  const registry = await registryWith(t, { cars: 'cars_mixed_inputs' });
  const server = await serving(t, registry, ['cars']);
  const data = records.map((record) => Object.values(record));
  const csv = [names, ...data].map((line) => `${line.join(',')}\n`).join('');
  const tables = [
    await post(server, '/invocations', { dataframe_split: { columns: names, index: [0, 1], data } }),
    await post(server, '/invocations', { dataframe_records: records, params: {} }),
    await ask(server, '/invocations', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: csv }),
  ];
  for (const { status, json } of tables) {
    assert.equal(status, 200, json.error);
    assert.deepEqual(
      (json['predictions'] as { thirsty: boolean }[]).map((one) => one.thirsty),
      thirsty,
    );
    assert.deepEqual(json, tables[0]!.json);
  }
  const tensors = [
    await post(server, '/invocations', { instances: records }),
    await post(server, '/invocations', {
      inputs: Object.fromEntries(names.map((name) => [name, column(name)])),
    }),
    await post(server, '/invocations', {
      inputs: Object.fromEntries(names.map((name) => [name, column(name).map((value) => [value])])),
    }),
  ];
  for (const { status, json } of tensors) {
    assert.equal(status, 200, json.error);
    const { thirsty: given } = json['predictions'] as { thirsty: boolean[][] };
    assert.deepEqual(given.flat(), thirsty);
    assert.deepEqual(json, tensors[0]!.json);
  }
});

test('a model with one input takes a list, missing values of a table are NaN, and health is told', async (t) => {
  const registry = await registryWith(t, { iris: 'iris_zipmap' });
  const server = await serving(t, registry, ['iris']);
  for (const field of ['instances', 'inputs']) {
    const { json } = await post(server, '/invocations', { [field]: [[6.3, 3.4, 5.6, 2.4]] });
    const { label, probabilities } = json['predictions'] as { label: number[]; probabilities: number[][] };
    assert.deepEqual([label, probabilities[0]!.length], [[2], 3]);
  }
  const { json } = await post(server, '/invocations', {
    dataframe_split: { columns: ['a', 'b', 'c', 'd'], data: [[6.3, null, 5.6, 2.4]] },
  });
  const [first] = json['predictions'] as [{ probabilities: unknown[] }];
  assert.deepEqual(first.probabilities, [null, null, null]);
  for (const path of ['/ping', '/health']) assert.equal((await fetch(`${server.url}${path}`)).status, 200);
  assert.match(await (await fetch(`${server.url}/version`)).text(), /^\d+\.\d+\.\d+/);
});

test('what is wrong is said, also in the words that clients of MLflow read', async (t) => {
  const registry = await registryWith(t, { cars: 'cars_mixed_inputs' });
  const server = await serving(t, registry, ['cars']);
  const wrong: [body: unknown, message: RegExp][] = [
    [{}, /^the request must have exactly one of "dataframe_split", .*; it has nothing$/],
    [{ instances: [], inputs: [] }, /exactly one of .*; it has "instances", "inputs"$/],
    [[1], /^the request must be an object, not "\[1\]"$/],
    [{ inputs: [1] }, /^the model has 4 inputs: "inputs" must name them: "origin", /],
    [{ inputs: { origin: ['USA'] } }, /^missing input "cylinders"/],
    [{ inputs: { weight: [1], colour: [2] } }, /^unknown input "colour"/],
    [{ instances: [records[0], { origin: 'USA' }] }, /^"instances"\[1\] lacks "cylinders"$/],
    [{ dataframe_split: { data: [[1]] } }, /^"dataframe_split" must have "columns" and "data"/],
    [
      { dataframe_split: { columns: names, data: [[1]] } },
      /^"dataframe_split"\.data\[0\] has 1 values for 4 columns$/,
    ],
    [
      { dataframe_records: [{ ...records[0], weight: 'heavy' }] },
      /^"dataframe_records"\[0\], column "weight": "heavy" is not a number/,
    ],
    [{ dataframe_records: records, params: { a: 1 } }, /^"params" is not supported/],
    [{ inputs: Object.fromEntries(names.map((name) => [name, [[1, 2], [3]]])) }, /^input "origin" /],
  ];
  for (const [body, message] of wrong) {
    const { status, json } = await post(server, '/invocations', body);
    assert.match(json.error ?? '', message);
    assert.deepEqual([status, json['error_code'], json['message']], [400, 'BAD_REQUEST', json.error]);
  }
  const type = await ask(server, '/invocations', {
    method: 'POST',
    headers: { 'Content-Type': 'application/xml' },
    body: '<a/>',
  });
  assert.equal(type.status, 415);
});

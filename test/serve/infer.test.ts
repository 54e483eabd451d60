import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ask, post, registryWith, serving } from '../support/served.ts';
import { fixture } from '../support/temp-folder.ts';

interface GoldenTensor {
  dtype: string;
  shape: number[];
  data: number[];
}
interface Golden {
  cases: { inputs: Record<string, GoldenTensor>; outputs: Record<string, GoldenTensor> }[];
}
const golden = JSON.parse(readFileSync(fixture('digits_mlp/golden.json'), 'utf8')) as Golden;
const { X } = golden.cases[0]!.inputs as { X: GoldenTensor };
const input = { name: 'X', datatype: 'FP32', shape: X.shape, data: X.data };

for (const isolation of ['child', 'none'] as const) {
  test(`a model answers by the protocol, with isolation ${isolation}`, async (t) => {
    const registry = await registryWith(t, { digits: 'digits_mlp' });
    const server = await serving(t, registry, ['digits'], { isolation });
    assert.deepEqual(
      server.models.map(({ ref, batches }) => [ref, batches]),
      [['digits@1.0.0', true]],
    );
    assert.equal((await ask(server, '/v2/health/ready')).json['ready'], true);
    const { json, status } = await post(server, '/v2/models/digits/infer', { id: 'a"1', inputs: [input] });
    assert.deepEqual(
      [status, json['model_name'], json['model_version'], json['id']],
      [200, 'digits', '1.0.0', 'a"1'],
    );
    const [label, probabilities] = json.outputs!;
    assert.deepEqual(label?.data, golden.cases[0]!.outputs['label']?.data);
    assert.deepEqual(probabilities?.shape, golden.cases[0]!.outputs['probabilities']?.shape);
  });
}

test('requests that are there together run together, and each gets its own rows', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const batches: (number | null)[] = [];
  const observe = ({ batch }: { batch: number | null }): void => void batches.push(batch);
  const server = await serving(t, registry, ['digits'], { observe });
  const rows = Array.from({ length: X.shape[0]! }, (_, row) => X.data.slice(64 * row, 64 * (row + 1)));
  const many = Array.from({ length: 64 }, (_, at) => rows[at % rows.length]!);
  const labels = await Promise.all(
    many.map(async (data) => {
      const { json } = await post(server, '/v2/models/digits/infer', {
        inputs: [{ ...input, shape: [1, 64], data }],
      });
      return json.outputs?.[0]?.data[0];
    }),
  );
  const expected = golden.cases[0]!.outputs['label']!.data;
  assert.deepEqual(
    labels,
    many.map((_, at) => expected[at % rows.length]),
  );
  assert.ok(
    batches.some((batch) => (batch ?? 0) > 1),
    `no batch of more than one: ${batches.join()}`,
  );
});

test('a bad tensor is answered with its name, what was expected and what came', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp', cars: 'cars_mixed_inputs' });
  const server = await serving(t, registry, ['digits', 'cars']);
  const wrong: [body: unknown, message: RegExp][] = [
    [{ inputs: [] }, /^missing input "X" \(FP32 \[-1,64\]\)$/],
    [{}, /^the request must have "inputs"/],
    ['{"inputs": [', /^the request is not JSON: /],
    ['', /^the request is not JSON: the body is empty$/],
    [
      { inputs: [{ ...input, name: 'Y' }] },
      /^unknown input "Y"; the model has the inputs "X" \(FP32 \[-1,64\]\)$/,
    ],
    [{ inputs: [{ ...input, datatype: 'INT8' }] }, /^input "X" has datatype INT8, expected FP32 \[-1,64\]$/],
    [{ inputs: [{ ...input, datatype: 'FP33' }] }, /^input "X" has the unknown datatype "FP33"/],
    [{ inputs: [{ ...input, shape: [1, 63] }] }, /^input "X" has shape \[1,63\], expected FP32 \[-1,64\]$/],
    [
      { inputs: [{ ...input, shape: [1, 64] }] },
      /^input "X" has \d+ values, but its shape \[1,64\] needs 64$/,
    ],
    [{ inputs: [{ ...input, shape: [-1, 64] }] }, /sizes are integers of at least 0/],
    [{ inputs: [input, input] }, /^input "X" is given twice$/],
    [{ inputs: [{ ...input, shape: [1, 2 ** 40] }] }, /expected FP32 \[-1,64\]/],
    [{ inputs: [{ ...input, data: X.data.map(String) }] }, /^input "X": value 0 is ".*", which is not FP32$/],
    [{ inputs: [{ ...input, data: X.data.map(() => 1e39) }] }, /value 0 is 1e\+39, which is not FP32$/],
    [
      { inputs: [input], outputs: [{ name: 'Z' }] },
      /^unknown output "Z"; the model has the outputs "label" \(INT64 \[-1\]\)/,
    ],
    [
      { inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 64], parameters: { binary_data_size: 256 } }] },
      /says that it has 256 bytes of binary data, but 0 are left/,
    ],
  ];
  for (const [body, message] of wrong) {
    const { status, json } = await post(server, '/v2/models/digits/infer', body);
    assert.match(json.error ?? '', message);
    assert.equal(status, 400, json.error);
  }
  assert.equal((await post(server, '/v2/models/digits/infer', { inputs: [input] })).status, 200);
});

test('what is not served is 404, and a wrong method 405', async (t) => {
  const registry = await registryWith(t, { 'team/digits': 'digits_mlp' });
  const server = await serving(t, registry, ['team/digits']);
  for (const path of [
    '/v2/models/team/digits',
    '/v2/models/team%2Fdigits',
    '/v2/models/team/digits/versions/1.0.0/',
  ])
    assert.equal((await ask(server, path)).json['name'], 'team/digits', path);
  const nobody = await ask(server, '/v2/models/digits');
  assert.deepEqual(
    [nobody.status, nobody.json.error],
    [404, 'no model "digits" is served here; there are: team/digits'],
  );
  const version = await ask(server, '/v2/models/team/digits/versions/2.0.0/ready');
  assert.deepEqual(
    [version.status, version.json.error],
    [404, 'no version "2.0.0" of team/digits is served here; there are: 1.0.0'],
  );
  const wrong = await ask(server, '/v2/models/team/digits/infer');
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST']);
  assert.equal((await ask(server, '/v2/nothing')).status, 404);
});

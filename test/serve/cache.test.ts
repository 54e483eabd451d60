import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RunningServer } from '../../src/serve/running-server.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseExplicitReference, parseStageName } from '../../src/core/versions/reference.ts';
import { ask, post, registryWith, serving, type Answer } from '../support/served.ts';
import { add } from '../support/temp-registry.ts';
import { fixture } from '../support/temp-folder.ts';

const { X } = (
  JSON.parse(readFileSync(fixture('digits_mlp/golden.json'), 'utf8')) as {
    cases: { inputs: { X: { data: number[] } } }[];
  }
).cases[0]!.inputs;
const row = X.data.slice(0, 64);
const input = { name: 'X', datatype: 'FP32', shape: [1, 64], data: row };
const memory = { cache: { kind: 'memory', limitBytes: 8_000_000 } } as const;
const path = '/v2/models/digits/infer';

function from({ headers }: Pick<Answer, 'headers'>): string | null {
  return headers.get('mlreg-cache');
}

async function metric(server: RunningServer, name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function promoteTo(registry: Registry, version: string): Promise<string> {
  const ref = parseExplicitReference(`digits@${version}`);
  await promote(registry, { ref, stage: parseStageName('production'), require: [] });
  return version;
}

/** The same request in the binary extension, which also asks for binary outputs. */
async function postBinary(server: RunningServer, data: readonly number[]): Promise<Response> {
  const shape = [data.length / 64, 64];
  const head = Buffer.from(
    JSON.stringify({
      id: 'binary',
      parameters: { binary_data_output: true },
      inputs: [{ name: 'X', datatype: 'FP32', shape, parameters: { binary_data_size: 4 * data.length } }],
    }),
  );
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(head.length) },
    body: Buffer.concat([head, Buffer.from(Float32Array.from(data).buffer)]),
  });
}

for (const isolation of ['child', 'none'] as const) {
  test(`the same values are answered from the cache in whatever form they come, with isolation ${isolation}`, async (t) => {
    const registry = await registryWith(t, { digits: 'digits_mlp' });
    const server = await serving(t, registry, ['digits'], { isolation, ...memory });
    const plain = await serving(t, registry, ['digits'], { isolation });
    const first = await post(server, path, { id: 'a', inputs: [input] });
    const second = await post(server, path, {
      inputs: [{ data: [row], shape: [1, 64], datatype: 'FP32', name: 'X' }],
      id: 'b',
    });
    const third = await postBinary(server, row);
    assert.deepEqual([from(first), from(second), from(third)], ['miss', 'hit', 'hit']);
    const without = await post(plain, path, { id: 'a', inputs: [input] });
    assert.equal(from(without), null);
    assert.deepEqual(first.json, without.json);
    assert.deepEqual(second.json, { ...without.json, id: 'b' });
    const binary = await postBinary(plain, row);
    assert.equal(
      third.headers.get('inference-header-content-length'),
      binary.headers.get('inference-header-content-length'),
    );
    assert.deepEqual(Buffer.from(await third.arrayBuffer()), Buffer.from(await binary.arrayBuffer()));
    assert.deepEqual(
      await Promise.all(
        ['mlreg_cache_hits_total', 'mlreg_cache_misses_total'].map((name) => metric(server, name)),
      ),
      [2, 1],
    );
    assert.equal(await metric(server, 'mlreg_cache_entries'), 1);
    assert.ok((await metric(server, 'mlreg_cache_bytes')) > 100);
  });
}

test('other values, other signs of zero and other outputs are other entries', async (t) => {
  const server = await serving(t, await registryWith(t, { digits: 'digits_mlp' }), ['digits'], memory);
  const asked = async (data: number[], outputs?: string[]): Promise<string | null> =>
    from(
      await post(server, path, {
        inputs: [{ ...input, data }],
        outputs: outputs?.map((name) => ({ name })),
      }),
    );
  const other = row.with(3, 0.123);
  assert.equal(await asked(row), 'miss');
  assert.equal(await asked(other), 'miss');
  assert.equal(await asked(row.with(0, 0)), row[0] === 0 ? 'hit' : 'miss');
  // JSON.stringify writes -0 as 0.
  const negative = await post(
    server,
    path,
    JSON.stringify({ inputs: [{ ...input, data: row.with(0, 12345) }] }).replace('12345', '-0.0'),
  );
  assert.equal(from(negative), 'miss');
  assert.equal(await asked(row, ['label']), 'miss');
  assert.equal(await asked(row, ['probabilities', 'label']), 'miss');
  assert.equal(await asked(row, ['label']), 'hit');
  assert.equal(await asked(row), 'hit');
});

test('after a swap nothing comes from the version before, and after a rollback its own does', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const second = await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'), {
    golden: fixture('digits_mlp_v2/golden.json'),
  });
  const first = await promoteTo(registry, '1.0.0');
  const server = await serving(t, registry, ['digits@production'], memory);
  const asked = async (): Promise<[unknown, string | null, unknown]> => {
    const answer = await post(server, path, { inputs: [input] });
    return [answer.json['model_version'], from(answer), answer.json.outputs];
  };
  const before = await asked();
  assert.deepEqual((await asked()).slice(0, 2), [first, 'hit']);
  await promoteTo(registry, second.version);
  let after = await asked();
  while (after[0] === first) after = await asked();
  assert.deepEqual(after.slice(0, 2), [second.version, 'miss']);
  assert.notDeepEqual(after[2], before[2]);
  await promoteTo(registry, first);
  after = await asked();
  while (after[0] !== first) after = await asked();
  assert.deepEqual(after, [first, 'hit', before[2]]);
});

test('errors, NaN and what is too large are not kept, and are answered as without a cache', async (t) => {
  const server = await serving(t, await registryWith(t, { digits: 'digits_mlp' }), ['digits'], memory);
  const bodies: [body: unknown, status: number, cache: string][] = [
    [{ inputs: [{ ...input, shape: [1, 63] }] }, 400, 'bypass'],
    ['{"inputs": [', 400, 'bypass'],
    [{ inputs: [{ ...input, data: row.map((_, at) => (at === 5 ? null : 0)) }] }, 200, 'bypass'],
    [
      {
        inputs: [
          {
            ...input,
            shape: [200, 64],
            data: Array.from({ length: 200 }, () => row.map((one) => one + 0.1234567)).flat(),
          },
        ],
      },
      200,
      'bypass',
    ],
  ];
  for (const [body, status, cache] of bodies)
    for (let times = 0; times < 2; times++) {
      const answer = await post(server, path, body);
      assert.deepEqual([answer.status, from(answer)], [status, cache]);
    }
  // 2,000 rows of 64 values in, 96 kB out.
  const many = Array.from({ length: 2000 }, () => row).flat();
  const large = await Promise.all([postBinary(server, many), postBinary(server, many)]);
  assert.deepEqual(
    large.map((one) => from(one)),
    ['bypass', 'bypass'],
  );
  const [a, b] = await Promise.all(large.map((one) => one.arrayBuffer()));
  assert.ok(a!.byteLength > 96_000);
  assert.deepEqual(a, b);
  assert.equal(await metric(server, 'mlreg_cache_entries'), 0);
  assert.equal((await ask(server, '/v2/models/digits')).status, 200);
});

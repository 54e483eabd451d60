import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';
import { parseServerUrl } from '../../src/bench/plan/server-address.ts';
import { benchFailure, benchVersion, type BenchResult } from '../../src/bench/run/bench-version.ts';
import { listBenches } from '../../src/bench/report/list-benches.ts';
import { storedBench } from '../../src/bench/report/stored-bench.ts';
import { isMlregError } from '../../src/core/errors.ts';
import { parseReference } from '../../src/core/versions/reference.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { registryWith, serving } from '../support/served.ts';
import { fixture, type Cleanup } from '../support/temp-folder.ts';
import { add } from '../support/temp-registry.ts';

const short: BenchOptions = { iterations: 60, launches: 2, warmup: 5 };

function bench(
  registry: Registry,
  ref: string,
  server: { url: string; token?: string },
  options: BenchOptions = short,
): Promise<BenchResult> {
  return benchVersion(registry, { ref: parseReference(ref), plan: planBench(options), server });
}

/** A server of HTTP that answers inference with what `infer` says, and serves digits 1.0.0. */
async function impostor(
  t: Cleanup,
  infer: (request: IncomingMessage) => { status: number; body: unknown },
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const isInfer = request.method === 'POST';
      const metadata = { name: 'digits', versions: ['1.0.0'], extensions: [] };
      const { status, body } = isInfer ? infer(request) : { status: 200, body: metadata };
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => void server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  return `http://127.0.0.1:${address.port}`;
}

async function code(promise: Promise<unknown>): Promise<[string, string]> {
  try {
    await promise;
  } catch (error) {
    if (isMlregError(error)) return [error.code, `${error.message} | ${error.hint}`];
    throw error;
  }
  assert.fail('it was measured');
}

test('a running server is measured, checked against the golden set, and kept apart from this machine', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits@1.0.0']);
  const { id, report, samples } = await bench(registry, 'digits@1.0.0', server, {
    ...short,
    concurrency: 4,
    maxMs: { p50: 10_000 },
  });
  assert.equal(report.status, 'ok');
  assert.equal(report.outputs.match, true);
  assert.equal(report.input.source, 'golden');
  assert.equal(samples.flatMap((series) => [...series]).length, 60);
  assert.deepEqual(
    report.gates.map(({ gate, verdict }) => [gate, verdict]),
    [
      ['golden', 'pass'],
      ['p50<=10s', 'pass'],
    ],
  );
  assert.equal(report.environment.facts.server, server.url);
  assert.equal(report.memory, null);
  const here = await benchVersion(registry, {
    ref: parseReference('digits@1.0.0'),
    plan: planBench({ ...short, concurrency: 4 }),
  });
  assert.notEqual(here.report.environment.fingerprint, report.environment.fingerprint);
  const stored = await storedBench(registry, id ?? '');
  assert.equal(stored.report.environment.facts.server, server.url);
  const { benches } = await listBenches(registry, { ref: parseReference('digits'), limit: 10 });
  const named = benches.filter(({ machine }) => machine?.startsWith(`${server.url} from `));
  assert.deepEqual(
    named.map((one) => one.id),
    [id],
  );
});

test('arrivals at a rate are counted from when they were due', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits@1.0.0']);
  const { report } = await bench(registry, 'digits@1.0.0', server, {
    ...short,
    rate: 400,
    concurrency: 8,
    iterations: 200,
  });
  assert.equal(report.status, 'ok');
  assert.equal(report.open?.completed, 200);
  assert.equal(report.open.rate, 400);
  assert.ok((report.open.response?.mean ?? 0) >= report.open.service.mean);
});

test('inputs of every kind reach a server as they reach a model here', async (t) => {
  const models = { cars: 'cars_mixed_inputs', iris: 'iris_zipmap', digits: 'digits_mlp' };
  const registry = await registryWith(t, models);
  const server = await serving(t, registry, ['cars@1.0.0', 'iris@1.0.0', 'digits@1.0.0']);
  for (const name of ['cars', 'iris']) {
    const { report } = await bench(registry, `${name}@1.0.0`, server);
    assert.equal(report.outputs.match, true, name);
  }
  const { report } = await bench(registry, 'digits@1.0.0', server, { ...short, batch: 8 });
  assert.deepEqual(report.input.shapes, { X: [8, 64] });
});

test('what is not there, not served or not allowed is named', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp', iris: 'iris_zipmap' });
  const server = await serving(t, registry, ['digits@1.0.0']);
  await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'), {});
  const [[conflict, why], missing, none] = [
    await code(bench(registry, 'digits', server)),
    await code(bench(registry, 'iris@1.0.0', server)),
    await code(bench(registry, 'digits@1.0.0', { url: 'http://127.0.0.1:1' })),
  ];
  assert.equal(conflict, 'CONFLICT');
  assert.match(why, /serves digits "1\.0\.0", not \d/);
  assert.equal(missing[0], 'NOT_FOUND');
  assert.equal(none[0], 'STORAGE');
  assert.deepEqual((await listBenches(registry, { ref: parseReference('digits'), limit: 10 })).benches, []);
});

test('a token is sent, and asked for where it is missing', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const seen = new Set<string | undefined>();
  const locked = createServer((request, response) => {
    seen.add(request.headers.authorization);
    response.writeHead(401).end('{"error":"no"}');
  });
  await new Promise<void>((resolve) => locked.listen(0, '127.0.0.1', resolve));
  t.after(() => void locked.close());
  const address = locked.address();
  assert.ok(address !== null && typeof address !== 'string');
  const url = `http://127.0.0.1:${address.port}`;
  const [without, text] = await code(bench(registry, 'digits', { url }));
  const [withOne, refused] = await code(bench(registry, 'digits', { url, token: 'abc' }));
  assert.deepEqual([without, withOne], ['AUTH', 'AUTH']);
  assert.match(text, /wants a token/);
  assert.match(refused, /refuses the token/);
  assert.doesNotMatch(refused, /abc/);
  assert.deepEqual([...seen], [undefined, 'Bearer abc']);
});

test('wrong answers fail the golden set before anything is timed', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const url = await impostor(t, () => ({
    status: 200,
    body: {
      model_name: 'digits',
      model_version: '1.0.0',
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [1], data: [4] },
        { name: 'probabilities', datatype: 'FP32', shape: [1, 10], data: Array(10).fill(0.1) },
      ],
    },
  }));
  const result = await bench(registry, 'digits@1.0.0', { url });
  assert.equal(result.report.outputs.match, false);
  assert.equal(result.report.latencyMs, null);
  assert.equal(benchFailure(result)?.code, 'GATE_FAILED');
});

test('another version in an answer, refusals and rubbish end the measurement', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const answers: [{ status: number; body: unknown }, RegExp][] = [
    [{ status: 200, body: { model_version: '2.0.0', outputs: [] } }, /version "2\.0\.0", not 1\.0\.0/],
    [{ status: 429, body: { error: 'queue full' } }, /429: queue full \| .*lower --rate/],
    [{ status: 200, body: 'hello' }, /version "", not 1\.0\.0/],
  ];
  for (const [answer, expected] of answers) {
    const url = await impostor(t, () => answer);
    const [kind, text] = await code(bench(registry, 'digits@1.0.0', { url }));
    assert.equal(kind, 'STORAGE');
    assert.match(text, expected);
  }
});

test('a server that does not answer costs no more than the time limit', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  t.after(() => mute.close().closeAllConnections());
  const address = mute.address();
  assert.ok(address !== null && typeof address !== 'string');
  const url = `http://127.0.0.1:${address.port}`;
  const [kind, text] = await code(bench(registry, 'digits', { url }, { ...short, timeoutMs: 300 }));
  assert.equal(kind, 'STORAGE');
  assert.match(text, /--timeout/);
});

test('options of this machine, credentials and other schemes are refused', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const local: BenchOptions[] = [
    { threads: 2 },
    { asDeployed: true },
    { profile: true },
    { memoryLimitBytes: 2 ** 30 },
    { scenario: 'offline' },
    { scenario: 'multi' },
  ];
  for (const options of local) {
    const [kind, text] = await code(bench(registry, 'digits', { url: 'http://127.0.0.1:1' }, options));
    assert.equal(kind, 'USAGE');
    assert.match(text, /--url/);
  }
  for (const url of ['grpc://a:1', 'http://u:p@a', 'a:1', 'http://a/?x', 'file:///etc/passwd'])
    assert.throws(() => parseServerUrl(url), { code: 'USAGE' }, url);
  assert.equal(parseServerUrl('http://A:8080/models/'), 'http://a:8080/models');
});

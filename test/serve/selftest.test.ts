import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { parseReference } from '../../src/core/versions/reference.ts';
import { selfTest } from '../../src/serve/selftest/selftest.ts';
import { registryWith, serving } from '../support/served.ts';
import { failsWith, type Cleanup } from '../support/temp-folder.ts';
import { add } from '../support/temp-registry.ts';
import { fixture } from '../support/temp-folder.ts';

const models = {
  digits: 'digits_mlp',
  iris: 'iris_zipmap',
  cars: 'cars_mixed_inputs',
};

test('golden sets pass in each way, with strings, integers and several inputs, too', async (t) => {
  const registry = await registryWith(t, models);
  for (const name of Object.keys(models)) {
    const { verdict, cases, started, url } = await selfTest(registry, { ref: parseReference(name) });
    assert.equal(verdict, 'pass', name);
    assert.equal(started, true);
    const ways = new Set(cases.filter(({ match }) => match === true).map(({ way }) => way));
    assert.deepEqual(ways, new Set(['rest-json', 'rest-binary', 'grpc']), name);
    await assert.rejects(fetch(url), 'the server is gone');
  }
});

/** A server in front of another, which changes its answers. */
async function meddling(t: Cleanup, url: string, change: (body: Buffer) => Buffer): Promise<URL> {
  const proxy: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void forward());
    const forward = async (): Promise<void> => {
      const { method = 'GET', headers } = request;
      const head = headers['inference-header-content-length'];
      const answer = await fetch(url + request.url, {
        method,
        ...(method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
        headers: typeof head === 'string' ? { 'inference-header-content-length': head } : {},
      });
      const given = answer.headers.get('inference-header-content-length');
      if (given !== null) response.setHeader('inference-header-content-length', given);
      response.statusCode = answer.status;
      const body = Buffer.from(await answer.arrayBuffer());
      response.end(method === 'POST' ? change(body) : body);
    };
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => void proxy.close());
  return new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
}

test('an answer that differs fails, and says where', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits']);
  const wrong = await meddling(t, server.url, (body) => {
    const last = body.length - 1;
    // Binary answers end with a float; in JSON the last digit before the brackets is changed.
    if (body[last] === 0x7d) return Buffer.from(body.toString().replace(/"data":\[-?\d/, '"data":[9'));
    return Buffer.concat([body.subarray(0, last), Buffer.of(0x7e)]);
  });
  const { verdict, cases } = await selfTest(registry, { ref: parseReference('digits'), url: wrong });
  assert.equal(verdict, 'fail');
  for (const way of ['rest-json', 'rest-binary'] as const) {
    const first = cases.find((one) => one.way === way);
    assert.equal(first?.match, false, way);
    assert.ok(first?.worst !== null && first?.worst.output !== '', way);
  }
});

test('an answer of another version, or none, is an error', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits']);
  const other = await meddling(t, server.url, (body) =>
    Buffer.from(body.toString('latin1').replace('"1.0.0"', '"9.0.0"'), 'latin1'),
  );
  const ref = parseReference('digits');
  const swapped = await selfTest(registry, { ref, url: other });
  assert.equal(swapped.verdict, 'fail');
  assert.match(swapped.cases[0]?.error ?? '', /version 9\.0\.0 answered instead of 1\.0\.0/);
  const garbled = await selfTest(registry, {
    ref,
    url: await meddling(t, server.url, () => Buffer.from('{')),
  });
  assert.match(garbled.cases[0]?.error ?? '', /not of the protocol/);
});

test('gRPC that does not answer, or not for this version, is an error of its cases', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  await add(registry, 'other', fixture('digits_mlp/model.onnx'));
  const server = await serving(t, registry, ['digits']);
  const wrong = await serving(t, registry, ['other']);
  const ref = parseReference('digits');
  const url = new URL(server.url);
  const results = async (grpcUrl: string) => {
    const { verdict, cases } = await selfTest(registry, { ref, url, grpcUrl: new URL(grpcUrl) });
    return { verdict, error: cases.find(({ way }) => way === 'grpc')?.error ?? '' };
  };
  assert.deepEqual(await results(server.grpcUrl ?? ''), { verdict: 'pass', error: '' });
  const { verdict, error } = await results(wrong.grpcUrl ?? '');
  assert.equal(verdict, 'fail');
  assert.match(error, /gRPC status 5: no model "digits" is served here/);
  assert.match((await results('grpc://127.0.0.1:1')).error, /ECONNREFUSED/);
});

test('what cannot be tested is an error that says why', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits']);
  await add(registry, 'bare', fixture('digits_mlp/model.onnx'));
  const url = new URL(server.url);
  await assert.rejects(
    selfTest(registry, { ref: parseReference('bare') }),
    failsWith('NOT_FOUND', /bare@1\.0\.0 has no golden set/),
  );
  await add(registry, 'other', fixture('digits_mlp/model.onnx'), {
    golden: fixture('digits_mlp/golden.json'),
  });
  await assert.rejects(
    selfTest(registry, { ref: parseReference('other'), url }),
    failsWith('NOT_FOUND', /does not serve other@1\.0\.0/),
  );
  await server.stop();
  await assert.rejects(
    selfTest(registry, { ref: parseReference('digits'), url }),
    failsWith('NOT_FOUND', /no server answers/),
  );
});

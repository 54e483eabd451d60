import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Client } from '@grpc/grpc-js';
import type { RequestEvent } from '../../../src/serve/observe/request-event.ts';
import type { RunningServer } from '../../../src/serve/running-server.ts';
import { healthProtocol, inferenceProtocol } from '../../../src/serve/grpc/protocols.ts';
import { fileDescriptor } from '../../../src/serve/protobuf/file-descriptor.ts';
import { frame } from '../../../src/serve/grpc/message-frames.ts';
import { clientOf, open, send, session } from '../../support/grpc-clients.ts';
import { post, registryWith, serving } from '../../support/served.ts';
import { fixture, tempFolder } from '../../support/temp-folder.ts';

interface GoldenTensor {
  shape: number[];
  data: number[];
}
const golden = JSON.parse(readFileSync(fixture('digits_mlp/golden.json'), 'utf8')) as {
  cases: { inputs: { X: GoldenTensor }; outputs: Record<string, GoldenTensor> }[];
};
const { X } = golden.cases[0]!.inputs;
const labels = golden.cases[0]!.outputs['label']!.data;
const input = { name: 'X', datatype: 'FP32', shape: X.shape };
const raw = Buffer.from(Float32Array.from(X.data).buffer);
const request = { model_name: 'digits', inputs: [input], raw_input_contents: [raw] };
/** One row, and the label that it must get. */
const row = (at: number) => ({
  model_name: 'digits',
  id: String(at),
  inputs: [{ ...input, shape: [1, 64] }],
  raw_input_contents: [raw.subarray(256 * (at % X.shape[0]!), 256 * (1 + (at % X.shape[0]!)))],
});

type Grpc = Client & Record<string, Function>;

function inferenceClient(t: TestContext, server: RunningServer): Grpc {
  return clientOf(
    t,
    addressOf(server),
    [fileDescriptor(inferenceProtocol)],
    'inference.GRPCInferenceService',
  );
}

function addressOf({ grpcUrl }: RunningServer): string {
  return grpcUrl!.slice('grpc://'.length);
}

/** An answer as protobufjs makes it of our descriptor: fields of several messages. */
interface Answer {
  id: string;
  model_name: string;
  model_version: string;
  outputs: { name: string; contents: { int64_contents: string[] } | null }[];
  raw_output_contents: Buffer[];
  parameters: unknown[];
  error_message: string;
  infer_response: Answer;
  name: string;
  extensions: string[];
  models: unknown[];
  model_stats: { name: string; version: string; inference_count: string }[];
  ready: boolean;
  status: string;
}

function call(client: Grpc, method: string, message: object): Promise<Answer> {
  return new Promise((resolve, reject) =>
    client[method]!(message, (error: Error | null, answer: Answer) =>
      error === null ? resolve(answer) : reject(error),
    ),
  );
}

function labelsOf(answer: Answer): number[] {
  const at = answer.outputs.findIndex(({ name }) => name === 'label');
  const bytes = answer.raw_output_contents[at]!;
  return Array.from({ length: bytes.length / 8 }, (_, index) => Number(bytes.readBigInt64LE(8 * index)));
}

for (const isolation of ['child', 'none'] as const) {
  test(`grpc-js gets predictions raw and typed, with isolation ${isolation}`, async (t) => {
    const registry = await registryWith(t, { digits: 'digits_mlp' });
    const server = await serving(t, registry, ['digits'], { isolation });
    const client = inferenceClient(t, server);
    const answer = await call(client, 'ModelInfer', { ...request, id: 'é-1' });
    assert.deepEqual([answer.model_name, answer.model_version, answer.id], ['digits', '1.0.0', 'é-1']);
    assert.deepEqual(labelsOf(answer), labels);
    assert.deepEqual(
      answer.outputs.map(({ contents }) => contents),
      [null, null],
    );

    const typed = await call(client, 'ModelInfer', {
      model_name: 'digits',
      model_version: '1.0.0',
      inputs: [{ ...input, contents: { fp32_contents: X.data } }],
      outputs: [{ name: 'label' }],
    });
    assert.deepEqual(typed.outputs[0]!.contents!.int64_contents.map(Number), labels);
    assert.deepEqual(labelsOf(typed), labels);
  });
}

test('the server and its models describe themselves as over REST', async (t) => {
  const registry = await registryWith(t, { 'team/digits': 'digits_mlp' });
  const server = await serving(t, registry, ['team/digits']);
  const client = inferenceClient(t, server);
  assert.deepEqual(await call(client, 'ServerLive', {}), { live: true });
  assert.deepEqual(await call(client, 'ServerReady', {}), { ready: true });
  const about = await call(client, 'ServerMetadata', {});
  assert.equal(about.name, 'mlreg');
  assert.ok(about.extensions.includes('model_repository'));
  assert.deepEqual(await call(client, 'ModelReady', { name: 'team/digits', version: '1.0.0' }), {
    ready: true,
  });
  assert.deepEqual(await call(client, 'ModelMetadata', { name: 'team/digits' }), {
    name: 'team/digits',
    versions: ['1.0.0'],
    platform: 'onnxruntime_onnx',
    inputs: [{ name: 'X', datatype: 'FP32', shape: ['-1', '64'] }],
    outputs: [
      { name: 'label', datatype: 'INT64', shape: ['-1'] },
      { name: 'probabilities', datatype: 'FP32', shape: ['-1', '10'] },
    ],
  });
  await call(client, 'ModelInfer', { ...request, model_name: 'team/digits' });
  const { model_stats } = await call(client, 'ModelStatistics', { name: 'team/digits' });
  assert.deepEqual(
    model_stats.map(({ name, version, inference_count }) => [name, version, inference_count]),
    [['team/digits', '1.0.0', '1']],
  );
  const { models } = await call(client, 'RepositoryIndex', { ready: true });
  assert.deepEqual(models, [{ name: 'team/digits', version: '1.0.0', state: 'READY', reason: '' }]);
});

test('what is wrong with a request is said by its status', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const events: RequestEvent[] = [];
  const server = await serving(t, registry, ['digits'], {
    maxBodyBytes: 100_000,
    observe: (event) => void events.push(event),
  });
  const client = inferenceClient(t, server);
  const cases: [method: string, message: object, code: number, details: RegExp][] = [
    [
      'ModelInfer',
      { ...request, model_name: 'nothing' },
      5,
      /no model "nothing" is served here; there are: digits/,
    ],
    ['ModelInfer', { ...request, model_version: '9.9.9' }, 5, /no version "9.9.9" of digits/],
    ['ModelReady', { name: 'nothing' }, 5, /nothing/],
    ['ModelMetadata', { name: 'digits', version: '2' }, 5, /no version "2"/],
    [
      'ModelInfer',
      { ...request, inputs: [{ ...input, datatype: 'INT8' }] },
      3,
      /INT8, expected FP32 \[-1,64\]/,
    ],
    ['ModelInfer', { model_name: 'digits' }, 3, /missing input "X"/],
    ['ModelInfer', { ...request, raw_input_contents: [Buffer.alloc(200_000)] }, 8, /limit of 100000 bytes/],
  ];
  for (const [method, message, code, details] of cases)
    await assert.rejects(
      call(client, method, message),
      (error: { code: number; details: string }) => error.code === code && details.test(error.details),
      String(details),
    );
  assert.deepEqual(
    events.map(({ code, model, infers, exchange }) => [code, model, infers, exchange.path.split('/')[2]]),
    [
      [404, null, true, 'ModelInfer'],
      [404, null, true, 'ModelInfer'],
      [404, null, false, 'ModelReady'],
      [404, null, false, 'ModelMetadata'],
      [400, 'digits', true, 'ModelInfer'],
      [400, 'digits', true, 'ModelInfer'],
      [413, null, false, 'ModelInfer'],
    ],
  );
  const garbage = await send(
    session(t, addressOf(server)),
    '/inference.GRPCInferenceService/ModelInfer',
    frame(Buffer.from('garbage')),
  );
  assert.deepEqual([garbage.code, /not readable/.test(garbage.message)], [3, true]);
});

test('requests over gRPC and REST that are there together run together, and get their own rows', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const events: RequestEvent[] = [];
  const server = await serving(t, registry, ['digits'], { observe: (event) => void events.push(event) });
  const client = inferenceClient(t, server);
  const rest = (at: number) =>
    post(server, '/v2/models/digits/infer', {
      inputs: [
        {
          ...input,
          shape: [1, 64],
          data: X.data.slice(64 * (at % X.shape[0]!), 64 * (1 + (at % X.shape[0]!))),
        },
      ],
    });
  const got = await Promise.all(
    Array.from({ length: 96 }, async (_, at) =>
      at % 2 === 0
        ? labelsOf(await call(client, 'ModelInfer', row(at)))[0]
        : (await rest(at)).json.outputs?.[0]?.data[0],
    ),
  );
  assert.deepEqual(
    got,
    got.map((_, at) => labels[at % labels.length]),
  );
  assert.equal(events.length, 96);
  const joined = events.filter(({ protocol, batch }) => protocol === 'grpc' && (batch ?? 0) > 1);
  assert.ok(joined.length > 0, JSON.stringify(events.map(({ protocol, batch }) => [protocol, batch])));
});

test('a stream answers in the order of its requests, and goes on after an error', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  // More requests than may wait for the version: the stream lets the client wait instead.
  const server = await serving(t, registry, ['digits'], { maxQueue: 40 });
  const client = inferenceClient(t, server);
  const stream = client['ModelStreamInfer']!();
  const answers: Answer[] = [];
  stream.on('data', (answer: Answer) => answers.push(answer));
  for (let at = 0; at < 500; at++)
    stream.write(at % 100 === 7 ? { ...row(at), model_name: 'nothing' } : row(at));
  stream.end();
  await once(stream, 'end');
  assert.deepEqual(
    answers.map(({ infer_response: { id } }) => Number(id)),
    Array.from({ length: 500 }, (_, at) => at),
  );
  for (const [at, { error_message, infer_response }] of answers.entries()) {
    if (at % 100 === 7) {
      assert.match(error_message, /no model "nothing"/);
      continue;
    }
    assert.equal(error_message, '');
    assert.deepEqual(labelsOf(infer_response), [labels[at % labels.length]]);
    assert.deepEqual(infer_response.parameters, [
      { key: 'triton_final_response', value: { bool_param: true, parameter_choice: 'bool_param' } },
    ]);
  }
});

test('a stream ends at its first error if the client asks for that', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits']);
  const client = session(t, addressOf(server));
  const answer = await send(
    client,
    '/inference.GRPCInferenceService/ModelStreamInfer',
    frame(Buffer.from([0x0a, 1, 0x78])),
    { triton_grpc_error: 'true' },
  );
  assert.deepEqual([answer.code, /no model "x"/.test(answer.message)], [5, true]);
});

test('a client that leaves is counted as one, and the others are answered', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const codes: number[] = [];
  const server = await serving(t, registry, ['digits'], { observe: ({ code }) => void codes.push(code) });
  const client = session(t, addressOf(server));
  const staying = inferenceClient(t, server);
  // An answer may be faster than the reset: once is enough.
  while (!codes.includes(499)) {
    const streams = Array.from({ length: 50 }, () =>
      open(client, '/inference.GRPCInferenceService/ModelInfer'),
    );
    for (const stream of streams) {
      stream.on('error', () => undefined);
      stream.end(frame(Buffer.from([0x0a, 6, ...Buffer.from('digits')])));
    }
    await new Promise(setImmediate);
    for (const stream of streams) stream.close(8);
    assert.deepEqual(labelsOf(await call(staying, 'ModelInfer', request)), labels);
  }
});

test('a server that stops says so first, answers what it has, and ends its streams', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits'], { drainDelayMs: 300 });
  const client = inferenceClient(t, server);
  const health = clientOf(t, addressOf(server), [fileDescriptor(healthProtocol)], 'grpc.health.v1.Health');
  const stream = client['ModelStreamInfer']!();
  const ended = once(stream, 'error');
  stream.write(row(3));
  assert.deepEqual(labelsOf(((await once(stream, 'data')) as [Answer])[0].infer_response), [labels[3]]);
  const stopped = server.stop();
  assert.equal((await call(health, 'Check', {})).status, 'NOT_SERVING');
  assert.deepEqual(await call(client, 'ServerReady', {}), { ready: false });
  assert.deepEqual(labelsOf(await call(client, 'ModelInfer', request)), labels);
  assert.equal(((await ended) as [{ code: number }])[0].code, 14);
  await stopped;
});

test('with tokens, everything but health needs one, and no page of another site may ask', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const tokenFile = join(tempFolder(t), 'tokens');
  writeFileSync(tokenFile, 'ci ci-0123456789abcdef\n', { mode: 0o600 });
  const clients: (string | null)[] = [];
  const server = await serving(t, registry, ['digits'], {
    tokenFile,
    observe: ({ exchange }) => void clients.push(exchange.client),
  });
  const client = session(t, addressOf(server));
  const empty = frame(Buffer.alloc(0));
  const codeOf = async (path: string, headers: Record<string, string> = {}) =>
    (await send(client, path, empty, headers)).code;
  const service = '/inference.GRPCInferenceService';
  assert.deepEqual(
    [
      await codeOf('/grpc.health.v1.Health/Check'),
      await codeOf(`${service}/ServerReady`),
      await codeOf(`${service}/ServerMetadata`),
      await codeOf(`${service}/Nothing`),
      await codeOf(`${service}/ServerMetadata`, { authorization: 'Bearer wrong-0123456789' }),
      await codeOf(`${service}/ServerMetadata`, { authorization: 'Bearer ci-0123456789abcdef' }),
    ],
    [0, 0, 16, 16, 16, 0],
  );
  assert.deepEqual(clients, [null, null, null, null, null, 'ci']);

  const local = await serving(t, registry, ['digits']);
  const other = session(t, addressOf(local));
  const asPage = await send(other, `${service}/ServerMetadata`, empty, { origin: 'https://example.com' });
  const asName = await send(other, `${service}/ServerMetadata`, empty, { ':authority': 'example.com' });
  assert.deepEqual([asPage.code, asName.code], [7, 7]);
});

test('without gRPC there is no port for it', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits'], { grpcPort: null });
  assert.deepEqual([server.grpcPort, server.grpcUrl], [null, null]);
});

test('a port that is taken is named with its option, and nothing is left', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const first = await serving(t, registry, ['digits']);
  await assert.rejects(
    serving(t, registry, ['digits'], { grpcPort: first.grpcPort }),
    (error: { code: string; message: string; hint: string }) =>
      error.code === 'STORAGE' &&
      error.message.includes(`:${first.grpcPort}`) &&
      error.hint.includes('--grpc-port'),
  );
});

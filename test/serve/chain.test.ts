import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseChain } from '../../src/core/versions/chain.ts';
import { isMlregError } from '../../src/core/errors.ts';
import { parseCacheSetting } from '../../src/serve/cache/cache-setting.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { ServeInput } from '../../src/serve/serve-input.ts';
import type { RunningServer } from '../../src/serve/running-server.ts';
import type { SlotNews } from '../../src/serve/slots/slot-news.ts';
import { inferenceProtocol } from '../../src/serve/grpc/protocols.ts';
import { fileDescriptor } from '../../src/serve/protobuf/file-descriptor.ts';
import { clientOf } from '../support/grpc-clients.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { ask, post, serving } from '../support/served.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, modelName, stage, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

const production = stage('production');

/** A model of one operator: `[operator, input, output]`, of rows of four values unless told. */
type Small = [operator: string, input: string, output: string, width?: number, dtype?: string];

/** Registers models under names, one version for each. */
async function registryOf(t: Cleanup, models: [name: string, model: Small][]): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  for (const [name, [operator, input, output, width = 4, dtype = 'float32']] of models) {
    const file = join(tempFolder(t), 'model.onnx');
    const content = graph({
      inputs: [tensor(input, dtype, ['N', width])],
      outputs: [tensor(output, dtype, ['N', width])],
      nodes: [node(operator, [input], [output])],
    });
    writeFileSync(file, model({ opset: 17, graph: content }));
    await add(registry, name, file);
  }
  return registry;
}

async function versionsOf(registry: TempRegistry, name: string): Promise<string[]> {
  const { rows } = await registry.metadata.versions({ name: modelName(name), limit: 10, yanked: true });
  return rows.map(({ version }) => version).toSorted();
}

const move = (registry: TempRegistry, ref: string) =>
  promote(registry, { ref: exact(ref), stage: production, require: [] });

function serveChain(
  t: Cleanup,
  registry: TempRegistry,
  chain: string,
  rest: Partial<ServeInput> = {},
): Promise<RunningServer> {
  return serving(t, registry, [], { chains: [parseChain(chain)], ...rest });
}

/** -1, 2, -3, 4: negated and then without what is below 0, that is 1, 0, 3, 0. */
const body = { inputs: [{ name: 'raw', datatype: 'FP32', shape: [1, 4], data: [-1, 2, -3, 4] }] };
const negated = [1, 0, 3, 0];
const plain = [0, 2, 0, 4];

const two: [string, Small][] = [
  ['pre', ['Neg', 'raw', 'x']],
  ['net', ['Relu', 'x', 'y']],
];

for (const isolation of ['child', 'none'] as const)
  test(`the parts answer as one, in every form, isolation ${isolation}`, async (t) => {
    const registry = await registryOf(t, two);
    const server = await serveChain(t, registry, 'team/whole=pre,net', { isolation });
    const version = 'pre@1.0.0,net@1.0.0';
    const { json: metadata } = await ask(server, '/v2/models/team/whole');
    assert.deepEqual(metadata['versions'], [version]);
    assert.deepEqual(
      [metadata['inputs'], metadata['outputs']],
      [
        [{ name: 'raw', datatype: 'FP32', shape: [-1, 4] }],
        [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
      ],
    );
    for (const path of ['team/whole', `team/whole/versions/${encodeURIComponent(version)}`]) {
      const { status, json } = await post(server, `/v2/models/${path}/infer`, { ...body, id: 'a' });
      assert.equal(status, 200, json.error);
      assert.deepEqual(json, {
        model_name: 'team/whole',
        model_version: version,
        id: 'a',
        outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 4], data: negated }],
      });
    }
    const { json: rows } = await post(server, '/predict/team/whole', {
      features: [
        [-1, 2, -3, 4],
        [1, 1, 1, 1],
      ],
    });
    assert.deepEqual(rows, {
      model_name: 'team/whole',
      model_version: version,
      predictions: [{ y: negated }, { y: [0, 0, 0, 0] }],
    });
    const csv = await fetch(`${server.url}/predict/team/whole`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: 'raw_0,raw_1,raw_2,raw_3\n-1,2,-3,4\n',
    });
    assert.equal(await csv.text(), 'raw_0,raw_1,raw_2,raw_3,y_0,y_1,y_2,y_3\n-1,2,-3,4,1,0,3,0\n');
    const { json: invoked } = await post(server, '/invocations', { inputs: { raw: [[-1, 2, -3, 4]] } });
    assert.deepEqual(invoked, { predictions: { y: [negated] } });
    // Binary tensors in and out.
    const head = JSON.stringify({
      inputs: [{ ...body.inputs[0], data: undefined, parameters: { binary_data_size: 16 } }],
      parameters: { binary_data_output: true },
    });
    const raw = Buffer.concat([Buffer.from(head), new Uint8Array(Float32Array.of(-1, 2, -3, 4).buffer)]);
    const binary = await fetch(`${server.url}/v2/models/team/whole/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': String(head.length) },
      body: raw,
    });
    const bytes = Buffer.from(await binary.arrayBuffer());
    assert.deepEqual(
      [0, 4, 8, 12].map((at) => bytes.subarray(-16).readFloatLE(at)),
      negated,
    );
    // gRPC.
    const files = [fileDescriptor(inferenceProtocol)];
    const client = clientOf(t, `127.0.0.1:${server.grpcPort}`, files, 'inference.GRPCInferenceService');
    const question = {
      model_name: 'team/whole',
      inputs: [{ name: 'raw', datatype: 'FP32', shape: [1, 4], contents: { fp32_contents: [-1, 2, -3, 4] } }],
    };
    const answer = await new Promise<{ model_version: string; raw_output_contents: Buffer[] }>(
      (resolve, reject) =>
        void client['ModelInfer']!(question, (error: Error | null, given: never) =>
          error === null ? resolve(given) : reject(error),
        ),
    );
    assert.equal(answer.model_version, version);
    assert.deepEqual(answer.raw_output_contents, [Buffer.from(Float32Array.from(negated).buffer)]);
    // What a client gets wrong is told as of one model, and the parts have no paths of their own.
    const bad = async (path: string, wrong: unknown): Promise<string> => {
      const { status, json } = await post(server, path, wrong);
      return `${status} ${json.error}`;
    };
    const path = '/v2/models/team/whole/infer';
    assert.match(
      await bad(path, { inputs: [{ ...body.inputs[0], name: 'x' }] }),
      /^400 unknown input "x".*"raw"/,
    );
    assert.match(await bad(path, { ...body, outputs: [{ name: 'x' }] }), /^400 unknown output "x".*"y"/);
    assert.match(await bad('/v2/models/pre/infer', body), /^404 no model "pre".*team\/whole/);
  });

test('many requests at once are answered each with its own', async (t) => {
  const registry = await registryOf(t, [...two, ['post', ['Neg', 'y', 'z']]]);
  const server = await serveChain(t, registry, 'pre,net,post', { cache: parseCacheSetting('memory:1MB') });
  for (let round = 0; round < 2; round++)
    await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const data = [-at, at, 1, -1];
        const { status, json } = await post(server, '/v2/models/post/infer', {
          inputs: [{ ...body.inputs[0], data }],
        });
        assert.equal(status, 200, json.error);
        assert.deepEqual(
          json.outputs?.[0]?.data.map((value) => Number(value) + 0),
          [-at + 0, 0, 0, -1].map((value) => value + 0),
        );
      }),
    );
});

test('parts that do not fit are refused, with the tensor, what is expected and what comes', async (t) => {
  const registry = await registryOf(t, [
    ...two,
    ['wide', ['Relu', 'x', 'y', 5]],
    ['whole', ['Neg', 'x', 'y', 4, 'int64']],
    ['other', ['Relu', 'z', 'y']],
  ]);
  const refused = async (chain: string): Promise<string> => {
    const error = await serveChain(t, registry, chain).catch((why: unknown) => why);
    assert.ok(isMlregError(error, 'INVALID_INPUT'), String(error));
    return error.message;
  };
  assert.match(
    await refused('pre,wide'),
    /wide@1\.0\.0 expects the input "x", FP32 \[-1,5\], but pre@1\.0\.0 gives FP32 \[-1,4\]/,
  );
  assert.match(await refused('pre,whole'), /"x", INT64 \[-1,4\], but pre@1\.0\.0 gives FP32 \[-1,4\]/);
  assert.match(
    await refused('pre,other'),
    /"z".*but pre@1\.0\.0 has no output of this name; it gives "x", FP32 \[-1,4\]/,
  );
  const twice = await serving(t, registry, ['net'], { chains: [parseChain('pre,net')] }).catch(
    (why: unknown) => why,
  );
  assert.ok(isMlregError(twice, 'INVALID_INPUT'));
  assert.match(twice.message, /the chain net has the name of something else/);
});

/** What a server reported, and waiting for more. */
function newsroom() {
  const told: SlotNews[] = [];
  let wake = (): void => undefined;
  return {
    news: (found: SlotNews): void => {
      told.push(found);
      wake();
    },
    nth: async (n: number): Promise<SlotNews> => {
      while (told.length < n) await new Promise<void>((resolve) => (wake = resolve));
      return told[n - 1]!;
    },
  };
}

const answerOf = async (server: RunningServer) => {
  const { status, json } = await post(server, '/v2/models/net/infer', body);
  assert.equal(status, 200, json.error);
  return { version: json['model_version'], data: json.outputs?.[0]?.data };
};

test('each part follows its stage, and one that fits no more waits for the other', async (t) => {
  const registry = await registryOf(t, [
    ...two,
    ['pre', ['Identity', 'raw', 'x']],
    ['pre', ['Neg', 'raw', 'renamed']],
    ['net', ['Relu', 'renamed', 'y']],
  ]);
  const versions = (name: string): Promise<string[]> => versionsOf(registry, name);
  const [pre1, pre2, pre3] = await versions('pre');
  const [net1, net2] = await versions('net');
  await move(registry, `pre@${pre1}`);
  await move(registry, `net@${net1}`);
  const { news, nth } = newsroom();
  const server = await serveChain(t, registry, 'pre@production,net@production', { news });
  assert.deepEqual(await answerOf(server), { version: `pre@${pre1},net@${net1}`, data: negated });
  await move(registry, `pre@${pre2}`);
  assert.equal((await nth(1)).kind, 'swapped');
  assert.deepEqual(await answerOf(server), { version: `pre@${pre2},net@${net1}`, data: plain });
  // It gives another tensor: what is there goes on.
  await move(registry, `pre@${pre3}`);
  const rejected = await nth(2);
  assert.ok(rejected.kind === 'rejected');
  assert.deepEqual([rejected.name, rejected.from, rejected.to, rejected.again], ['pre', pre2, pre3, true]);
  assert.match(
    rejected.message,
    /does not fit the chain net: net@.* expects the input "x", FP32 \[-1,4\], but pre@.* has no output of this name/,
  );
  assert.deepEqual(await answerOf(server), { version: `pre@${pre2},net@${net1}`, data: plain });
  // The other part makes it fit: both are swapped at once.
  await move(registry, `net@${net2}`);
  const both = [await nth(3), await nth(4)].map(({ kind, name }) => `${kind} ${name}`);
  assert.deepEqual(both.toSorted(), ['swapped net', 'swapped pre']);
  assert.deepEqual(await answerOf(server), { version: `pre@${pre3},net@${net2}`, data: negated });
  // A part alone cannot go back.
  await move(registry, `net@${net1}`);
  assert.equal((await nth(5)).kind, 'rejected');
  assert.deepEqual(await answerOf(server), { version: `pre@${pre3},net@${net2}`, data: negated });
  await move(registry, `pre@${pre1}`);
  await nth(7);
  assert.deepEqual(await answerOf(server), { version: `pre@${pre1},net@${net1}`, data: negated });
});

test('no request fails or mixes versions while parts are swapped', async (t) => {
  const registry = await registryOf(t, [...two, ['pre', ['Identity', 'raw', 'x']]]);
  await move(registry, 'net@1.0.0');
  const pres = await versionsOf(registry, 'pre');
  await move(registry, `pre@${pres[0]}`);
  const { news, nth } = newsroom();
  const server = await serveChain(t, registry, 'pre@production,net@production', { news, keepWarmMs: 0 });
  let going = true;
  const seen = new Set<string>();
  const clients = Array.from({ length: 4 }, async () => {
    while (going) {
      const { version, data } = await answerOf(server);
      seen.add(String(version));
      assert.deepEqual(data, String(version).startsWith(`pre@${pres[0]},`) ? negated : plain);
    }
  });
  for (let swap = 1; swap <= 4; swap++) {
    await move(registry, `pre@${pres[swap % 2]}`);
    await nth(swap);
  }
  going = false;
  await Promise.all(clients);
  assert.equal(seen.size, 2);
});

test('metrics, times and the access log tell of each part', async (t) => {
  const registry = await registryOf(t, two);
  const log = join(tempFolder(t), 'access.log');
  const server = await serveChain(t, registry, 'whole=pre,net', { accessLog: { path: log } });
  const { headers } = await ask(server, '/v2/models/whole/infer', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'x-mlreg-timing': '1' },
  });
  assert.match(
    headers.get('server-timing') ?? '',
    /, part1;desc="pre@1\.0\.0";dur=[\d.]+, part2;desc="net@1\.0\.0";dur=[\d.]+$/,
  );
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const labels of [
    'model="whole",version="pre@1.0.0,net@1.0.0",code="200",protocol="rest"',
    'model="pre",version="1.0.0",code="200",protocol="chain"',
    'model="net",version="1.0.0",code="200",protocol="chain"',
  ])
    assert.ok(metrics.includes(`mlreg_requests_total{${labels}} 1`), metrics);
  const { json } = await ask(server, '/');
  const models = json['models'] as { ref: string; up: boolean }[];
  assert.deepEqual(
    models.map(({ ref, up }) => [ref, up]),
    [
      ['pre@1.0.0', true],
      ['net@1.0.0', true],
      ['whole@pre@1.0.0,net@1.0.0', true],
    ],
  );
  await server.stop();
  const { readFileSync } = await import('node:fs');
  const line = JSON.parse(readFileSync(log, 'utf8').split('\n')[0]!) as {
    parts: { model: string; computeMs: number }[];
  };
  assert.deepEqual(
    line.parts.map((part) => part.model),
    ['pre', 'net'],
  );
});

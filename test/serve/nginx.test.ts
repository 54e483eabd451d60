import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Client, credentials } from '@grpc/grpc-js';
import { parseExplicitReference, parseStageName } from '../../src/core/versions/reference.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { inferenceProtocol } from '../../src/serve/grpc/protocols.ts';
import { fileDescriptor } from '../../src/serve/protobuf/file-descriptor.ts';
import { clientOf } from '../support/grpc-clients.ts';
import { codeBlocks, guide } from '../support/guides.ts';
import { registryWith, serving } from '../support/served.ts';
import { fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add } from '../support/temp-registry.ts';

const noNginx = spawnSync('nginx', ['-v']).status === 0 ? false : 'nginx is not installed';
const ca = readFileSync(fixture('tls/a.crt'));

/** Runs the configuration of the guide, with other ports and certificates only. Gives its port. */
async function behindNginx(test: Cleanup, http: number, grpc: number): Promise<number> {
  const folder = tempFolder(test);
  const port = await freePort();
  const shown = codeBlocks(guide('serving'), 'text').find((block) => block.includes('proxy_pass'));
  const replaced: [from: string, to: string][] = [
    ['127.0.0.1:8080', `127.0.0.1:${http}`],
    ['127.0.0.1:8081', `127.0.0.1:${grpc}`],
    ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['/etc/nginx/server.crt', fixture('tls/a.crt')],
    ['/etc/nginx/server.key', fixture('tls/a.key')],
  ];
  let config = shown ?? '';
  for (const [from, to] of replaced) {
    assert.ok(config.includes(from), from);
    config = config.replace(from, to);
  }
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(folder, name));
    return `${name}_temp_path ${join(folder, name)};`;
  });
  // Otherwise root's workers are somebody else, who may not write here.
  const asRoot = process.getuid?.() === 0 ? ' user root;' : '';
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `pid ${join(folder, 'pid')}; daemon off; worker_processes 1; error_log stderr error;${asRoot}\nevents {}\n` +
      `http { access_log off; ${paths.join(' ')}\n${config}\n}\n`,
  );
  const checked = spawnSync('nginx', ['-t', '-c', file, '-p', folder], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stderr);
  assert.doesNotMatch(checked.stderr, /\[warn\]/);
  const child = spawn('nginx', ['-c', file, '-p', folder], { stdio: 'ignore' });
  test.after(() => void child.kill('SIGTERM'));
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

interface Answer {
  status: number;
  json: { error?: string; model_name?: string; model_version?: string };
}

function ask(port: number, path: string, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request({ host: 'localhost', family: 4, port, path, method, ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const json = response.headers['content-type'] === 'application/json' ? text : '{}';
        resolve({ status: response.statusCode ?? 0, json: JSON.parse(json) as Answer['json'] });
      });
    });
    sent.on('error', reject).end(body);
  });
}

test('the configuration of the guide: HTTP and gRPC go through nginx', { skip: noNginx }, async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp', 'team/iris': 'iris_zipmap' });
  await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'));
  const stage = (version: string) =>
    promote(registry, {
      ref: parseExplicitReference(`digits@${version}`),
      stage: parseStageName('production'),
    });
  await stage('1.0.0');
  const server = await serving(t, registry, ['digits@production', 'team/iris']);
  const port = await behindNginx(t, server.port, server.grpcPort ?? 0);
  while ((await ask(port, '/readyz').catch(() => undefined)) === undefined);

  const X = { name: 'X', datatype: 'FP32', shape: [1, 64], data: Array<number>(64).fill(1) };
  const body = JSON.stringify({ inputs: [X] });
  const infer = () => ask(port, '/v2/models/digits/infer', body);
  assert.deepEqual([(await infer()).status, (await infer()).json.model_version], [200, '1.0.0']);
  for (const name of ['team/iris', 'team%2Firis']) {
    const { status, json } = await ask(port, `/v2/models/${name}`);
    assert.deepEqual([status, (json as { name?: string }).name], [200, 'team/iris'], name);
  }
  const wrong = await ask(port, '/v2/models/digits/infer', '{"inputs":[]}');
  assert.deepEqual([wrong.status, typeof wrong.json.error], [400, 'string']);
  // Larger than nginx takes by itself.
  const rows = JSON.stringify({
    inputs: [{ ...X, shape: [20_000, 64], data: Array<number>(1_280_000).fill(1) }],
  });
  assert.equal((await ask(port, '/v2/models/digits/infer', rows)).status, 200);

  const client = clientOf(
    t,
    `localhost:${port}`,
    [fileDescriptor(inferenceProtocol)],
    'inference.GRPCInferenceService',
    credentials.createSsl(ca),
  );
  const predict = (model: string) =>
    new Promise<{ model_version: string }>((resolve, reject) =>
      client['ModelInfer']!(
        { model_name: model, inputs: [{ ...X, data: undefined, contents: { fp32_contents: X.data } }] },
        (error: Error | null, answer: { model_version: string }) =>
          error === null ? resolve(answer) : reject(error),
      ),
    );
  assert.equal((await predict('digits')).model_version, '1.0.0');
  await assert.rejects(predict('nothing'), { code: 5, details: /no model "nothing" is served here/ });
  assert.deepEqual(await streamed(client, X.data), ['1.0.0', '1.0.0', '1.0.0']);

  // Connections that stay open follow the stage.
  await stage('1.1.0');
  while ((await infer()).json.model_version !== '1.1.0');
  while ((await predict('digits')).model_version !== '1.1.0');
});

/** The versions that answered three requests of one stream. */
function streamed(client: Client & Record<string, Function>, values: number[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const stream = client['ModelStreamInfer']!() as NodeJS.ReadWriteStream & { write(message: object): void };
    const versions: string[] = [];
    stream.on('data', (answer: { infer_response: { model_version: string } }) => {
      versions.push(answer.infer_response.model_version);
      if (versions.length === 3) stream.end();
    });
    stream.on('end', () => resolve(versions)).on('error', reject);
    const input = { name: 'X', datatype: 'FP32', shape: [1, 64], contents: { fp32_contents: values } };
    for (let count = 0; count < 3; count++) stream.write({ model_name: 'digits', inputs: [input] });
  });
}

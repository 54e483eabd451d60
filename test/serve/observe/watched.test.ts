import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseExplicitReference, parseStageName } from '../../../src/core/versions/reference.ts';
import { promote } from '../../../src/registry/stages/promote.ts';
import type { RunningServer } from '../../../src/serve/running-server.ts';
import { readExposition, type ReadSample } from '../../support/exposition.ts';
import { sendRaw } from '../../support/raw-http.ts';
import { ask, registryWith, serving } from '../../support/served.ts';
import { failsWith, fixture, tempFolder } from '../../support/temp-folder.ts';
import { add } from '../../support/temp-registry.ts';

const pending: (() => void | Promise<void>)[] = [];
const cleanup = { after: (action: () => void | Promise<void>): void => void pending.push(action) };

let registry: Awaited<ReturnType<typeof registryWith>>;
let server: RunningServer;
let logFile: string;

before(async () => {
  registry = await registryWith(cleanup, { digits: 'digits_mlp', 'team/iris': 'iris_zipmap' });
  logFile = join(tempFolder(cleanup), 'access.log');
  server = await serving(cleanup, registry, ['digits', 'team/iris'], {
    accessLog: { path: logFile },
    metricsAliases: 'nv',
  });
});
after(async () => {
  for (const action of pending.toReversed()) await action();
});

const body = JSON.stringify({
  inputs: [
    {
      name: 'X',
      datatype: 'FP32',
      shape: [1, 64],
      data: Array.from({ length: 64 }, (_, index) => index % 16),
    },
  ],
});

function infer(headers: Record<string, string> = {}, path = '/v2/models/digits/infer'): Promise<Response> {
  return fetch(`${server.url}${path}`, { method: 'POST', body, headers });
}

async function metrics(): Promise<ReadSample[]> {
  const response = await fetch(`${server.url}/metrics`);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return readExposition(await response.text());
}

function value(samples: ReadSample[], name: string, labels: Record<string, string> = {}): number | undefined {
  return samples.find(
    (one) => one.name === name && Object.entries(labels).every(([label, text]) => one.labels[label] === text),
  )?.value;
}

interface Line {
  id: string;
  method: string;
  path: string;
  status: number;
  model: string | null;
  version: string | null;
  bytesIn: number;
  bytesOut: number;
  totalMs: number;
  queueMs: number | null;
  computeMs: number | null;
  batch: number | null;
  remote: string;
  traceId: string | null;
}

/** The line of a request, once it is written. */
async function lineOf(id: string): Promise<Line> {
  for (;;) {
    const line = readFileSync(logFile, 'utf8')
      .split('\n')
      // The last one may not be whole yet.
      .slice(0, -1)
      .find((text) => text.includes(`"id":"${id}"`));
    if (line !== undefined) return JSON.parse(line) as Line;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('an inference is counted, with its times', async () => {
  const labels = { model: 'digits', version: '1.0.0', code: '200', protocol: 'rest' };
  const earlier = value(await metrics(), 'mlreg_requests_total', labels) ?? 0;
  await infer();
  await infer();
  await ask(server, '/v2/models/digits');
  const samples = await metrics();
  assert.equal(value(samples, 'mlreg_requests_total', labels), earlier + 2, 'metadata is no inference');
  const version = { model: 'digits', version: '1.0.0' };
  for (const histogram of ['request_seconds', 'queue_seconds', 'compute_seconds', 'batch_size'])
    assert.ok((value(samples, `mlreg_${histogram}_count`, version) ?? 0) >= 1, histogram);
  assert.equal(value(samples, 'nv_inference_request_success', version), earlier + 2);
  assert.equal(value(samples, 'mlreg_up', version), 1);
  assert.equal(value(samples, 'mlreg_ready'), 1);
});

test('what clients name makes no labels', async () => {
  await infer({}, '/v2/models/evil"name/infer');
  await infer({}, '/v2/models/digits/versions/9.9.9/infer');
  const samples = await metrics();
  const models = new Set(samples.map(({ labels }) => labels['model']));
  assert.deepEqual(models, new Set(['', 'digits', 'team/iris', undefined]));
  assert.ok(!samples.some(({ labels }) => labels['version'] === '9.9.9'));
  assert.ok((value(samples, 'mlreg_requests_total', { model: '', code: '404' }) ?? 0) >= 1);
});

test('the machine and the processes are measured', { skip: process.platform !== 'linux' }, async () => {
  const samples = await metrics();
  const child = { model: 'digits', version: '1.0.0' };
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds'])
    assert.ok((value(samples, name) ?? 0) > 0, name);
  assert.ok((value(samples, 'mlreg_child_resident_memory_bytes', child) ?? 0) > 1e6);
  assert.ok((value(samples, 'mlreg_child_cpu_seconds_total', child) ?? 0) > 0);
  assert.ok((value(samples, 'mlreg_system_memory_bytes') ?? 0) > 1e6);
  assert.ok((value(samples, 'mlreg_system_network_receive_bytes_total', { device: 'lo' }) ?? 0) > 0);
  assert.ok((value(samples, 'mlreg_system_disk_available_bytes') ?? 0) > 0);
  assert.ok(value(samples, 'mlreg_event_loop_lag_seconds_count') !== undefined);
});

test('a sane request id comes back and stands in the log; another is replaced', async () => {
  const response = await infer({ 'x-request-id': 'order-42' });
  assert.equal(response.headers.get('x-request-id'), 'order-42');
  const sent = await response.arrayBuffer();
  const line = await lineOf('order-42');
  const { status, model, version, method, path, bytesIn, bytesOut, batch, remote } = line;
  assert.deepEqual(
    { status, model, version, method, path, bytesIn, bytesOut, batch, remote },
    {
      status: 200,
      model: 'digits',
      version: '1.0.0',
      method: 'POST',
      path: '/v2/models/digits/infer',
      bytesIn: body.length,
      bytesOut: sent.byteLength,
      batch: 1,
      remote: '127.0.0.1',
    },
  );
  assert.ok(line.computeMs !== null && line.queueMs !== null && line.totalMs >= line.computeMs);
  const other = (await infer({ 'x-request-id': 'two words"' })).headers.get('x-request-id') ?? '';
  assert.match(other, /^[0-9a-f]{12}-[0-9a-z]+$/);
  assert.equal((await lineOf(other)).status, 200);
});

test('a request that fails or fits no path is logged, without its query', async () => {
  const response = await fetch(`${server.url}/no/such?token=secret`, {
    headers: { 'x-request-id': 'lost-1' },
  });
  assert.equal(response.headers.get('x-request-id'), 'lost-1');
  const { path, status, model } = await lineOf('lost-1');
  assert.deepEqual({ path, status, model }, { path: '/no/such', status: 404, model: null });
  await infer({ 'x-request-id': 'bad-1' }, '/v2/models/digits/versions/7.0.0/infer');
  assert.equal((await lineOf('bad-1')).status, 404);
});

test('a trace goes on: in the answer with a span of its own, and in the log', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const response = await infer({
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    'x-request-id': 'traced-1',
  });
  const answer = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(response.headers.get('traceparent') ?? '');
  assert.equal(answer?.[1], traceId);
  assert.notEqual(answer?.[2], 'b7ad6b7169203331');
  assert.equal((await lineOf('traced-1')).traceId, traceId);
  assert.equal((await infer()).headers.get('traceparent'), null, 'no trace is made up');
});

test('the times of a request are told to those who ask', async () => {
  const timing = (await infer({ 'x-mlreg-timing': '1' })).headers.get('server-timing') ?? '';
  assert.match(
    timing,
    /^queue;dur=[\d.]+, compute;dur=[\d.]+, other;dur=[\d.]+, total;dur=[\d.]+, batch;desc="1"$/,
  );
  assert.equal((await infer()).headers.get('server-timing'), null);
});

test('statistics have the form of Triton, for one version, a model, and all', async () => {
  await infer();
  const paths = ['/v2/models/digits/versions/1.0.0/stats', '/v2/models/digits/stats', '/v2/models/stats'];
  const [one, model, all] = await Promise.all(
    paths.map(async (path) => (await ask(server, path)).json['model_stats'] as Record<string, unknown>[]),
  );
  assert.deepEqual(one, model);
  assert.deepEqual(
    all?.map(({ name, version }) => [name, version]),
    [
      ['digits', '1.0.0'],
      ['team/iris', '1.0.0'],
    ],
  );
  type Spent = { count: number; ns: number };
  const stats = one?.[0] as { inference_count: number; inference_stats: Record<string, Spent> };
  const {
    success,
    queue,
    compute_input: read,
    compute_infer: run,
    compute_output: written,
  } = stats.inference_stats as Record<'success' | 'queue' | `compute_${'input' | 'infer' | 'output'}`, Spent>;
  assert.ok(stats.inference_count > 0);
  for (const spent of [success, queue, read, run, written])
    assert.ok(spent.count === stats.inference_count && spent.ns > 0, JSON.stringify(stats));
  // The parts of a request are not longer than the whole.
  assert.ok(read.ns + run.ns + written.ns <= success.ns);
  assert.equal((await ask(server, '/v2/models/none/stats')).status, 404);
  assert.equal((await ask(server, '/v2/models/digits/versions/8.0.0/stats')).status, 404);
});

test('the status is JSON for programs and a page for browsers', async () => {
  const { json } = await ask(server, '/');
  const models = json['models'] as { ref: string; up: boolean }[];
  assert.deepEqual(
    models.map(({ ref, up }) => [ref, up]),
    [
      ['digits@1.0.0', true],
      ['team/iris@1.0.0', true],
    ],
  );
  const page = await fetch(server.url, { headers: { accept: 'text/html,*/*' } });
  const html = await page.text();
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  assert.match(html, /digits@1\.0\.0/);
  const policy = page.headers.get('content-security-policy') ?? '';
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  assert.ok(policy.includes(`style-src 'sha256-${hash}'`) && policy.includes("default-src 'none'"));
  assert.doesNotMatch(html, /<script|<img|<link|https?:\/\//);
});

test('a promotion is counted as a swap, and the stage has its new version', async (t) => {
  const own = await registryWith(t, { digits: 'digits_mlp' });
  await add(own, 'digits', fixture('digits_mlp_retrained/model.onnx'));
  const promoteTo = (version: string) =>
    promote(own, {
      ref: parseExplicitReference(`digits@${version}`),
      stage: parseStageName('production'),
      require: [],
    });
  await promoteTo('1.0.0');
  const follows = await serving(t, own, ['digits@production']);
  await promoteTo('1.0.1');
  const production = { model: 'digits', stage: 'production' };
  let samples: ReadSample[];
  do samples = readExposition(await (await fetch(`${follows.url}/metrics`)).text());
  while (value(samples, 'mlreg_swaps_total', production) !== 1);
  const holders = samples.filter(({ name }) => name === 'mlreg_stage_info');
  assert.deepEqual(
    holders.map(({ labels }) => labels),
    [{ ...production, version: '1.0.1' }],
  );
});

test('a log that cannot be written is told of before anything is loaded', async (t) => {
  const path = join(tempFolder(t), 'no', 'such', 'folder.log');
  await assert.rejects(
    serving(t, registry, ['digits'], { accessLog: { path } }),
    failsWith('STORAGE', /cannot write the access log/),
  );
});

test('what is no request is counted and logged', async () => {
  const before = value(await metrics(), 'mlreg_requests_total', { model: '', code: '400' }) ?? 0;
  const { statuses } = await sendRaw(server.port, ['GET /v2 HTTP/9\r\n\r\n'], { answers: 1 });
  assert.deepEqual(statuses, [400]);
  assert.equal(value(await metrics(), 'mlreg_requests_total', { model: '', code: '400' }), before + 1);
  const isIt = (line: Line): boolean => line.method === '' && line.status === 400;
  const lines = (): Line[] =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  while (!lines().some(isIt)) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(lines().find(isIt)?.remote, '127.0.0.1');
});

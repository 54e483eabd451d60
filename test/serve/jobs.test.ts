import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openJobs } from '../../src/serve/front/jobs.ts';
import { KeptResponse } from '../../src/serve/front/kept-response.ts';
import { prefersAsync } from '../../src/serve/front/run-job.ts';
import type { RequestEvent } from '../../src/serve/observe/request-event.ts';
import { ask, post, registryWith, serving, type Answer } from '../support/served.ts';
import { tempFolder } from '../support/temp-folder.ts';

const row = Array.from({ length: 64 }, (_, at) => at % 17);
const tensors = { inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 64], data: row }] };

/** Asks until the job has its answer. */
async function finished(server: { url: string }, path: string, headers = {}): Promise<Answer['json']> {
  for (let tries = 0; tries < 1000; tries++) {
    const answer = await fetch(`${server.url}${path}`, { headers });
    const json = (await answer.json()) as Answer['json'];
    if (answer.status !== 200 || json['state'] !== 'running') return json;
    await sleep(10);
  }
  throw new Error('the job does not end');
}

test('a job gives the answer that would have come at once, in each form', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const seen: RequestEvent[] = [];
  const server = await serving(t, registry, ['digits'], { observe: (event) => void seen.push(event) });
  const cases: [path: string, type: string, body: string][] = [
    ['/v2/models/digits/infer', 'application/json', JSON.stringify(tensors)],
    ['/predict/digits/versions/1.0.0', 'application/json', JSON.stringify({ features: row })],
    ['/predict/digits', 'text/csv', `${row.map((_, at) => `X_${at}`).join()}\n${row.join()}\n`],
    ['/invocations', 'application/json', JSON.stringify({ inputs: { X: [row] } })],
    // What is wrong with its values is found by the model's process.
    ['/v2/models/digits/infer', 'application/json', '{"inputs":[]}'],
    ['/invocations', 'application/json', '{}'],
  ];
  for (const [path, type, body] of cases) {
    const init = { method: 'POST', body, headers: { 'content-type': type } };
    const now = await fetch(`${server.url}${path}`, init);
    const later = await fetch(`${server.url}${path}`, {
      ...init,
      headers: { ...init.headers, prefer: 'respond-async' },
    });
    assert.equal(later.status, 202, path);
    assert.equal(later.headers.get('preference-applied'), 'respond-async');
    const location = later.headers.get('location') ?? '';
    assert.match(location, /^\/jobs\/[\w-]{22}$/);
    const job = await finished(server, location);
    assert.deepEqual(
      [job['state'], job['status'], job['path']],
      [now.ok ? 'succeeded' : 'failed', now.status, path],
    );
    const result = await fetch(`${server.url}${String(job['result'])}`);
    assert.equal(result.status, now.status);
    assert.equal(result.headers.get('content-type'), now.headers.get('content-type'));
    assert.equal(await result.text(), await now.text());
  }
  // Each was counted once as an inference when it had its answer, and once as a request.
  const codes = seen
    .filter(({ exchange }) => cases.some(([path]) => path === exchange.path))
    .map(({ infers, code }) => `${infers} ${code}`);
  assert.equal(codes.filter((one) => one === 'false 202').length, 6);
  assert.equal(codes.filter((one) => one === 'true 200').length, 8);
  assert.equal(codes.filter((one) => one === 'true 400').length, 4);
});

test('a job can be listed and deleted, and what is refused at once is no job', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits']);
  const headers = { prefer: 'wait=1, respond-async' };
  for (const [path, body, status] of [
    ['/v2/models/none/infer', '{}', 404],
    ['/predict/digits', 'x'.repeat(100), 415],
  ] as const) {
    const more = status === 415 ? { 'content-type': 'audio/wav' } : {};
    const refused = await ask(server, path, { method: 'POST', body, headers: { ...headers, ...more } });
    assert.equal(refused.status, status);
  }
  assert.deepEqual((await ask(server, '/jobs')).json, { jobs: [] });
  const { json } = await ask(server, '/v2/models/digits/infer', {
    method: 'POST',
    body: JSON.stringify(tensors),
    headers,
  });
  const path = `/jobs/${String(json['id'])}`;
  await finished(server, path);
  assert.equal(((await ask(server, '/jobs')).json['jobs'] as unknown[]).length, 1);
  assert.equal((await fetch(`${server.url}${path}`, { method: 'DELETE' })).status, 204);
  for (const gone of [path, `${path}/result`]) assert.equal((await ask(server, gone)).status, 404);
  // A GET is no inference, and is answered at once.
  assert.equal((await ask(server, '/v2/models/digits', { headers })).status, 200);
});

test('a job that is deleted while it waits does not run', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const seen: RequestEvent[] = [];
  const server = await serving(t, registry, ['digits'], { observe: (event) => void seen.push(event) });
  const [{ pid } = { pid: undefined }] = server.processes();
  process.kill(pid!, 'SIGSTOP');
  t.after(() => {
    try {
      process.kill(pid!, 'SIGCONT');
    } catch {
      // It has ended.
    }
  });
  const headers = { prefer: 'respond-async' };
  const { json } = await ask(server, '/v2/models/digits/infer', {
    method: 'POST',
    body: JSON.stringify(tensors),
    headers,
  });
  const path = `/jobs/${String(json['id'])}`;
  assert.equal((await ask(server, path)).json['state'], 'running');
  const early = await ask(server, `${path}/result`);
  assert.deepEqual([early.status, early.headers.get('retry-after')], [409, '1']);
  assert.equal((await fetch(`${server.url}${path}`, { method: 'DELETE' })).status, 204);
  process.kill(pid!, 'SIGCONT');
  // The next one is answered as always.
  assert.equal((await post(server, '/v2/models/digits/infer', tensors)).status, 200);
  const codes = seen.filter(({ infers }) => infers).map(({ code }) => code);
  assert.deepEqual(
    codes.toSorted((a, b) => a - b),
    [200, 499],
  );
});

test('the jobs of one token are not there for another', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const tokenFile = join(tempFolder(t), 'tokens');
  writeFileSync(tokenFile, 'ada 0123456789abcdef\nbob fedcba9876543210\n', { mode: 0o600 });
  const server = await serving(t, registry, ['digits'], { tokenFile });
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const ada = as('0123456789abcdef');
  const { json } = await ask(server, '/v2/models/digits/infer', {
    method: 'POST',
    body: JSON.stringify(tensors),
    headers: { ...ada, prefer: 'respond-async' },
  });
  const path = `/jobs/${String(json['id'])}`;
  assert.equal((await finished(server, path, ada))['state'], 'succeeded');
  const status = async (of: string, headers: Record<string, string>, method = 'GET'): Promise<number> =>
    (await fetch(`${server.url}${of}`, { headers, method })).status;
  for (const place of [path, `${path}/result`]) {
    assert.equal(await status(place, {}), 401);
    assert.equal(await status(place, as('fedcba9876543210')), 404);
    assert.equal(await status(place, ada), 200);
  }
  assert.equal(await status(path, as('fedcba9876543210'), 'DELETE'), 404);
  assert.deepEqual((await ask(server, '/jobs', { headers: as('fedcba9876543210') })).json, { jobs: [] });
  assert.equal(await status(path, ada, 'DELETE'), 204);
});

test('jobs are bounded in number, bytes and age', async () => {
  const jobs = openJobs({ mostJobs: 3, mostBytes: 100, keepMs: 20 });
  const open = (bytes: number) => {
    const response = new KeptResponse(undefined);
    response.writeHead(200, ['Content-Type', 'application/json']);
    response.end('x'.repeat(bytes), 'utf8');
    return jobs.open({ client: null, path: '/', response });
  };
  const [first, second, third] = [open(60), open(40), open(41)];
  assert.throws(() => open(1), /3 jobs wait, run or are kept/);
  for (const job of [first, second, third]) jobs.finish(job);
  assert.deepEqual(
    [first, second, third].map(({ response }) => response.status),
    [200, 200, 507],
  );
  while (jobs.of(null).length > 0) await sleep(5);
  assert.throws(() => jobs.find(first.id, null), /there is no job/);
  // What was kept is free again.
  const again = open(100);
  jobs.finish(again);
  assert.equal(again.response.status, 200);
  jobs.drop(again);
  jobs.drop(again);
  assert.equal(again.response.destroyed, true);
});

test('the preference is read as RFC 7240 writes it', () => {
  for (const yes of ['respond-async', 'wait=10, respond-async', 'Respond-Async; foo=1', 'a,respond-async,b'])
    assert.equal(prefersAsync(yes), true, yes);
  for (const no of [undefined, '', 'return=minimal', 'respond-asynchronously', 'x=respond-async'])
    assert.equal(prefersAsync(no), false, no);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition } from '../../../src/serve/observe/exposition.ts';
import { modelStats } from '../../../src/serve/observe/model-stats.ts';
import { watchRecent } from '../../../src/serve/observe/recent.ts';
import { createRequestCounts } from '../../../src/serve/observe/request-counts.ts';
import { requestFamilies, tritonFamilies } from '../../../src/serve/observe/request-families.ts';
import { readExposition, type ReadSample } from '../../support/exposition.ts';
import { answered } from '../../support/request-events.ts';

function find(samples: ReadSample[], name: string, labels: Record<string, string>): number | undefined {
  return samples.find(
    (one) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  )?.value;
}

test('requests are counted by model, version, code and protocol', () => {
  const counts = createRequestCounts();
  counts.count(answered());
  counts.count(answered());
  counts.count(answered({ protocol: 'grpc' }));
  counts.count(answered({ version: '1.1.0', code: 400, queueMs: null, computeMs: null, batch: null }));
  const samples = readExposition(exposition(requestFamilies(counts.versions())));
  const total = (version: string, code: string, protocol: string) =>
    find(samples, 'mlreg_requests_total', { model: 'digits', version, code, protocol });
  assert.equal(total('1.0.0', '200', 'rest'), 2);
  assert.equal(total('1.0.0', '200', 'grpc'), 1);
  assert.equal(total('1.1.0', '400', 'rest'), 1);
  assert.equal(find(samples, 'mlreg_request_seconds_count', { version: '1.0.0' }), 3);
  assert.equal(
    find(samples, 'mlreg_request_seconds_count', { version: '1.1.0' }),
    0,
    'a refusal is no latency',
  );
});

test('a request for what is not served has no labels, and no series but its count', () => {
  const counts = createRequestCounts();
  counts.count(
    answered({ model: null, version: null, code: 404, queueMs: null, computeMs: null, batch: null }),
  );
  const samples = readExposition(exposition(requestFamilies(counts.versions())));
  assert.deepEqual(samples, [
    {
      name: 'mlreg_requests_total',
      labels: { model: '', version: '', code: '404', protocol: 'rest' },
      value: 1,
    },
  ]);
});

test('a run of several requests counts once', () => {
  const counts = createRequestCounts();
  for (let request = 0; request < 3; request += 1) counts.count(answered({ batch: 3, computeMs: 6 }));
  counts.count(answered({ batch: 1, computeMs: 2 }));
  const samples = readExposition(exposition(requestFamilies(counts.versions())));
  assert.equal(find(samples, 'mlreg_batch_size_count', {}), 2);
  assert.equal(find(samples, 'mlreg_batch_size_sum', {}), 4);
  const stats = modelStats('digits', '1.0.0', counts.find('digits', '1.0.0'));
  assert.equal(stats.inference_count, 4);
  assert.equal(stats.execution_count, 2);
  assert.deepEqual(
    stats.batch_stats.map(({ batch_size, compute_infer }) => [batch_size, compute_infer]),
    [
      [1, { count: 1, ns: 2_000_000 }],
      [3, { count: 1, ns: 6_000_000 }],
    ],
  );
});

test('a deadline is a timeout and a slow request', () => {
  const counts = createRequestCounts();
  counts.count(answered({ code: 504, totalMs: 10_000, queueMs: null, computeMs: null, batch: null }));
  const samples = readExposition(exposition(requestFamilies(counts.versions())));
  assert.equal(find(samples, 'mlreg_timeouts_total', {}), 1);
  assert.equal(find(samples, 'mlreg_request_seconds_sum', {}), 10);
});

test('names of Triton have the same counts, in microseconds', () => {
  const counts = createRequestCounts();
  counts.count(answered({ totalMs: 3, queueMs: 1, computeMs: 2 }));
  counts.count(answered({ code: 500, totalMs: 3, queueMs: null, computeMs: null, batch: null }));
  const samples = readExposition(exposition(tritonFamilies(counts.versions())));
  const of = (name: string) => find(samples, name, { model: 'digits', version: '1.0.0' });
  assert.equal(of('nv_inference_request_success'), 1);
  assert.equal(of('nv_inference_request_failure'), 1);
  assert.equal(of('nv_inference_exec_count'), 1);
  assert.equal(of('nv_inference_request_duration_us'), 6000);
  assert.equal(of('nv_inference_queue_duration_us'), 1000);
  assert.equal(of('nv_inference_compute_infer_duration_us'), 2000);
});

test('of too many versions, the one that was idle longest is forgotten', () => {
  let now = 1000;
  const counts = createRequestCounts(() => now, 2);
  for (const version of ['1.0.0', '1.1.0', '1.0.0', '1.2.0']) {
    now += 1;
    counts.count(answered({ version }));
  }
  assert.deepEqual(
    counts.versions().map(({ version }) => version),
    ['1.0.0', '1.2.0'],
  );
});

test('the last minute forgets what was before', () => {
  let now = 0;
  const counts = createRequestCounts();
  const recent = watchRecent(counts, () => now);
  counts.count(answered({ totalMs: 4000 }));
  const one = counts.find('digits', '1.0.0');
  for (let tick = 0; tick < 13; tick += 1) {
    now += 5000;
    recent.tick();
  }
  for (let request = 0; request < 120; request += 1) counts.count(answered({ totalMs: 0.2 }));
  const { seconds, perSecond, p99Ms } = recent.of(one);
  recent.stop();
  assert.equal(seconds, 60);
  assert.equal(perSecond, 2);
  assert.ok(p99Ms !== null && p99Ms <= 0.25);
});

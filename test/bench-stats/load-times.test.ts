import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arrivalTimes, closedTimes, queryTimes } from '../../src/bench/stats/load-times.ts';
import { percentile } from '../../src/stats/quantiles.ts';
import { serve } from './served-queue.ts';

const floats = (...values: number[]): Float64Array => Float64Array.from(values);
const workers = (...values: number[]): Uint16Array => Uint16Array.from(values);

test('the latency of an arrival counts from when it was due, the service from when it began', () => {
  const atMs = floats(10, 11, 30);
  const runs = { worker: workers(0, 0, 0), startMs: floats(10, 15, 31), doneMs: floats(15, 20, 36) };
  const times = arrivalTimes(runs, { atMs, lastStartMs: 1000 });
  assert.deepEqual([...times.responseMs], [5, 9, 6]);
  assert.deepEqual([...times.serviceMs], [5, 5, 5]);
  // The second one waited for its worker, which is not the harness's fault; the third one had a
  // free worker.
  assert.deepEqual([...times.lagMs], [0, 0, 1]);
  assert.equal(times.occupancyMs, 16 / 3);
  assert.deepEqual([times.scheduled, times.waitingAtEnd, times.wallMs], [3, 0, 36]);
});

test('a worker that is free while another is busy is late by its own fault alone', () => {
  const runs = { worker: workers(0, 1, 1), startMs: floats(0, 3, 9), doneMs: floats(100, 8, 12) };
  const { lagMs } = arrivalTimes(runs, { atMs: floats(0, 2, 4), lastStartMs: 1000 });
  assert.deepEqual([...lagMs], [0, 1, 1]);
});

test('an arrival that was never begun counts as done when the load ended, and is told apart', () => {
  const runs = { worker: workers(0, 0, 0), startMs: floats(1, NaN, NaN), doneMs: floats(50, NaN, NaN) };
  const times = arrivalTimes(runs, { atMs: floats(1, 2, 3), lastStartMs: 40 });
  assert.deepEqual([...times.responseMs], [49, 38, 37]);
  assert.deepEqual([...times.serviceMs], [49]);
  assert.equal(times.scheduled - times.serviceMs.length, 2);
  assert.equal(times.waitingAtEnd, 1, 'what becomes due last cannot have waited yet');
});

test('no response is shorter than its service, whatever the load', () => {
  const gaps = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 60 });
  const service = fc.array(fc.double({ min: 0.001, max: 20, noNaN: true }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(gaps, service, fc.integer({ min: 1, max: 4 }), (between, lengths, count) => {
      let time = 0;
      const atMs = Float64Array.from(between, (gap) => (time += gap));
      const lastStartMs = time + 50;
      const serviceMs = (at: number): number => lengths[at % lengths.length] ?? 1;
      const runs = serve({ atMs, lastStartMs, workers: count, serviceMs });
      const times = arrivalTimes(runs, { atMs, lastStartMs });
      times.serviceMs.forEach((own, at) => assert.ok((times.responseMs[at] ?? 0) >= own));
      for (const p of [0.5, 0.95])
        assert.ok(percentile(times.responseMs.toSorted(), p) >= percentile(times.serviceMs.toSorted(), p));
      assert.ok(times.lagMs.every((lag) => lag === 0));
    }),
  );
});

test('a query is issued when the one before is done, and lasts until the last of its runs', () => {
  const runs = {
    worker: workers(0, 1, 0, 1),
    startMs: floats(0, 0, 7, 7.5),
    doneMs: floats(5, 7, 9, 8.5),
  };
  const { responseMs, serviceMs, wallMs } = queryTimes(runs, 2);
  assert.deepEqual([...responseMs], [7, 2]);
  assert.deepEqual([...serviceMs], [5, 7, 2, 1]);
  assert.equal(wallMs, 9);
});

test('clients that wait for their own runs have a service time alone', () => {
  const runs = { worker: workers(0, 1, 0), startMs: floats(0, 0, 4), doneMs: floats(3, 6, 5) };
  const { responseMs, serviceMs, lagMs, wallMs } = closedTimes(runs);
  assert.deepEqual([[...serviceMs], responseMs.length, lagMs.length, wallMs], [[3, 6, 1], 0, 0, 6]);
});

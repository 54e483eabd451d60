import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSaturation } from '../../src/bench/stats/saturation.ts';
import { served } from './served-queue.ts';

const seeds = Array.from({ length: 30 }, (_, seed) => seed);
/** Runs take 1 ms: 1,000 per second keep one worker busy. */
const reasonAt = (rate: number, choices: Parameters<typeof served>[1] = {}): string | null =>
  judgeSaturation(served(rate, choices), { rate, concurrency: choices.workers ?? 1 }).reason;

test('three times what can be done is saturated, half of it is not, whatever the seed', () => {
  for (const seed of seeds) {
    for (const workers of [1, 4]) {
      for (const runs of [20, 100, 2000]) {
        assert.notEqual(reasonAt(3000 * workers, { seed, workers, runs }), null);
        assert.equal(reasonAt(500 * workers, { seed, workers, runs }), null);
      }
    }
  }
});

test('what is busy most of the time keeps up, what is asked for a little more than all of it does not', () => {
  for (const seed of seeds) {
    assert.equal(reasonAt(850, { seed, runs: 3000 }), null, `seed ${seed}`);
    assert.match(reasonAt(1050, { seed, runs: 3000 }) ?? '', /needs 105% of the workers' time/);
  }
});

test('a machine that stops for a moment at the end does not saturate the model', () => {
  const stopped = (at: number): number => (at === 850 ? 400 : 1);
  const usual = served(500, { launches: 2 });
  const [last] = served(500, { launches: 1, serviceMs: stopped });
  assert.ok(last !== undefined && last.waitingAtEnd > 50, 'the queue is long when the schedule ends');
  const { reason } = judgeSaturation([...usual, last], { rate: 500, concurrency: 1 });
  assert.equal(reason, null);
});

test('a model that becomes slower meets a backlog that grows before its mean tells', () => {
  const slower = (at: number): number => (at < 600 ? 0.2 : 2);
  const launches = served(900, { serviceMs: slower });
  const { utilisation, reason, waitingAtEnd } = judgeSaturation(launches, { rate: 900, concurrency: 1 });
  assert.ok(utilisation < 1, String(utilisation));
  assert.ok(waitingAtEnd > 0);
  assert.match(reason ?? '', /still waiting when the last run was due/);
});

test('what was never begun is a queue that grew, and is counted', () => {
  const [launch] = served(900, { launches: 1 });
  assert.ok(launch !== undefined);
  const cut = { ...launch, serviceMs: launch.serviceMs.slice(0, 950) };
  const { unfinished, reason } = judgeSaturation([cut], { rate: 900, concurrency: 1 });
  assert.equal(unfinished, 50);
  assert.match(reason ?? '', /^50 of 1,000 runs had not started/);
});

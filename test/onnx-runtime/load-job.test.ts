import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { LoadRuns } from '../../src/bench/child/load-board.ts';
import { loadJob, type LoadJob } from '../../src/bench/child/load-job.ts';
import { runJob } from '../../src/runtime/run-job.ts';
import { digitsLoad } from '../support/load-model.ts';
import { tempFolder } from '../support/temp-folder.ts';

const limits = { timeoutMs: 60_000, memoryLimitBytes: 2 ** 30 };

async function runsOf(given: Pick<LoadJob, 'pace' | 'workers'>): Promise<LoadRuns> {
  const outcome = await runJob(loadJob, digitsLoad(given), { limits });
  assert.ok(outcome.status === 'ok', JSON.stringify(outcome));
  const { runs, warmups } = outcome.value;
  assert.equal(warmups.length, given.workers);
  for (const { runs: count } of warmups) assert.equal(count, 3);
  return runs;
}

/** Start and end of the runs of one worker, in their order. */
function ofWorker({ worker, startMs, doneMs }: LoadRuns, which: number): [start: number, done: number][] {
  return [...worker].flatMap((one, at) =>
    one === which ? [[startMs[at] ?? NaN, doneMs[at] ?? NaN] as [number, number]] : [],
  );
}

test('two workers run at once, each run is made once, and no worker makes two at a time', async () => {
  const pace = { kind: 'free', minMs: 0, minRuns: 3000, maxRuns: 3000 } as const;
  const runs = await runsOf({ workers: 2, pace });
  assert.equal(runs.doneMs.length, 3000);
  const [one, other] = [ofWorker(runs, 0), ofWorker(runs, 1)];
  assert.equal(one.length + other.length, 3000);
  for (const own of [one, other]) {
    own.forEach(([start, done], at) => {
      assert.ok(start >= 0 && done > start, `${start} to ${done}`);
      assert.ok(start >= (own[at - 1]?.[1] ?? 0), 'the run before is done');
    });
  }
  const together = one.some(([start, done]) => other.some(([begin, end]) => begin < done && start < end));
  assert.ok(together, 'runs of the two overlap');
});

test('until the time is up, and no longer than it takes to end what was begun', async () => {
  const pace = { kind: 'free', minMs: 200, minRuns: 1, maxRuns: 1_000_000 } as const;
  const { startMs } = await runsOf({ workers: 2, pace });
  assert.ok(
    startMs.every((start) => start < 200),
    'none begins after the time',
  );
  assert.ok(startMs.length >= 2);
});

test('no run begins before it is due, and arrivals are served in their order', async () => {
  const atMs = Float64Array.from({ length: 60 }, (_, at) => at * 3);
  const runs = await runsOf({ workers: 2, pace: { kind: 'arrivals', atMs, lastStartMs: 60_000 } });
  assert.equal(runs.doneMs.length, 60);
  runs.startMs.forEach((start, at) => assert.ok(start >= (atMs[at] ?? 0), `run ${at} at ${start}`));
  for (const worker of [0, 1]) {
    const starts = ofWorker(runs, worker).map(([start]) => start);
    assert.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
    );
  }
});

test('arrivals that nobody got round to are left when the time is up', async () => {
  const atMs = new Float64Array(1_000_000);
  const { startMs, doneMs } = await runsOf({ workers: 1, pace: { kind: 'arrivals', atMs, lastStartMs: 50 } });
  const begun = startMs.filter((start) => !Number.isNaN(start));
  assert.ok(begun.length >= 1 && begun.length < startMs.length, `${begun.length} begun`);
  assert.ok(begun.every((start, at) => start >= 0 && (doneMs[at] ?? 0) > start));
  assert.ok(startMs.slice(begun.length).every(Number.isNaN), 'the first ones were served');
});

test('the runs of a query are shared, and the next query waits for all of them', async () => {
  const pace = { kind: 'queries', runsPerQuery: 5, minMs: 0, minQueries: 40, maxQueries: 40 } as const;
  const runs = await runsOf({ workers: 2, pace });
  assert.equal(runs.doneMs.length, 200);
  for (let query = 1; query < 40; query++) {
    const before = runs.doneMs.subarray(5 * (query - 1), 5 * query);
    const starts = runs.startMs.subarray(5 * query, 5 * (query + 1));
    // Clocks of two threads agree to better than this.
    assert.ok(Math.min(...starts) >= Math.max(...before) - 0.001, `query ${query}`);
  }
});

test('queries end after the one in which the time is up', async () => {
  const pace = { kind: 'queries', runsPerQuery: 3, minMs: 50, minQueries: 2, maxQueries: 1000_000 } as const;
  const { startMs } = await runsOf({ workers: 2, pace });
  assert.equal(startMs.length % 3, 0);
  assert.ok(startMs.length >= 6);
});

test('nothing of a child is recorded as coverage: killed while it writes, it would spoil the report', async (t) => {
  const folder = tempFolder(t);
  const before = process.env['NODE_V8_COVERAGE'];
  process.env['NODE_V8_COVERAGE'] = folder;
  try {
    // One worker waits for the last run; the other has nothing left to do and ends, which is when a
    // thread writes.
    await runsOf({
      workers: 2,
      pace: { kind: 'arrivals', atMs: Float64Array.of(0, 0, 1000), lastStartMs: 2000 },
    });
  } finally {
    if (before === undefined) delete process.env['NODE_V8_COVERAGE'];
    else process.env['NODE_V8_COVERAGE'] = before;
  }
  assert.deepEqual(readdirSync(folder), []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BenchProgress } from '../../src/bench/report/result.ts';
import { leaveRoomForProfile } from '../../src/bench/run/run-profile.ts';
import { shareOfLooks } from '../../src/bench/stats/regression-gate.ts';

test('each look of a comparison has the share of the runs that it makes', () => {
  const ends = [1, 2, 3].flatMap((look) => [shareOfLooks(look, 3, 0), shareOfLooks(look, 3, 1)]);
  assert.deepEqual(ends, [0, 0.25, 0.25, 0.5, 0.5, 1]);
  assert.deepEqual([shareOfLooks(1, 1, 0), shareOfLooks(1, 1, 0.5), shareOfLooks(1, 1, 1)], [0, 0.5, 1]);
});

test('what is measured before a profile does not end at 1', () => {
  const seen: number[] = [];
  const onProgress = ({ fraction }: BenchProgress): unknown => seen.push(fraction);
  const done: BenchProgress = { phase: 'done', launch: 1, launches: 1, runs: 1, fraction: 1 };
  leaveRoomForProfile({ onProgress }).onProgress(done);
  assert.deepEqual(seen, [0.9]);
  assert.deepEqual(leaveRoomForProfile({}), {});
});

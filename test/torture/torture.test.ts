import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noStrace } from '../support/strace.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { contending } from './contend.ts';
import { faulting } from './faults.ts';
import { flipping } from './flips.ts';
import { racing } from './gc-race.ts';
import { killing } from './kills.ts';

// A short form of each; `npm run torture` has the long ones.

test('of what was acknowledged before a kill, nothing is lost', async (t) => {
  const { kills, steps, lost, problems, acknowledged } = await killing(tempFolder(t), { kills: 12 });
  assert.equal(
    Object.values(steps).reduce((sum, times) => sum + times, 0),
    kills,
  );
  assert.ok(acknowledged > 0);
  assert.deepEqual([lost, problems], [[], []]);
});

test('processes that register and promote at once get dense numbers and one chain of moves', async (t) => {
  const summary = await contending(tempFolder(t), { processes: 6, turns: 4 });
  const { registered, acknowledged, dense, moves, generation, errors, problems } = summary;
  assert.deepEqual([registered, acknowledged, dense, moves, generation], [24, 24, true, 24, 24]);
  assert.deepEqual([errors, problems], [[], []]);
});

test('while a collector takes all that nobody needs, no registration loses a byte', async (t) => {
  const { dangling, collections } = await racing(tempFolder(t), { ms: 2000, processes: 2 });
  assert.deepEqual(dangling, []);
  assert.ok(collections > 0);
});

test('a flipped bit is found, in a blob and in the database', async (t) => {
  const { blobs, database, missed } = await flipping(tempFolder(t), { flips: 16, seed: 1 });
  assert.deepEqual(missed, []);
  assert.deepEqual([blobs.found, database.found], [8, 8]);
});

test('a fault at a write or sync exits 8 and leaves nothing', { skip: noStrace }, async (t) => {
  const { faults, outcomes, wrong } = await faulting(tempFolder(t), {
    faults: ['EIO', 'kill'],
    calls: ['fsync', 'link'],
    every: 2,
  });
  assert.deepEqual(wrong, []);
  assert.ok(faults > 8 && (outcomes['EIO: exit 8'] ?? 0) > 3, JSON.stringify(outcomes));
});

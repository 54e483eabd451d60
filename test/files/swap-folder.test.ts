import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  planSwap,
  removeMarked,
  settleSwaps,
  swapIn,
  type RemoveAside,
} from '../../src/files/swap-folder.ts';
import { processMark } from '../../src/files/scratch.ts';
import { deadMark } from '../support/dead-process.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';

const removeAll: RemoveAside = async (aside) => {
  await rm(aside, { recursive: true });
  return undefined;
};

/**
 * A folder with the file `old`, and one with `new` that is to take its place, made by a process
 * with that mark.
 */
function prepare(t: Cleanup, mark: string) {
  const parent = tempFolder(t);
  const target = join(parent, 'dep');
  mkdirSync(target, { mode: 0o750 });
  writeFileSync(join(target, 'old'), 'old');
  const swap = planSwap(target, mark);
  mkdirSync(swap.fresh);
  writeFileSync(join(swap.fresh, 'new'), 'new');
  return { parent, target, swap };
}

async function finish(steps: ReturnType<typeof swapIn>): Promise<string[]> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return value;
  }
}

test('the new folder takes the place and the mode of the old one, and nothing else stays', async (t) => {
  const { parent, target, swap } = prepare(t, processMark());
  assert.deepEqual(await finish(swapIn(swap, removeAll)), []);
  assert.deepEqual([readdirSync(parent), readdirSync(target)], [['dep'], ['new']]);
  assert.equal(statSync(target).mode & 0o777, 0o750);
});

for (const [mark, whose] of [
  [deadMark(), 'this machine'],
  ['77.5.0123456789ab', 'another container'],
] as const)
  for (const killedAfter of [0, 1, 2])
    test(`what a process of ${whose} left when it was killed after ${killedAfter} steps is put right`, async (t) => {
      const { parent, target, swap } = prepare(t, mark);
      const steps = swapIn(swap, removeAll);
      for (let step = 0; step < killedAfter; step += 1) await steps.next();
      assert.equal(existsSync(target), killedAfter !== 1);
      assert.deepEqual(await settleSwaps(target, removeAll), []);
      assert.deepEqual(readdirSync(target), [killedAfter === 0 ? 'old' : 'new']);
      // It may still be making the new folder, if it is where nobody can look it up.
      const stays = killedAfter === 0 && whose === 'another container';
      assert.equal(readdirSync(parent).length, stays ? 2 : 1);
    });

test('what says whose an old folder is goes last, so that what a killed process left of it is known', async (t) => {
  const { target } = prepare(t, deadMark());
  const marker = join(target, '.marker');
  writeFileSync(marker, '');
  mkdirSync(join(target, 'sub'));
  const gone = [];
  for await (const name of removeMarked(target, '.marker')) {
    gone.push(name);
    assert.deepEqual([existsSync(join(target, name)), existsSync(marker)], [false, true]);
  }
  assert.deepEqual([gone.toSorted(), existsSync(target)], [['old', 'sub'], false]);
});

test('an old folder without the new one comes back', async (t) => {
  const { target, swap } = prepare(t, deadMark());
  await swapIn(swap, removeAll).next();
  rmSync(swap.fresh, { recursive: true });
  await settleSwaps(target, removeAll);
  assert.equal(readFileSync(join(target, 'old'), 'utf8'), 'old');
});

test('a process that runs is let finish, and its names stay; those of other targets stay, too', async (t) => {
  const { parent, target, swap } = prepare(t, processMark());
  const other = planSwap(join(parent, 'dep2'), deadMark());
  mkdirSync(other.fresh);
  assert.deepEqual(await settleSwaps(target, removeAll), []);
  assert.equal(existsSync(swap.fresh), true);
  const steps = swapIn(swap, removeAll);
  await steps.next();
  await assert.rejects(settleSwaps(target, removeAll), failsWith('BUSY', /is replacing .*dep" right now/));
  await finish(steps);
  assert.equal(existsSync(other.fresh), true);
});

test('where the second rename is refused, the old folder is back', async (t) => {
  const { target, swap } = prepare(t, processMark());
  const steps = swapIn(swap, removeAll);
  await steps.next();
  rmSync(swap.fresh, { recursive: true });
  await assert.rejects(steps.next(), { code: 'ENOENT' });
  assert.deepEqual(readdirSync(target), ['old']);
});

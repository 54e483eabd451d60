import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchMemory } from '../../src/runtime/watch-memory.ts';

const skip = process.platform === 'linux' ? false : 'reads /proc';

test('the watch of a process knows its resident memory', { skip }, async () => {
  const watch = watchMemory(process.pid, Infinity, () => assert.fail('there is no limit'));
  try {
    while (watch.rssBytes() === null) await sleep(5);

    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    const ratio = (watch.rssBytes() ?? 0) / (Number(kilobytes) * 1024);
    assert.ok(ratio > 0.8 && ratio < 1.25, `the watch sees ${ratio} of what the kernel says`);
  } finally {
    watch.stop();
  }
});

test('a process above its limit is reported', { skip }, async () => {
  const exceeded = Promise.withResolvers<void>();
  const watch = watchMemory(process.pid, 1, exceeded.resolve);
  await exceeded.promise;
  watch.stop();
});

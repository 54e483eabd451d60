import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Comparison } from '../bench/aa-summary.ts';
import { finished, type Run } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const script = fileURLToPath(new URL('../bench/aa.ts', import.meta.url));
const tiny = ['--injected', '1', '--iterations', '90', '--warmup', '3', '--launches', '1', '--threads', '1'];

function start(folder: string, comparisons: number): ReturnType<typeof spawn> {
  const args = [script, '--comparisons', String(comparisons), ...tiny, '--state', join(folder, 'state')];
  const env = { ...process.env, TMPDIR: folder, NODE_V8_COVERAGE: '' };
  return spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function comparisonsIn(folder: string): Comparison[] {
  const [, ...lines] = readFileSync(join(folder, 'state'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Comparison);
}

/**
 * What a run says in the end must be what its state file says; what the gate said is another
 * matter.
 */
function assertSummary({ stdout, stderr }: Run, folder: string): Comparison[] {
  const comparisons = comparisonsIn(folder);
  const same = comparisons.filter(({ kind }) => kind === 'same');
  const alarms = same.filter(({ verdict }) => verdict === 'fail').length;
  const missed = same.filter(
    ({ interval }) => interval !== null && (interval.low > 1 || interval.high < 1),
  ).length;
  assert.match(stdout, new RegExp(`^(?:PASS|FAIL) {2}false alarms +${alarms} of ${same.length} `, 'm'));
  assert.match(stdout, new RegExp(`^(?:PASS|FAIL) {2}95% intervals without 1 +${missed} of `, 'm'));
  assert.equal(stderr, '');
  return comparisons;
}

test('bench:aa compares as often as it is told, counts what the gate said, and ends by it', async (t) => {
  const folder = tempFolder(t);
  const run = await finished(start(folder, 2));
  const comparisons = assertSummary(run, folder);
  assert.deepEqual(comparisons.map(({ kind }) => kind).toSorted(), ['same', 'same', 'slower']);
  for (const { verdict, ratio, interval, look } of comparisons) {
    assert.ok(['pass', 'fail', 'inconclusive'].includes(verdict));
    assert.ok(ratio !== null && ratio > 0 && look !== null && look >= 1 && look <= 3);
    assert.ok(interval === null || (interval.low <= ratio && ratio <= interval.high));
  }
  assert.equal(run.code, /^FAIL/m.test(run.stdout) ? 1 : 0);
  assert.deepEqual(readdirSync(folder), ['state'], 'its registry is gone');

  // Nothing is left to do: the summary again, from the file.
  const again = await finished(start(folder, 2));
  assert.deepEqual(assertSummary(again, folder), comparisons);
  writeFileSync(join(folder, 'state'), 'of other settings\n');
  const other = await finished(start(folder, 2));
  assert.deepEqual([other.code, /is of other settings/.test(other.stderr)], [1, true]);
});

test('bench:aa that is interrupted says what there is so far, and goes on from there', async (t) => {
  const folder = tempFolder(t);
  const child = start(folder, 500);
  const ended = finished(child);
  while (!existsSync(join(folder, 'state')) || comparisonsIn(folder).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGINT');
  const run = await ended;
  assert.equal(run.code, 130);
  assert.match(run.stdout, /^ended after \d+ of 501 comparisons:$/m);
  assert.ok(assertSummary(run, folder).length >= 1);
  assert.deepEqual(readdirSync(folder), ['state']);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { bin, cleanEnv, model, openRegistryShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

const [header = '', ...rows] = readFileSync(fixture('digits_mlp/test.csv'), 'utf8').trimEnd().split('\n');
const parts = [1, 2, 3, 4];
const killed = 2;

test('of four processes one is killed, all run again, and their parts are the whole', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--no-git');
  const path = (...names: string[]): string => join(shell.cwd, ...names);
  appendFileSync(path('in.csv'), `${header}\n`);
  for (let at = 0; at < 100; at++) appendFileSync(path('in.csv'), `${rows.join('\n')}\n`);
  for (const part of parts) mkdirSync(path(`part-${part}`));
  // Row by row, so that there is time to kill a run before its end.
  const common = ['predict', 'digits@1.0.0', '--input', 'in.csv', '--exclude', 'target', '--batch', '1'];
  const rest = ['--resume', '--output', 'part-{shard}/out.csv', '--workers', '1'];
  const wordsOf = (part: number): string[] => [...common, '--shard', `${part}/4`, ...rest];
  const start = (part: number) => {
    const child = spawn(process.execPath, [bin, ...wordsOf(part)], {
      cwd: shell.cwd,
      env: cleanEnv(),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return { child, exited: once(child, 'exit') };
  };
  const outputOf = (part: number): string => path(`part-${part}`, 'out.csv');
  const hasDraft = (part: number): boolean =>
    readdirSync(path(`part-${part}`)).some((name) => {
      if (!name.startsWith('.mlreg-')) return false;
      return (statSync(path(`part-${part}`, name), { throwIfNoEntry: false })?.size ?? 0) > 0;
    });

  const others = parts.filter((part) => part !== killed).map(start);
  const { child, exited } = start(killed);
  while (!hasDraft(killed)) {
    assert.equal(child.exitCode, null, 'the run ended before it could be killed');
    await sleep(2);
  }
  child.kill('SIGKILL');
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  assert.equal(existsSync(outputOf(killed)), false);
  for (const other of others) assert.deepEqual(await other.exited, [0, null]);

  for (const part of parts) {
    const again = (await shell.json(...wordsOf(part))) as unknown as { resumed: boolean };
    assert.equal(again.resumed, part !== killed, `part ${part}`);
    // Also the draft of the killed run is gone.
    assert.deepEqual(readdirSync(path(`part-${part}`)).toSorted(), ['out.csv', 'out.csv.run.json']);
  }
  await shell.json(...common, '--output', 'whole.csv');
  const joined = Buffer.concat(parts.map((part) => readFileSync(outputOf(part))));
  assert.ok(joined.equals(readFileSync(path('whole.csv'))));
  const { events } = await shell.json('history', 'digits');
  const runs = events.filter(({ action }) => action === 'predict');
  assert.deepEqual(
    runs.map(({ details }) => (typeof details['shard'] === 'string' ? details['shard'] : 'whole')).toSorted(),
    ['1/4', '2/4', '3/4', '4/4', 'whole'],
    'an event for each run that was complete',
  );
});

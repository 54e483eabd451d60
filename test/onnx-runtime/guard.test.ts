import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startGuard } from '../../src/runtime/guard.ts';

const source = fileURLToPath(new URL('../../src/runtime/guard.ts', import.meta.url));
const onLinux = { skip: process.platform === 'linux' ? false : 'looks processes up in /proc' };

/** Whether it ignores SIGTERM (15) by now: see proc_pid_status(5). */
function ignoresTerm(pid: string): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & (1n << 14n)) !== 0n;
}

test('a guard outlives Ctrl-C, and ends its child when its parent is killed', onLinux, async (t) => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const script =
    `import { startGuard } from ${JSON.stringify(source)};` +
    `startGuard().watch(${child.pid}); setInterval(() => undefined, 1e6);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  t.after(() => parent.kill('SIGKILL'));
  const children = `/proc/${parent.pid}/task/${parent.pid}/children`;
  let guard = '';
  while (guard === '' || !ignoresTerm(guard)) {
    guard = readFileSync(children, 'latin1').trim();
    await delay(10);
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(Number(guard), signal);
  parent.kill('SIGKILL');
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
});

test('a guard that is dismissed leaves its child alone', async (t) => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const guard = startGuard();
  assert.ok(guard);
  guard.watch(child.pid ?? 0);
  await guard.dismiss();
  assert.deepEqual([child.kill(0), child.signalCode], [true, null]);
});

test('without a shell there is none', () => {
  assert.equal(startGuard('/there/is/no/such/shell'), null);
});

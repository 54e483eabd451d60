import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { writeParquet } from '../support/parquet-files.ts';
import { bin, cleanEnv, model, openRegistryShell } from '../support/run-cli.ts';

test(
  'a killed run of Parquet takes its child with it, and the next run is complete',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const shell = await openRegistryShell(t);
    await shell.json('register', 'digits', model('digits_mlp'), '--no-git');
    const pixels = Array.from({ length: 64 }, (_, at) => `((range * 7 + ${at}) % 17)::FLOAT AS p${at}`);
    await writeParquet(join(shell.cwd, 'in.parquet'), `SELECT ${pixels.join(', ')} FROM range(500000)`);
    const words = ['predict', 'digits', '--input', 'in.parquet', '--output', 'out.parquet'];
    const run = spawn(process.execPath, [bin, ...words], {
      cwd: shell.cwd,
      env: cleanEnv(),
      stdio: 'ignore',
    });
    const ended = once(run, 'exit');
    const drafts = (): string[] => readdirSync(shell.cwd).filter((name) => name.startsWith('.mlreg-'));
    // DuckDB calls the model by now.
    while (!drafts().some((name) => statSync(join(shell.cwd, name)).size > 1e6)) await sleep(5);
    run.kill('SIGKILL');
    await ended;
    assert.equal(existsSync(join(shell.cwd, 'out.parquet')), false);
    const deadline = performance.now() + 15_000;
    while (isChildOf(run.pid ?? 0)) {
      assert.ok(performance.now() < deadline, 'the child goes on');
      await sleep(25);
    }
    const { rows } = (await shell.json(...words)) as unknown as { rows: number };
    assert.equal(rows, 500_000);
    assert.deepEqual(drafts(), []);
  },
);

/** Whether a process runs that was started for this parent, whose number is its argument. */
function isChildOf(parent: number): boolean {
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes(String(parent)) && words.some((word) => word.endsWith('onnx-child.js'));
    } catch {
      return false;
    }
  });
}

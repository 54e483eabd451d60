import assert from 'node:assert/strict';
import { spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { assertDocumented } from '../support/documented-json.ts';
import {
  asStranger,
  bin,
  finished,
  model,
  preparedShell,
  startCli,
  type EventFacts,
  type Shell,
} from '../support/run-cli.ts';
import type { Cleanup } from '../support/temp-folder.ts';

interface Line {
  action: string | null;
  from: string | null;
  to: string | null;
  generation: number | null;
  event: EventFacts | null;
  exec: { command: string[]; code: number | null; error: string | null; output: string } | null;
  warnings: string[];
}

/** digits 1.0.0 and 1.0.1, the first one in production. */
const digits = preparedShell(async (shell) => {
  for (const name of ['digits_mlp', 'digits_mlp_retrained'])
    await shell.json('register', 'digits', model(name));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
});

const watching = ['watch', 'digits', '--stage', 'production'];

const everything = [...watching, '--since', '0', '--interval', '100ms', '--json'];

interface Watch {
  child: ChildProcess;
  /** The next one that it prints. */
  line: () => Promise<Line>;
}

/** A watch of all that happened and happens. */
function start(t: Cleanup, shell: Shell, ...args: string[]): Watch {
  return follow(t, startCli([...everything, ...args], { cwd: shell.cwd }));
}

function follow(t: Cleanup, child: ChildProcess): Watch {
  t.after(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return {
    child,
    async line() {
      const { value } = (await lines.next()) as { value: string };
      assertDocumented(JSON.parse(value));
      return JSON.parse(value) as Line;
    },
  };
}

const told = ({ generation, action, from, to }: Line): string => `${generation} ${action} ${from} → ${to}`;

test('moves are told as they come, one object a line, whatever else happens; Ctrl-C ends it at once', async (t) => {
  const shell = await digits(t);
  const { child, line } = start(t, shell);
  assert.equal(told(await line()), '1 promote null → 1.0.0');
  await shell.json('promote', 'digits@1.0.1', '--to', 'staging');
  await shell.json('promote', 'digits@1.0.1', '--to', 'production', '-m', 'better');
  const second = await line();
  assert.equal(told(second), '2 promote 1.0.0 → 1.0.1');
  assert.equal(second.event?.message, 'better');
  renameSync(join(shell.cwd, 'registry'), join(shell.cwd, 'away'));
  const gone = await line();
  assert.deepEqual([gone.event, gone.warnings.length], [null, 1]);
  renameSync(join(shell.cwd, 'away'), join(shell.cwd, 'registry'));
  assert.deepEqual((await line()).warnings, ['the registry is readable again']);
  await shell.json('rollback', 'digits');
  assert.equal(told(await line()), '3 rollback 1.0.1 → 1.0.0');
  await shell.json('demote', 'digits', '--stage', 'production');
  assert.equal(told(await line()), '4 demote 1.0.0 → null');

  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const stopped = once(child, 'close');
  child.kill('SIGINT');
  assert.deepEqual([...(await stopped), stderr], [0, null, ''], 'a quiet end');
  assert.equal((await shell.json('verify')).ok, true);
});

test('a program is run for each move, with the event; what it leaves undone is told', async (t) => {
  const shell = await digits(t);
  const program = join(shell.cwd, 'deploy.mjs');
  writeFileSync(
    program,
    `import { readFileSync } from 'node:fs';
const event = JSON.parse(readFileSync(0, 'utf8'));
const { MLREG_ACTION, MLREG_MODEL, MLREG_STAGE, MLREG_FROM, MLREG_TO, MLREG_SEQ } = process.env;
const same = MLREG_SEQ === String(event.seq) && MLREG_TO === event.to && event.at.endsWith('Z');
console.log(JSON.stringify([process.argv.slice(2), MLREG_ACTION, MLREG_MODEL, MLREG_STAGE, MLREG_FROM, same]));
if (MLREG_TO === '1.0.1') { console.error('no route to host'); process.exit(3); }
`,
  );
  await shell.json('promote', 'digits@1.0.1', '--to', 'production');
  await shell.json('rollback', 'digits');
  const exec = ['--exec', process.execPath, '--', program, '--now', '$(touch pwned)'];
  const first = (output: string): unknown => JSON.parse(output.split('\n')[0] ?? '');

  const { child, line } = start(t, shell, ...exec);
  const [one, two, three] = [await line(), await line(), await line()];
  const given = ['--now', '$(touch pwned)'];
  assert.deepEqual(first(one.exec?.output ?? ''), [given, 'promote', 'digits', 'production', '', true]);
  assert.deepEqual([one.exec?.code, one.warnings], [0, []]);
  assert.equal(two.exec?.code, 3);
  assert.match(two.warnings[0] ?? '', /failed: exit code 3: no route to host$/);
  assert.deepEqual([told(three), three.exec?.code], ['3 rollback 1.0.1 → 1.0.0', 0]);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [0, null]);

  const looked = await shell.run(...watching, '--since', '0', '--once', ...exec);
  assert.equal(looked.code, 5, 'all were tried, and one failed');
  assert.equal(looked.stdout.trimEnd().split('\n').length, 3);
  assert.match(looked.stderr, /no route to host\n.*warning: .* failed: exit code 3/s);
  const ended = await finished(start(t, shell, '--exit-on-error', ...exec).child);
  assert.equal(ended.code, 5);
  const known = two.event?.seq ?? 0;
  assert.match(ended.error.hint ?? '', new RegExp(`--since ${known - 1} `));
  const holder = await shell.run(...watching, '--current', '--once', '--json', ...exec);
  const line0 = JSON.parse(holder.stdout) as Line;
  assert.deepEqual([holder.code, told(line0), line0.exec?.code], [0, '3 current null → 1.0.0', 0]);
  assert.deepEqual(first(line0.exec?.output ?? ''), [given, 'current', 'digits', 'production', '', true]);
  const missing = await shell.run(...watching, '--since', String(known), '--once', '--exec', './none', '-q');
  assert.deepEqual([missing.code, missing.stdout], [5, 'digits@1.0.0\n']);
  assert.equal((await shell.json('history', 'digits', '--limit', '1')).events[0]?.action, 'rollback');
});

test('Ctrl-C is not held up by the program, nor by one that will not end', async (t) => {
  const shell = await digits(t);
  const stubborn = "process.on('SIGTERM', () => {}); console.error('started'); setTimeout(() => {}, 20_000)";
  const args = [...watching, '--since', '0', '--exec', process.execPath, '--', '-e', stubborn];
  const child = startCli(args, { cwd: shell.cwd });
  t.after(() => void child.kill('SIGKILL'));
  await once(child.stderr ?? child, 'data');
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const closed = once(child, 'close');
  child.kill('SIGINT');
  assert.deepEqual(await closed, [130, null], 'what the program did may be half done');
  assert.match(
    stderr,
    /error: interrupted by SIGINT while .* was running; it was stopped, too\n  try: .* --since \d+ …/,
  );
});

test('whoever may only read the registry is told as well', { skip: asStranger.skip }, async (t) => {
  const shell = await digits(t);
  chmodSync(shell.cwd, 0o755);
  assert.equal(spawnSync('chmod', ['-R', 'a+rX,go-w', join(shell.cwd, 'registry')]).status, 0);
  // As it was left by a writer who knew nothing of others: what it says is no reason not to read.
  chmodSync(join(shell.cwd, 'registry', 'head'), 0o600);
  const [file, ...before] = asStranger.command;
  const stranger = follow(t, startCli(everything, { cwd: shell.cwd, command: [file, ...before, bin] }));
  await stranger.line();
  await shell.json('promote', 'digits@1.0.1', '--to', 'production');
  await shell.json('rollback', 'digits');
  assert.equal(told(await stranger.line()), '2 promote 1.0.0 → 1.0.1');
  assert.equal(told(await stranger.line()), '3 rollback 1.0.1 → 1.0.0');
});

test('a watch ends when nobody reads it any more', async (t) => {
  const shell = await digits(t);
  const { child, line } = start(t, shell);
  await line();
  child.stdout?.destroy();
  const ended = once(child, 'exit');
  await shell.json('promote', 'digits@1.0.1', '--to', 'production');
  assert.deepEqual(await ended, [0, null]);
});

test('what cannot be meant is refused', async (t) => {
  const shell = await digits(t);
  for (const [code, ...args] of [
    [2, 'deploy'],
    [2, '--exit-on-error'],
    [2, '--once'],
    [2, '--current', '--since', '0'],
    [2, '--exec', ''],
    [2, '--interval', '1ms'],
    [2, '--interval', 'often'],
    [2, '--since', '-1'],
    [2, '--since', '99', '--once'],
  ] as const)
    await shell.fails(code, ...watching, ...args);
  await shell.fails(3, 'watch', 'nobody', '--stage', 'production');
  await shell.fails(3, 'watch', 'digits', '--stage', 'nowhere');
});

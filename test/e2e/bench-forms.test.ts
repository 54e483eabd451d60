import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchOf, digits, keep, list, measured, quick } from '../support/stored-benches.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

test('--markdown has the verdict first, both sides, and no text of others that takes effect', async (t) => {
  const shell = await digits(t);
  const args = ['digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '320', ...quick];
  const run = await shell.run('bench', ...args, '--max-p50', '1ns', '--markdown');
  assert.equal(run.code, 5);
  const lines = run.stdout.split('\n');
  assert.match(lines[0] ?? '', /^### ❌ `digits@1\.1\.0` fails: p50 /);
  assert.match(run.stdout, /^\| `p50<=1ns` \| ❌ fail \| /m);
  assert.match(
    run.stdout,
    /^\| latency \| `digits@1\.1\.0` \| 95% interval \| `digits@1\.0\.0` \| 95% interval \|$/m,
  );
  assert.match(run.stdout, /^p95 ratio to the baseline \*\*\d/m);
  assert.match(run.stdout, /^Measured on `.*fingerprint `[0-9a-f]{16}`\.$/m);
  assert.match(run.stdout, /^- `using 1 for dynamic dimensions/m);
  const [listed] = (await list(shell)).benches;
  assert.equal((await shell.run('bench', '--show', listed?.id ?? '', '--markdown')).stdout, run.stdout);

  const bench = benchOf(await shell.run('bench', '--show', listed?.id ?? '', '--json'));
  const nasty = '@ada #1 | <img src=x> `x`';
  const error = { status: 'error' as const, message: nasty, stderr: '', launch: 1 };
  const gate = { gate: nasty, verdict: 'fail' as const, observed: nasty, threshold: nasty, reason: nasty };
  const ids = [
    await keep(t, shell, bench, { notes: [nasty], gates: [gate], compare: null }),
    await keep(t, shell, bench, { status: 'error', error, latencyMs: null, fingerprint: nasty }),
  ];
  const texts = [];
  for (const id of ids) texts.push((await shell.run('bench', '--show', id, '--markdown')).stdout);
  texts.push((await shell.run('bench', '--list', '--markdown')).stdout);
  for (const text of texts) {
    const bare = text.replaceAll(/(?<!`)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '');
    assert.doesNotMatch(bare, /@|#\d|<img/, text);
  }
});

test(
  'on a terminal the list fits, says what is not to be compared, and a run shows its bars again',
  { skip: noTerminal },
  async (t) => {
    const shell = await digits(t);
    const bench = await measured(
      shell,
      'digits@1.1.0',
      '--baseline',
      'digits@1.0.0',
      '--iterations',
      '320',
      '--max-p50',
      '1ns',
    );
    await keep(t, shell, bench, { fingerprint: '0123456789abcdef' });
    for (const columns of [80, 120]) {
      for (const args of [['--list'], ['--show', bench.id]]) {
        const { stdout, code } = await runOnTerminal(['bench', ...args, '--no-color'], {
          cwd: shell.cwd,
          columns,
        });
        assert.equal(code, 0);
        for (const line of stdout.split('\n')) {
          // The words of the machine are as long as they are.
          if (!/^(?:[AB] |Latencies| +(?:machine|stored))/.test(line))
            assert.ok(line.length <= columns, `${columns}: ${line}`);
        }
      }
    }
    const { stdout } = await runOnTerminal(['bench', '--list', '--no-color'], { cwd: shell.cwd });
    assert.match(stdout, /^A 0123456789abcdef .*\nB [0-9a-f]{16} .*\nLatencies .* are not comparable/m);
    assert.match(stdout, new RegExp(`^${bench.id.slice(0, 8)} .* fail +digits@1\\.0\\.0 +B$`, 'm'));
    const shown = await runOnTerminal(['bench', '--show', bench.id, '--no-color'], { cwd: shell.cwd });
    assert.match(
      shown.stdout,
      /^✗ digits@1\.1\.0 p50 [^]*p50<=1ns fail:[^]*LATENCY +digits@1\.1\.0[^]*█[^]*stored +/,
    );
  },
);

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, preparedShell } from '../support/run-cli.ts';
import { editRows } from '../support/temp-registry.ts';
import { fixture } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

const digitsShell = preparedShell(async (shell) => {
  for (const [name, ...rest] of [
    ['digits_mlp', '--golden', fixture('digits_mlp/golden.json')],
    ['digits_mlp_v2', '--parent', 'digits@1.0.0', '--data', `train=${fixture('digits_mlp/train.csv')}`],
  ] as [string, ...string[]][]) {
    const metadata = ['--metadata', fixture(`${name}/metadata.json`)];
    await shell.json('register', 'digits', model(name), ...metadata, ...rest);
  }
});

async function page(cwd: string, columns: number, ...args: string[]): Promise<string> {
  const { code, stdout } = await runOnTerminal(['show', ...args, '--no-color'], { cwd, columns });
  assert.equal(code, 0, stdout);
  return stdout;
}

test(
  'the page tells what a version is, where it stands and what became of its metrics',
  { skip: noTerminal },
  async (t) => {
    const shell = await digitsShell(t);
    await shell.json('promote', 'digits@1.1.0', '--to', 'production');
    const text = await page(shell.cwd, 100, 'digits@1.1.0');
    assert.match(text, /^digits@1\.1\.0 {2}● production since just now\nWider and deeper\.\n/);
    assert.match(text, /^ {2}SIGNATURE +NAME +TYPE +SHAPE$/m);
    assert.match(text, /^ {2}input +X +float32 +\[batch, 64\]$/m);
    assert.match(text, /^ {2}output +probabilities +float32 +\[batch, 10\]$/m);
    assert.match(text, /METRIC +VALUE +VS 1\.0\.0 +PARAM +VALUE$/m);
    assert.match(text, /accuracy +0\.9796 +✓ \+0\.0037 \(\+0\.38%\) +hidden +\(512, 256\)$/m);
    assert.match(text, /operators +Gemm ×3, Relu ×2, ArgMax, Mul, Softmax$/m);
    assert.match(text, /parents +digits@1\.0\.0$/m);
    assert.match(text, /data +train {2}sha256:[0-9a-f]{12} {2}\(347 kB\)$/m);
    assert.match(text, /registered +just now by /);
    const first = await page(shell.cwd, 100, 'digits@1.0.0');
    assert.match(first, /METRIC +VALUE +PARAM/, 'nothing to compare the first one with');
    assert.match(first, /golden set +1 file, 3\.87 kB {2}sha256:[0-9a-f]{12}$/m);
    assert.match(first, /children +digits@1\.1\.0$/m);
    const colours = await runOnTerminal(['show', 'digits@1.1.0'], shell);
    assert.match(colours.stdout, /\u001b\[32m● production/);
    assert.match(colours.stdout, /\u001b\[32m✓ \+0\.0037/);
  },
);

test('the page stays within the terminal, digests apart', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  const long = 'word '.repeat(60);
  await shell.json('describe', 'digits@1.1.0', long);
  for (const stage of ['staging', 'production']) await shell.json('promote', 'digits@1.1.0', '--to', stage);
  await shell.json('yank', 'digits@1.1.0', '-m', long);
  const params = { [`p${'x'.repeat(200)}`]: 1, value: 'y'.repeat(500), empty: '' };
  writeFileSync(join(shell.cwd, 'm.json'), JSON.stringify({ params }));
  await shell.json('register', 'digits', model('digits_mlp_retrained'), '--metadata', 'm.json');
  for (const columns of [60, 80, 120, 160]) {
    for (const ref of ['digits@1.1.0', 'digits@1.0.0', 'digits']) {
      for (const line of (await page(shell.cwd, columns, ref)).split('\n'))
        assert.ok(line.length <= columns || line.includes('sha256:'), `${columns}: ${line}`);
    }
  }
  const narrow = await page(shell.cwd, 50, 'digits@1.1.0');
  assert.match(
    narrow,
    /^digits@1\.1\.0 {2}✗ yanked\n● staging since just now\n● production since just now\nyanked /,
  );
});

test(
  'the latest bench is shown with a small histogram; a failed one is told',
  { skip: noTerminal },
  async (t) => {
    const shell = await digitsShell(t);
    const quick = ['--iterations', '150', '--warmup', '3', '--launches', '2', '--threads', '1'];
    assert.equal((await shell.run('bench', 'digits@1.0.0', ...quick)).code, 0);
    const text = await page(shell.cwd, 80, 'digits@1.0.0');
    assert.match(
      text,
      /^ {2}LATENCY {2}p50 [\d.]+ \S+ {2}p95 [\d.]+ \S+ {2}[\d,]+ runs\/s {2}150 runs, just now$/m,
    );
    const bars = text.split('\n').filter((line) => / – .*[█▏▎▍▌▋▊▉ ] ?\d+$/.test(line));
    assert.equal(bars.length, 6, text);
    const counts = bars.map((bar) => Number(bar.split(' ').at(-1)));
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      150,
    );

    const home = join(shell.cwd, 'registry');
    editRows(home, "UPDATE measurements SET samples = X'0102'");
    const damaged = await page(shell.cwd, 80, 'digits@1.0.0');
    assert.match(damaged, /LATENCY {2}p50 [^]*mlreg verify/, 'the page stays readable');
    editRows(home, "UPDATE measurements SET status = 'timeout'");
    assert.match(
      await page(shell.cwd, 80, 'digits@1.0.0'),
      /✗ the latest benchmark \(just now\) failed: timeout/,
    );
  },
);

test('what was described later stands in the page, and is named', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  const given = ['describe', 'digits@1.0.0', 'Now with words.', '--metric', 'accuracy=0.99'];
  await shell.json(...given, '--force', '-m', 'counted again');
  const text = await page(shell.cwd, 100, 'digits@1.0.0');
  assert.match(text, /^digits@1\.0\.0\nNow with words\.\n/);
  assert.match(text, /accuracy +0\.99 /);
  assert.match(
    text,
    /amended +the description\n +accuracy: amended by \S+ in event \d+, registered as 0\.9759/,
  );
  assert.match(await page(shell.cwd, 100, 'digits@1.1.0'), /accuracy +0\.9796 +✗ -0\.0104/);
  assert.match((await shell.run('show', 'digits@1.0.0')).stdout, /^metric\taccuracy\t0\.99$/m);
});

test('a version before that was deleted is not compared with', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  await shell.json('delete', 'digits@1.0.0', '--yes');
  const text = await page(shell.cwd, 100, 'digits@1.1.0');
  assert.doesNotMatch(text, /VS/);
});

test('JSON has since when each stage is held', async (t) => {
  const shell = await digitsShell(t);
  await shell.json('promote', 'digits@1.1.0', '--to', 'production');
  const shown = (await shell.json('show', 'digits@production')) as unknown as {
    since: Record<string, string>;
  };
  const [event] = (await shell.json('history', 'digits', '--stage', 'production')).events;
  assert.deepEqual(shown.since, { production: event?.at });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandTable } from '../../src/cli/command-table.ts';
import { openShell } from '../support/run-cli.ts';

test('mlreg alone, --help and help show every command, and exit 0', async (t) => {
  const shell = openShell(t);
  const { code, stdout, stderr } = await shell.run();
  assert.deepEqual([code, stderr], [0, '']);
  for (const { names } of commandTable) assert.match(stdout, new RegExp(`^ {2}${names.join('\\|')} `, 'm'));
  for (const args of [['--help'], ['-h'], ['help'], ['--help', 'list']])
    assert.equal((await shell.run(...args)).stdout, stdout, args.join(' '));
});

test('every command has help with an example, by --help and by help', async (t) => {
  const shell = openShell(t);
  for (const { names } of commandTable) {
    const [name = '', ...aliases] = names;
    const { code, stdout, stderr } = await shell.run(name, '--help');
    assert.deepEqual([code, stderr], [0, ''], name);
    assert.match(stdout, new RegExp(`Examples?:\\n {2}mlreg ${name}`), name);
    assert.match(stdout, /Global options:/);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 110, `${name}: ${line}`);
    for (const word of [name, ...aliases]) {
      const same = await shell.run('help', word);
      assert.deepEqual([same.code, same.stdout], [0, stdout], word);
    }
  }
});

test('the topics explain references, exit codes and metadata', async (t) => {
  const shell = openShell(t);
  const topics: [string, RegExp][] = [
    ['references', /production~1/],
    ['exit-codes', /143/],
    ['metadata', /metrics/],
  ];
  for (const [topic, text] of topics) {
    const { code, stdout, stderr } = await shell.run('help', topic);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, text);
    assert.match((await shell.run('--help')).stdout, new RegExp(`mlreg help ${topic}`));
  }
});

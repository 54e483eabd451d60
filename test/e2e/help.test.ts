import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { commandTable } from '../../src/cli/command-table.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { isTopic } from '../../src/cli/help/topics.ts';
import { openShell, runCli } from '../support/run-cli.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

test('mlreg alone, --help and help show every command, and exit 0', async (t) => {
  const shell = openShell(t);
  const { code, stdout, stderr } = await shell.run();
  assert.deepEqual([code, stderr], [0, '']);
  for (const { names } of commandTable) assert.match(stdout, new RegExp(`^ {2}${names.join(', ')} `, 'm'));
  for (const args of [['--help'], ['-h'], ['help'], ['--help', 'list']])
    assert.equal((await shell.run(...args)).stdout, stdout, args.join(' '));
});

const sections = [
  'NAME',
  'SYNOPSIS',
  'DESCRIPTION',
  'OPTIONS',
  'GLOBAL OPTIONS',
  'EXAMPLES',
  'OUTPUT',
  'EXIT CODES',
  'SEE ALSO',
];

test('every command has a page with all sections, by --help and by help', async (t) => {
  const shell = openShell(t);
  for (const { names, load } of commandTable) {
    const [name = '', ...aliases] = names;
    const { code, stdout, stderr } = await shell.run(name, '--help');
    assert.deepEqual([code, stderr], [0, ''], name);
    const { help } = await load();
    const found = stdout
      .split('\n')
      .filter((line) => /^[A-Z ]+$/.test(line) && line !== 'ARGUMENTS' && line !== 'COMMANDS');
    // A command without flags of its own has no OPTIONS.
    const expected = sections.filter((section) => section !== 'OPTIONS' || found.includes(section));
    assert.deepEqual(
      found,
      help === undefined ? expected.slice(0, expected.indexOf('EXAMPLES')) : expected,
      name,
    );
    assert.match(stdout, new RegExp(`\\n {2,}mlreg ${name}`), name);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100, `${name}: ${line}`);
    for (const word of [name, ...aliases]) {
      const same = await shell.run('help', word);
      assert.deepEqual([same.code, same.stdout], [0, stdout], word);
    }
  }
});

test('help has a page, too', async (t) => {
  const shell = openShell(t);
  const { code, stdout } = await shell.run('help', 'help');
  assert.equal(code, 0);
  const found = stdout.split('\n').filter((line) => /^[A-Z ]+$/.test(line) && line !== 'ARGUMENTS');
  assert.deepEqual(
    found,
    sections.filter((section) => section !== 'OPTIONS'),
  );
  assert.match(stdout, /DESCRIPTION\n {2}[A-Z][^.]*\.\n\n/);
  assert.equal((await shell.run('help', '--help')).stdout, stdout);
});

test('asked for help before a word that is no command, help is what there is', async (t) => {
  const shell = openShell(t);
  assert.equal((await shell.run('--help', 'lsit')).code, 0);
  assert.equal((await shell.run('policy', '--help', 'chek')).code, 0);
  const missing = await shell.run('yank', 'a@1.0.0', '-m', '--help');
  assert.equal(missing.code, 3, 'a value, which asks for nothing');
});

test('whatever opens a registry may find none', async () => {
  for (const { names, load } of commandTable) {
    const page = (await load()).help?.();
    const pages = page === undefined ? [] : [page, ...Object.values(page.commands ?? {})];
    for (const { exitCodes: codes } of pages)
      if (7 in codes && names[0] !== 'init') assert.match(codes[3] ?? '', /registry/, names[0]);
  }
});

test('show and the references topic name all that there is', async (t) => {
  const shell = openShell(t);
  const { stdout } = await shell.run('show', '--help');
  for (const field of ['evaluations[]', 'gates[]']) assert.ok(stdout.includes(field), field);
  const { stdout: references } = await shell.run('help', 'references');
  assert.match(references, /that change a version \([^)]*\bapprove\b/s);
  assert.match((await shell.run('help', 'golden-sets')).stdout, /an\s+infinity\s+matches\s+only\s+itself/);
});

test('what a page refers to is there', async () => {
  const words = new Set(commandTable.flatMap(({ names }) => names));
  for (const { names, load } of commandTable) {
    const { seeAlso = [], exitCodes: codes = {} } = (await load()).help?.() ?? {};
    for (const name of seeAlso) assert.ok(words.has(name) || isTopic(name), `${names[0]}: ${name}`);
    for (const code of Object.keys(codes))
      assert.ok(code === '0' || Object.values(exitCodes).includes(Number(code)));
  }
});

test(
  'pages fill the terminal up to 100 columns, with bold headings there and nowhere else',
  { skip: noTerminal },
  async (t) => {
    const { cwd } = openShell(t);
    for (const [columns, widest] of [
      [60, 60],
      [200, 100],
    ] as const) {
      const { stdout } = await runOnTerminal(['help', 'register'], { cwd, columns });
      assert.match(stdout, /^\u001b\[1mNAME\u001b\[22m\n/);
      const lines = stripVTControlCharacters(stdout).split('\n');
      // What is to be copied is not broken.
      const wrapped = lines.filter((line) => !line.startsWith('    mlreg '));
      const longest = Math.max(...wrapped.map((line) => line.length));
      assert.ok(longest <= widest && longest > widest - 10, `${longest} of ${widest}`);
    }
    const plain = [
      ['help', 'show', '--no-color'],
      ['show', '--help', '--no-color'],
      ['--help', '--no-color'],
    ];
    for (const args of plain) assert.match((await runOnTerminal(args, { cwd })).stdout, /^NAME\n/);
    assert.match((await runOnTerminal(['help', 'show'], { cwd, env: { NO_COLOR: '1' } })).stdout, /^NAME\n/);
    assert.match((await runCli(['help', 'show'], { cwd })).stdout, /^NAME\n/);
  },
);

test('the topics explain references, exit codes, metadata and golden sets', async (t) => {
  const shell = openShell(t);
  const topics: [string, RegExp][] = [
    ['references', /production~1/],
    ['exit-codes', /143/],
    ['metadata', /metrics/],
    ['golden-sets', /rtol \* \|expected\|/],
  ];
  for (const [topic, text] of topics) {
    const { code, stdout, stderr } = await shell.run('help', topic);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, text);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
    assert.match((await shell.run('--help')).stdout, new RegExp(`mlreg help ${topic}`));
  }
});

import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { model, openShell, preparedShell, runCli } from '../support/run-cli.ts';
import { editRows } from '../support/temp-registry.ts';
import { fixture } from '../support/temp-folder.ts';

/** What the completion scripts are told; whatever is wrong, they are told of no error. */
async function complete(cwd: string, words: string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await runCli(['__complete', '--', ...words], { cwd, env });
  assert.deepEqual([code, stderr], [0, ''], words.join(' '));
  return stdout;
}

async function candidates(cwd: string, ...words: string[]): Promise<string[]> {
  const lines = (await complete(cwd, words)).split('\n');
  assert.equal(lines.pop(), '');
  return lines.map((line) => line.split('\t')[0] ?? '');
}

/** A registry with digits@1.0.0 in production. */
const withDigits = preparedShell(async (shell) => {
  const said = [
    '--metric',
    'accuracy=0.9',
    '--metric',
    'rows=10',
    '--tag',
    'reviewed=yes',
    '--tag',
    'owner=ada',
  ];
  await shell.json('register', 'digits', model('digits_mlp'), ...said);
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
});

test('each place of a line is completed by what its command declares', async (t) => {
  const { cwd } = await withDigits(t);
  const references = ['digits', 'digits@production', 'digits@latest', 'digits@1.0.0'];
  const cases: [line: string[], expected: string[]][] = [
    [['pro'], ['promote', 'profile']],
    [['l'], ['list', 'ls', 'lineage', 'log']],
    [['--regi'], ['--registry']],
    [
      ['--json', 'pro'],
      ['promote', 'profile'],
    ],
    [['promote', ''], references],
    [['info', 'dig'], references],
    [['promote', '--', 'dig'], references],
    [['promote', '--to', 'production', '-qm', 'why', 'dig'], references],
    [['promote', 'digits@1.0.0', '--t'], ['--to']],
    [
      ['promote', 'digits@1.0.0', '--to', ''],
      ['staging', 'production'],
    ],
    [
      ['promote', 'digits@1.0.0', ''],
      ['staging', 'production'],
    ],
    [
      ['rollback', 'digits', ''],
      ['staging', 'production'],
    ],
    [['promote', 'digits@1.0.0', '--to=p'], ['--to=production']],
    [['promote', 'digits@1.0.0', '--stage=p'], ['--stage=production']],
    [['promote', 'digits@1.0.0', '--expect', ''], ['1.0.0']],
    [['promote', 'digits@1.0.0', 'staging', ''], []],
    [['rollback', 'd'], ['digits']],
    [['rollback', 'digits', '--to-version', '1'], ['1.0.0']],
    [['rollback', '-m', 'd'], []],
    [
      ['register', 'a', 'b', '--bump', 'm'],
      ['major', 'minor'],
    ],
    [['register', 'a', 'b', '--if-exists=r'], ['--if-exists=reuse']],
    [['register', 'a', 'b', '--version', ''], []],
    [['register', 'a', ''], [':files ']],
    [['register', 'a', '--metadata='], [':files --metadata=']],
    [['register', 'a', '--data', 'train=x'], [':files train=']],
    [['register', 'a', '-m', 'x'], []],
    [['register', 'a', '-m', '@x'], []],
    [['register', 'a', '--description-file', ''], [':files ']],
    [['pull', 'digits', '-o', ''], [':folders ']],
    [['--registry', 'x'], [':folders ']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['help', 'ref'], ['references']],
    [
      ['help', 'pro'],
      ['promote', 'profile'],
    ],
    [['list', '--limit', ''], []],
    [
      ['stage', ''],
      ['list', 'add', 'remove'],
    ],
    [['stage', 'remove', 's'], ['staging']],
    [['stage', 'add', ''], []],
    [['stage', 'add', 'x', '--after', 'p'], ['production']],
    [
      ['tag', 'digits@1', '--remove', ''],
      ['owner', 'reviewed'],
    ],
    [['tag', 'digits@production', '--remove=o'], ['--remove=owner']],
    [['tag', 'digits@9', '--remove', ''], []],
    [
      ['trend', 'digits', '--metric', ''],
      ['accuracy', 'rows'],
    ],
    [['trend', 'nope', '--metric', ''], []],
    [['--actor', ''], []],
    [['list', '--actor', 'd'], []],
    [
      ['schema', ''],
      ['metadata', 'policy', 'output'],
    ],
    [['schema', 'output', 'un'], ['unyank']],
    [['schema', 'output', 'er'], ['error']],
    [['schema', 'output', 'ls'], ['ls']],
    [['schema', 'output', 'schema'], []],
    [['schema', 'policy', ''], []],
    [
      ['bench', '--matrix', ''],
      ['threads=', 'batch='],
    ],
    [
      ['bench', '--matrix', 'threads=1', ''],
      ['threads=', 'batch=', ...references],
    ],
    [['bench', '--matrix', 'threads=1', '--dur'], ['--duration']],
    [['bench', 'digits@1', '--matrix', 'b'], ['batch=']],
    [['bench', 'digits@1', '--matrix', 'batch=1', 't'], ['threads=']],
    [['tag', 'digits@1.0.0', 'a=b', 'digits'], []],
    [['frobnicate', ''], []],
    [['list', '--frobnicate', 'd'], ['digits']],
    [['list', '--json='], []],
  ];
  for (const [line, expected] of cases)
    assert.deepEqual(await candidates(cwd, ...line), expected, line.join(' '));
  assert.ok((await candidates(cwd, '')).includes('verify'));
  assert.ok(!(await candidates(cwd, '')).includes('__complete'));
  assert.match(await complete(cwd, ['promote', '--dr']), /^--dry-run\tshow what would happen/);
});

test('the script is printed as it is, to be evaluated', async (t) => {
  const { cwd } = openShell(t);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const file = fileURLToPath(new URL(`../../src/cli/completion/mlreg.${shell}`, import.meta.url));
    const script = readFileSync(file, 'utf8');
    for (const env of [{}, { GITHUB_ACTIONS: 'true' }] as Record<string, string>[])
      assert.equal((await runCli(['completion', shell], { cwd, env })).stdout, script, shell);
  }
});

test('the registry that the line or the environment names is asked', async (t) => {
  const { cwd } = await withDigits(t);
  const elsewhere = openShell(t).cwd;
  const home = join(cwd, 'registry');
  const asked: [words: string[], env: Record<string, string>][] = [
    [['--registry', home, 'rollback', ''], {}],
    [[`--registry=${home}`, 'rollback', ''], {}],
    [['rollback', '--registry', home, ''], {}],
    [['rollback', '--registry', '~/registry', ''], { HOME: cwd }],
    [['rollback', ''], { MLREG_REGISTRY: home }],
  ];
  for (const [words, env] of asked)
    assert.match(await complete(elsewhere, words, env), /^digits\t/, words.join(' '));
  assert.equal(await complete(elsewhere, ['rollback', '']), '');
});

test('no registry, a broken, newer or locked one, a bad variable: no candidates and no error', async (t) => {
  const { cwd } = await withDigits(t);
  const home = join(cwd, 'registry');
  const broken = (break_: (home: string) => void): string => {
    const copy = join(openShell(t).cwd, 'registry');
    cpSync(home, copy, { recursive: true });
    break_(copy);
    return copy;
  };
  const homes = [
    join(cwd, 'nowhere'),
    'https://example.org/registry',
    '',
    broken((copy) => writeFileSync(join(copy, 'mlreg.db'), 'x'.repeat(9000))),
    broken((copy) => rmSync(join(copy, 'mlreg.db'))),
    broken((copy) => writeFileSync(join(copy, 'registry.json'), '{')),
    broken((copy) =>
      writeFileSync(join(copy, 'registry.json'), '{"formatVersion":99,"id":"x","createdAt":"x"}'),
    ),
    broken((copy) => void editRows(copy, 'drop table pointers')),
  ];
  for (const each of homes)
    assert.equal(await complete(cwd, ['--registry', each, 'show', 'digits@']), '', each);
  assert.match(await complete(cwd, ['rollback', ''], { MLREG_ACTOR: 'x'.repeat(300) }), /^digits\t/);

  const database = new Database(join(home, 'mlreg.db'));
  t.after(() => database.close());
  database.pragma('locking_mode = EXCLUSIVE');
  database.exec('begin exclusive; update registry set collections = collections; commit');
  assert.equal(await complete(cwd, ['show', 'digits@']), '');
  assert.match(await complete(cwd, ['show', '--fi']), /^--files\t/, 'flags need no registry');
});

test('what a shell could take for more than a word is left out', async (t) => {
  const { cwd } = await withDigits(t);
  const home = join(cwd, 'registry');
  for (const name of [
    '$(touch pwned)',
    '`x`',
    'a b',
    'a\nb',
    'a;b',
    '~x',
    ':files /etc',
    '\u001b]0;x\u0007',
    "a'b",
    '*',
  ]) {
    editRows(home, 'update models set name = ?', name);
    assert.equal(await complete(cwd, ['rollback', '']), '', name);
  }
  editRows(home, 'update models set name = ?', 'digits');
  editRows(home, 'update versions set version = ?', '1.0.0\n$(x)\u001b');
  assert.doesNotMatch(await complete(cwd, ['show', 'digits']), /\n\$|[^\n\t\P{Cc}]/u);
  assert.equal(await complete(cwd, ['register', 'a', '--data', 'a\nb=']), '');
});

test('a stored run is completed by its id', async (t) => {
  const { cwd } = openShell(t);
  cpSync(fileURLToPath(new URL('../format/registry-1', import.meta.url)), join(cwd, 'registry'), {
    recursive: true,
  });
  const id = 'a781b467-cd2d-4faa-8497-779d061e07a4';
  for (const option of ['--show', '--recheck']) {
    assert.deepEqual(await candidates(cwd, 'bench', option, 'a7'), [id]);
    assert.deepEqual(await candidates(cwd, 'bench', option, 'b'), []);
  }
});

test('the axes of a matrix are those of the model that is named', async (t) => {
  const shell = await withDigits(t);
  const { cwd } = shell;
  await shell.json('register', 'cars', fixture('cars_mixed_inputs'));
  const own = ['threads=', 'batch='];
  assert.deepEqual(await candidates(cwd, 'bench', 'cars', '--matrix', ''), [...own, 'N=']);
  assert.deepEqual(await candidates(cwd, 'bench', 'nope', '--matrix', ''), own);
  assert.deepEqual(await candidates(cwd, 'bench', 'cars', '--matrix', 'threads=1', 'N'), ['N=']);
});

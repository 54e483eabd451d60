import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell, openShell } from '../support/run-cli.ts';

test('what was typed wrong exits 2, and the hint names the help that answers it', async (t) => {
  const shell = openShell(t);
  const cases: [args: string[], message: RegExp, hint: RegExp][] = [
    [['frobnicate'], /frobnicate/, /mlreg --help/],
    [['lst'], /lst/, /did you mean.*list/],
    [['promot', 'a@1.0.0'], /promot/, /did you mean promote/],
    [['list', '--jsn'], /--jsn/, /did you mean --json/],
    [['list', '--frobnicate'], /--frobnicate/, /mlreg list --help/],
    [['--frobnicate', 'list'], /--frobnicate/, /--help/],
    [['register'], /name/, /mlreg register --help/],
    [['register', 'a'], /path/, /mlreg register --help/],
    [['show'], /ref/, /mlreg show --help/],
    [['info'], /ref/, /mlreg info --help/],
    [['bench'], /ref/, /mlreg bench --help/],
    [['promote', 'a@1.0.0'], /--to/, /mlreg promote --help/],
    [['demote', 'a'], /--stage/, /mlreg demote --help/],
    [['yank', 'a@1.0.0'], /--message/, /mlreg yank --help/],
    [['yank', 'a@1.0.0', '-m', ' '], /reason/, /mlreg yank a@1\.0\.0/],
    [['show', 'a', 'b'], /too many/, /mlreg show --help/],
    [['register', 'a', 'b', 'c'], /too many/, /mlreg register --help/],
    [['rollback', 'a', '--steps', '0'], /--steps "0"/, /--steps/],
    [['rollback', 'a', '--steps', '1', '--to-version', '1.0.0'], /exclude/, /./],
    [['register', 'a', 'b', '--bump', 'huge'], /huge/, /major/],
    [['register', 'a', 'b', '--if-exists', 'maybe'], /maybe/, /reuse/],
    [['list', '--limit', 'many'], /many/, /--limit/],
    [['history', '--at', '2026-13-01'], /2026-13-01/, /2d/],
    [['help', 'frobnicate'], /frobnicate/, /references/],
    [['help', 'promot'], /promot/, /did you mean promote\?/],
    [['help', 'polices'], /polices/, /did you mean.*policies/],
    [['help', 'policy', 'chek'], /policy chek/, /did you mean policy check\?/],
    [['help', 'help', 'help'], /help help/, /references/],
    [['help', '--frobnicate'], /--frobnicate/, /mlreg help --help/],
    [['lsit', '--help'], /unknown command 'lsit'/, /did you mean list\?/],
    [['frobnicate', '-h'], /frobnicate/, /mlreg --help/],
    [['--registry', 'list', 'lsit', '--json', '--help'], /unknown command 'lsit'/, /did you mean list\?/],
    [['policy', 'chek', '--help'], /unknown command 'chek'/, /did you mean check\?/],
    [['policy'], /no command/, /mlreg policy --help/],
    [['policy', 'show', '--markdown'], /--markdown/, /mlreg policy show --help/],
    [['policy', 'check', 'a@1.0.0'], /--to/, /mlreg policy check --help/],
    [['stage', 'add'], /new-stage/, /mlreg stage add --help/],
    [['help', '__proto__'], /__proto__/, /references/],
    [['constructor'], /constructor/, /mlreg --help/],
    [['--json'], /command/, /--help/],
  ];
  for (const [args, message, hint] of cases) {
    const error = await shell.fails(2, ...args.filter((arg) => arg !== '--json'));
    assert.match(error.message, message, args.join(' '));
    assert.match(error.hint ?? '', hint, args.join(' '));
    assert.ok(['USAGE', 'INVALID_INPUT'].includes(error.code));
  }
});

test('commands that change a version want to be told which', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'a', model('digits_mlp'));
  for (const args of [
    ['promote', 'a', '--to', 'production'],
    ['yank', 'a', '-m', 'unfit'],
    ['unyank', 'a'],
  ]) {
    const error = await shell.fails(2, ...args);
    assert.match(error.hint ?? '', /a@1\.0\.0/);
  }
});

test('what is not there exits 3 and says how to look', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'a', model('digits_mlp'));
  const cases: [args: string[], message: RegExp][] = [
    [['show', 'b'], /"b"/],
    [['list', 'b'], /"b"/],
    [['history', 'b'], /"b"/],
    [['rollback', 'b'], /"b"/],
    [['show', 'a@9.9.9'], /9\.9\.9/],
    [['show', 'a@^9'], /\^9/],
    [['show', 'a@production'], /production/],
    [['show', 'a@production~1'], /production/],
    [['show', 'a@sha256:00000000'], /00000000/],
    [['promote', 'a@1.0.0', '--to', 'prod'], /"prod"/],
    [['history', '--stage', 'prod'], /"prod"/],
    [['register', 'a', 'no-such-file.onnx'], /no-such-file/],
    [['register', 'a', model('digits_mlp'), '--metadata', 'none.json'], /none\.json/],
    [['register', 'a', model('digits_mlp'), '--data', 'none.csv'], /none\.csv/],
    [['register', 'a', model('digits_mlp'), '--description', '@none.md'], /none\.md/],
    [['list', '--registry', 'nowhere'], /nowhere/],
  ];
  for (const [args, message] of cases) {
    const error = await shell.fails(3, ...args);
    assert.equal(error.code, 'NOT_FOUND');
    assert.match(error.message, message, args.join(' '));
  }
});

test('what is taken or impossible exits 4', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'a', model('digits_mlp'), '--version', '1.0.0+cpu');
  const cases = [
    ['register', 'a', model('digits_mlp_v2'), '--version', '1.0.0+cpu'],
    ['register', 'a', model('digits_mlp_v2'), '--version', '1.0.0+gpu'],
    ['register', 'a', model('digits_mlp_v2'), '--version', '1.0.0'],
    ['rollback', 'a'],
  ];
  for (const args of cases) {
    const error = await shell.fails(4, ...args);
    assert.equal(error.code, 'CONFLICT');
  }
  assert.equal((await shell.json('list', 'a')).versions.length, 1);
});

test('an error in text has three parts, on stderr only', async (t) => {
  const shell = await openRegistryShell(t);
  const { code, stdout, stderr } = await shell.run('show', 'nope');
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /^error: there is no model "nope" in .*\n {2}try: mlreg list.*\n$/);
});

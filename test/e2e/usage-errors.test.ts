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
    [
      ['promote', 'a@1.0.0'],
      /stage is missing/,
      /mlreg promote a@1\.0\.0 STAGE, or --to STAGE, or --stage STAGE/,
    ],
    [['demote', 'a'], /stage is missing/, /mlreg demote a STAGE, or --stage STAGE/],
    [['yank', 'a@1.0.0'], /--message/, /mlreg yank --help/],
    [['yank', 'a@1.0.0', '-m', ' '], /reason/, /mlreg yank a@1\.0\.0/],
    [['show', 'a', 'b'], /too many/, /mlreg show --help/],
    [['register', 'a', 'b', 'c'], /too many/, /mlreg register --help/],
    [['rollback', 'a', '--steps', '0'], /--steps must be .*, not "0"/, /--steps/],
    [['rollback', 'a', '--steps', '1', '--to-version', '1.0.0'], /cannot be used together/, /./],
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
    [['policy', 'check', 'a@1.0.0'], /stage is missing/, /mlreg policy check a@1\.0\.0 STAGE/],
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

test('what is refused is called by the name of its flag, and the hint can be followed', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'a', model('digits_mlp'));
  await shell.json('promote', 'a@1.0.0', '--to', 'production');
  const many = Array.from({ length: 11 }, () => 'a@1.0.0');
  const cases: [code: number, args: string[], message: RegExp, hint: RegExp][] = [
    [2, ['compare', 'a'], /got 1/, /mlreg compare digits@production digits/],
    [2, ['compare', ...many], /got 11/, /compare fewer/],
    [2, ['list', 'a', '--where', 'tags.src>a'], /> does not work on tags/, /= or !=/],
    [2, ['list', 'a', '--where', 'params.b>=x'], />= needs a number, not "x"/, /= or !=/],
    [2, ['tag', 'a@1.0.0', 'foo'], /"foo"/, /^for example mlreg tag REF team=vision$/],
    [2, ['register', 'a', 'b', '--tag', 'foo'], /--tag "foo"/, /^for example --tag name=value$/],
    [2, ['list', 'a', '--page', 'below:a@1.2.0x'], /invalid page token "below:a@1\.2\.0x"/, /--page/],
    [2, ['list', '--page', 'after:A B'], /invalid page token "after:A B"/, /--page/],
    [2, ['history', '--at', '0s', '--page', 'holder:a@9'], /invalid page token "holder:a@9"/, /--page/],
    [
      2,
      ['register', 'a', model('digits_mlp'), '--data-hash', 'sha256:00'],
      /--data-hash "sha256:00"/,
      /64 hex digits/,
    ],
    [2, ['register', 'a', model('digits_mlp'), '--data-hash', 'x=sha1:00'], /--data-hash "x=sha1:00"/, /md5/],
    [
      4,
      ['demote', 'a', '--stage', 'production', '--expect', 'none'],
      /expected production of a to be empty, but 1\.0\.0 holds it/,
      /history/,
    ],
    [3, ['show', 'a@production~1'], /production of a has no earlier version to return to/, /history/],
    [3, ['show', 'a@production~2'], /production of a cannot be rolled back 2 times/, /history/],
    [3, ['show', 'a@staging~1'], /staging of a has no earlier version to return to/, /history/],
  ];
  for (const [code, args, message, hint] of cases) {
    const error = await shell.fails(code, ...args);
    assert.match(error.message, message, args.join(' '));
    assert.match(error.hint ?? '', hint, args.join(' '));
  }
});

test('where every version is yanked, the hint lists them all the same', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'a', model('digits_mlp'));
  await shell.json('yank', 'a@1.0.0', '-m', 'unfit');
  for (const ref of ['a', 'a@^1', 'a@9.9.9', 'a@sha256:00000000']) {
    const { hint } = await shell.fails(3, 'show', ref);
    const [command = ''] = /mlreg (list a --all)/.exec(hint ?? '')?.slice(1) ?? [];
    assert.equal((await shell.json(...command.split(' '))).versions.length, 1, ref);
  }
});

test('what is the same again is not said to have other metadata', async (t) => {
  const shell = await openRegistryShell(t);
  const register = (...args: string[]) => shell.json('register', 'a', model('digits_mlp'), ...args);
  await register('--tag', 'team=vision');
  const { bump, bumpReason } = await register('--tag', 'team=vision', '--if-exists', 'new');
  assert.deepEqual([bump, bumpReason], ['patch', 'the same bytes as 1.0.0, with the same metadata']);
  assert.equal((await register()).bumpReason, 'the same bytes as 1.0.1, with different metadata');
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
    [['register', 'a', model('digits_mlp'), '--description-file', 'none.md'], /none\.md/],
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
  assert.match(stderr, /^error: no model "nope" in .*\n {2}try: list the models: mlreg list.*\n$/);
});

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell, openShell } from '../support/run-cli.ts';

test('names that are no model names exit 2', async (t) => {
  const shell = await openRegistryShell(t);
  const names = [
    '..',
    '../x',
    '/etc/x',
    'C:',
    'C:\\x',
    'a\\b',
    '%252e',
    'con',
    'aux.onnx',
    'Upper',
    'a//b',
    'a/',
    '',
  ];
  names.push('a b', 'ünï', '😀', '.a', 'a.', 'a..b', '-', 'x'.repeat(10_000), 'a\u202eb', 'a\nb');
  for (const name of names) {
    const { code, stderr } = await shell.run('register', '--json', '--', name, model('digits_mlp'));
    assert.equal(code, 2, name);
    assert.equal((JSON.parse(stderr) as { error: { code: string } }).error.code, 'INVALID_INPUT', name);
  }
  assert.deepEqual((await shell.json('list')).models, []);
});

test('metadata files that lose data or do harm exit 2, and nothing is registered', async (t) => {
  const shell = await openRegistryShell(t);
  const file = join(shell.cwd, 'metadata.json');
  const texts = {
    'not JSON': '{',
    'not an object': '[]',
    prototype: '{"extra": {"__proto__": {"x": 1}}}',
    'too deep': `{"extra": ${'['.repeat(40)}${']'.repeat(40)}}`,
    'too large': JSON.stringify({ description: 'x'.repeat(1024 * 1024) }),
    NaN: '{"metrics": {"auc": NaN}}',
    Infinity: '{"metrics": {"auc": Infinity}}',
    'out of range': '{"metrics": {"auc": 1e999}}',
    'lone surrogate': '{"description": "\\ud83d"}',
    NUL: '{"description": "a\\u0000b"}',
    'key twice': '{"metrics": {"auc": 1, "auc": 2}}',
    'key twice at the top': '{"tags": {}, "tags": {"a": "b"}}',
    'unknown key': '{"metric": {"auc": 1}}',
    'metric that is text': '{"metrics": {"auc": "0.9"}}',
    'params as a list': '{"params": [1]}',
    'metric that no double holds': '{"metrics": {"rows": 9007199254740993}}',
    'tag that is a number': '{"tags": {"a": 1}}',
    'hash that is none': '{"data": [{"name": "train", "hash": "sha256:12"}]}',
    'data of one name twice': '{"data": [{"name": "a"}, {"name": "a"}]}',
  };
  for (const [what, text] of Object.entries(texts)) {
    writeFileSync(file, text);
    const error = await shell.fails(2, 'register', 'a', model('digits_mlp'), '--metadata', 'metadata.json');
    assert.equal(error.code, 'INVALID_INPUT', what);
    assert.match(error.message, /metadata/, what);
  }
  writeFileSync(file, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
  await shell.fails(2, 'register', 'a', model('digits_mlp'), '--metadata', 'metadata.json');
  assert.equal(
    (await shell.fails(2, 'register', 'a', model('digits_mlp'), '--metadata', '.')).code,
    'INVALID_INPUT',
  );
  if (process.platform === 'linux')
    await shell.fails(2, 'register', 'a', model('digits_mlp'), '--metadata', '/dev/zero');
  assert.deepEqual((await shell.json('list')).models, []);
});

test('flags that lose data exit 2', async (t) => {
  const shell = await openRegistryShell(t);
  const cases = [
    ['--metric', 'auc=high'],
    ['--metric', 'auc=0,9'],
    ['--metric', 'auc=NaN'],
    ['--metric', 'auc='],
    ['--metric', 'auc'],
    ['--metric', 'auc=1', '--metric', 'auc=2'],
    ['--param', 'lr=1', '--param', 'lr=1'],
    ['--tag', 'a=1', '--tag', 'a=2'],
    ['--tag', '__proto__=x'],
    ['--tag', '=x'],
    ['--data-hash', 'train=sha1:00'],
    ['--data-hash', 'sha256:xyz'],
    ['--data', model('digits_mlp'), '--data', model('digits_mlp')],
    ['--version', '1.0'],
    ['--version', 'latest'],
    ['--version', '1.0.0-'],
    ['--version', `1.0.${'9'.repeat(100_000)}`],
    ['--parent', 'A@1'],
  ];
  for (const flags of cases) await shell.fails(2, 'register', 'a', model('digits_mlp'), ...flags);
  assert.deepEqual((await shell.json('list')).models, []);
});

test('a path that cannot be registered says why', async (t) => {
  const shell = await openRegistryShell(t);
  const path = (name: string): string => join(shell.cwd, name);
  writeFileSync(path('empty.onnx'), '');
  writeFileSync(path('random.onnx'), 'this is no model');
  mkdirSync(path('folder'));
  mkdirSync(path('linked'));
  symlinkSync(model('digits_mlp'), path('linked/link.onnx'));
  for (const name of ['empty.onnx', 'random.onnx', 'folder', 'linked', '/dev/null'])
    assert.equal((await shell.fails(2, 'register', 'a', name)).code, 'INVALID_INPUT', name);
  await shell.fails(3, 'register', 'a', 'absent.onnx');
  writeFileSync(path('secret.onnx'), 'x');
  chmodSync(path('secret.onnx'), 0);
  if (process.getuid?.() !== 0) await shell.fails(8, 'register', 'a', 'secret.onnx');
  assert.deepEqual((await shell.json('list')).models, []);
});

test('a reference that cannot be read exits 2', async (t) => {
  const shell = openShell(t);
  const references = [
    'a@',
    'a@1.0.0.0',
    'a@sha256:12',
    'a@production~',
    'a@~1x',
    'A@1.0.0',
    '@1.0.0',
    'a@b@c',
    'a@\u001b',
  ];
  for (const text of references)
    assert.equal((await shell.fails(2, 'show', text)).code, 'INVALID_INPUT', text);
});

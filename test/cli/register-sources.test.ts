import assert from 'node:assert/strict';
import { cpSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openMain } from '../support/run-main.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

test('flags for links, what stayed out, pointers among data, long integers and the CI run reach the result', async (t) => {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  const path = (name: string): string => join(cwd, name);
  const json = async (...args: string[]) => {
    const { stdout, stderr } = await run([...args, '--json'], ({ env }) => {
      Object.assign(env, {
        CIRCLECI: 'true',
        CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/models/8',
        CIRCLE_BRANCH: 'main',
      });
    });
    // oxlint-disable-next-line typescript/no-unsafe-return -- JSON of many shapes
    return JSON.parse(stdout || stderr);
  };
  await run(['init']);
  writeFileSync(path('weights'), 'w');
  mkdirSync(path('folder/.git'), { recursive: true });
  writeFileSync(path('folder/.git/HEAD'), 'x');
  symlinkSync('../weights', path('folder/model.bin'));
  mkdirSync(path('disk/__pycache__'), { recursive: true });
  writeFileSync(path('disk/train.csv'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
  writeFileSync(path('disk/__pycache__/x.pyc'), 'x');
  symlinkSync('disk', path('data'));
  writeFileSync(path('m.json'), '{"params":{"seed":9007199254740993},"extra":{"id":12345678901234567890}}');
  const words = ['register', 'digits', path('folder'), '--data', 'train=data', '--metadata', 'm.json'];

  const refused = await json(...words);
  assert.deepEqual([refused.error.code, refused.error.exitCode], ['INVALID_INPUT', 2]);
  assert.match(refused.error.hint, /--follow-links/);
  const made = await json(...words, '--follow-links', '--param', 'ver=1.10');
  assert.deepEqual(
    made.files.map((file: { path: string }) => file.path),
    ['model.bin'],
  );
  assert.deepEqual(made.leftOut, [
    { of: 'model', count: 1, paths: ['.git'] },
    { of: 'data train', count: 1, paths: ['__pycache__'] },
  ]);
  assert.match(
    made.warnings.join(),
    /^data "train": "train\.csv": this is a Git LFS pointer; run git lfs pull/,
  );
  const ci = { system: 'circleci', url: 'https://circleci.com/gh/acme/models/8', branch: 'main' };
  assert.deepEqual(made.source, { ci });

  const shown = await json('show', 'digits');
  assert.deepEqual(shown.metadata.params, { seed: '9007199254740993', ver: '1.10' });
  assert.deepEqual(shown.metadata.extra, { id: '12345678901234567890' });
  assert.deepEqual(shown.source, { ci });
  const rows = (await run(['show', 'digits'])).stdout;
  assert.match(rows, /^param\tseed\t9007199254740993$/m);
  assert.match(rows, /^source\tci\.url\thttps:\/\/circleci\.com\/gh\/acme\/models\/8$/m);
  for (const where of ['params.ver=1.10', 'params.seed=9007199254740993', 'params.seed>9007199254740992'])
    assert.equal((await run(['list', 'digits', '--where', where, '-q'])).stdout, 'digits@1.0.0\n', where);
  assert.equal((await run(['list', 'digits', '--where', 'params.ver!=1.10', '-q'])).stdout, '');

  const { stderr } = await run([...words, '--follow-links', '--no-git']);
  assert.match(stderr, /^note: skipped \.git\nnote: skipped data train: __pycache__$/m);
  assert.equal((await json(...words, '--follow-links', '--no-git', '--if-exists', 'new')).source, null);

  cpSync(fixture('digits_conv_external'), path('conv'), { recursive: true });
  linkSync(path('conv/weights.bin'), path('in-the-store-of-uv'));
  assert.equal((await json('register', 'conv', path('conv'))).error.exitCode, 2);
  assert.equal((await json('register', 'conv', path('conv'), '--allow-hard-links')).ref, 'conv@1.0.0');
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashData } from '../../src/registry/register/data-hash.ts';
import { scanSource } from '../../src/files/scan-source.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

function folderOf(context: Cleanup, files: Record<string, string>): string {
  const folder = join(tempFolder(context), 'folder');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const pathsOf = (files: { path: string }[]): string[] => files.map(({ path }) => path).sort();

const clone = (history: string): Record<string, string> => ({
  'model.bin': 'weights',
  'code/run.py': 'pass',
  '.gitattributes': '*.bin filter=lfs',
  '.git/HEAD': history,
  'code/__pycache__/run.pyc': history,
  'sub/module/.git': `gitdir: ${history}`,
  'sub/module/x.bin': 'x',
  'sub/.DS_Store': history,
});

test('.git, .DS_Store and __pycache__ stay out of models and of data, and the result says so', async (context) => {
  const registry = await tempRegistry(context);
  const [one, other] = [folderOf(context, clone('1')), folderOf(context, clone('2'))];
  const { files, leftOut, digest } = await add(registry, 'digits', one);
  assert.deepEqual(pathsOf(files), ['.gitattributes', 'code/run.py', 'model.bin', 'sub/module/x.bin']);
  const paths = ['.git', 'code/__pycache__', 'sub/.DS_Store', 'sub/module/.git'];
  assert.deepEqual(leftOut, [{ of: 'model', count: 4, paths }]);
  const again = await add(registry, 'digits', other);
  assert.deepEqual([again.digest, again.changed], [digest, false]);
  const [hashed, same] = [await hashData(one), await hashData(other)];
  assert.deepEqual([hashed.hash, hashed.leftOut], [digest, paths]);
  assert.equal(same.hash, digest);
});

test('.mlregignore names what else stays out, as .gitignore would, and itself stays out', async (context) => {
  const folder = folderOf(context, {
    '.mlregignore': '# checkpoints\n*.tmp\n/logs/\n!keep.tmp\nA.bin\n',
    'model.bin': 'w',
    'a.bin': 'lower case is another name',
    'A.bin.txt': 'x',
    'x.tmp': 'x',
    'deep/y.tmp': 'y',
    'deep/keep.tmp': 'k',
    'logs/1': '1',
    'deep/logs/1': '1',
    'deep/.mlregignore': 'is a file like any other',
    '.git/HEAD': 'x',
  });
  const { files, leftOut } = await scanSource(folder);
  assert.deepEqual(pathsOf(files), [
    'A.bin.txt',
    'a.bin',
    'deep/.mlregignore',
    'deep/keep.tmp',
    'deep/logs/1',
    'model.bin',
  ]);
  assert.deepEqual(leftOut, ['.git', '.mlregignore', 'deep/y.tmp', 'logs', 'x.tmp']);
});

test('.mlregignore takes back what stays out by default', async (context) => {
  const folder = folderOf(context, { ...clone('1'), '.mlregignore': '!__pycache__\n!.git' });
  assert.deepEqual((await scanSource(folder)).leftOut, ['.mlregignore', 'sub/.DS_Store']);
});

test('a folder of which all stays out, and a list that is no text, are refused', async (context) => {
  await assert.rejects(
    scanSource(folderOf(context, { '.git/HEAD': 'x' })),
    failsWith('INVALID_INPUT', /everything in it is ignored/),
  );
  const folder = folderOf(context, { 'model.bin': 'w' });
  writeFileSync(join(folder, '.mlregignore'), Buffer.from([0xff, 0xfe]));
  await assert.rejects(scanSource(folder), failsWith('INVALID_INPUT', /it is not UTF-8 text/));
});

test('a folder that is itself called .git is taken, when it is named', async (context) => {
  const folder = folderOf(context, { '.git/HEAD': 'x' });
  assert.deepEqual(pathsOf((await scanSource(join(folder, '.git'))).files), ['HEAD']);
});

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pull, type PullInput } from '../../src/registry/exchange/pull.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  editRows,
  exact,
  ref,
  tempRegistry,
  type TempRegistry,
} from '../support/temp-registry.ts';

const names = ['model.onnx', 'weights.bin'];

async function start(context: Cleanup): Promise<{ registry: TempRegistry; directory: string }> {
  const registry = await tempRegistry(context);
  const source = join(tempFolder(context), 'model');
  mkdirSync(join(source, 'sub'), { recursive: true });
  for (const name of names)
    writeFileSync(join(source, name), readFileSync(fixture(`digits_conv_external/${name}`)));
  writeFileSync(join(source, 'sub', 'empty'), '');
  await add(registry, 'digits', source);
  return { registry, directory: join(tempFolder(context), 'out') };
}

const get = (registry: TempRegistry, directory: string, rest: Partial<PullInput> = {}) =>
  pull(registry, { ref: ref('digits'), directory, ...rest });

test('the files of a version come out as they went in, as files of their own', async (context) => {
  const { registry, directory } = await start(context);
  const result = await get(registry, directory);
  assert.equal(result.changed, true);
  assert.equal(result.ref, 'digits@1.0.0');
  for (const name of names) {
    assert.ok(
      readFileSync(join(directory, name)).equals(readFileSync(fixture(`digits_conv_external/${name}`))),
    );
  }
  assert.deepEqual(readdirSync(directory).toSorted(), ['model.onnx', 'sub', 'weights.bin']);
  assert.equal(statSync(join(directory, 'sub', 'empty')).size, 0);
  const pulled = statSync(join(directory, 'model.onnx'));
  const [file] = result.record.artifact.files;
  assert.notEqual(pulled.ino, statSync(blobPath(registry.home, file?.digest ?? '')).ino, 'never a hard link');
  assert.notEqual(pulled.mode & 0o200, 0, 'the copy may be changed');
});

test('pulling again changes nothing; what is missing is completed', async (context) => {
  const { registry, directory } = await start(context);
  await get(registry, directory);
  const before = statSync(join(directory, 'model.onnx'), { bigint: true });
  assert.equal((await get(registry, directory)).changed, false);
  assert.equal(statSync(join(directory, 'model.onnx'), { bigint: true }).ctimeNs, before.ctimeNs);
  writeFileSync(join(directory, 'mine.txt'), 'kept');
  rmSync(join(directory, 'weights.bin'));
  assert.equal((await get(registry, directory)).changed, true);
  assert.equal(statSync(join(directory, 'model.onnx'), { bigint: true }).ctimeNs, before.ctimeNs);
  assert.equal(readFileSync(join(directory, 'mine.txt'), 'utf8'), 'kept');
  assert.equal(existsSync(join(directory, 'weights.bin')), true);
});

const obstacles: [what: string, put: (directory: string) => void, forced: boolean][] = [
  ['a file with other bytes', (directory) => writeFileSync(join(directory, 'weights.bin'), 'other'), true],
  [
    'a file with other bytes of the same size',
    (directory) =>
      writeFileSync(
        join(directory, 'weights.bin'),
        new Uint8Array(statSync(fixture('digits_conv_external/weights.bin')).size),
      ),
    true,
  ],
  ['a folder', (directory) => mkdirSync(join(directory, 'weights.bin')), false],
  ['a symbolic link', (directory) => symlinkSync('/etc/hostname', join(directory, 'weights.bin')), false],
  ['a file where a folder is needed', (directory) => writeFileSync(join(directory, 'sub'), 'x'), false],
];

for (const [what, put, forced] of obstacles) {
  test(`${what} in the way is a conflict, and nothing is written`, async (context) => {
    const { registry, directory } = await start(context);
    mkdirSync(directory);
    put(directory);
    const before = readdirSync(directory);
    await assert.rejects(get(registry, directory), failsWith('CONFLICT', /nothing was written/));
    assert.deepEqual(readdirSync(directory), before);
    if (!forced) {
      await assert.rejects(get(registry, directory, { force: true }), failsWith('CONFLICT'));
      return;
    }
    assert.equal((await get(registry, directory, { force: true })).changed, true);
    assert.ok(
      readFileSync(join(directory, 'weights.bin')).equals(
        readFileSync(fixture('digits_conv_external/weights.bin')),
      ),
    );
  });
}

test('a yanked version can still be fetched by its exact number', async (context) => {
  const { registry, directory } = await start(context);
  await yank(registry, { ref: exact('digits@1.0.0'), reason: 'bad' });
  await assert.rejects(get(registry, directory), failsWith('NOT_FOUND'));
  assert.equal((await get(registry, directory, { ref: ref('digits@1.0.0') })).changed, true);
});

test('rows that name a path outside of the folder do not get it written', async (context) => {
  const { registry, directory } = await start(context);
  editRows(registry.home, "update artifact_files set path = '../escaped' where path = 'weights.bin'");
  await assert.rejects(get(registry, directory), failsWith('INTEGRITY'));
  assert.equal(existsSync(join(directory, '..', 'escaped')), false);
});

test('an interrupted pull leaves nothing behind', async (context) => {
  const { registry, directory } = await start(context);
  const stop = new AbortController();
  const stopped = { ...registry, signal: stop.signal };
  const attempt = pull(stopped, { ref: ref('digits'), directory, onProgress: () => stop.abort() });
  await assert.rejects(attempt, (error: Error) => error.name === 'AbortError');
  assert.equal(existsSync(directory), false, 'not the folder either, which it had made');

  mkdirSync(directory);
  await assert.rejects(pull(stopped, { ref: ref('digits'), directory }));
  assert.deepEqual(readdirSync(directory), [], 'a folder that was there stays');
});

test(
  'a folder that denies new ones ends the pull at once',
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async (context) => {
    const { registry } = await start(context);
    await assert.rejects(get(registry, '/proc/mlreg-test'), failsWith('STORAGE'));
  },
);

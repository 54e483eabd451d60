import assert from 'node:assert/strict';
import { cpSync, linkSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashData } from '../../src/registry/register/data-hash.ts';
import { readSource } from '../../src/files/read-source.ts';
import { scanSource } from '../../src/files/scan-source.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

const pathsOf = (files: { path: string }[]): string[] => files.map(({ path }) => path).sort();

/** A folder with files, each with its path as content. */
function folderOf(context: Cleanup, ...paths: string[]): string {
  const folder = join(tempFolder(context), 'folder');
  for (const path of paths) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
  return folder;
}

/**
 * As huggingface_hub lays a repository out: snapshots of links to blobs that are named by their
 * hash.
 */
function hubCache(context: Cleanup): string {
  const cache = folderOf(context, 'blobs/0a', 'blobs/1b', 'blobs/2c');
  const snapshot = join(cache, 'snapshots', 'main');
  mkdirSync(join(snapshot, 'onnx'), { recursive: true });
  symlinkSync('../../blobs/0a', join(snapshot, 'config.json'));
  symlinkSync('../../../blobs/1b', join(snapshot, 'onnx', 'weights.bin'));
  writeFileSync(join(snapshot, 'plain.txt'), 'plain');
  return snapshot;
}

test('a link that is itself the path is followed, and gives its name to a file', async (context) => {
  const registry = await tempRegistry(context);
  const folder = folderOf(context, 'ckpt-7.bin', 'sub/x.bin');
  symlinkSync('ckpt-7.bin', join(folder, 'step'));
  symlinkSync('step', join(folder, 'latest.bin'));
  const { files } = await add(registry, 'digits', join(folder, 'latest.bin'));
  assert.deepEqual(pathsOf(files), ['latest.bin']);
  symlinkSync('sub', join(folder, 'link'));
  const [linked, plain] = [join(folder, 'link/'), join(folder, 'sub')];
  assert.equal((await add(registry, 'a', linked)).digest, (await add(registry, 'b', plain)).digest);
  assert.deepEqual(await hashData(linked), await hashData(plain));
});

test('a link that is itself the path, and leads nowhere, is told as the link that it is', async (context) => {
  const folder = folderOf(context, 'a');
  symlinkSync('ckpt-8.bin', join(folder, 'latest.bin'));
  await assert.rejects(
    scanSource(join(folder, 'latest.bin')),
    failsWith('NOT_FOUND', /"[^"]*latest\.bin" is a broken symbolic link/),
  );
});

test('links in a folder are refused, with the flag that takes what they point to', async (context) => {
  const registry = await tempRegistry(context);
  const snapshot = hubCache(context);
  await assert.rejects(
    add(registry, 'digits', snapshot),
    failsWith('INVALID_INPUT', /it is a symbolic link/),
  );
  for (const attempt of [() => add(registry, 'digits', snapshot), () => hashData(snapshot)])
    await assert.rejects(attempt, (error: { hint?: string }) => /--follow-links/.test(error.hint ?? ''));
});

test('with followLinks a hub cache is what its links point to, under their names', async (context) => {
  const registry = await tempRegistry(context);
  const snapshot = hubCache(context);
  const copy = join(tempFolder(context), 'copy');
  mkdirSync(join(copy, 'onnx'), { recursive: true });
  writeFileSync(join(copy, 'config.json'), 'blobs/0a');
  writeFileSync(join(copy, 'onnx', 'weights.bin'), 'blobs/1b');
  writeFileSync(join(copy, 'plain.txt'), 'plain');
  const taken = await add(registry, 'digits', snapshot, { followLinks: true });
  assert.deepEqual(pathsOf(taken.files), ['config.json', 'onnx/weights.bin', 'plain.txt']);
  assert.equal(taken.digest, (await add(registry, 'plain', copy)).digest);
  assert.equal((await hashData(snapshot, { followLinks: true })).hash, (await hashData(copy)).hash);
});

test('links to folders are followed too, but not round in a circle', async (context) => {
  const folder = folderOf(context, 'a/x', 'b/y');
  symlinkSync('../b', join(folder, 'a', 'other'));
  const { files } = await scanSource(folder, { followLinks: true });
  assert.deepEqual(pathsOf(files), ['a/other/y', 'a/x', 'b/y']);
  symlinkSync('../a', join(folder, 'b', 'back'));
  await assert.rejects(
    scanSource(folder, { followLinks: true }),
    failsWith('INVALID_INPUT', /a symbolic link to a parent folder/),
  );
  rmSync(join(folder, 'b', 'back'));
  symlinkSync('nowhere', join(folder, 'b', 'gone'));
  await assert.rejects(
    scanSource(folder, { followLinks: true }),
    failsWith('INVALID_INPUT', /broken symbolic link/),
  );
});

test('a link into the registry is not followed', async (context) => {
  const registry = await tempRegistry(context);
  const folder = folderOf(context, 'x');
  symlinkSync(join(registry.home, 'registry.json'), join(folder, 'stolen.json'));
  await assert.rejects(
    add(registry, 'digits', folder, { followLinks: true }),
    failsWith('INVALID_INPUT', /is inside the registry/),
  );
});

test('what is read is what was looked at, also where the link was turned since', async (context) => {
  const folder = folderOf(context, 'a/one', 'b/one');
  symlinkSync('a', join(folder, 'link'));
  const location = join(realpathSync(folder), 'link', 'one');
  const { files } = await scanSource(location);
  rmSync(join(folder, 'link'));
  symlinkSync('b', join(folder, 'link'));
  const [file] = files;
  assert.ok(file);
  await assert.rejects(
    async () => {
      for await (const _chunk of readSource(file)) assert.fail('another file was read');
    },
    failsWith('CONFLICT', /changed while it was being read/),
  );
});

test('external data that is a hard link is taken only where that is allowed', async (context) => {
  const registry = await tempRegistry(context);
  const folder = join(tempFolder(context), 'model');
  cpSync(fixture('digits_conv_external'), folder, { recursive: true });
  linkSync(join(folder, 'weights.bin'), join(tempFolder(context), 'in-the-store-of-uv'));
  await assert.rejects(add(registry, 'digits', folder), (error: Error & { hint: string }) => {
    failsWith('INVALID_INPUT', /more than one hard link/)(error);
    return /--allow-hard-links/.test(error.hint);
  });
  const { files } = await add(registry, 'digits', folder, { allowHardLinks: true });
  assert.ok(pathsOf(files).includes('weights.bin'));
});

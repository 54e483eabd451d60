import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readSource } from '../../src/files/read-source.ts';
import { scanSource } from '../../src/files/scan-source.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

const size = 5 * 1024 * 1024;

/** What another program does to the file, after a part of it has been read. */
const changes: [what: string, change: (path: string) => void][] = [
  ['is written over', (path) => writeFileSync(path, Buffer.alloc(size, 2))],
  ['grows', (path) => appendFileSync(path, 'more')],
  ['is cut short', (path) => truncateSync(path, 3 * 1024 * 1024)],
  [
    'is written over, its times set back',
    (path) => (writeFileSync(path, Buffer.alloc(size, 2)), utimesSync(path, 1000, 1000)),
  ],
];

for (const [what, change] of changes) {
  test(`a source that ${what} while it is read is CONFLICT, and nothing is stored`, async (context) => {
    const registry = await tempRegistry(context);
    const path = join(tempFolder(context), 'model.bin');
    writeFileSync(path, Buffer.alloc(size, 1));
    utimesSync(path, 1000, 1000);
    let changed = false;
    const attempt = add(registry, 'digits', path, {
      onProgress: () => {
        if (!changed) change(path);
        changed = true;
      },
    });
    await assert.rejects(
      attempt,
      failsWith('CONFLICT', /changed while it was being read; nothing was registered/),
    );
    assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
    assert.deepEqual(readdirSync(join(registry.home, 'blobs', 'sha256')), []);
  });
}

test('a file that is replaced by rename while it is read is registered as it was', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const [path, next] = [join(folder, 'model.bin'), join(folder, 'next')];
  writeFileSync(path, Buffer.alloc(size, 1));
  writeFileSync(next, Buffer.alloc(size, 2));
  let renamed = false;
  const outcome = await add(registry, 'digits', path, {
    onProgress: () => {
      if (!renamed) renameSync(next, path);
      renamed = true;
    },
  }).catch((error: unknown) => error);
  // Unlinking touches the old file's ctime, so refusing is right as well; a mixture of both never
  // is.
  if (outcome instanceof Error) failsWith('CONFLICT')(outcome);
  else assert.equal((outcome as { size: number }).size, size);
});

/** What another program does to the second file of a folder, when the first one was read. */
const later: [what: string, change: (path: string) => void][] = [
  ['vanishes', unlinkSync],
  ['becomes a folder', (path) => (unlinkSync(path), mkdirSync(path))],
  ['becomes a symbolic link', (path) => (renameSync(path, `${path}.old`), symlinkSync(`${path}.old`, path))],
  ['is another file of the same size', (path) => (renameSync(path, `${path}.old`), writeFileSync(path, 'b'))],
  ['was written since it was looked at', (path) => (writeFileSync(path, 'x'), utimesSync(path, 1, 1))],
  ['loses its folder', (path) => rmSync(dirname(path), { recursive: true })],
];

for (const [what, change] of later) {
  test(`a file that ${what} before its turn comes is CONFLICT, and nothing is stored`, async (context) => {
    const registry = await tempRegistry(context);
    const folder = tempFolder(context);
    const paths = ['one', 'two'].map((name) => join(folder, name, 'a.bin'));
    for (const path of paths) {
      mkdirSync(dirname(path));
      writeFileSync(path, 'a');
    }
    let told = 0;
    const attempt = add(registry, 'digits', folder, {
      onProgress: () => {
        // Whichever was read first: the other one changes.
        if (++told === 1) for (const path of paths) change(path);
      },
    });
    await assert.rejects(attempt, failsWith('CONFLICT', /changed while it was being read/));
    assert.deepEqual(readdirSync(join(registry.home, 'blobs', 'sha256')), []);
  });
}

test('data that changes while it is hashed is CONFLICT', async (context) => {
  const path = join(tempFolder(context), 'data.csv');
  writeFileSync(path, 'a,b');
  const { files } = await scanSource(path);
  appendFileSync(path, 'c');
  const [file] = files;
  assert.ok(file);
  await assert.rejects(async () => {
    for await (const _chunk of readSource(file)) assert.fail('it was read');
  }, failsWith('CONFLICT'));
});

test('each command that reads says what it did not do', async (context) => {
  const location = join(tempFolder(context), 'a.bin');
  writeFileSync(location, 'more than it was');
  for (const [reader, what, hint] of [
    [undefined, 'registered', 'register'],
    ['pull', 'written', 'pull'],
    ['import', 'imported', 'import'],
  ] as const)
    await assert.rejects(
      async () => {
        for await (const _chunk of readSource({ location, size: 1 }, undefined, reader)) assert.fail();
      },
      (error: { message: string; hint?: string }) =>
        error.message.endsWith(`; nothing was ${what}`) && error.hint?.endsWith(`${hint} again`) === true,
    );
});

import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
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
  test(`a source that ${what} while it is read is INTEGRITY, and nothing is stored`, async (context) => {
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
      failsWith('INTEGRITY', /changed while it was read; nothing was registered/),
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
  // Unlinking touches the old file's ctime, so refusing is right as well; a mixture of both never is.
  if (outcome instanceof Error) failsWith('INTEGRITY')(outcome);
  else assert.equal((outcome as { size: number }).size, size);
});

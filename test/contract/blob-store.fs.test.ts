import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile, rm, truncate, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createBlobFolders } from '../../src/storage/local/blobs/blob-folders.ts';
import { openFsBlobStore } from '../../src/storage/local/blobs/fs-blob-store.ts';
import { failsWith, flipBit, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { blobPath } from '../support/temp-registry.ts';
import { blobStoreContract, type BlobStoreUnderTest } from './blob-store.contract.ts';

async function open(context: Cleanup): Promise<BlobStoreUnderTest & { home: string }> {
  const home = tempFolder(context);
  await createBlobFolders(home, 0o700);
  return {
    home,
    blobs: openFsBlobStore(home),
    damage: async (digest) => flipBit(blobPath(home, digest)),
    truncate: async (digest) => {
      const path = blobPath(home, digest);
      await chmod(path, 0o644);
      await truncate(path, statSync(path).size - 1);
    },
    remove: (digest) => rm(blobPath(home, digest)),
    quarantined: async () => readdirSync(join(home, 'quarantine')).length,
    inTrash: async () => readdirSync(join(home, 'trash')).length,
    leftovers: async () => readdirSync(join(home, 'tmp')).length,
    age: async (digest) => statSync(blobPath(home, digest)).mtimeMs,
    makeOld: async (digest) => utimesSync(blobPath(home, digest), 1000, 1000),
  };
}

blobStoreContract('files', open);

async function* content(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

test('files: damaged bytes are set aside as they were found', async (context) => {
  const { home, blobs } = await open(context);
  const first = await blobs.stage(content('weights'));
  await first.publish();
  await first.discard();
  flipBit(blobPath(home, first.digest));
  const damaged = await readFile(blobPath(home, first.digest));
  const second = await blobs.stage(content('weights'));
  assert.equal(await second.publish(), 'repaired');
  await second.discard();
  const [aside = ''] = readdirSync(join(home, 'quarantine'));
  assert.ok((await readFile(join(home, 'quarantine', aside))).equals(damaged));
});

test('files: a symbolic link in place of a blob is damage, not followed, and repaired', async (context) => {
  const { home, blobs } = await open(context);
  const staged = await blobs.stage(content('weights'));
  const elsewhere = join(home, 'elsewhere');
  writeFileSync(elsewhere, 'weights');
  symlinkSync(elsewhere, blobPath(home, staged.digest));
  assert.equal(await blobs.check(staged.digest), 'corrupt');
  await assert.rejects(async () => {
    for await (const _chunk of blobs.read(staged.digest));
  }, failsWith('INTEGRITY'));
  assert.equal(await staged.publish(), 'repaired');
  assert.equal(await blobs.check(staged.digest), 'sound');
});

test('files: only blobs are listed', async (context) => {
  const { home, blobs } = await open(context);
  const staged = await blobs.stage(content('weights'));
  await staged.publish();
  writeFileSync(join(home, 'blobs', 'sha256', '.DS_Store'), 'x');
  mkdirSync(join(home, 'blobs', 'sha256', 'folder'));
  const digests: string[] = [];
  for await (const { digest } of blobs.list()) digests.push(digest);
  assert.deepEqual(digests, [staged.digest]);
});

test('files: folders in tmp/ are somebody else’s, and stay', async (context) => {
  const { home, blobs } = await open(context);
  for (const name of ['empty', 'filled']) mkdirSync(join(home, 'tmp', name));
  writeFileSync(join(home, 'tmp', 'filled', 'file'), 'x');
  const later = Date.now() + 60_000;
  const { foreign } = await blobs.tidy({ untouchedSince: later, takenBefore: later, look: false });
  assert.deepEqual(foreign.toSorted(), ['tmp/empty', 'tmp/filled']);
  assert.deepEqual(readdirSync(join(home, 'tmp')), ['empty', 'filled']);
});

for (const folder of ['blobs', '.']) {
  test(`files: without ${folder === '.' ? 'the home' : `${folder}/`} there is STORAGE, not a stack trace`, async (context) => {
    const { home, blobs } = await open(context);
    rmSync(join(home, folder), { recursive: true });
    const attempt = async (): Promise<void> => {
      const staged = await blobs.stage(content('weights'));
      await staged.publish();
    };
    await assert.rejects(attempt, failsWith('STORAGE'));
    if (folder !== 'blobs') return;
    await assert.rejects(async () => {
      for await (const _blob of blobs.list());
    }, failsWith('STORAGE'));
    await assert.rejects(blobs.sync(), failsWith('STORAGE'));
  });
}

test('files: an abort ends the reading of a blob, with the reason given', async (context) => {
  const { home, blobs } = await open(context);
  const staged = await blobs.stage(content('weights'));
  await staged.publish();
  const reason = new Error('stop');
  const aborted = openFsBlobStore(home, AbortSignal.abort(reason));
  await assert.rejects(aborted.check(staged.digest), reason);
});

const passing = ['tmp', 'trash', 'quarantine'];

test('files: folders in which nothing stays are made again by what needs them, as they were', async (context) => {
  const before = process.umask(0o027);
  context.after(() => process.umask(before));
  for (const mode of [0o700, 0o2770]) {
    const { home, blobs, makeOld } = await open(context);
    chmodSync(home, mode);
    const lose = (): void => {
      for (const name of passing) rmSync(join(home, name), { recursive: true, force: true });
    };
    const modes = (): number[] => passing.map((name) => statSync(join(home, name)).mode & 0o7777);

    lose();
    const nothing = { files: 0, bytes: 0, paths: [] };
    const query = { untouchedSince: 0, takenBefore: 0, look: true };
    assert.deepEqual(await blobs.tidy(query), { leftovers: nothing, trash: nothing, foreign: [] });
    assert.deepEqual(readdirSync(home), ['blobs'], 'looking makes nothing');

    const staged = await blobs.stage(content('weights'));
    assert.deepEqual(modes(), [mode, mode, mode]);
    await staged.publish();
    await staged.discard();

    flipBit(blobPath(home, staged.digest));
    lose();
    assert.equal(await blobs.repair(staged.digest), 'set-aside');
    assert.equal(readdirSync(join(home, 'quarantine')).length, 1);

    const again = await blobs.stage(content('weights'));
    await again.publish();
    await again.discard();
    await makeOld(again.digest);
    lose();
    assert.equal(await blobs.moveToTrash(again.digest, Date.now()), 'taken');
    assert.deepEqual(modes(), [mode, mode, mode]);
  }
});

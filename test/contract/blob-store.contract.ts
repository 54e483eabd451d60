import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { digestOf, type Digest } from '../../src/core/versions/artifact.ts';
import type { BlobStore, StagedBlob } from '../../src/storage/blob-store.ts';
import { failsWith, type Cleanup } from '../support/temp-folder.ts';

/** A store to try, and the ways to harm it that the port does not offer. */
export interface BlobStoreUnderTest {
  blobs: BlobStore;
  /** Changes a byte of a stored blob. */
  damage: (digest: Digest) => Promise<void>;
  /** Takes the last byte of a stored blob away. */
  truncate: (digest: Digest) => Promise<void>;
  remove: (digest: Digest) => Promise<void>;
  /** How many blobs were set aside as damaged. */
  quarantined: () => Promise<number>;
  /** How many were taken out, and not removed for good. */
  inTrash: () => Promise<number>;
  /** How many staged copies lie about. */
  leftovers: () => Promise<number>;
  /** When the blob was last wanted, epoch milliseconds; and a way to make it look old. */
  age: (digest: Digest) => Promise<number>;
  makeOld: (digest: Digest) => Promise<void>;
}

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? new TextEncoder().encode(part) : part;
}

async function* breakingOff(): AsyncGenerator<Uint8Array> {
  yield* chunks('half of ');
  throw new Error('the source broke off');
}

function sha256(content: string | Uint8Array): Digest {
  return digestOf(createHash('sha256').update(content).digest('hex'));
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of content) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

async function put(blobs: BlobStore, content: string | Uint8Array): Promise<Digest> {
  const staged = await blobs.stage(chunks(content));
  await staged.publish();
  await staged.discard();
  await blobs.sync();
  return staged.digest;
}

async function listed(blobs: BlobStore): Promise<string[]> {
  const digests: string[] = [];
  for await (const { digest } of blobs.list()) digests.push(digest);
  return digests.toSorted();
}

/** What every blob store promises: the sentences of src/storage/blob-store.ts. */
export function blobStoreContract(name: string, open: (test: Cleanup) => Promise<BlobStoreUnderTest>): void {
  const promise = (what: string, check: (store: BlobStoreUnderTest) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => check(await open(context)));

  promise(
    'a blob can be looked into where it lies; one that is not there cannot',
    async ({ blobs, remove }) => {
      const digest = await put(blobs, 'some bytes');
      assert.equal(readFileSync(await blobs.locate(digest), 'utf8'), 'some bytes');
      await remove(digest);
      await assert.rejects(blobs.locate(digest), failsWith('INTEGRITY', /is missing/));
    },
  );

  promise('staged bytes are hashed and counted, and in nobody’s sight', async ({ blobs }) => {
    const counts: number[] = [];
    const staged = await blobs.stage(chunks('one ', 'two'), (count) => counts.push(count));
    assert.equal(staged.digest, sha256('one two'));
    assert.equal(staged.size, 7);
    assert.deepEqual(counts, [4, 3]);
    assert.equal(readFileSync(staged.path, 'utf8'), 'one two');
    assert.equal(await blobs.size(staged.digest), undefined);
    assert.equal(await blobs.check(staged.digest), 'missing');
    assert.deepEqual(await listed(blobs), []);
    await staged.discard();
    assert.equal(existsSync(staged.path), false);
  });

  promise('nothing is kept of a source that breaks off', async ({ blobs, leftovers }) => {
    await assert.rejects(blobs.stage(breakingOff()), /the source broke off/);
    assert.equal(await leftovers(), 0);
    assert.deepEqual(await listed(blobs), []);
  });

  promise('what is published is read back, byte for byte', async ({ blobs }) => {
    const digest = await put(blobs, 'weights');
    assert.equal((await bytesOf(blobs.read(digest))).toString(), 'weights');
    assert.equal(await blobs.size(digest), 7);
    assert.equal(await blobs.check(digest), 'sound');
    assert.deepEqual(await listed(blobs), [digest]);
  });

  promise('no bytes at all are a blob too', async ({ blobs }) => {
    const digest = await put(blobs, '');
    assert.equal(await blobs.size(digest), 0);
    assert.equal((await bytesOf(blobs.read(digest))).length, 0);
  });

  promise('bytes of many chunks come back whole', async ({ blobs }) => {
    const content = Buffer.alloc(2_500_001, 'a pattern of odd length');
    const digest = await put(blobs, content);
    assert.equal(digest, sha256(content));
    assert.ok((await bytesOf(blobs.read(digest))).equals(content));
  });

  promise('the same bytes are stored once, and their age is renewed', async ({ blobs, age, makeOld }) => {
    const digest = await put(blobs, 'weights');
    await makeOld(digest);
    const old = await age(digest);
    const again = await blobs.stage(chunks('weights'));
    assert.equal(await again.publish(), 'exists');
    await again.discard();
    assert.ok((await age(digest)) > old);
    assert.deepEqual(await listed(blobs), [digest]);
    assert.equal(await blobs.check(digest), 'sound');
  });

  promise('the first to publish creates', async ({ blobs }) => {
    const staged = await blobs.stage(chunks('weights'));
    assert.equal(await staged.publish(), 'created');
    assert.equal(await staged.publish(), 'exists');
    await staged.discard();
  });

  promise('a blob that is taken away before the row is there is put again', async ({ blobs, remove }) => {
    const staged = await blobs.stage(chunks('weights'));
    await staged.publish();
    await remove(staged.digest);
    assert.equal(await blobs.check(staged.digest), 'missing');
    assert.equal(await staged.publish(), 'created');
    await staged.discard();
    assert.equal(await blobs.check(staged.digest), 'sound');
  });

  promise('discard leaves what was published, and may be called twice', async ({ blobs, leftovers }) => {
    const staged = await blobs.stage(chunks('weights'));
    await staged.publish();
    await staged.discard();
    await staged.discard();
    assert.equal(await leftovers(), 0);
    assert.equal(await blobs.check(staged.digest), 'sound');
  });

  for (const harm of ['damage', 'truncate'] as const) {
    promise(`a blob that suffered ${harm} is found, kept aside and repaired`, async (store) => {
      const { blobs, quarantined, leftovers } = store;
      const digest = await put(blobs, 'some weights');
      await store[harm](digest);
      assert.equal(await blobs.check(digest), 'corrupt');
      await assert.rejects(bytesOf(blobs.read(digest)), failsWith('INTEGRITY', new RegExp(digest)));
      assert.equal(await quarantined(), 0, 'reading moves nothing');
      const staged = await blobs.stage(chunks('some weights'));
      assert.equal(await staged.publish(), 'repaired');
      await staged.discard();
      assert.equal(await blobs.check(digest), 'sound');
      assert.equal((await bytesOf(blobs.read(digest))).toString(), 'some weights');
      assert.equal(await quarantined(), 1);
      assert.equal(await leftovers(), 0);
    });
  }

  promise('a missing blob is INTEGRITY to read, and missing to check', async ({ blobs }) => {
    const digest = sha256('never stored');
    await assert.rejects(bytesOf(blobs.read(digest)), failsWith('INTEGRITY', /is missing/));
    assert.equal(await blobs.check(digest), 'missing');
    assert.equal(await blobs.size(digest), undefined);
  });

  promise('a reader may stop early', async ({ blobs, remove }) => {
    const digest = await put(blobs, Buffer.alloc(3_000_000));
    for await (const chunk of blobs.read(digest)) {
      assert.ok(chunk.length > 0);
      break;
    }
    await remove(digest);
  });

  promise(
    'many who publish the same bytes at once all succeed, and one creates',
    async ({ blobs, leftovers }) => {
      const all = await Promise.all(Array.from({ length: 16 }, () => blobs.stage(chunks('same', ' bytes'))));
      const outcomes = await Promise.all(all.map((staged) => staged.publish()));
      await blobs.sync();
      await Promise.all(all.map((staged) => staged.discard()));
      assert.deepEqual(outcomes.toSorted(), ['created', ...Array.from({ length: 15 }, () => 'exists')]);
      assert.equal(await blobs.check(sha256('same bytes')), 'sound');
      assert.equal(await leftovers(), 0);
    },
  );

  promise('many who repair the same blob at once leave it sound', async ({ blobs, damage, quarantined }) => {
    const digest = await put(blobs, 'same bytes');
    await damage(digest);
    const all: StagedBlob[] = await Promise.all(
      Array.from({ length: 8 }, () => blobs.stage(chunks('same bytes'))),
    );
    const outcomes = await Promise.all(all.map((staged) => staged.publish()));
    await Promise.all(all.map((staged) => staged.discard()));
    assert.ok(outcomes.includes('repaired'), outcomes.join());
    assert.ok(!outcomes.includes('created'), outcomes.join());
    assert.equal(await blobs.check(digest), 'sound');
    assert.ok((await quarantined()) >= 1);
  });

  promise('what is listed has its size and when it was wanted', async ({ blobs, age }) => {
    const digest = await put(blobs, 'weights');
    for await (const blob of blobs.list())
      assert.deepEqual(blob, { digest, size: 7, wantedAt: await age(digest) });
  });

  promise('a repair puts back what was taken out, for good', async (store) => {
    const { blobs, damage, remove, quarantined, leftovers } = store;
    const digest = await put(blobs, 'weights');
    assert.equal(await blobs.repair(digest), 'sound');
    assert.equal(await blobs.moveToTrash(digest, Date.now() + 60_000), 'taken');
    assert.equal(await blobs.repair(digest), 'restored');
    assert.equal(await blobs.check(digest), 'sound');
    assert.equal(await quarantined(), 0);
    await remove(digest);
    await blobs.tidy({ untouchedSince: 0, takenBefore: Date.now() + 60_000, look: false });
    assert.equal(await blobs.repair(digest), 'missing');
    await put(blobs, 'weights');
    await damage(digest);
    assert.equal(await blobs.repair(digest), 'set-aside');
    assert.equal(await blobs.check(digest), 'missing');
    assert.equal(await blobs.repair(digest), 'missing', 'what is set aside is damaged');
    assert.equal(await quarantined(), 1);
    assert.equal(await leftovers(), 0);
  });

  promise('an old blob is taken out, and kept until it is tidied away', async (store) => {
    const { blobs, age, makeOld, inTrash } = store;
    const digest = await put(blobs, 'weights');
    await makeOld(digest);
    assert.equal(await blobs.moveToTrash(digest, await age(digest)), 'taken');
    assert.equal(await blobs.check(digest), 'missing');
    assert.equal(await blobs.moveToTrash(digest, Date.now()), 'missing');
    assert.equal(await inTrash(), 1);
    const always = { untouchedSince: 0, look: false };
    const young = await blobs.tidy({ ...always, takenBefore: Date.now() - 60_000 });
    const nothing = { files: 0, bytes: 0, paths: [] };
    assert.deepEqual(young, { leftovers: nothing, trash: nothing, foreign: [] });
    const digests: string[] = [];
    for await (const taken of blobs.trashed()) digests.push(taken);
    assert.deepEqual(digests, [digest]);
    const sparing = { ...always, takenBefore: Date.now() + 60_000, spared: new Set([digest]) };
    assert.equal((await blobs.tidy(sparing)).trash.files, 0);
    const elsewhere = await blobs.tidy({ untouchedSince: Date.now() + 60_000, look: false });
    assert.equal(elsewhere.trash.files, 0, 'a place that is not asked for is not looked at');
    const query = { ...always, takenBefore: Date.now() + 60_000 };
    const gone = await blobs.tidy({ ...query, look: true });
    assert.deepEqual([gone.trash.files, gone.trash.bytes, gone.trash.paths.length], [1, 7, 1]);
    assert.equal(await inTrash(), 1, 'looking removes nothing');
    assert.deepEqual(await blobs.tidy(query), gone);
    assert.equal(await inTrash(), 0);
    assert.equal(await put(blobs, 'weights'), digest);
    assert.equal(await blobs.check(digest), 'sound');
  });

  promise('a blob that was published since is not taken out', async ({ blobs, age, makeOld }) => {
    const digest = await put(blobs, 'weights');
    await makeOld(digest);
    const old = await age(digest);
    await put(blobs, 'weights');
    assert.equal(await blobs.moveToTrash(digest, old), 'young');
    assert.equal(await blobs.check(digest), 'sound');
  });

  promise('a staged copy of a process that runs is no leftover', async ({ blobs, leftovers }) => {
    const staged = await blobs.stage(chunks('weights'));
    const { leftovers: found } = await blobs.tidy({ untouchedSince: 0, takenBefore: 0, look: false });
    assert.equal(found.files, 0);
    assert.equal(await leftovers(), 1);
    await staged.publish();
    await staged.discard();
  });

  promise('different bytes at once are all kept apart', async ({ blobs }) => {
    const digests = await Promise.all(Array.from({ length: 20 }, (_, index) => put(blobs, `blob ${index}`)));
    assert.deepEqual(await listed(blobs), digests.toSorted());
  });
}

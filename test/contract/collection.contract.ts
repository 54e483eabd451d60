import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import {
  created,
  digestOfText,
  digits,
  goldenOf,
  issue,
  newVersion,
  numberOf,
  start,
  v,
} from '../support/metadata-samples.ts';
import { failsWith } from '../support/temp-folder.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const author = { actor: 'ada', at: start };
const one = { name: digits, version: v('1.0.0') };
const ofOne = ['weights', 'manifest of weights', 'config of weights'].map(digestOfText);
const unknown = digestOfText('never registered');
const nothing = { ...author, blobs: 0, bytes: 0 };

/**
 * Taking blobs out while others register: the sentences of src/storage/collection-store.ts. `open`
 * waits for others for a moment.
 */
export function collectionContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await check(store);
      assert.deepEqual(await store.check(), []);
    });

  promise('of one lease, the second is refused until the first is released', async (store) => {
    const lease = await store.lease();
    await assert.rejects(store.lease(), failsWith('BUSY'));
    await lease.release();
    await (await store.lease()).release();
  });

  promise('blobs that a version needs are told from those that none does', async (store) => {
    await created(store, { facts: { golden: goldenOf('set') } });
    const golden = ['set', 'manifest of golden set', 'config of golden set'].map(digestOfText);
    assert.deepEqual(await store.unneededBlobs([...ofOne, unknown, ...golden]), [unknown]);
    assert.deepEqual(await store.unneededBlobs([]), []);
    await store.delete({ ...one, ...author });
    const all = [...ofOne, ...golden];
    assert.deepEqual(await store.unneededBlobs(all), all);
  });

  promise('a blob that two versions share is needed until both are deleted', async (store) => {
    await created(store);
    await created(store, { facts: { metadata: { description: 'again' } } });
    await store.delete({ ...one, ...author });
    assert.deepEqual(await store.unneededBlobs(ofOne), []);
    await store.delete({ name: digits, version: v('1.0.1'), ...author });
    assert.deepEqual(await store.unneededBlobs(ofOne), ofOne);
  });

  promise('the versions that need a blob are known, oldest first', async (store) => {
    await created(store, { facts: { golden: goldenOf('set') } });
    await created(store, { facts: { metadata: { description: 'again' }, golden: goldenOf('set') } });
    await created(store, { bytes: 'others' });
    const needing = async (text: string, limit = 9) =>
      (await store.versionsNeeding(digestOfText(text), limit)).map(({ version }) => version);
    for (const text of [
      'weights',
      'manifest of weights',
      'config of weights',
      'set',
      'manifest of golden set',
    ])
      assert.deepEqual(await needing(text), ['1.0.0', '1.0.1'], text);
    assert.deepEqual(await needing('weights', 1), ['1.0.0']);
    assert.deepEqual(await needing('never registered'), []);
    await store.delete({ ...one, ...author });
    assert.deepEqual(await needing('weights'), ['1.0.1']);
  });

  promise('what was deleted since a time is known', async (store) => {
    await created(store, { facts: { golden: goldenOf('set') } });
    await issue(store, '2.0.0');
    await store.delete({ ...one, ...author, at: start + 10 });
    const since = async (time: number) => new Set(await store.blobsOfDeleted({ since: time }));
    const golden = ['set', 'manifest of golden set', 'config of golden set'].map(digestOfText);
    assert.deepEqual(await since(start + 9), new Set([...ofOne, ...golden]));
    assert.deepEqual(await since(start + 10), new Set());
  });

  promise(
    'a collection is counted at its beginning and its end, and an event says what went',
    async (store) => {
      await created(store);
      await store.delete({ ...one, ...author });
      const lease = await store.lease();
      const afterSeq = 3;
      assert.deepEqual(await store.beginCollection({ digests: [...ofOne, unknown], afterSeq }), [
        ...ofOne,
        unknown,
      ]);
      const { event } = await store.endCollection({ ...author, blobs: 3, bytes: 700 });
      assert.deepEqual([event?.action, event?.details, event?.seq], ['collect', { blobs: 3, bytes: 700 }, 4]);
      await lease.release();
      assert.equal(await store.collections(), 2);
    },
  );

  promise('nothing is begun where all is needed, and no event is left where nothing went', async (store) => {
    await created(store);
    const lease = await store.lease();
    assert.deepEqual(await store.beginCollection({ digests: ofOne, afterSeq: 2 }), []);
    assert.equal(await store.collections(), 0);
    assert.deepEqual(await store.beginCollection({ digests: [unknown], afterSeq: 2 }), [unknown]);
    assert.deepEqual(await store.endCollection(nothing), { event: null });
    await lease.release();
    assert.equal(await store.collections(), 2);
    assert.equal((await store.events({ limit: 9 })).length, 2);
  });

  promise('what was deleted after the collection was planned is spared', async (store) => {
    await created(store);
    await store.delete({ ...one, ...author });
    assert.deepEqual(await store.beginCollection({ digests: [...ofOne, unknown], afterSeq: 2 }), [unknown]);
    await store.endCollection(nothing);
  });

  promise(
    'nothing is registered while a collection is under way, nor by who looked before it',
    async (store) => {
      const before = await store.collections();
      const lease = await store.lease();
      await store.beginCollection({ digests: [unknown], afterSeq: 1 });
      for (const ifCollections of [before, before + 1])
        assert.equal(numberOf(await store.register(newVersion({ ifCollections }))), 'collected');
      await assert.rejects(store.collections(), failsWith('BUSY'));
      await store.endCollection(nothing);
      await lease.release();
      assert.equal(numberOf(await store.register(newVersion({ ifCollections: before }))), 'collected');
      const ifCollections = await store.collections();
      assert.equal(numberOf(await store.register(newVersion({ ifCollections }))), 'created 1.0.0');
    },
  );

  promise('the collection of a collector that died is ended by whoever comes next', async (store) => {
    const lease = await store.lease();
    await store.beginCollection({ digests: [unknown], afterSeq: 1 });
    await lease.release();
    const ifCollections = await store.collections();
    assert.equal(ifCollections, 2);
    assert.equal(numberOf(await store.register(newVersion({ ifCollections }))), 'created 1.0.0');
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../src/core/versions/artifact.ts';
import { goldenSetsOf, mostGoldenSets } from '../../src/core/versions/golden-sets.ts';
import { hashOfJson } from '../../src/storage/hash-chain.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import type { AddGoldenOutcome } from '../../src/storage/versions.ts';
import { created, digits, goldenOf, start, v } from '../support/metadata-samples.ts';
import { failsWith } from '../support/temp-folder.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const author = { actor: 'eve', at: start };
const one = { name: digits, version: v('1.0.0') };

const addGolden = (store: MetadataStore, text: string, self = false): Promise<AddGoldenOutcome> =>
  store.addGolden({ ...one, ...author, artifact: goldenOf(text), self, cases: 2, ifCollections: 0 });

async function neededBy(store: MetadataStore): Promise<Digest[]> {
  return (await store.neededBlobs({ limit: 500 })).map(({ digest }) => digest);
}

const blobsOf = (text: string): Digest[] => {
  const { digest, configDigest, files } = goldenOf(text);
  return [digest, configDigest, ...files.map((file) => file.digest)];
};

/** Golden sets that a version gets after its registration. */
export function goldenContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await created(store, { facts: { golden: goldenOf('first') } });
      await check(store);
      assert.deepEqual(await store.check(), []);
    });

  promise('golden sets are added beside that of the registration, each in one event', async (store) => {
    const before = await store.version(digits, v('1.0.0'));
    const added = await addGolden(store, 'second', true);
    assert.equal(added.outcome, 'added');
    await addGolden(store, 'third');
    const record = await store.version(digits, v('1.0.0'));
    assert.ok(record && before);
    assert.deepEqual({ ...record, addedGolden: [] }, before, 'nothing else changed');
    assert.deepEqual(
      goldenSetsOf(record).map(({ artifact, source, self, actor }) => [artifact, source, self, actor]),
      [
        [goldenOf('first'), 'registered', false, record.actor],
        [goldenOf('second'), 'added', true, 'eve'],
        [goldenOf('third'), 'added', false, 'eve'],
      ],
    );
    const [event] = (await store.events({ limit: 2 })).toReversed();
    const { digest } = goldenOf('second');
    assert.deepEqual(
      [event?.action, event?.version, event?.details],
      ['golden', '1.0.0', { digest, self: true, cases: 2, facts: hashOfJson(goldenOf('second')) }],
    );
  });

  promise('a set that the version has leaves no event and keeps its mark', async (store) => {
    await addGolden(store, 'second', true);
    const [event] = await store.events({ limit: 1 });
    const again = await addGolden(store, 'second');
    assert.ok(again.outcome === 'exists' && again.set.self);
    const registered = await addGolden(store, 'first', true);
    assert.ok(registered.outcome === 'exists' && !registered.set.self);
    assert.deepEqual(await store.events({ limit: 1 }), [event]);
  });

  promise('the blobs of an added set are needed until its version is deleted', async (store) => {
    await addGolden(store, 'second');
    const needed = await neededBy(store);
    for (const digest of blobsOf('second')) {
      assert.ok(needed.includes(digest));
      assert.deepEqual(await store.versionsNeeding(digest, 9), [one]);
      assert.deepEqual(await store.unneededBlobs([digest]), []);
    }
    const sizes = new Map(
      (await store.neededBlobs({ limit: 500 })).map(({ digest, size }) => [digest, size]),
    );
    assert.equal(sizes.get(goldenOf('second').files[0]!.digest), 'second'.length);
    await store.delete({ ...one, ...author });
    assert.deepEqual(await neededBy(store), []);
    const kept = await store.blobsOfDeleted({ since: start - 1 });
    for (const digest of blobsOf('second')) assert.ok(kept.includes(digest));
  });

  promise('a version has at most so many sets, and a deleted one gets none', async (store) => {
    for (let count = 1; count < mostGoldenSets; count++) await addGolden(store, `set ${count}`);
    assert.deepEqual(await addGolden(store, 'one too many'), { outcome: 'full' });
    await store.delete({ ...one, ...author });
    await assert.rejects(addGolden(store, 'late'), failsWith('NOT_FOUND', /was deleted/));
  });

  promise('nothing is added while a collection may have taken its blobs', async (store) => {
    const input = { ...one, ...author, artifact: goldenOf('second'), self: false, cases: 1 };
    assert.deepEqual(await store.addGolden({ ...input, ifCollections: 2 }), { outcome: 'collected' });
    assert.deepEqual((await store.version(digits, v('1.0.0')))?.addedGolden, []);
  });
}

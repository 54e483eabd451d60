import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegistryEvent } from '../../src/core/events/event.ts';
import type { VersionFacts } from '../../src/core/versions/version-record.ts';
import type { ForeignVersion, ImportOutcome } from '../../src/storage/versions.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import {
  created,
  digestOfText,
  digits,
  exactly,
  goldenOf,
  newVersion,
  start,
  v,
} from '../support/metadata-samples.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const author = { actor: 'bob', at: start + 5000, message: 'moved' };

/** As a registry of its own would have exported it: `tags` are set by a later event. */
export function foreign(
  version: string,
  facts: Partial<VersionFacts> = {},
  tags?: Record<string, string>,
): ForeignVersion {
  const sample = newVersion({ bytes: `bytes of ${version}`, facts });
  const event: RegistryEvent = {
    id: 'e1',
    seq: 2,
    at: start - 1000,
    actor: 'ada',
    action: 'register',
    model: sample.facts.name,
    version,
    stage: null,
    from: null,
    to: null,
    message: null,
    details: {},
    hash: 'h',
    prevHash: 'p',
  };
  const later = { ...event, seq: 3, action: 'tag' as const, details: { set: tags ?? {}, remove: [] } };
  return {
    registry: 'another',
    history: tags === undefined ? [event] : [event, later],
    addedGolden: [],
    facts: {
      ...sample.facts,
      version: v(version),
      bump: 'minor',
      bumpReason: 'the graph changed',
      previous: v('0.9.0'),
      createdAt: start - 1000,
      actor: 'ada',
    },
  };
}

const bring = (store: MetadataStore, ...versions: ForeignVersion[]): Promise<ImportOutcome> =>
  store.importVersions({ ...author, versions, ifCollections: 0 });

export function importContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await check(store);
      assert.deepEqual(await store.check(), []);
    });

  promise(
    'an imported version keeps its number, times and actors, and tells where it is from',
    async (store) => {
      const { facts, ...rest } = foreign('1.4.0', { golden: goldenOf('expected') }, { team: 'vision' });
      const outcome = await bring(store, { facts, ...rest });
      assert.equal(outcome.outcome, 'imported');
      const expected = {
        ...facts,
        tags: { team: 'vision' },
        addedGolden: [],
        amended: null,
        yanked: null,
        imported: { at: author.at, actor: 'bob', registry: 'another' },
        deletedAt: null,
      };
      assert.deepEqual(await store.version(digits, v('1.4.0')), expected);
      const [event] = await store.events({ limit: 1 });
      assert.deepEqual(outcome.outcome === 'imported' && outcome.versions, [
        { version: expected, event, kept: [] },
      ]);
      assert.deepEqual(
        [event?.action, event?.version, event?.actor, event?.at, event?.message],
        ['import', '1.4.0', 'bob', author.at, 'moved'],
      );
      assert.deepEqual(event?.details['history'], rest.history);
      assert.deepEqual(await store.events({ model: digits, version: v('1.4.0'), limit: 9 }), [event]);
      assert.deepEqual(await store.events({ model: digits, version: v('1.5.0'), limit: 9 }), []);
      assert.equal((await store.neededBlobs({ limit: 100 })).length, 6);
    },
  );

  promise(
    'events that are new for a version that exists are one event, and are applied once',
    async (store) => {
      const before = foreign('1.0.0', { metadata: { tags: { a: '1' } } });
      await bring(store, before);
      const [register] = before.history;
      assert.ok(register !== undefined);
      const change = { set: { a: '2', b: '3' }, remove: [] };
      const later: RegistryEvent = { ...register, seq: 3, hash: 'i', action: 'tag', details: change };
      const after = { ...before, history: [...before.history, later] };
      await bring(store, after);
      const [event] = await store.events({ limit: 1 });
      assert.equal(event?.action, 'import-events');
      assert.deepEqual(event?.details, { registry: 'another', history: [later], applied: change });
      assert.deepEqual((await store.version(digits, v('1.0.0')))?.tags, { a: '2', b: '3' });
      const again = await bring(store, after);
      assert.equal(again.outcome === 'imported' && again.versions[0]?.event, undefined);
      assert.deepEqual(await store.events({ limit: 1 }), [event]);

      await store.tag({ ...author, name: digits, version: v('1.0.0'), set: { a: 'own' }, remove: [] });
      const more: RegistryEvent = {
        ...later,
        seq: 4,
        hash: 'j',
        details: { set: { a: '4' }, remove: ['b'] },
      };
      const third = await bring(store, { ...after, history: [...after.history, more] });
      assert.deepEqual(third.outcome === 'imported' && third.versions[0]?.kept, [
        { kind: 'tag', name: 'a', here: 'own', there: '4' },
      ]);
      assert.deepEqual((await store.version(digits, v('1.0.0')))?.tags, { a: 'own' });
    },
  );

  promise(
    'yank, description and metrics follow from the history, through several registries',
    async (store) => {
      const one = foreign('1.0.0', { metadata: { tags: { a: '1', b: '2' } } }, { b: '3' });
      const [register, tag] = one.history;
      assert.ok(register !== undefined && tag !== undefined);
      const inner = [
        register,
        tag,
        { ...register, seq: 9, action: 'describe' as const, details: { metrics: { auc: 1 } } },
      ];
      const middle = { ...register, action: 'import' as const, details: { history: inner } };
      const yank = {
        ...register,
        seq: 4,
        at: start + 7,
        action: 'yank' as const,
        actor: 'eve',
        message: 'slow',
      };
      const untag = { ...tag, seq: 5, details: { set: {}, remove: ['a'] } };
      await bring(store, { ...one, history: [middle, yank, untag] });
      const record = await store.version(digits, v('1.0.0'));
      assert.deepEqual(record?.tags, { b: '3' });
      assert.deepEqual(record?.amended, { metrics: { auc: 1 } });
      assert.deepEqual(record?.yanked, { at: start + 7, actor: 'eve', reason: 'slow' });
      await store.tag({ name: digits, version: v('1.0.0'), set: { c: '4' }, remove: ['b'], ...author });
      await store.yank({ name: digits, version: v('1.0.0'), reason: null, ...author });
    },
  );

  promise('the same again is the same, and no event', async (store) => {
    await bring(store, foreign('1.0.0'));
    const events = await store.events({ limit: 9 });
    const outcome = await bring(store, foreign('1.0.0'), foreign('1.1.0'));
    assert.equal(outcome.outcome, 'imported');
    const versions = outcome.outcome === 'imported' ? outcome.versions : [];
    assert.deepEqual(
      versions.map(({ version, event }) => [version.version, event?.action]),
      [
        ['1.0.0', undefined],
        ['1.1.0', 'import'],
      ],
    );
    assert.equal((await store.events({ limit: 9 })).length, events.length + 1);
    assert.deepEqual((await store.models({ limit: 9 })).rows, [
      { name: digits, versions: 2, latest: '1.1.0', stages: [], description: null, owner: null },
    ]);
  });

  promise('one number that is taken, and none is imported', async (store) => {
    await created(store, { bytes: 'mine', number: exactly('2.0.0') });
    const before = await store.events({ limit: 9 });
    for (const last of ['2.0.0', '2.0.0+gpu']) {
      const outcome = await bring(store, foreign('1.0.0'), foreign(last));
      assert.deepEqual(outcome.outcome === 'taken' && [outcome.number, outcome.by.version], [last, '2.0.0']);
    }
    await bring(store, foreign('3.0.0'));
    await store.delete({ name: digits, version: v('3.0.0'), ...author });
    const events = await store.events({ limit: 9 });
    assert.equal(events.length, before.length + 2);
    assert.equal((await bring(store, foreign('1.0.0'), foreign('3.0.0'))).outcome, 'taken');
    assert.deepEqual(await store.events({ limit: 9 }), events);
    assert.equal(await store.version(digits, v('1.0.0')), undefined);
  });

  promise('parents that are here are linked, others stay names', async (store) => {
    const child = foreign('2.0.0', { parents: ['digits@1.0.0', 'cars@7.0.0'] });
    await bring(store, foreign('1.0.0'), child);
    assert.deepEqual(await store.children(digits, v('1.0.0')), ['digits@2.0.0']);
    assert.deepEqual((await store.version(digits, v('2.0.0')))?.parents, ['digits@1.0.0', 'cars@7.0.0']);
  });

  promise('after a collection nothing is imported: the bytes must be published again', async (store) => {
    const outcome = await store.importVersions({ ...author, versions: [foreign('1.0.0')], ifCollections: 1 });
    assert.deepEqual(outcome, { outcome: 'collected' });
    const lease = await store.lease();
    await store.beginCollection({ digests: [digestOfText('unneeded')], afterSeq: 1 });
    const during = await store.importVersions({ ...author, versions: [foreign('1.0.0')], ifCollections: 1 });
    assert.deepEqual(during, { outcome: 'collected' }, 'not even by who looked during it');
    await store.endCollection({ ...author, blobs: 0, bytes: 0 });
    await lease.release();
    assert.equal(await store.hasModel(digits), false);
  });

  promise('time runs on in the chain, whatever time a version was registered at', async (store) => {
    await created(store, { bytes: 'mine', at: start + 9000 });
    await bring(store, foreign('2.0.0'));
    const [event] = await store.events({ limit: 1 });
    assert.equal(event?.at, start + 9000);
    assert.equal((await store.version(digits, v('2.0.0')))?.createdAt, start - 1000);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseModelName } from '../../src/core/versions/reference.ts';
import { modelKey } from '../../src/core/versions/next-version.ts';
import type { OnnxModel } from '../../src/core/versions/onnx-model.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import {
  created,
  digits,
  exactly,
  issue,
  newVersion,
  numberOf,
  start,
  v,
  type Sample,
} from '../support/metadata-samples.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const other = { metadata: { tags: { run: '2' } } };

export function registrationContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => check(await open(context)));

  promise('the first version is 1.0.0, and complete', async (store) => {
    const input = newVersion({
      message: 'first',
      facts: {
        metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision' } },
        source: { commit: 'abc', dirty: false },
      },
    });
    const outcome = await store.register(input);
    assert.equal(outcome.outcome, 'created');
    const expected = {
      ...input.facts,
      version: '1.0.0',
      bump: 'initial',
      bumpReason: 'no release to compare with',
      previous: null,
      createdAt: start,
      actor: 'ada',
      tags: { team: 'vision' },
      addedGolden: [],
      amended: null,
      yanked: null,
      imported: null,
      deletedAt: null,
    };
    assert.deepEqual(outcome.outcome === 'created' && outcome.version, expected);
    assert.deepEqual(await store.version(digits, v('1.0.0')), expected);
    const [event] = await store.events({ limit: 1 });
    assert.deepEqual(outcome.outcome === 'created' && outcome.event, event);
    assert.equal(event?.action, 'register');
    assert.equal(event?.message, 'first');
    assert.equal(event?.version, '1.0.0');
  });

  promise('the same again is the same version, and no event', async (store) => {
    await created(store);
    const events = await store.events({ limit: 10 });
    assert.equal(numberOf(await store.register(newVersion({ actor: 'eve', at: start + 5 }))), 'exists 1.0.0');
    assert.deepEqual(await store.events({ limit: 10 }), events);
  });

  promise('the same bytes with other metadata are another version, a patch', async (store) => {
    await created(store);
    const second = await created(store, { facts: other });
    assert.equal(second.version, '1.0.1');
    assert.equal(second.bump, 'patch');
    assert.equal(second.previous, '1.0.0');
    assert.equal(numberOf(await store.register(newVersion({ facts: other }))), 'exists 1.0.1');
  });

  promise('other bytes of a file that is not ONNX are a minor version', async (store) => {
    await created(store);
    assert.equal((await created(store, { bytes: 'others' })).version, '1.1.0');
  });

  promise('another kind of artifact is a major version', async (store) => {
    await created(store);
    assert.equal((await created(store, { bytes: 'x', facts: { format: 'pickle' } })).version, '2.0.0');
  });

  promise(
    'what only bytes can tell of two models is asked for, and told for the version that was asked about',
    async (store) => {
      const onnx: OnnxModel = {
        irVersion: 9,
        opsets: [],
        producer: { name: '', version: '' },
        signature: { inputs: [], outputs: [] },
        nodeCount: 1,
        parameterCount: 1,
        operators: {},
        externalData: [],
        graphDigest: 'g',
        graphDigestVersion: 2,
      };
      const facts = { format: 'onnx', entry: 'model.bin', onnx };
      const first = await created(store, { facts });
      const input = newVersion({ bytes: 'others', facts });
      const events = await store.events({ limit: 10 });
      assert.equal(numberOf(await store.register(input)), 'look 1.0.0');
      const compared = { with: 'another', sameGraph: true, weights: 'other' as const, changed: [] };
      assert.equal(numberOf(await store.register({ ...input, compared })), 'look 1.0.0');
      assert.deepEqual(await store.events({ limit: 10 }), events);
      const told = { ...compared, with: modelKey(first) };
      const outcome = await store.register({ ...input, compared: told });
      assert.equal(
        outcome.outcome === 'created' && outcome.version.bumpReason,
        'the weights changed since 1.0.0; the graph is the same',
      );
    },
  );

  promise('on request the same bytes are registered anew', async (store) => {
    await created(store);
    assert.equal((await created(store, { ifExists: 'new' })).version, '1.0.1');
    assert.equal(numberOf(await store.register(newVersion())), 'exists 1.0.1');
  });

  for (const [level, next] of [
    ['major', '3.0.0'],
    ['minor', '2.2.0'],
    ['patch', '2.1.1'],
  ] as const) {
    promise(`a ${level} bump of 2.1.0 is ${next}`, async (store) => {
      await issue(store, '1.9.9', '2.1.0', '2.0.9');
      const record = await created(store, { bytes: 'new', number: { kind: 'bump', level } });
      assert.equal(record.version, next);
      assert.equal(record.bump, level);
      assert.equal(record.previous, '2.1.0');
    });
  }

  promise('a free number that was asked for is given, above or below', async (store) => {
    await issue(store, '2.0.0');
    const older = await created(store, { bytes: 'hotfix', number: exactly('1.4.0') });
    assert.equal(older.bump, 'explicit');
    assert.equal(older.previous, '2.0.0');
    assert.equal((await created(store, { bytes: 'again' })).version, '2.1.0');
  });

  promise('an explicit number always creates, even for bytes that are registered', async (store) => {
    await created(store);
    assert.equal((await created(store, { number: exactly('3.0.0') })).version, '3.0.0');
  });

  promise('a number that is taken by the same is that version, by another it is taken', async (store) => {
    await created(store);
    const exact = { number: exactly('1.0.0') };
    assert.equal(numberOf(await store.register(newVersion(exact))), 'exists 1.0.0');
    assert.equal(numberOf(await store.register(newVersion({ ...exact, ifExists: 'new' }))), 'exists 1.0.0');
    assert.equal(numberOf(await store.register(newVersion({ ...exact, bytes: 'x' }))), 'taken 1.0.0');
    assert.equal(numberOf(await store.register(newVersion({ ...exact, facts: other }))), 'taken 1.0.0');
  });

  promise('versions that differ only in the build part clash', async (store) => {
    await issue(store, '1.0.0+gpu');
    const taken = [exactly('1.0.0'), exactly('1.0.0+cpu')].map((number) =>
      newVersion({ number, bytes: 'x' }),
    );
    for (const input of taken) assert.equal(numberOf(await store.register(input)), 'taken 1.0.0+gpu');
    const same: Sample = { bytes: 'bytes of 1.0.0+gpu', number: exactly('1.0.0') };
    assert.equal(numberOf(await store.register(newVersion(same))), 'taken 1.0.0+gpu');
    assert.equal((await created(store, { bytes: 'next' })).version, '1.1.0');
    assert.equal(await store.version(digits, v('1.0.0')), undefined);
  });

  promise('prereleases never feed an automatic number', async (store) => {
    await issue(store, '1.0.0', '2.0.0-rc.1', '1.0.1-rc.1', '1.1.0-beta');
    const next = await created(store, { bytes: 'next' });
    assert.equal(next.version, '1.1.0');
    assert.equal(next.previous, '1.0.0');
  });

  promise('after prereleases alone the first release is 1.0.0', async (store) => {
    await issue(store, '1.0.0-rc.1', '3.0.0-rc.1');
    assert.equal((await created(store, { bytes: 'x' })).version, '1.0.0');
  });

  promise('numbers of yanked versions are skipped, their bytes are not compared with', async (store) => {
    await issue(store, '1.0.0', '1.1.0', '1.2.0');
    for (const version of ['1.1.0', '1.2.0']) {
      await store.yank({ name: digits, version: v(version), reason: 'bad', actor: 'ada', at: start });
    }
    const next = await created(store, { bytes: 'next' });
    assert.equal(next.version, '1.3.0');
    assert.equal(next.previous, '1.0.0');
    const patch = await created(store, { bytes: 'p', number: { kind: 'bump', level: 'patch' } });
    assert.equal(patch.version, '1.3.1');
  });

  promise('where all are yanked the next number still is a new one', async (store) => {
    await issue(store, '1.0.0', '1.0.1');
    for (const version of ['1.0.0', '1.0.1']) {
      await store.yank({ name: digits, version: v(version), reason: 'bad', actor: 'ada', at: start });
    }
    const next = await created(store, { bytes: 'next' });
    assert.equal(next.version, '1.0.2');
    assert.equal(next.bump, 'initial');
  });

  for (const [level, next] of [
    ['major', '2.0.0'],
    ['minor', '1.3.0'],
    ['patch', '1.2.4'],
  ] as const) {
    promise(`where all are yanked a ${level} bump that is asked for is ${next}`, async (store) => {
      await issue(store, '1.2.3');
      await store.yank({ name: digits, version: v('1.2.3'), reason: 'bad', actor: 'ada', at: start });
      const record = await created(store, { bytes: 'next', number: { kind: 'bump', level } });
      assert.equal(record.version, next);
      assert.equal(record.bump, level);
      assert.equal(record.bumpReason, `${level} bump requested`);
      assert.equal(record.previous, null);
    });
  }

  promise('the first version is 1.0.0 whatever bump is asked for', async (store) => {
    const record = await created(store, { number: { kind: 'bump', level: 'major' } });
    assert.equal(record.version, '1.0.0');
    assert.equal(record.bump, 'initial');
  });

  promise('of the same bytes, the version that is not yanked is found', async (store) => {
    await created(store);
    await created(store, { number: exactly('2.0.0') });
    await store.yank({ name: digits, version: v('2.0.0'), reason: 'bad', actor: 'ada', at: start });
    assert.equal(numberOf(await store.register(newVersion())), 'exists 1.0.0');
  });

  promise('holes left by explicit numbers are not filled', async (store) => {
    await issue(store, '1.0.0', '1.5.0');
    assert.equal((await created(store, { bytes: 'x' })).version, '1.6.0');
    await issue(store, '1.7.3');
    const patch = await created(store, { bytes: 'y', number: { kind: 'bump', level: 'patch' } });
    assert.equal(patch.version, '1.7.4');
  });

  promise('models do not share numbers or identities', async (store) => {
    await created(store);
    const cars = await created(store, { name: parseModelName('team/cars') });
    assert.equal(cars.version, '1.0.0');
    assert.equal(await store.hasModel(parseModelName('team/cars')), true);
    assert.equal(await store.hasModel(parseModelName('team')), false);
  });

  promise('after a collection nothing is changed: the bytes must be published again', async (store) => {
    const events = await store.events({ limit: 10 });
    assert.equal(numberOf(await store.register(newVersion({ ifCollections: 1 }))), 'collected');
    assert.equal(await store.hasModel(digits), false);
    assert.deepEqual(await store.events({ limit: 10 }), events);
  });

  promise('many at once get numbers that are distinct and dense', async (store) => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => created(store, { bytes: `weights ${index}` })),
    );
    const minors = all.map((record) => Number(record.version.split('.')[1])).toSorted((a, b) => a - b);
    assert.deepEqual(
      minors,
      Array.from({ length: 20 }, (_, index) => index),
    );
  });

  promise('time does not run backwards between versions', async (store) => {
    await created(store, { at: start + 1000 });
    const second = await created(store, { bytes: 'x', at: start });
    assert.equal(second.createdAt, start + 1000);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseModelName, parseStageName } from '../../src/core/versions/reference.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import {
  addBench,
  bench,
  created,
  digestOfText,
  digits,
  goldenOf,
  issue,
  newVersion,
  numberOf,
  production,
  push,
  staging,
  start,
  v,
} from '../support/metadata-samples.ts';
import { failsWith } from '../support/temp-folder.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const author = { actor: 'ada', at: start };
const one = { name: digits, version: v('1.0.0') };
const canary = parseStageName('canary');

/** What changes a version, or the list of stages, after the registration. */
export function changeContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await created(store, {
        facts: { metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision' }, description: 'first' } },
      });
      await check(store);
      assert.deepEqual(await store.check(), []);
    });

  promise('tags are set and removed in one event; what is so already leaves none', async (store) => {
    const change = { set: { team: 'audio', owner: 'ada' }, remove: ['none'] };
    assert.deepEqual(await store.tag({ ...one, ...change, ...author }), {
      changed: true,
      tags: { owner: 'ada', team: 'audio' },
    });
    const [event] = await store.events({ limit: 1 });
    assert.deepEqual([event?.action, event?.version], ['tag', '1.0.0']);
    assert.deepEqual(event?.details, { set: { team: 'audio', owner: 'ada' }, remove: [] });
    assert.deepEqual(await store.tag({ ...one, ...change, ...author }), {
      changed: false,
      tags: { owner: 'ada', team: 'audio' },
    });
    assert.deepEqual((await store.events({ limit: 1 }))[0], event);
    await store.tag({ ...one, set: {}, remove: ['team'], ...author });
    const record = await store.version(digits, v('1.0.0'));
    assert.deepEqual(record?.tags, { owner: 'ada' });
    assert.deepEqual(record?.metadata.tags, { team: 'vision' }, 'what was given stays on record');
  });

  promise('nothing is changed of a version that was deleted since it was looked up', async (store) => {
    await store.delete({ ...one, ...author });
    const before = await store.events({ limit: 99 });
    const gone = failsWith('NOT_FOUND', /digits@1\.0\.0 was deleted/);
    const changes = [
      () => store.tag({ ...one, set: { owner: 'eve' }, remove: [], ...author }),
      () => store.tag({ ...one, set: {}, remove: ['team'], ...author }),
      () => store.amend({ ...one, amendment: { description: 'late' }, ...author }),
      () => store.yank({ ...one, reason: 'late', ...author }),
      () => store.yank({ ...one, reason: null, ...author }),
      () => addBench(store, bench('b1')),
    ];
    for (const change of changes) await assert.rejects(change(), gone);
    assert.deepEqual(await store.delete({ ...one, ...author }), { outcome: 'gone' });
    assert.deepEqual(await store.events({ limit: 99 }), before);
    const never = { name: digits, version: v('9.9.9') };
    await assert.rejects(
      store.tag({ ...never, set: { owner: 'eve' }, remove: [], ...author }),
      failsWith('NOT_FOUND', /no version digits@9\.9\.9/),
    );
    assert.deepEqual(await store.delete({ ...never, ...author }), { outcome: 'gone' });
  });

  promise('versions are listed by the tags they have now, all of them', async (store) => {
    await issue(store, '2.0.0', '3.0.0');
    for (const version of ['2.0.0', '3.0.0'])
      await store.tag({ name: digits, version: v(version), set: { team: 'vision' }, remove: [], ...author });
    await store.tag({ name: digits, version: v('2.0.0'), set: { owner: 'ada' }, remove: [], ...author });
    const listed = async (tags: Record<string, string>): Promise<string[]> => {
      const { rows } = await store.versions({ name: digits, limit: 9, yanked: false, tags });
      return rows.map(({ version }) => version);
    };
    assert.deepEqual(await listed({ team: 'vision' }), ['3.0.0', '2.0.0', '1.0.0']);
    assert.deepEqual(await listed({ team: 'vision', owner: 'ada' }), ['2.0.0']);
    assert.deepEqual(await listed({ team: 'audio' }), []);
  });

  promise('a metric that was given at registration is replaced only by force', async (store) => {
    const amend = (metrics: Record<string, number>, force?: boolean) =>
      store.amend({ ...one, amendment: { metrics }, ...author, ...(force === true ? { force } : {}) });
    const head = await store.events({ limit: 1 });
    assert.deepEqual(await amend({ auc: 0.99, rmse: 4 }), {
      outcome: 'registered',
      metrics: [{ metric: 'auc', value: 0.9, asked: 0.99 }],
    });
    assert.deepEqual(await store.events({ limit: 1 }), head, 'nothing of it was changed');
    assert.equal((await amend({ auc: 0.9, rmse: 4 })).outcome, 'amended', 'it has that value');
    assert.equal((await amend({ rmse: 3 })).outcome, 'amended', 'one that was added changes freely');
    assert.equal((await amend({ auc: 0.99 }, true)).outcome, 'amended');
    assert.equal((await amend({ auc: 0.99 })).outcome, 'unchanged');
    assert.equal((await amend({ auc: 0.9 })).outcome, 'registered', 'also to what it was');
  });

  promise('a description and later metrics add up, and the ones given stay', async (store) => {
    const amend = (amendment: Parameters<MetadataStore['amend']>[0]['amendment']) =>
      store.amend({ ...one, amendment, ...author });
    assert.equal(
      (await amend({ description: 'first', metrics: { auc: 0.9 } })).outcome,
      'unchanged',
      'as was given',
    );
    assert.equal((await amend({ description: 'second' })).outcome, 'amended');
    assert.deepEqual(await amend({ metrics: { rmse: 4 } }), {
      outcome: 'amended',
      amended: { description: 'second', metrics: { rmse: 4 } },
    });
    await amend({ metrics: { rmse: 3, mae: 1 } });
    const before = await store.events({ limit: 1 });
    assert.equal((await amend({ description: 'second', metrics: { mae: 1 } })).outcome, 'unchanged');
    assert.deepEqual(await store.events({ limit: 1 }), before);
    const record = await store.version(digits, v('1.0.0'));
    assert.deepEqual(record?.amended, { description: 'second', metrics: { mae: 1, rmse: 3 } });
    assert.equal(record?.metadata.description, 'first');
    const events = (await store.events({ limit: 9 })).filter(({ action }) => action === 'describe');
    assert.deepEqual(
      events.map(({ details }) => details),
      [{ metrics: { rmse: 3, mae: 1 } }, { metrics: { rmse: 4 } }, { description: 'second' }],
    );
  });

  promise('a deleted version is in no list, and its number and identity are not reused', async (store) => {
    await issue(store, '2.0.0');
    const deletion = await store.delete({ ...one, message: 'by mistake', ...author });
    assert.ok(deletion.outcome === 'deleted');
    assert.deepEqual([deletion.event.action, deletion.event.message], ['delete', 'by mistake']);
    const { rows } = await store.versions({ name: digits, limit: 9, yanked: true });
    assert.deepEqual(
      rows.map(({ version }) => version),
      ['2.0.0'],
    );
    assert.equal((await store.models({ limit: 9 })).rows[0]?.versions, 1);
    assert.deepEqual(await store.delete({ ...one, ...author }), { outcome: 'gone' });
    const again = await store.register(
      newVersion({
        facts: { metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision' }, description: 'first' } },
      }),
    );
    assert.equal(numberOf(again), 'created 2.1.0');
    const taken = await store.register(
      newVersion({ bytes: 'x', number: { kind: 'exact', version: one.version } }),
    );
    assert.equal(numberOf(taken), 'taken 1.0.0');
  });

  promise('a version that a stage points at cannot be deleted', async (store) => {
    await issue(store, '2.0.0');
    await push(store, '1.0.0', { stage: staging });
    await push(store, '1.0.0');
    const events = await store.events({ limit: 99 });
    assert.deepEqual(await store.delete({ ...one, ...author }), {
      outcome: 'held',
      stages: ['staging', 'production'],
    });
    assert.deepEqual(await store.events({ limit: 99 }), events);
    await push(store, '2.0.0');
    await push(store, null, { stage: staging });
    assert.equal((await store.delete({ ...one, ...author })).outcome, 'deleted');
    assert.deepEqual(await push(store, '1.0.0'), { outcome: 'unfit' });
    const [, below] = await store.stack({ name: digits, stage: production, limit: 2 });
    assert.equal(below?.deleted, true);
  });

  promise('what is said about a model is in its last event, and ends with the model', async (store) => {
    const none = { description: null, owner: null };
    assert.deepEqual(await store.modelFacts(digits), none);
    const say = (facts: { description?: string; owner?: string }) =>
      store.describeModel({ name: digits, facts, ...author });
    assert.deepEqual(await say({ owner: 'vision' }), {
      changed: true,
      facts: { description: null, owner: 'vision' },
    });
    const both = { description: 'digits', owner: 'vision' };
    assert.deepEqual(await say({ description: 'digits' }), { changed: true, facts: both });
    const [event] = await store.events({ limit: 1 });
    assert.deepEqual([event?.action, event?.model, event?.version], ['model-describe', digits, null]);
    assert.deepEqual(event?.details, both);
    assert.deepEqual(await say({ owner: 'vision' }), { changed: false, facts: both });
    assert.deepEqual(await store.events({ limit: 1 }), [event]);
    // Events of versions, of stages and of other models do not hide it.
    await issue(store, '2.0.0');
    await push(store, '2.0.0');
    await push(store, null);
    const other = parseModelName('other');
    await created(store, { name: other });
    await store.describeModel({ name: other, facts: { owner: 'audio' }, ...author });
    assert.deepEqual(await store.modelFacts(digits), both);
    assert.deepEqual(
      (await store.models({ limit: 9 })).rows.map(({ name, description, owner }) => [
        name,
        description,
        owner,
      ]),
      [
        [digits, 'digits', 'vision'],
        [other, null, 'audio'],
      ],
    );
    assert.deepEqual(await say({ description: '' }), {
      changed: true,
      facts: { description: null, owner: 'vision' },
    });
    assert.equal((await store.deleteModel({ name: digits, ...author })).outcome, 'deleted');
    assert.deepEqual(await store.modelFacts(digits), none);
    const gone = failsWith('NOT_FOUND', /no version of digits is left/);
    await assert.rejects(say({ owner: 'eve' }), gone);
    await created(store, { bytes: 'again' });
    assert.deepEqual(await store.modelFacts(digits), none);
    assert.deepEqual((await store.models({ limit: 1 })).rows[0]?.owner, null);
  });

  promise('a model is deleted with all its versions, or not at all', async (store) => {
    await issue(store, '2.0.0', '3.0.0-rc.1');
    await store.yank({ name: digits, version: v('2.0.0'), reason: 'unfit', ...author });
    await push(store, '1.0.0', { stage: staging });
    const before = await store.events({ limit: 99 });
    const remove = () => store.deleteModel({ name: digits, message: 'over', ...author });
    assert.deepEqual(await remove(), {
      outcome: 'held',
      holders: [{ stage: 'staging', version: '1.0.0' }],
    });
    assert.deepEqual(await store.events({ limit: 99 }), before);
    await push(store, null, { stage: staging });
    const done = await remove();
    assert.deepEqual(done.outcome === 'deleted' && done.versions.map(({ version }) => version), [
      '1.0.0',
      '2.0.0',
      '3.0.0-rc.1',
    ]);
    const events = await store.events({ limit: 4 });
    assert.deepEqual(
      events.map(({ action, version, message, details }) => [action, version, message, details['versions']]),
      [
        ['model-delete', null, 'over', 3],
        ['delete', '3.0.0-rc.1', 'over', undefined],
        ['delete', '2.0.0', 'over', undefined],
        ['delete', '1.0.0', 'over', undefined],
      ],
    );
    assert.deepEqual((await store.models({ limit: 9 })).rows, []);
    assert.deepEqual((await store.versions({ name: digits, limit: 9, yanked: true })).rows, []);
    assert.deepEqual(await remove(), { outcome: 'gone' });
    assert.deepEqual(await store.deleteModel({ name: parseModelName('never'), ...author }), {
      outcome: 'gone',
    });
    assert.equal(numberOf(await store.register(newVersion({ bytes: 'new' }))), 'created 2.0.1');
    assert.equal((await store.models({ limit: 9 })).rows[0]?.versions, 1);
  });

  promise('a golden set is kept with the version, its blobs needed until it is deleted', async (store) => {
    const golden = goldenOf('expected');
    const sample = { bytes: 'g', facts: { golden } };
    const { version } = await created(store, sample);
    assert.deepEqual((await store.version(digits, version))?.golden, golden);
    assert.equal((await store.version(digits, one.version))?.golden, null);
    const needed = async (): Promise<string[]> =>
      (await store.neededBlobs({ limit: 99 })).map(({ digest }) => digest);
    for (const digest of [golden.digest, golden.configDigest, digestOfText('expected')])
      assert.ok((await needed()).includes(digest), digest);
    await store.delete({ name: digits, version, ...author });
    assert.ok(!(await needed()).includes(golden.digest));
  });

  promise('stages are added behind another or at the end, once, and keep their order', async (store) => {
    assert.deepEqual(await store.addStage({ stage: canary, after: staging, ...author }), {
      outcome: 'added',
      stages: ['staging', 'canary', 'production'],
    });
    assert.deepEqual(await store.addStage({ stage: canary, ...author }), {
      outcome: 'exists',
      stages: ['staging', 'canary', 'production'],
    });
    const qa = parseStageName('qa');
    assert.equal(
      (await store.addStage({ stage: qa, after: parseStageName('no'), ...author })).outcome,
      'unknown-after',
    );
    await store.addStage({ stage: qa, ...author });
    assert.deepEqual(await store.stages(), ['staging', 'canary', 'production', 'qa']);
  });

  promise(
    'a stage that is held stays; a removed one takes no move, and comes back with its stack',
    async (store) => {
      await push(store, '1.0.0');
      assert.deepEqual(await store.removeStage({ stage: production, ...author }), {
        outcome: 'held',
        models: ['digits'],
      });
      await push(store, null);
      assert.deepEqual(await store.removeStage({ stage: production, ...author }), {
        outcome: 'removed',
        stages: ['staging'],
      });
      assert.equal((await store.removeStage({ stage: production, ...author })).outcome, 'unknown');
      assert.deepEqual(await push(store, '1.0.0'), { outcome: 'undeclared' });
      assert.deepEqual(await store.pointers(digits), []);
      const past = await store.movesAt({ at: start, limit: 9 });
      assert.deepEqual(
        past.map(({ stage, to }) => [stage, to]),
        [['production', null]],
        'what was is still told',
      );
      await store.addStage({ stage: production, ...author });
      assert.equal((await store.pointer(digits, production)).generation, 2);
      assert.equal((await store.stack({ name: digits, stage: production, limit: 9 })).length, 2);
    },
  );

  promise('who held the stages then comes in pages', async (store) => {
    const cars = { name: 'cars' as typeof digits, bytes: 'cars' };
    const { version } = await created(store, cars);
    await push(store, '1.0.0');
    await push(store, '1.0.0', { stage: staging });
    await store.move({
      model: cars.name,
      stage: production,
      action: 'promote',
      ifGeneration: 0,
      to: { push: version },
      ...author,
    });
    const all = await store.movesAt({ at: start, limit: 9 });
    assert.deepEqual(
      all.map(({ model, stage }) => `${model} ${stage}`),
      ['cars production', 'digits staging', 'digits production'],
    );
    for (const [index, { model, stage }] of all.entries()) {
      const after = { model: model as typeof digits, stage: stage as typeof staging };
      assert.deepEqual(await store.movesAt({ at: start, limit: 9, after }), all.slice(index + 1));
    }
  });
}

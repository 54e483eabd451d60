import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgedActions } from '../../src/core/events/event.ts';
import { parseStageName } from '../../src/core/versions/reference.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import type { Move } from '../../src/storage/stages.ts';
import {
  addBench,
  bench,
  digits,
  issue,
  production,
  push,
  shape,
  shapeKind,
  staging,
  start,
  v,
} from '../support/metadata-samples.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const author = { actor: 'ada', at: start };
const one = { name: digits, version: v('1.0.0') };
const gate = { gate: 'auc>=0.8', verdict: 'pass', observed: '0.9', threshold: '0.8', reason: 'so' } as const;
const stages = [staging, production];

const move = (store: MetadataStore, rest: Partial<Move>) =>
  store.move({
    model: digits,
    stage: production,
    action: 'promote',
    ifGeneration: 0,
    to: { push: v('1.0.0') },
    ...author,
    ...rest,
  });

/** What promotions are judged by, and what is kept of it: all in the event log. */
export function gateEventContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await issue(store, '1.0.0', '2.0.0');
      await check(store);
      assert.deepEqual(await store.check(), []);
    });

  promise('the evidence of a move is in its event', async (store) => {
    const evidence = { gates: [gate], overridden: ['rmse<1'] };
    const moved = await move(store, { evidence });
    assert.ok(moved.outcome === 'moved');
    assert.deepEqual(moved.event.details, { generation: 1, below: null, top: moved.event.seq, ...evidence });
    const plain = await move(store, { ifGeneration: 1, to: { push: v('2.0.0') } });
    assert.ok(plain.outcome === 'moved');
    assert.ok(!('gates' in plain.event.details));
  });

  promise(
    'a move is stale where another stage, or the policy, is not what it was judged on',
    async (store) => {
      const judgedOn = { policy: null, generations: [{ stage: staging, generation: 0 }], versions: [] };
      await push(store, '2.0.0', { stage: staging });
      assert.deepEqual(await move(store, { judgedOn }), { outcome: 'stale' });
      const { event } = await store.applyPolicy({ policy: {}, stages, ...author });
      const seen = { policy: event.seq, generations: [{ stage: staging, generation: 1 }], versions: [] };
      assert.deepEqual(await move(store, { judgedOn: { ...seen, policy: null } }), { outcome: 'stale' });
      assert.equal((await store.pointer(digits, production)).generation, 0);
      assert.equal((await move(store, { judgedOn: seen })).outcome, 'moved');
    },
  );

  promise('a move is stale where anything happened to a version that it was judged on', async (store) => {
    const two = { name: digits, version: v('2.0.0') };
    const lastOf = async ({ name: model, version }: typeof two): Promise<number> =>
      (await store.events({ model, version, actions: judgedActions, limit: 1 }))[0]?.seq ?? 0;
    const happens: [string, () => Promise<unknown>][] = [
      ['another metric', () => store.amend({ ...two, amendment: { metrics: { live: 0.9 } }, ...author })],
      ['a tag', () => store.tag({ ...two, set: { a: 'b' }, remove: [], ...author })],
      ['an approval', () => store.approve({ ...two, stage: production, ...author })],
      ['a yank', () => store.yank({ ...two, reason: 'bad', ...author })],
      ['a lifted yank', () => store.yank({ ...two, reason: null, ...author })],
      ['a bench', () => addBench(store, bench('b1', { version: two.version }))],
      [
        'another measurement',
        () => store.addMeasurement(shapeKind, { ...shape('s1'), version: two.version, ...author }),
      ],
      ['a deletion', () => store.delete({ ...two, ...author })],
    ];
    for (const [what, happen] of happens) {
      const versions = [];
      for (const key of [one, two]) versions.push({ version: key.version, event: await lastOf(key) });
      await happen();
      const judgedOn = { policy: null, generations: [], versions };
      assert.deepEqual(await move(store, { judgedOn }), { outcome: 'stale' }, what);
    }
    const versions = [{ version: one.version, event: await lastOf(one) }];
    await store.note({ action: 'blocked', model: digits, ...one, stage: production, details: {}, ...author });
    const moved = await move(store, { judgedOn: { policy: null, generations: [], versions } });
    assert.equal(moved.outcome, 'moved', 'a refusal changes nothing that could be judged');
  });

  promise('a policy is one event; the same again is none', async (store) => {
    const policy = { stages: { production: { require: ['golden'] } } };
    const first = await store.applyPolicy({ policy, stages, ...author, message: 'why' });
    assert.equal(first.changed, true);
    const { action, model, version, stage, message, details } = first.event;
    assert.deepEqual([action, model, version, stage, message], ['policy', null, null, null, 'why']);
    assert.deepEqual(details, { policy, stages });
    assert.deepEqual(await store.applyPolicy({ policy, stages, ...author }), {
      changed: false,
      event: first.event,
    });
    // The stages by which its gates are read belong to it.
    const more = [...stages, parseStageName('canary')];
    assert.equal((await store.applyPolicy({ policy, stages: more, ...author })).changed, true);
    await store.applyPolicy({ policy: {}, stages, ...author });
    assert.equal((await store.applyPolicy({ policy, stages, ...author })).changed, true);
    const last = await store.events({ model: null, actions: ['policy'], limit: 9 });
    assert.equal(last.length, 4);
    assert.deepEqual(last.at(-1), first.event);
  });

  promise(
    'the policy of a stage is removed from the policy that was looked at, or not at all',
    async (store) => {
      const before = { stages: { production: { require: ['golden'] }, staging: { require: ['size<1GB'] } } };
      const { event: first } = await store.applyPolicy({ policy: before, stages, grammar: 2, ...author });
      const policy = { stages: { staging: { require: ['size<1GB'] } } };
      const removal = { policy, stages, grammar: 2, removed: production, ...author, message: 'frozen' };
      const event = await store.removePolicy({ ...removal, replaces: first.seq });
      assert.deepEqual(event?.details, { policy, stages, grammar: 2, removed: production });
      assert.deepEqual([event?.action, event?.message], ['policy', 'frozen']);
      assert.equal(
        await store.removePolicy({ ...removal, replaces: first.seq }),
        undefined,
        'it is replaced by now',
      );
      assert.deepEqual(await store.events({ model: null, actions: ['policy'], limit: 9 }), [event, first]);
      const same = await store.applyPolicy({ policy, stages, grammar: 2, ...author });
      assert.deepEqual(same, { changed: false, event }, 'the same policy, however it came to be');
    },
  );

  promise('an actor approves a version for a stage once', async (store) => {
    const first = await store.approve({ ...one, stage: production, ...author, message: 'fine' });
    assert.equal(first.changed, true);
    const { action, version, stage, from, to, details } = first.event;
    assert.deepEqual([action, version, stage, from, to], ['approve', '1.0.0', 'production', null, null]);
    assert.deepEqual(details, {});
    assert.deepEqual(await store.approve({ ...one, stage: production, ...author }), {
      changed: false,
      event: first.event,
    });
    const others = [
      { ...one, stage: staging, ...author },
      { ...one, stage: production, ...author, actor: 'eve' },
      { ...one, version: v('2.0.0'), stage: production, ...author },
    ];
    for (const other of others) assert.equal((await store.approve(other)).changed, true);
    const query = { model: digits, version: v('1.0.0'), stage: production, actions: ['approve'] } as const;
    assert.deepEqual(
      (await store.events({ ...query, limit: 9 })).map(({ actor }) => actor),
      ['eve', 'ada'],
    );
  });

  promise('an actor approves again what changed since', async (store) => {
    const approve = (actor: string) => store.approve({ ...one, stage: production, ...author, actor });
    const amend = (amendment: { description?: string; metrics?: Record<string, number> }) =>
      store.amend({ ...one, amendment, ...author });
    await approve('bob');
    await amend({ description: 'better words' });
    assert.equal((await approve('bob')).changed, false, 'the numbers are the same');
    await amend({ metrics: { live: 0.9 } });
    assert.equal((await approve('bob')).changed, true);
    await amend({ description: 'other words', metrics: { live: 0.9 } });
    assert.equal((await approve('bob')).changed, false, 'the number was said again');
  });

  promise('a note is an event that moves nothing', async (store) => {
    await push(store, '1.0.0');
    const before = await store.pointer(digits, production);
    const event = await store.note({
      action: 'blocked',
      model: digits,
      version: v('2.0.0'),
      stage: production,
      details: { gates: [gate] },
      ...author,
    });
    assert.deepEqual((await store.events({ limit: 1 }))[0], event);
    assert.deepEqual(event.details, { gates: [gate] });
    assert.deepEqual(await store.pointer(digits, production), before);
    const at = await store.movesAt({ at: start + 1000, limit: 9 });
    assert.deepEqual(
      at.map(({ action }) => action),
      ['promote'],
    );
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import { digits, issue, popTo, production, push, staging, start, v } from '../support/metadata-samples.ts';
import type { OpenStore } from './metadata-store.contract.ts';

async function stackOf(store: MetadataStore, limit = 100): Promise<(string | null)[]> {
  const entries = await store.stack({ name: digits, stage: production, limit });
  return entries.map((entry) => entry.version);
}

export function stageContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await issue(store, '1.0.0', '2.0.0', '3.0.0');
      await check(store);
    });

  promise('a stage that was never moved has generation 0 and an empty stack', async (store) => {
    const never = { model: digits, stage: production, version: null, generation: 0, top: null, since: 0 };
    assert.deepEqual(await store.pointer(digits, production), never);
    assert.deepEqual(await store.pointers(digits), []);
    assert.deepEqual(await stackOf(store), []);
  });

  promise('a push moves the pointer, counts, and is one event', async (store) => {
    const before = await store.events({ limit: 100 });
    const moved = await push(store, '1.0.0', { at: start + 7 });
    assert.ok(moved.outcome === 'moved');
    assert.equal(moved.from, null);
    assert.equal(moved.to, '1.0.0');
    assert.equal(moved.generation, 1);
    const events = await store.events({ limit: 100 });
    assert.equal(events.length, before.length + 1);
    assert.deepEqual(events[0], moved.event);
    assert.deepEqual(await store.pointer(digits, production), {
      model: digits,
      stage: production,
      version: '1.0.0',
      generation: 1,
      top: moved.event.seq,
      since: start + 7,
    });
  });

  promise('the stack is read from its top, in slices, and pops down', async (store) => {
    for (const version of ['1.0.0', '2.0.0', '3.0.0', '2.0.0']) await push(store, version);
    assert.deepEqual(await stackOf(store), ['2.0.0', '3.0.0', '2.0.0', '1.0.0']);
    const [top, below] = await store.stack({ name: digits, stage: production, limit: 2 });
    assert.equal(top?.below, below?.seq);
    const rest = await store.stack({ name: digits, stage: production, from: below?.below ?? 0, limit: 9 });
    assert.deepEqual(
      rest.map((entry) => entry.version),
      ['2.0.0', '1.0.0'],
    );
    assert.equal(rest.at(-1)?.below, null);
    const popped = await popTo(store, below?.seq ?? 0);
    assert.ok(popped.outcome === 'moved');
    assert.equal(popped.from, '2.0.0');
    assert.equal(popped.to, '3.0.0');
    assert.equal(popped.generation, 5);
    assert.deepEqual(await stackOf(store), ['3.0.0', '2.0.0', '1.0.0']);
    await push(store, '1.0.0');
    assert.deepEqual(await stackOf(store), ['1.0.0', '3.0.0', '2.0.0', '1.0.0']);
  });

  promise('a demotion pushes nobody', async (store) => {
    await push(store, '1.0.0');
    const demoted = await push(store, null);
    assert.ok(demoted.outcome === 'moved');
    assert.equal(demoted.to, null);
    const { version, generation } = await store.pointer(digits, production);
    assert.equal(version, null);
    assert.equal(generation, 2);
    assert.deepEqual(await stackOf(store), [null, '1.0.0']);
  });

  promise('stages do not share pointers, and are listed in declared order', async (store) => {
    await push(store, '1.0.0');
    await push(store, '2.0.0', { stage: staging });
    const pointers = await store.pointers(digits);
    assert.deepEqual(
      pointers.map(({ stage, version, generation }) => ({ stage, version, generation })),
      [
        { stage: 'staging', version: '2.0.0', generation: 1 },
        { stage: 'production', version: '1.0.0', generation: 1 },
      ],
    );
  });

  promise('a move that was decided on another generation is stale and changes nothing', async (store) => {
    await push(store, '1.0.0');
    const events = await store.events({ limit: 100 });
    for (const ifGeneration of [0, 2]) {
      assert.deepEqual(await push(store, '2.0.0', { ifGeneration }), { outcome: 'stale' });
    }
    assert.equal((await store.pointer(digits, production)).version, '1.0.0');
    assert.deepEqual(await store.events({ limit: 100 }), events);
  });

  promise('a yanked or unknown version is unfit and changes nothing', async (store) => {
    await push(store, '1.0.0');
    await push(store, '2.0.0');
    await store.yank({ name: digits, version: v('1.0.0'), reason: 'bad', actor: 'ada', at: start });
    const events = await store.events({ limit: 100 });
    const [, below] = await store.stack({ name: digits, stage: production, limit: 2 });
    assert.equal(below?.yanked, true);
    assert.deepEqual(await push(store, '1.0.0'), { outcome: 'unfit' });
    assert.deepEqual(await push(store, '9.9.9'), { outcome: 'unfit' });
    assert.deepEqual(await popTo(store, below?.seq ?? 0), { outcome: 'unfit' });
    assert.deepEqual(await popTo(store, 1), { outcome: 'unfit' });
    assert.deepEqual(await store.events({ limit: 100 }), events);
  });

  promise('a rollback can yank what goes out, in the same change', async (store) => {
    await push(store, '1.0.0');
    await push(store, '2.0.0');
    const [, below] = await store.stack({ name: digits, stage: production, limit: 2 });
    const moved = await popTo(store, below?.seq ?? 0, 'too slow');
    assert.equal(moved.outcome, 'moved');
    assert.deepEqual((await store.version(digits, v('2.0.0')))?.yanked, {
      at: start,
      actor: 'ada',
      reason: 'too slow',
    });
    const [yanked, rolledBack] = await store.events({ limit: 2 });
    assert.equal(yanked?.action, 'yank');
    assert.equal(rolledBack?.action, 'rollback');
    assert.deepEqual(await store.check(), []);
  });

  promise('of many moves decided on one generation, one is made', async (store) => {
    const outcomes = await Promise.all(
      ['1.0.0', '2.0.0', '3.0.0', '1.0.0', '2.0.0'].map((version) =>
        push(store, version, { ifGeneration: 0 }),
      ),
    );
    assert.equal(outcomes.filter((move) => move.outcome === 'moved').length, 1);
    assert.equal(outcomes.filter((move) => move.outcome === 'stale').length, 4);
    assert.equal((await store.pointer(digits, production)).generation, 1);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegistryEvent } from '../../src/core/events/event.ts';
import { parseModelName } from '../../src/core/versions/reference.ts';
import { brokenLink } from '../../src/storage/hash-chain.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import {
  addBench,
  bench,
  created,
  digits,
  issue,
  production,
  push,
  staging,
  start,
  v,
} from '../support/metadata-samples.ts';
import type { OpenStore } from './metadata-store.contract.ts';

/** Some of everything that leaves an event. */
async function aHistory(store: MetadataStore): Promise<void> {
  await issue(store, '1.0.0', '2.0.0');
  await push(store, '1.0.0', { at: start + 100 });
  await push(store, '1.0.0', { at: start + 200, stage: staging });
  await push(store, '2.0.0', { at: start + 300 });
  await store.yank({ name: digits, version: v('1.0.0'), reason: 'bad', actor: 'eve', at: start + 400 });
  await addBench(store, bench('b1'), { at: start + 450 });
  await created(store, { name: parseModelName('cars'), bytes: 'cars', at: start + 500 });
}

const seqs = (events: RegistryEvent[]): number[] => events.map((event) => event.seq);

export function eventContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await aHistory(store);
      await check(store);
    });

  promise('events form one chain, from the making of the registry on', async (store) => {
    const events = await store.eventsAscending({ after: 0, limit: 100 });
    assert.deepEqual(
      events.map((event) => event.action),
      ['init', 'register', 'register', 'promote', 'promote', 'promote', 'yank', 'bench', 'register'],
    );
    for (const [index, event] of events.entries())
      assert.equal(brokenLink(events[index - 1], event), undefined);
    assert.deepEqual(await store.check(), []);
  });

  promise('events are read newest first, by model and stage, below a number', async (store) => {
    assert.deepEqual(seqs(await store.events({ limit: 3 })), [9, 8, 7]);
    assert.deepEqual(seqs(await store.events({ limit: 3, before: 7 })), [6, 5, 4]);
    assert.deepEqual(seqs(await store.events({ limit: 9, model: digits })), [8, 7, 6, 5, 4, 3, 2]);
    assert.deepEqual(seqs(await store.events({ limit: 9, stage: production })), [6, 4]);
    assert.deepEqual(seqs(await store.events({ limit: 9, model: digits, stage: staging, before: 5 })), []);
    assert.deepEqual(seqs(await store.events({ limit: 1, model: parseModelName('cars') })), [9]);
  });

  promise('events of some actions are read newest first, each once, page by page', async (store) => {
    const actions = ['yank', 'register', 'bench', 'register'] as const;
    assert.deepEqual(seqs(await store.events({ actions, limit: 9 })), [9, 8, 7, 3, 2]);
    assert.deepEqual(seqs(await store.events({ actions, limit: 2 })), [9, 8]);
    assert.deepEqual(seqs(await store.events({ actions, limit: 2, before: 8 })), [7, 3]);
    assert.deepEqual(seqs(await store.events({ actions, limit: 9, model: digits })), [8, 7, 3, 2]);
    assert.deepEqual(seqs(await store.events({ actions: ['yank'], limit: 9 })), [7]);
    assert.deepEqual(await store.events({ actions: [], limit: 9 }), []);
  });

  promise('events are read in slices, oldest first', async (store) => {
    assert.deepEqual(seqs(await store.eventsAscending({ after: 0, limit: 4 })), [1, 2, 3, 4]);
    assert.deepEqual(seqs(await store.eventsAscending({ after: 4, limit: 4 })), [5, 6, 7, 8]);
    assert.deepEqual(seqs(await store.eventsAscending({ after: 9, limit: 4 })), []);
  });

  promise('who held a stage at a time has one answer', async (store) => {
    const at = async (time: number, rest = {}): Promise<string[]> =>
      (await store.movesAt({ at: time, limit: 10, ...rest })).map((event) => `${event.stage} ${event.to}`);
    assert.deepEqual(await at(start + 99), []);
    assert.deepEqual(await at(start + 100), ['production 1.0.0']);
    assert.deepEqual(await at(start + 299), ['staging 1.0.0', 'production 1.0.0']);
    assert.deepEqual(await at(start + 300), ['staging 1.0.0', 'production 2.0.0']);
    assert.deepEqual(await at(Number.MAX_SAFE_INTEGER), ['staging 1.0.0', 'production 2.0.0']);
    assert.deepEqual(await at(start + 299, { stage: production }), ['production 1.0.0']);
    assert.deepEqual(await at(start + 300, { model: parseModelName('cars') }), []);
    assert.deepEqual(await at(start + 300, { limit: 1 }), ['staging 1.0.0']);
  });

  promise('a clock that is set back does not reorder what happened', async (store) => {
    await push(store, '2.0.0', { at: start - 1_000_000, stage: staging });
    const [last, before] = await store.events({ limit: 2 });
    assert.equal(last?.at, before?.at);
    assert.equal((await store.pointer(digits, staging)).since, start + 500);
    const then = await store.movesAt({ at: start + 499, stage: staging, limit: 1 });
    assert.equal(then[0]?.to, '1.0.0');
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import { bench, digits, issue, start, v } from '../support/metadata-samples.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const bytesOf = (bytes: Uint8Array | undefined): number[] => [...(bytes ?? [])];

export function benchContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await issue(store, '1.0.0', '2.0.0');
      await check(store);
    });
  const samples = new Uint8Array([1, 2, 3]);

  promise('benches are kept with their version, newest first, one event each', async (store) => {
    const before = await store.events({ limit: 100 });
    for (const id of ['b3', 'b1', 'b2']) {
      await store.addBench({ bench: bench(id), samples, actor: 'ada', at: start, message: 'nightly' });
    }
    await store.addBench({
      bench: bench('other', { version: v('2.0.0') }),
      samples,
      actor: 'ada',
      at: start,
    });
    assert.deepEqual(await store.benches(digits, v('1.0.0'), 2), [bench('b2'), bench('b1')]);
    assert.deepEqual(await store.benches(digits, v('2.0.0'), 9), [bench('other', { version: v('2.0.0') })]);
    assert.deepEqual(await store.benches(digits, v('3.0.0'), 9), []);
    const events = await store.events({ limit: 100 });
    assert.equal(events.length, before.length + 4);
    assert.equal(events[1]?.action, 'bench');
    assert.equal(events[1]?.message, 'nightly');
    assert.deepEqual(await store.check(), []);
  });

  promise('the samples of a bench come back byte for byte', async (store) => {
    const many = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    await store.addBench({ bench: bench('b1'), samples, actor: 'ada', at: start });
    await store.addBench({ bench: bench('b2'), samples: many, actor: 'ada', at: start });
    assert.deepEqual(bytesOf(await store.benchSamples('b1')), [1, 2, 3]);
    assert.deepEqual(bytesOf(await store.benchSamples('b2')), [...many]);
    assert.equal(await store.benchSamples('b3'), undefined);
  });

  promise('a bench is added whole or not at all', async (store) => {
    await store.addBench({ bench: bench('b1'), samples, actor: 'ada', at: start });
    const events = await store.events({ limit: 100 });
    await assert.rejects(store.addBench({ bench: bench('b1'), samples, actor: 'ada', at: start }));
    await assert.rejects(
      store.addBench({ bench: bench('b2', { version: v('9.0.0') }), samples, actor: 'ada', at: start }),
    );
    assert.deepEqual(await store.events({ limit: 100 }), events);
    assert.deepEqual(await store.check(), []);
  });
}

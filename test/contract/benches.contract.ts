import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseModelName } from '../../src/core/versions/model-name.ts';
import type { BenchQuery } from '../../src/storage/measurements.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import { bench, created, digits, issue, start, v } from '../support/metadata-samples.ts';
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
    assert.equal(events[1]?.details['verdict'], null, 'it had no gates');
    assert.deepEqual(await store.check(), []);
  });

  promise('the event of a bench has its verdict', async (store) => {
    const verdicts = { b1: ['pass', 'pass'], b2: ['pass', 'fail'], b3: ['inconclusive', 'pass'] };
    for (const [id, found] of Object.entries(verdicts)) {
      const result = { gates: found.map((verdict) => ({ verdict })) };
      await store.addBench({ bench: bench(id, { result }), samples, actor: 'ada', at: start });
    }
    const events = await store.events({ limit: 3 });
    assert.deepEqual(
      events.map(({ details }) => details['verdict']),
      ['inconclusive', 'fail', 'pass'],
    );
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

  promise('benches are paged newest first: of all models, of one, of a version', async (store) => {
    const other = parseModelName('other');
    await created(store, { name: other });
    const second = { version: v('2.0.0') };
    const all = [
      bench('b3'),
      bench('b1', second),
      bench('b5', { model: other }),
      bench('b2'),
      bench('b4', second),
    ];
    for (const [at, one] of all.entries()) {
      await store.addBench({ bench: one, samples, actor: 'ada', at: start });
      // What happened between two benches is not one.
      await store.tag({
        name: digits,
        version: v('1.0.0'),
        set: { at: String(at) },
        remove: [],
        actor: 'ada',
        at: start,
      });
    }
    const paged = async (query: Omit<BenchQuery, 'limit'>, limit: number): Promise<string[][]> => {
      const pages: string[][] = [];
      let before = query.before;
      for (;;) {
        const from = before === undefined ? {} : { before };
        const { rows, next } = await store.benchPage({ ...query, ...from, limit });
        pages.push(rows.map(({ id }) => id));
        if (next === undefined) return pages;
        before = next;
      }
    };
    assert.deepEqual((await store.benchPage({ limit: 9 })).rows, all.toReversed());
    assert.deepEqual(await paged({}, 2), [['b4', 'b2'], ['b5', 'b1'], ['b3']]);
    assert.deepEqual(
      await paged({}, 5),
      [['b4', 'b2', 'b5', 'b1', 'b3']],
      'no page is announced that is empty',
    );
    assert.deepEqual(await paged({ model: digits }, 3), [['b4', 'b2', 'b1'], ['b3']]);
    assert.deepEqual(await paged({ model: other }, 3), [['b5']]);
    assert.deepEqual(await paged({ model: digits, ...second }, 1), [['b4'], ['b1']]);
    assert.deepEqual(await paged({ model: digits, version: v('3.0.0') }, 1), [[]]);
    assert.deepEqual(await paged({ model: parseModelName('none') }, 1), [[]]);
  });

  promise('benches of a deleted version are not listed, but found by their ids', async (store) => {
    const second = { version: v('2.0.0') };
    for (const one of [bench('b1'), bench('b2', second), bench('b3', second)])
      await store.addBench({ bench: one, samples, actor: 'ada', at: start });
    await store.delete({ name: digits, version: v('2.0.0'), actor: 'ada', at: start });
    for (const query of [{}, { model: digits }, { model: digits, version: v('1.0.0') }])
      assert.deepEqual(await store.benchPage({ ...query, limit: 1 }), { rows: [bench('b1')] });
    assert.deepEqual((await store.benchPage({ model: digits, ...second, limit: 1 })).rows, []);
    assert.deepEqual(await store.bench('b3'), bench('b3', second));
  });

  promise('a bench is found by its id, and ids by how they start', async (store) => {
    for (const id of ['ab2', 'ab1', 'b1', 'a'])
      await store.addBench({ bench: bench(id), samples, actor: 'ada', at: start });
    assert.deepEqual(await store.bench('b1'), bench('b1'));
    assert.equal(await store.bench('ab'), undefined);
    assert.deepEqual(await store.benchIds('ab', 9), ['ab1', 'ab2']);
    assert.deepEqual(await store.benchIds('ab', 1), ['ab1']);
    assert.deepEqual(await store.benchIds('c', 9), []);
    assert.deepEqual(await store.benchIds('', 9), ['a', 'ab1', 'ab2', 'b1']);
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchKind, type StoredReport } from '../../src/core/measurements/bench.ts';
import type { Measurement } from '../../src/core/measurements/measurement.ts';
import { parseModelName } from '../../src/core/versions/reference.ts';
import type { MeasurementQuery } from '../../src/storage/measurements.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import {
  addBench,
  bench,
  benchReport,
  created,
  digits,
  issue,
  shape,
  shapeKind,
  start,
  v,
} from '../support/metadata-samples.ts';
import { failsWith } from '../support/temp-folder.ts';
import type { OpenStore } from './metadata-store.contract.ts';

const bytesOf = (bytes: Uint8Array | undefined): number[] => [...(bytes ?? [])];
const author = { actor: 'ada', at: start };

/** A bench as it comes back. */
function stored(id: string, rest: Parameters<typeof bench>[1] = {}): Measurement<StoredReport> {
  const { samples: _, ...sample } = bench(id, rest);
  return { ...sample, kind: 'bench', schema: 1, at: start };
}

export function measurementContract(name: string, open: OpenStore): void {
  const promise = (what: string, check: (store: MetadataStore) => Promise<void>): void =>
    void test(`${name}: ${what}`, async (context) => {
      const store = await open(context);
      await issue(store, '1.0.0', '2.0.0');
      await check(store);
    });
  const second = { version: v('2.0.0') };

  promise('measurements are kept with their version, newest first, one event each', async (store) => {
    const before = await store.events({ limit: 100 });
    for (const id of ['b3', 'b1', 'b2']) await addBench(store, bench(id), { message: 'nightly' });
    const event = await addBench(store, bench('other', second));
    const ofVersion = async (version: string, limit: number) =>
      (await store.measurements(benchKind, { model: digits, version: v(version), limit })).rows;
    assert.deepEqual(await ofVersion('1.0.0', 2), [stored('b2'), stored('b1')]);
    assert.deepEqual(await ofVersion('2.0.0', 9), [stored('other', second)]);
    assert.deepEqual(await ofVersion('3.0.0', 9), []);
    const events = await store.events({ limit: 100 });
    assert.equal(events.length, before.length + 4);
    assert.deepEqual(events[0], event);
    assert.deepEqual([events[1]?.action, events[1]?.message], ['bench', 'nightly']);
    assert.deepEqual(await store.check(), []);
  });

  promise('the event of a bench has its verdict', async (store) => {
    const verdicts = { b1: ['pass', 'pass'], b2: ['pass', 'fail'], b3: ['inconclusive', 'pass'], b4: [] };
    for (const [id, found] of Object.entries(verdicts)) {
      const gates = found.map((verdict) => ({ verdict }) as { verdict: 'pass' });
      await addBench(store, bench(id, { result: { ...benchReport, gates } }));
    }
    const events = await store.events({ limit: 4 });
    assert.deepEqual(
      events.map(({ details }) => details['verdict']),
      [null, 'inconclusive', 'fail', 'pass'],
    );
    assert.deepEqual(await store.check(), []);
  });

  promise('samples come back byte for byte', async (store) => {
    const many = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    await addBench(store, bench('b1', { samples: new Uint8Array([1, 2, 3]) }));
    await addBench(store, bench('b2', { samples: many }));
    await addBench(store, bench('b3', { samples: new Uint8Array() }));
    assert.deepEqual(bytesOf(await store.samples('b1')), [1, 2, 3]);
    assert.deepEqual(bytesOf(await store.samples('b2')), [...many]);
    assert.equal((await store.samples('b3'))?.length, 0);
    assert.equal(await store.samples('b4'), undefined);
  });

  promise('a kind of which the store knows nothing is stored, and read as itself', async (store) => {
    await addBench(store, bench('b1'));
    const event = await store.addMeasurement(shapeKind, { ...shape('s1', { sides: 3 }), ...author });
    assert.equal(event.action, 'measure');
    const { result: hash, ...said } = event.details;
    assert.match(String(hash), /^[0-9a-f]{64}$/);
    assert.deepEqual(said, {
      measurement: 's1',
      kind: 'shape',
      schema: 2,
      status: 'ok',
      fingerprint: 'paper',
      sides: 3,
    });
    const { samples: _, ...sample } = shape('s1', { sides: 3 });
    const found = { ...sample, kind: 'shape', schema: 2, at: start };
    assert.deepEqual(await store.measurements(shapeKind, { limit: 9 }), { rows: [found] });
    assert.deepEqual(await store.measurement(shapeKind, 's1'), found);
    assert.deepEqual(await store.check(), []);
  });

  promise('kinds are kept apart', async (store) => {
    await addBench(store, bench('a1'));
    await store.addMeasurement(shapeKind, { ...shape('a2'), ...author });
    for (const query of [{}, { model: digits }, { model: digits, version: v('1.0.0') }]) {
      const benches = await store.measurements(benchKind, { ...query, limit: 9 });
      assert.deepEqual(benches, { rows: [stored('a1')] });
      const { rows } = await store.measurements(shapeKind, { ...query, limit: 9 });
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['a2'],
      );
    }
    assert.equal(await store.measurement(benchKind, 'a2'), undefined);
    assert.deepEqual(await store.measurementIds(benchKind, 'a', 9), ['a1']);
    assert.deepEqual(await store.measurementIds(shapeKind, 'a', 9), ['a2']);
  });

  promise('a result is read by the schema that it was stored with', async (store) => {
    const first = { ...shapeKind, schema: 1 };
    await store.addMeasurement(first, { ...shape('s1', { corners: 4 }), ...author });
    await store.addMeasurement(shapeKind, { ...shape('s2', { sides: 5 }), ...author });
    const { rows } = await store.measurements(shapeKind, { limit: 9 });
    assert.deepEqual(
      rows.map(({ id, schema, result }) => [id, schema, result]),
      [
        ['s2', 2, { sides: 5 }],
        ['s1', 1, { sides: 4 }],
      ],
    );
    const [newer, older] = (await store.measurements(first, { limit: 9 })).rows;
    assert.match(newer?.unreadable ?? '', /schema 2.*up to schema 1/);
    assert.deepEqual([newer?.id, newer?.result], ['s2', undefined], 'found, but not read');
    assert.deepEqual(older?.result, { sides: 4 });
    assert.deepEqual(await store.check(), []);
  });

  promise('a result that its kind does not read is not stored', async (store) => {
    const events = await store.events({ limit: 100 });
    await assert.rejects(
      store.addMeasurement(shapeKind, { ...shape('s1', { sides: 'many' as unknown as number }), ...author }),
      failsWith('INVALID_INPUT', /shape.*sides/),
    );
    assert.deepEqual(await store.events({ limit: 100 }), events);
    assert.equal(await store.samples('s1'), undefined);
  });

  promise('measurements are paged newest first: of all models, of one, of a version', async (store) => {
    const other = parseModelName('other');
    await created(store, { name: other });
    const all: [id: string, rest?: Parameters<typeof bench>[1]][] = [
      ['b3'],
      ['b1', second],
      ['b5', { model: other }],
      ['b2'],
      ['b4', second],
    ];
    for (const [at, [id, rest]] of all.entries()) {
      await addBench(store, bench(id, rest));
      // What happens between two benches is not one.
      const set = { at: String(at) };
      await store.tag({ name: digits, version: v('1.0.0'), set, remove: [], ...author });
      await store.addMeasurement(shapeKind, { ...shape(`s${at}`), ...author });
    }
    const paged = async (query: Omit<MeasurementQuery, 'limit'>, limit: number): Promise<string[][]> => {
      const pages: string[][] = [];
      let before = query.before;
      for (;;) {
        const from = before === undefined ? {} : { before };
        const { rows, next } = await store.measurements(benchKind, { ...query, ...from, limit });
        pages.push(rows.map(({ id }) => id));
        if (next === undefined) return pages;
        before = next;
      }
    };
    const whole = await store.measurements(benchKind, { limit: 9 });
    assert.deepEqual(
      whole.rows,
      all.toReversed().map(([id, rest]) => stored(id, rest)),
    );
    assert.deepEqual(await paged({}, 2), [['b4', 'b2'], ['b5', 'b1'], ['b3']]);
    const one = await paged({}, 5);
    assert.deepEqual(one, [['b4', 'b2', 'b5', 'b1', 'b3']], 'no page is announced that is empty');
    assert.deepEqual(await paged({ model: digits }, 3), [['b4', 'b2', 'b1'], ['b3']]);
    assert.deepEqual(await paged({ model: other }, 3), [['b5']]);
    assert.deepEqual(await paged({ model: digits, ...second }, 1), [['b4'], ['b1']]);
    assert.deepEqual(await paged({ model: digits, version: v('3.0.0') }, 1), [[]]);
    assert.deepEqual(await paged({ model: parseModelName('none') }, 1), [[]]);
  });

  promise('measurements are found by fingerprint, within a model and a version, too', async (store) => {
    for (const [id, fingerprint, rest] of [
      ['b1', 'cpu', {}],
      ['b2', 'gpu', {}],
      ['b3', 'cpu', second],
      ['b4', 'gpu', second],
    ] as const)
      await addBench(store, bench(id, { ...rest, fingerprint }));
    const found = async (query: Omit<MeasurementQuery, 'limit'>): Promise<string[]> =>
      (await store.measurements(benchKind, { ...query, limit: 9 })).rows.map(({ id }) => id);
    assert.deepEqual(await found({ fingerprint: 'cpu' }), ['b3', 'b1']);
    assert.deepEqual(await found({ fingerprint: 'gpu', model: digits }), ['b4', 'b2']);
    assert.deepEqual(await found({ fingerprint: 'gpu', model: digits, version: v('1.0.0') }), ['b2']);
    assert.deepEqual(await found({ fingerprint: 'tpu' }), []);
  });

  promise('measurements are found by the time at which they were recorded, ends included', async (store) => {
    for (const [id, at] of [
      ['b1', 10],
      ['b2', 20],
      ['b3', 30],
      ['b4', 40],
    ] as const)
      await addBench(store, bench(id), { at: start + at });
    const found = async (query: Omit<MeasurementQuery, 'limit'>): Promise<string[]> =>
      (await store.measurements(benchKind, { ...query, limit: 9 })).rows.map(({ id }) => id);
    for (const of of [
      {},
      { model: digits },
      { model: digits, version: v('1.0.0') },
      { fingerprint: 'cpu' },
    ]) {
      assert.deepEqual(await found({ ...of, since: start + 20 }), ['b4', 'b3', 'b2']);
      assert.deepEqual(await found({ ...of, until: start + 20 }), ['b2', 'b1']);
      assert.deepEqual(await found({ ...of, since: start + 11, until: start + 39 }), ['b3', 'b2']);
      assert.deepEqual(await found({ ...of, since: start + 41 }), []);
      assert.deepEqual(await found({ ...of, until: start + 9 }), []);
    }
    const { rows, next } = await store.measurements(benchKind, { since: start + 20, limit: 2 });
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['b4', 'b3'],
    );
    assert.deepEqual(await found({ since: start + 20, before: next ?? 0 }), ['b2']);
  });

  promise('those of a deleted version are not listed, but found by their ids', async (store) => {
    for (const one of [bench('b1'), bench('b2', second), bench('b3', second)]) await addBench(store, one);
    await store.delete({ name: digits, version: v('2.0.0'), ...author });
    for (const query of [{}, { model: digits }, { model: digits, version: v('1.0.0') }])
      assert.deepEqual(await store.measurements(benchKind, { ...query, limit: 1 }), {
        rows: [stored('b1')],
      });
    const { rows } = await store.measurements(benchKind, { model: digits, ...second, limit: 1 });
    assert.deepEqual(rows, []);
    assert.deepEqual(await store.measurement(benchKind, 'b3'), stored('b3', second));
  });

  promise('a measurement is found by its id, and ids by how they start', async (store) => {
    for (const id of ['ab2', 'ab1', 'b1', 'a']) await addBench(store, bench(id));
    assert.deepEqual(await store.measurement(benchKind, 'b1'), stored('b1'));
    assert.equal(await store.measurement(benchKind, 'ab'), undefined);
    assert.deepEqual(await store.measurementIds(benchKind, 'ab', 9), ['ab1', 'ab2']);
    assert.deepEqual(await store.measurementIds(benchKind, 'ab', 1), ['ab1']);
    assert.deepEqual(await store.measurementIds(benchKind, 'c', 9), []);
    assert.deepEqual(await store.measurementIds(benchKind, '', 9), ['a', 'ab1', 'ab2', 'b1']);
  });

  promise('a measurement is added whole or not at all', async (store) => {
    await addBench(store, bench('b1'));
    const events = await store.events({ limit: 100 });
    await assert.rejects(addBench(store, bench('b1')));
    await assert.rejects(
      store.addMeasurement(shapeKind, { ...shape('b1'), ...author }),
      'an id is of one measurement, whatever its kind',
    );
    await assert.rejects(
      addBench(store, bench('b2', { version: v('9.0.0') })),
      failsWith('NOT_FOUND', /9\.0\.0/),
    );
    await store.delete({ name: digits, version: v('2.0.0'), ...author });
    await assert.rejects(addBench(store, bench('b2', second)), failsWith('NOT_FOUND', /deleted/));
    assert.equal((await store.events({ limit: 100 })).length, events.length + 1);
    assert.deepEqual(await store.check(), []);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchKind, benchRecord } from '../../src/core/measurements/bench.ts';
import { readResult } from '../../src/core/measurements/measurement.ts';
import { bench, benchReport, start } from '../support/metadata-samples.ts';

const read = (result: unknown, schema = 1) => readResult(benchKind, result, schema);

test('a bench is read with all that it says, known here or not', () => {
  assert.deepEqual(read(benchReport).result, benchReport);
});

test('a bench that lacks what every version wrote is not readable, and the reason names it', () => {
  for (const part of ['plan', 'input', 'outputs', 'session', 'environment', 'status']) {
    assert.equal(read({ ...benchReport, [part]: undefined }).unreadable, `its result has no ${part}`);
    assert.equal(read({ ...benchReport, [part]: {} }).unreadable, `its result has no ${part}`);
  }
  for (const result of [null, 7, 'text', []])
    assert.match(read(result).unreadable ?? '', /not an object|has no plan/);
  for (const list of ['gates', 'notes'])
    assert.match(read({ ...benchReport, [list]: {} }).unreadable ?? '', /not lists/);
});

test('a result of a newer schema is not read', () => {
  assert.equal(
    read(benchReport, benchKind.schema + 1).unreadable,
    'it has schema 2, and this mlreg reads bench up to schema 1',
  );
});

test('a bench that cannot be read is told without its result', () => {
  const { samples: _samples, result: _result, ...header } = bench('b1');
  const measurement = { ...header, kind: 'bench', schema: 1, at: start };
  assert.deepEqual(benchRecord({ ...measurement, unreadable: 'why' }), { ...header, at: start, result: {} });
});

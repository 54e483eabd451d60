import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parentsFirst } from '../../src/registry/exchange/layout/parents-first.ts';
import { foreign } from '../contract/imports.contract.ts';
import { failsWith } from '../support/temp-folder.ts';

const numbers = (...versions: ReturnType<typeof foreign>[]): string[] =>
  parentsFirst(versions).map(({ facts }) => facts.version);

test('parents come before their children, whatever the order', () => {
  const child = foreign('1.0.0', { parents: ['digits@3.0.0', 'digits@2.0.0', 'cars@1.0.0', 'digits@3.0.0'] });
  const parent = foreign('2.0.0', { parents: ['digits@3.0.0'] });
  assert.deepEqual(numbers(child, parent, foreign('3.0.0')), ['3.0.0', '2.0.0', '1.0.0']);
  assert.deepEqual(numbers(foreign('1.0.0'), foreign('2.0.0')), ['1.0.0', '2.0.0']);
});

test('an ancestor of itself is refused', () => {
  const one = foreign('1.0.0', { parents: ['digits@2.0.0'] });
  const other = foreign('2.0.0', { parents: ['digits@1.0.0'] });
  for (const circle of [[one, other], [foreign('3.0.0', { parents: ['digits@3.0.0'] })]])
    assert.throws(() => parentsFirst(circle), failsWith('INVALID_INPUT', /ancestor of itself/));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeLeft } from '../../src/cli/output/progress.ts';

test('the time left follows from the share that is done, and is unknown before there is one', () => {
  assert.equal(timeLeft(2000, 0.5), '2s');
  assert.equal(timeLeft(90_000, 0.25), '4.5m');
  assert.equal(timeLeft(5000, 1), '0s');
  assert.equal(timeLeft(5000, 0), '?');
  assert.equal(timeLeft(5000, Number.NaN), '?');
});

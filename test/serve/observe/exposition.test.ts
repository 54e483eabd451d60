import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exposition } from '../../../src/serve/observe/exposition.ts';
import { createHistogram, quantileOf, record } from '../../../src/serve/observe/histogram.ts';
import { readExposition } from '../../support/exposition.ts';

test('any text is a label value that is read back, but for what is no Unicode', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = exposition([
        {
          name: 'a_total',
          help: `h ${text}`,
          type: 'counter',
          samples: [{ labels: { model: text }, value: 1 }],
        },
      ]);
      assert.deepEqual(readExposition(shown), [
        { name: 'a_total', labels: { model: text.toWellFormed() }, value: 1 },
      ]);
    }),
  );
});

test('a histogram has cumulated buckets, a sum and a count', () => {
  const histogram = createHistogram([1, 2, 4]);
  for (const value of [0.5, 1, 3, 100, Number.NaN]) record(histogram, value);
  const shown = exposition([
    { name: 'h', help: 'h', type: 'histogram', samples: [{ labels: { a: 'b' }, histogram }] },
  ]);
  assert.equal(
    shown,
    '# HELP h h\n# TYPE h histogram\n' +
      'h_bucket{a="b",le="1"} 2\nh_bucket{a="b",le="2"} 2\nh_bucket{a="b",le="4"} 3\nh_bucket{a="b",le="+Inf"} 4\n' +
      'h_sum{a="b"} 104.5\nh_count{a="b"} 4\n',
  );
  readExposition(shown);
});

test('what is not known is omitted, and its family with it', () => {
  const unknown = { name: 'a', help: 'a', type: 'gauge', samples: [{ value: null }] } as const;
  assert.equal(exposition([unknown]), '');
});

test('a quantile lies within its bucket', () => {
  const histogram = createHistogram([1, 2, 4]);
  assert.equal(quantileOf(histogram, 0.5), null);
  for (const value of [1.5, 1.5, 3, 9]) record(histogram, value);
  assert.equal(quantileOf(histogram, 0.25), 1.5);
  assert.equal(quantileOf(histogram, 0.75), 4);
  assert.equal(quantileOf(histogram, 0.99), 4, 'above the last bound, the bound');
});

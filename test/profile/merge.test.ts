import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import { collectColumn } from '../../src/profile/column-collector.ts';
import type { ColumnState } from '../../src/profile/column-state.ts';
import { describeColumn, withoutSecrets } from '../../src/profile/describe-column.ts';
import { mergeProfiles } from '../../src/profile/merge-profiles.ts';
import { countBelow } from '../../src/profile/order-statistics.ts';
import { parseProfile, profileText } from '../../src/profile/profile-file.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { generated } from '../support/profiled.ts';

/** `capacity`: how many numbers are held at once. */
function ofNumbers(values: Float64Array, capacity = 2 ** 24): ColumnState {
  const collector = collectColumn('x', null, capacity);
  collector.addNumbers(values, 0, values.length, 1);
  return withoutSecrets(collector.finish(), false);
}

function ofTexts(texts: readonly string[]): ColumnState {
  const collector = collectColumn('x', null, 4096);
  for (const text of texts) collector.addTexts(new Map([[text, 1]]));
  return withoutSecrets(collector.finish(), false);
}

function merged(states: readonly ColumnState[]): ColumnState {
  const parts = states.map((column, at) => ({
    what: `part ${at}`,
    profile: { rows: 1, sources: [], columns: [column], outputs: null },
  }));
  return mergeProfiles(parts).columns[0] ?? assert.fail();
}

/** The largest difference between the shares of rows below any of the values, and the stated error. */
function worst(values: Float64Array, column: ColumnState): { off: number; error: number } {
  const sorted = values.toSorted();
  const order = column.numbers?.order ?? assert.fail();
  let off = 0;
  for (const [at, value] of sorted.entries())
    if (at === 0 || value !== sorted[at - 1])
      off = Math.max(off, Math.abs(countBelow(order, value).count - at) / sorted.length);
  return { off, error: describeColumn(column).error };
}

for (const kind of ['plain', 'skewed', 'ties', 'far'])
  test(`ten merged parts agree with the whole within the stated error: ${kind}`, () => {
    const values = generated(kind, 100_000);
    const parts = Array.from({ length: 10 }, (_, at) => values.slice(at * 10_000, (at + 1) * 10_000));
    const column = merged(parts.map((part) => ofNumbers(part)));
    const { off, error } = worst(values, column);
    assert.ok(off <= error + 1e-12, `${off} > ${error}`);
    assert.ok(off < 1.5e-3, String(off));
    const [one, whole] = [describeColumn(column), describeColumn(ofNumbers(values))];
    for (const fact of ['count', 'min', 'max', 'type', 'integer'] as const)
      assert.equal(one[fact], whole[fact]);
    for (const fact of ['mean', 'std', 'skewness', 'kurtosis'] as const) {
      const [found, exact] = [one[fact] ?? assert.fail(), whole[fact] ?? assert.fail()];
      assert.ok(
        Math.abs(found - exact) <= 1e-4 * Math.max(1, Math.abs(exact)),
        `${fact}: ${found}, ${exact}`,
      );
    }
    const distinct = one.distinct ?? assert.fail();
    if (kind === 'ties') assert.deepEqual([distinct, one.distinctIsExact, error], [7, true, 0]);
    else assert.ok(Math.abs(distinct / (whole.distinct ?? 1) - 1) < 0.07, String(distinct));
  });

test('a column that does not fit memory is known within the stated error', () => {
  const values = generated('skewed', 200_000);
  // Two hundred parts, on three levels.
  const column = ofNumbers(values, 1000);
  const { off, error } = worst(values, column);
  assert.ok(off <= error + 1e-12, `${off} > ${error}`);
  assert.ok(error < 0.02, String(error));
  assert.equal(describeColumn(column).count, 200_000);
});

test('texts are counted over all parts, and those of mostly distinct ones stay unknown', () => {
  const categories = merged([ofTexts(['a', 'b', 'a', 'a', 'b']), ofTexts(['b', 'c', 'c', 'b', 'c'])]);
  assert.deepEqual(describeColumn(categories).top, [
    { value: 'b', count: 4 },
    { value: 'a', count: 3 },
    { value: 'c', count: 3 },
  ]);
  assert.deepEqual([categories.distinct, categories.distinctIsExact], [3, true]);
  const people = merged([ofTexts(['ada', 'bob', 'cyd']), ofTexts(['a', 'b', 'a', 'b'])]);
  assert.deepEqual([describeColumn(people).type, describeColumn(people).top], ['text', null]);
  assert.deepEqual([people.distinct, people.distinctIsExact], [5, false]);
});

test('an empty part changes nothing, and a redacted one hides the column', () => {
  const some = ofNumbers(generated('plain', 50));
  const none = ofNumbers(new Float64Array(3).fill(Number.NaN));
  const both = merged([none, some]);
  assert.deepEqual(describeColumn(both), { ...describeColumn(some), missing: 3 });
  const hidden = describeColumn(merged([some, withoutSecrets(some, true)]));
  assert.deepEqual([hidden.redacted, hidden.count, hidden.mean, hidden.distinct], [true, 100, null, null]);
});

test('parts that do not fit together are refused, with the column and the parts', () => {
  assert.throws(
    () => merged([ofNumbers(generated('plain', 5)), ofTexts(['a', 'a'])]),
    (error: unknown) => {
      assert.ok(isMlregError(error));
      assert.match(error.message, /column "x" holds number in part 0, but text in part 1/);
      return true;
    },
  );
});

test('a profile file is read as it was written, and what is damaged is refused', () => {
  const profile: Profile = {
    rows: 3000,
    sources: [{ file: 'a.csv', digest: `sha256:${'0'.repeat(64)}`, rows: 3000 }],
    columns: [ofNumbers(generated('plain', 3000))],
    outputs: null,
  };
  const text = profileText(profile);
  assert.equal(profileText(parseProfile(text, 'a.json')), text);
  const refused: [string, RegExp][] = [
    ['', /a\.json is not JSON/],
    ['{"rows":1}', /a\.json is no profile of mlreg/],
    ['null', /a\.json is no profile of mlreg/],
    [text.replace('"schema":1', '"schema":2'), /has schema 2, and this mlreg reads profiles up to schema 1/],
    [text.replace('"rows":3000', '"rows":-1'), /is a damaged profile/],
    [
      text.replace('"gaps":[0', '"gaps":[1'),
      /is a damaged profile: column x has count 3000, but values of 3001/,
    ],
    [text.replace(/"values":\[/, '"values":[9e99,'), /is a damaged profile: the order statistics of x/],
    [text.replace(/"sketch":"[^"]*"/, '"sketch":"AAAA"'), /the sketch of x is not 2048 bytes/],
  ];
  for (const [changed, message] of refused)
    assert.throws(
      () => parseProfile(changed, 'a.json'),
      (error: unknown) => {
        assert.ok(isMlregError(error), String(error));
        assert.match(error.message, message);
        return true;
      },
    );
});

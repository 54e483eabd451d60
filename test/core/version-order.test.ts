import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import {
  isPrerelease,
  linePrefix,
  parseVersion,
  rangeBounds,
  satisfies,
  sortKey,
  type Version,
} from '../../src/core/versions/version.ts';

const number = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.constantFrom(9, 10, 99, 100, 999_999, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER),
);
const word = fc.constantFrom(
  'alpha',
  'beta',
  'rc',
  'a',
  'a-',
  'A',
  '-',
  '--1',
  'rc1',
  '0a',
  '1-0',
  'z',
  'x-y',
);
const label = fc.oneof(number.map(String), word);
const prerelease = fc.array(label, { maxLength: 3 }).map((labels) => labels.join('.'));
const build = fc.constantFrom('', '', '+gpu', '+20260101.5');

const anyVersion = fc
  .tuple(number, number, number, prerelease, build)
  .map(([major, minor, patch, pre, tail]) => {
    return parseVersion(`${major}.${minor}.${patch}${pre === '' ? '' : `-${pre}`}${tail}`);
  });

const byteOrder = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));

test('the byte order of sort keys is the precedence of versions', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, (a, b) => {
      assert.equal(byteOrder(sortKey(a), sortKey(b)), semver.compare(a, b), `${a} against ${b}`);
    }),
    { numRuns: 3000 },
  );
});

test('the ladder of semver.org §11 is climbed in order', () => {
  const ladder = [
    '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0',
    '1.0.1-0 1.0.1-9 1.0.1-10 1.0.1--  1.0.1-A 1.0.1-a 1.0.1 1.2.0 1.10.0 2.0.0 10.0.0 9007199254740991.0.0',
  ]
    .join(' ')
    .split(/ +/)
    .map(parseVersion);
  assert.deepEqual(
    ladder.map(sortKey).toSorted((a, b) => byteOrder(a, b)),
    ladder.map(sortKey),
  );
});

test('numbers in a prerelease have no largest: compared by value, not as text or doubles', () => {
  const ladder = [
    '1.0.0-9007199254740990',
    '1.0.0-9007199254740992',
    '1.0.0-9007199254740993',
    '1.0.0-10000000000000000000',
    `1.0.0-${'9'.repeat(200)}`,
    `1.0.0-1${'0'.repeat(200)}`,
    '1.0.0--',
    '1.0.0-a',
    '1.0.0',
    '1.0.1-0',
  ].map(parseVersion);
  for (const [index, version] of ladder.slice(1).entries()) {
    const before = ladder[index] as Version;
    assert.equal(byteOrder(sortKey(before), sortKey(version)), -1, `${before} is below ${version}`);
  }
});

test('versions that differ only in the build part share a sort key', () => {
  assert.equal(sortKey(parseVersion('1.0.0+a')), sortKey(parseVersion('1.0.0+b')));
});

test('a line prefix starts the sort keys of its line, and of no other', () => {
  fc.assert(
    fc.property(anyVersion, number, number, (version, major, minor) => {
      const parsed = semver.parse(version, {}, true);
      assert.equal(sortKey(version).startsWith(linePrefix(major)), parsed.major === major);
      assert.equal(
        sortKey(version).startsWith(linePrefix(major, minor)),
        parsed.major === major && parsed.minor === minor,
      );
    }),
  );
});

const partial = fc
  .tuple(number, number, number, fc.constantFrom('', '', '-rc.1', '-0'), fc.integer({ min: 1, max: 3 }))
  .map(([major, minor, patch, pre, parts]) =>
    parts === 3 ? `${major}.${minor}.${patch}${pre}` : [major, minor].slice(0, parts).join('.'),
  );
const comparator = fc
  .tuple(fc.constantFrom('', '^', '~', '>', '>=', '<', '<=', '='), partial)
  .map((parts) => parts.join(''));
const anyRange = fc
  .array(
    fc.oneof(
      fc.array(comparator, { minLength: 1, maxLength: 2 }).map((all) => all.join(' ')),
      fc.tuple(partial, partial).map((ends) => ends.join(' - ')),
      fc.constantFrom('*', '1.x', 'x'),
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((sets) => sets.join(' || '))
  .filter((range) => semver.validRange(range) !== null);

test('no version that satisfies a range lies outside of its bounds', () => {
  let hits = 0;
  fc.assert(
    fc.property(anyVersion, anyRange, (version, range) => {
      if (!satisfies(version, range)) return;
      const { lowest, highest } = rangeBounds(range);
      const key = sortKey(version);
      if (lowest !== undefined) assert.ok(byteOrder(key, lowest) >= 0, `${version} in ${range}`);
      if (highest !== undefined) assert.equal(byteOrder(key, highest), -1, `${version} in ${range}`);
      if (lowest !== undefined && highest !== undefined) hits += 1;
    }),
    { numRuns: 5000 },
  );
  assert.ok(hits > 50, `only ${hits} hits`);
});

test('a range that is closed above has a bound, an open one has none', () => {
  for (const range of ['^1.2', '1', '>=1 <2', '~1.2.3', '1.0.0 - 2', '<=3', '1.x || 3']) {
    assert.notEqual(rangeBounds(range).highest, undefined, range);
  }
  for (const range of ['*', '>=1', '>2 || 1', 'x'])
    assert.equal(rangeBounds(range).highest, undefined, range);
});

test('a prerelease is what has one, whatever its build part says', () => {
  assert.equal(isPrerelease(parseVersion('1.0.0-rc.1')), true);
  assert.equal(isPrerelease(parseVersion('1.0.0+a-b')), false);
});

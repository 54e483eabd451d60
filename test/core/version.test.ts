import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bumped, isRange, parseVersion, tryParseVersion } from '../../src/core/versions/version.ts';
import { failsWith } from '../support/temp-folder.ts';

const spellings: [given: string, version: string][] = [
  ['1.0.0', '1.0.0'],
  ['v1.0.0', '1.0.0'],
  ['1.4.0-rc.1', '1.4.0-rc.1'],
  ['1.4.0-rc.1+gpu.5', '1.4.0-rc.1+gpu.5'],
  ['1.0.0+build', '1.0.0+build'],
  ['0.0.0', '0.0.0'],
  ['9007199254740991.0.0', '9007199254740991.0.0'],
];

for (const [given, version] of spellings) {
  test(`${given} is version ${version}`, () => assert.equal(parseVersion(given), version));
}

const refused = {
  'two numbers': '1.0',
  'one number': '1',
  range: '^1.0.0',
  word: 'latest',
  empty: '',
  'two leading letters': 'vv1.0.0',
  'capital letter': 'V1.0.0',
  'leading equals sign': '=1.0.0',
  'leading zero': '01.0.0',
  'leading zero in the prerelease': '1.0.0-01',
  'empty prerelease part': '1.0.0-a..b',
  'space around it': ' 1.0.0 ',
  newline: '1.0.0\n',
  'number beyond a safe integer': '9007199254740992.0.0',
  'not ASCII': '1.0.0-β',
  '1 MB': `1.0.0-${'a'.repeat(1_000_000)}`,
};

for (const [what, text] of Object.entries(refused)) {
  test(`${what} is no version`, () => {
    assert.equal(tryParseVersion(text), undefined);
    assert.throws(() => parseVersion(text), failsWith('INVALID_INPUT', /invalid version/));
  });
}

test('a bump raises one number and clears those after it, prerelease and build part too', () => {
  const version = parseVersion('1.2.3-rc.1+gpu');
  assert.equal(bumped(version, 'major'), '2.0.0');
  assert.equal(bumped(version, 'minor'), '1.3.0');
  assert.equal(bumped(version, 'patch'), '1.2.4');
});

test('the last number that can be counted exactly is not bumped', () => {
  const version = parseVersion('1.9007199254740991.0');
  assert.throws(() => bumped(version, 'minor'), failsWith('CONFLICT', /9007199254740991/));
  assert.equal(bumped(version, 'patch'), '1.9007199254740991.1');
});

test('ranges are told from versions', () => {
  for (const range of ['^1.2', '1', '1.2', '>=1 <2', '1.x || 3', '*', 'x', '~1.2.3', 'v1', '1.0.0 - 2.0.0']) {
    assert.equal(isRange(range), true, range);
  }
  for (const other of ['1.0.0', 'v1.0.0', 'production', '>=', 'a b', `>=${'1'.repeat(300)}`]) {
    assert.equal(isRange(other), false, other);
  }
});

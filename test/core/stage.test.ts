import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import { defaultStages, isStageName, parseStageName } from '../../src/core/versions/reference.ts';
import { failsWith } from '../support/temp-folder.ts';

for (const name of [...defaultStages, 'champion', 'a', 'eu-west_1', 'version1', 'x1', 'y'.repeat(32)]) {
  test(`${name} is a stage name`, () => {
    assert.equal(isStageName(name), true);
    assert.equal(parseStageName(name), name);
  });
}

const refused: [name: string, why: RegExp][] = [
  ['', /it is empty/],
  ['Production', /must be in lower case/],
  ['eu-West', /must be in lower case/],
  ['1st', /must start with a lower-case letter/],
  ['a.b', /it contains "\."/],
  ['prod~1', /it contains "~"/],
  ['prod\n', /it contains "\\u\{0a\}"/],
  ['größe', /it contains "ö"/],
  ['y'.repeat(33), /has 33 characters; the limit is 32/],
  ['latest', /always means the highest version/],
  ['x', /looks like a version or a range/],
  ['v1', /looks like a version or a range/],
];

for (const [name, why] of refused) {
  test(`${JSON.stringify(name)} is no stage name`, () => {
    assert.equal(isStageName(name), false);
    assert.throws(() => parseStageName(name), failsWith('INVALID_INPUT', why));
  });
}

test('no stage name is a range, whatever it begins with', () => {
  const anyWord = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/);
  fc.assert(fc.property(anyWord, (word) => !isStageName(word) || semver.validRange(word) === null));
  for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
    assert.equal(isStageName(letter), semver.validRange(letter) === null);
    assert.equal(isStageName(`${letter}1`), semver.validRange(`${letter}1`) === null);
  }
});

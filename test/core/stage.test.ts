import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultStages, isStageName, parseStageName } from '../../src/core/stage.ts';
import { failsWith } from '../support/temp-folder.ts';

for (const name of [...defaultStages, 'champion', 'a', 'eu-west_1', 'version1', 'x1', 'y'.repeat(32)]) {
  test(`${name} is a stage name`, () => {
    assert.equal(isStageName(name), true);
    assert.equal(parseStageName(name), name);
  });
}

const refused: [name: string, why: RegExp][] = [
  ['', /must start with a letter/],
  ['Production', /must start with a letter/],
  ['1st', /must start with a letter/],
  ['a.b', /must start with a letter/],
  ['prod~1', /must start with a letter/],
  ['prod\n', /must start with a letter/],
  ['y'.repeat(33), /must start with a letter/],
  ['latest', /always means the highest version/],
  ['x', /reads as a version or a range/],
  ['v1', /reads as a version or a range/],
];

for (const [name, why] of refused) {
  test(`${JSON.stringify(name)} is no stage name`, () => {
    assert.equal(isStageName(name), false);
    assert.throws(() => parseStageName(name), failsWith('INVALID_INPUT', why));
  });
}

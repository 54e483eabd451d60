import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOutputFile } from '../../src/files/output-file.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';

test('of two runs at once, the later one replaces the file with force, and is refused without', async (t) => {
  const folder = tempFolder(t);
  for (const force of [true, false]) {
    const path = join(folder, `${force}.csv`);
    const runs = [
      await startOutputFile(path, force, '--output'),
      await startOutputFile(path, force, '--output'),
    ];
    const [first, second] = runs;
    assert.ok(first !== undefined && second !== undefined);
    await first.write('first');
    await second.write('second');
    await first.finish();
    if (force) await second.finish();
    else await assert.rejects(second.finish(), failsWith('CONFLICT', /already exists/));
    assert.equal(readFileSync(path, 'utf8'), force ? 'second' : 'first');
  }
  assert.deepEqual(readdirSync(folder).toSorted(), ['false.csv', 'true.csv']);
});

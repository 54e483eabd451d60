import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { batches, filesOf } from '../support/batches.ts';

const root = join(import.meta.dirname, '../..');

test('npm test runs every test file once', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const patterns = [...scripts.test.matchAll(/'([^']+)'/g)].map(([, pattern]) => pattern as string);
  const started = globSync(patterns, { cwd: root });
  const batchFiles = started.filter((file) => file.startsWith(join('test', 'batches')));
  const names = Object.keys(batches) as (keyof typeof batches)[];
  assert.deepEqual(batchFiles.map((file) => basename(file, '.ts')).toSorted(), names.toSorted());
  const times = new Map(globSync('test/**/*.test.ts', { cwd: root }).map((file) => [file, 0]));
  const alone = started.filter((file) => !batchFiles.includes(file));
  for (const file of [...alone, ...names.flatMap(filesOf).map((file) => join('test', file))])
    times.set(file, (times.get(file) ?? 0) + 1);
  const wrong = [...times].filter(([, count]) => count !== 1);
  assert.deepEqual(wrong, [], 'name its folder in support/batches.ts, or in the script of npm test');
});

test('a file that shares a process awaits nothing before its tests: it is required', () => {
  const names = Object.keys(batches) as (keyof typeof batches)[];
  const waits = /^(?:(?:const|let) [^=\n]*= )?await /m;
  const waiting = names.flatMap(filesOf).filter((file) => {
    // Without the scripts that it has in templates.
    const code = readFileSync(join(root, 'test', file), 'utf8').replaceAll(/`[^`]*`/g, '');
    return waits.test(code);
  });
  assert.deepEqual(waiting, [], 'await in before() instead');
});

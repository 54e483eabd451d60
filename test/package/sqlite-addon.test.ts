import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

const require = createRequire(import.meta.url);
const installed = dirname(require.resolve('better-sqlite3/package.json'));
const finder = join(import.meta.dirname, '../../src/build/sqlite-addon.cjs');
const prebuilt = `${process.platform}-${process.arch}.node`;

/**
 * Which addon a bundle loads that lies in `dist`, with better-sqlite3 in `modules`, relative to one
 * folder.
 */
function loadedFrom(t: Cleanup, dist: string, modules: string, change: (sqlite: string) => void = () => {}) {
  const folder = tempFolder(t);
  const sqlite = join(folder, modules, 'better-sqlite3');
  mkdirSync(join(folder, dist), { recursive: true });
  cpSync(finder, join(folder, dist, 'finder.cjs'));
  for (const part of ['package.json', 'lib', join('prebuilds', prebuilt)])
    cpSync(join(installed, part), join(sqlite, part), { recursive: true });
  change(sqlite);
  const { getBinding } = require(join(folder, dist, 'finder.cjs')) as { getBinding: () => object };
  const addon = getBinding();
  assert.ok('Database' in addon);
  assert.equal(getBinding(), addon, 'once');
  const loaded = Object.keys(require.cache).filter((file) => file.startsWith(sqlite));
  return loaded.map((file) => file.slice(sqlite.length + 1));
}

const skip =
  process.platform === 'linux' && !readdirSync('/lib').some((name) => name.startsWith('ld-musl'))
    ? false
    : 'elsewhere better-sqlite3 itself finds it';

for (const [place, dist, modules] of [
  ["in the package's own modules", 'dist', 'node_modules'],
  ['beside the package', 'node_modules/mlreg/dist', 'node_modules'],
] as const) {
  test(`the addon ${place} is loaded without asking better-sqlite3 where it is`, { skip }, (t) => {
    assert.deepEqual(loadedFrom(t, dist, modules), [join('prebuilds', prebuilt)]);
  });
}

test('an addon that was compiled on purpose comes first', { skip }, (t) => {
  const built = join('build', 'Release', 'better_sqlite3.node');
  const loaded = loadedFrom(t, 'dist', 'node_modules', (sqlite) =>
    cpSync(join(installed, 'prebuilds', prebuilt), join(sqlite, built)),
  );
  assert.deepEqual(loaded, [join('lib', 'binding.js'), built]);
});

test('where modules lie further up, better-sqlite3 finds its addon itself', { skip }, (t) => {
  const loaded = loadedFrom(t, 'packages/mlreg/dist', 'node_modules');
  assert.deepEqual(loaded, [join('lib', 'binding.js'), join('prebuilds', prebuilt)]);
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findHome, namedHome } from '../../src/defaults/home-and-actor.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';

function folderWithRegistry(t: Cleanup): { root: string; home: string; below: string } {
  const root = tempFolder(t);
  const home = join(root, 'registry');
  const below = join(root, 'src', 'train');
  mkdirSync(home);
  mkdirSync(below, { recursive: true });
  writeFileSync(join(home, 'registry.json'), '{}');
  return { root, home, below };
}

test('the nearest registry/ in the working folder or above it is the home', (t) => {
  const { root, home, below } = folderWithRegistry(t);
  assert.equal(findHome(undefined, {}, root), home);
  assert.equal(findHome(undefined, {}, below), home);
  assert.equal(findHome(undefined, {}, home), home, 'from inside of it');
  mkdirSync(join(below, 'registry'));
  assert.equal(findHome(undefined, {}, below), home, 'a folder of that name without registry.json is none');
  writeFileSync(join(below, 'registry', 'registry.json'), '{}');
  assert.equal(findHome(undefined, {}, below), join(below, 'registry'));
});

test('the working folder is the home when it is itself a registry, and so for folders below it', (t) => {
  const { root, home, below } = folderWithRegistry(t);
  writeFileSync(join(root, 'registry.json'), '{}');
  assert.equal(findHome(undefined, {}, root), home, 'other programs have a registry.json, too');
  mkdirSync(join(root, 'blobs', 'sha256'), { recursive: true });
  assert.equal(findHome(undefined, {}, root), root);
  assert.equal(findHome(undefined, {}, below), root);
});

test('the flag wins over MLREG_REGISTRY, and that over the search; both may be relative', (t) => {
  const { root, below } = folderWithRegistry(t);
  assert.equal(findHome('a', { MLREG_REGISTRY: 'b' }, below), join(below, 'a'));
  assert.equal(findHome(undefined, { MLREG_REGISTRY: '../b' }, below), join(root, 'src', 'b'));
  assert.equal(
    findHome(undefined, { MLREG_REGISTRY: '' }, root),
    join(root, 'registry'),
    'an empty one is none',
  );
});

test('without any registry, the error says how to make one', (t) => {
  assert.throws(
    () => findHome(undefined, {}, tempFolder(t)),
    (error: Error & { hint?: string }) => {
      assert.match(error.hint ?? '', /mlreg init/);
      return failsWith('NOT_FOUND')(error);
    },
  );
});

test('a URL is refused: a registry is a folder', () => {
  for (const url of ['s3://models', 'https://models.example', 'file:///srv/registry'])
    assert.throws(() => namedHome(url, {}, '/'), failsWith('USAGE', /URL/));
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { importsBelow, roomOf, violations } from './import-graph.ts';
import { rooms } from './rooms.ts';

const source = join(import.meta.dirname, '../../src');

test('every file is in a listed room and imports only what the table allows', () => {
  assert.deepEqual(violations(importsBelow(source), rooms), []);
});

test('the table lists no import that nothing makes', () => {
  const names = Object.keys(rooms);
  const made = new Set(
    importsBelow(source).map(({ from, to }) => {
      const target = to.startsWith('node:') ? 'node:' : to.endsWith('.ts') ? roomOf(to, names) : to;
      return `${roomOf(from, names)} → ${target}`;
    }),
  );
  const listed = names.flatMap((room) => rooms[room]!.map((target) => `${room} → ${target}`));
  assert.deepEqual(
    listed.filter((pair) => !made.has(pair)),
    [],
  );
});

test('a room that is not listed, an adapter, a package and a type that is not allowed are each named', () => {
  const imports = [
    { from: 'example/stub.ts', to: 'core/versions/artifact.ts' },
    { from: 'core/versions/artifact.ts', to: 'example/stub.ts' },
    { from: 'registry/inspect/show.ts', to: 'storage/local/sqlite/open-sqlite.ts' },
    { from: 'core/versions/artifact.ts', to: 'node:fs' },
    { from: 'render/view.ts', to: 'commander' },
  ];
  assert.deepEqual(violations(imports, rooms), [
    'example/stub.ts: no room of the table holds it; list its room in test/rooms/rooms.ts (ARCHITECTURE.md, "A room")',
    'core/versions/artifact.ts imports example/stub.ts: no room of the table holds it',
    'registry/inspect/show.ts imports storage/local/sqlite/open-sqlite.ts: registry may not import storage/local',
    'core/versions/artifact.ts imports node:fs: core may not import node:',
    'render/view.ts imports commander: render may not import commander',
  ]);
});

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { rooms } from './rooms.ts';

const root = join(import.meta.dirname, '../..');
const source = join(root, 'src');
const documents = globSync(['src/**/*.md', 'test/README.md'], { cwd: root });
const architecture = readFileSync(join(source, 'ARCHITECTURE.md'), 'utf8');

/** Where a path in a document may start: beside it, in src/, or at the top. */
const startsOf = (document: string): string[] => [join(root, dirname(document)), source, root];
const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** A path of the source: it names a script or a document, or begins with a folder that exists. */
function isSourcePath(text: string, starts: readonly string[]): boolean {
  if (!/^[a-z0-9._-]+(?:\/[\w.-]+)*\/?$/.test(text) || /\b[A-Z]{2,}\b(?!\.md$)/.test(text)) return false;
  if (/\.(?:ts|js|md)$/.test(text)) return true;
  const [first = '', rest = ''] = text.split('/', 2);
  return rest !== '' && starts.some((start) => isFolder(join(start, first)));
}

function missingPaths(document: string, text: string): string[] {
  const starts = startsOf(document);
  const quoted = [...text.matchAll(/`([^`\s]+)`/g)].map(([, path = '']) => path);
  return quoted
    .filter((path) => isSourcePath(path, starts) && !starts.some((start) => existsSync(join(start, path))))
    .map((path) => `${document}: ${path}`);
}

test('every path that a document names exists', () => {
  const missing = documents.flatMap((each) => missingPaths(each, readFileSync(join(root, each), 'utf8')));
  assert.deepEqual(missing, []);
  assert.deepEqual(
    missingPaths('src/ARCHITECTURE.md', '`core/gone.ts`, `registry/gone/`, `tmp/x`, `NAME.ts`'),
    ['src/ARCHITECTURE.md: core/gone.ts', 'src/ARCHITECTURE.md: registry/gone/'],
  );
});

test('no line of a document is longer than 100 columns', () => {
  const long = documents.flatMap((document) =>
    readFileSync(join(root, document), 'utf8')
      .split('\n')
      // Guides are shown without these marks.
      .map((line) => (document.includes('/topics/') ? line.replaceAll('`', '') : line))
      .flatMap((line, index) => (line.length > 100 ? [`${document}:${index + 1}`] : [])),
  );
  assert.deepEqual(long, []);
});

test('the table of rooms names every folder that is one', () => {
  const folders = Object.keys(rooms).filter((room) => isFolder(join(source, room)));
  assert.deepEqual(
    folders.filter((room) => !architecture.includes(`\`${room}/\``)),
    [],
  );
});

test('the picture has every room once, above all that it may import', () => {
  const [, picture = ''] = /```\n([^]*?)```/.exec(architecture) ?? [];
  const lines = picture.split('\n').map((line) => {
    const words = (line.split(/ {8,}/)[0] ?? '').split(/\s+/);
    return words.filter((word) => Object.hasOwn(rooms, word));
  });
  assert.deepEqual(lines.flat().toSorted(), Object.keys(rooms).toSorted());
  const levelOf = (room: string): number => lines.findIndex((line) => line.includes(room));
  const upward = Object.entries(rooms).flatMap(([room, imports]) =>
    imports
      .filter((other) => Object.hasOwn(rooms, other) && levelOf(other) <= levelOf(room))
      .map((other) => `${room} → ${other}`),
  );
  assert.deepEqual(upward, []);
});

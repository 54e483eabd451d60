/**
 * The rooms of src/ and what each may import: other rooms, packages, and `node:` for Node's own modules.
 * A room is a folder, or a file at the top; the longest name that fits a path is its room. Imports within a room are free.
 * A room or an import that is not listed fails `test/rooms/rooms.test.ts`.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  // Values and rules: no I/O, so no `node:` either.
  core: ['zod', 'semver', 'canonicalize', 'jsonc-parser'],

  // Ports import core only; each adapter knows its port and its driver.
  storage: ['core', 'node:'],
  'storage/home': ['core', 'storage', 'storage/blobs-fs', 'node:'],
  'storage/blobs-fs': ['core', 'storage', 'storage/home', 'node:'],
  // The schema to compare with is SQLite's: the one leak of the engine into what is portable.
  'storage/sql': ['core', 'storage', 'storage/sql/sqlite', 'kysely', 'node:'],
  'storage/sql/sqlite': [
    'core',
    'storage',
    'storage/sql',
    'storage/home',
    'storage/blobs-fs',
    'kysely',
    'better-sqlite3',
    'node:',
  ],

  onnx: ['core', 'onnxruntime-node', 'node:'],
  gates: ['core', 'storage'],
  registry: ['core', 'storage', 'onnx', 'gates', 'ignore', 'node:'],
  bench: ['core', 'storage', 'onnx', 'gates', 'registry', 'node:'],

  // Views turn results into text.
  render: ['core', 'storage', 'registry', 'bench', 'chalk', 'cli-table3', 'node:'],
  defaults: ['core', 'node:'],
  schemas: ['core', 'zod'],
  library: ['core', 'storage', 'registry', 'bench', 'defaults', 'open-registry.ts', 'node:'],
  cli: [
    'core',
    'storage',
    'onnx',
    'registry',
    'bench',
    'render',
    'defaults',
    'schemas',
    'open-registry.ts',
    'commander',
    'chalk',
    'cli-progress',
    '../package.json',
    'node:',
  ],

  // Composition roots and the build.
  'open-registry.ts': [
    'core',
    'storage',
    'storage/home',
    'storage/blobs-fs',
    'storage/sql',
    'storage/sql/sqlite',
    'registry',
    'bench',
    'node:',
  ],
  'index.ts': ['core', 'library'],
  'build.ts': ['build', 'schemas', 'esbuild', 'node:'],
  build: ['esbuild', 'node:'],
};

/**
 * The rooms of src/ and what each may import: other rooms, packages, and `node:` for Node's own
 * modules. A room is a folder, or a file at the top; the longest name that fits a path is its room.
 * Imports within a room are free. A room or an import that is not listed fails
 * `test/rooms/rooms.test.ts`.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  // Values and rules: no I/O, so no `node:` either.
  core: ['zod', 'semver', 'canonicalize', 'jsonc-parser'],
  stats: ['core', 'cephes'],

  // Users' own files, the machine, and what stands in ONNX files: nothing runs here.
  files: ['core', 'ignore', 'node:'],
  machine: ['core', 'node:'],
  onnx: ['core', 'node:'],
  // Tables in and out; it knows no models.
  data: ['core', '@duckdb/node-api', 'node:'],

  // Ports import core only; each adapter knows its ports and its driver.
  storage: ['core', 'node:'],
  'storage/sql': ['core', 'storage', 'kysely', 'node:'],
  'storage/local': ['core', 'storage', 'storage/sql', 'files', 'kysely', 'better-sqlite3', 'node:'],

  // Images to tensors.
  images: ['core', 'zod', 'sharp', 'node:'],

  // The child that owns ONNX Runtime.
  runtime: ['core', 'onnx', 'onnxruntime-node', '@duckdb/node-api', 'node:'],

  // The verbs.
  gates: ['core', 'storage'],
  registry: ['core', 'storage', 'onnx', 'runtime', 'gates', 'files', 'node:'],
  bench: [
    'core',
    'storage',
    'onnx',
    'runtime',
    'stats',
    'machine',
    'files',
    'gates',
    'registry',
    'serve/engine',
    'onnxruntime-node',
    'node:',
  ],
  // A model on the rows of a table.
  predict: [
    'core',
    'storage',
    'files',
    'data',
    'onnx',
    'runtime',
    'registry',
    'predict/columns',
    'onnxruntime-node',
    'node:',
  ],

  // Which columns of a table fill which inputs.
  'predict/columns': ['core', 'onnx'],

  // The inference server. What runs beside the model, in the child, and the server itself.
  'serve/protobuf': ['runtime'],
  'serve/engine': ['core', 'onnx', 'data', 'runtime', 'predict/columns', 'serve/protobuf'],
  // What is counted, logged and told of a running server; it knows no models.
  'serve/observe': ['core', 'machine', 'node:'],
  // Answers that are kept.
  'serve/cache': ['core', 'onnx', 'runtime', 'serve/engine', '@redis/client', 'node:'],
  serve: [
    'core',
    'files',
    'images',
    'onnx',
    'runtime',
    'registry',
    'serve/engine',
    'serve/cache',
    'serve/observe',
    'serve/protobuf',
    '../package.json',
    'node:',
  ],

  evaluate: ['core', 'stats', 'data', 'onnx', 'runtime', 'registry', 'predict', 'predict/columns', 'node:'],

  // Whether the quality of a stage falls, by its saved evaluations.
  monitor: ['core', 'stats', 'registry', 'node:'],

  // What the columns of data look like.
  profile: ['core', 'files', 'data', 'registry', 'predict', 'predict/columns', 'zod', 'node:'],

  // Whether live data still looks like the reference.
  drift: ['core', 'stats', 'files', 'data', 'registry', 'predict', 'predict/columns', 'profile', 'node:'],

  // Labels that come later, for predictions that were kept.
  feedback: ['core', 'storage', 'files', 'data', 'registry', 'predict', 'evaluate', 'profile', 'node:'],

  // Views turn results into text.
  render: [
    'core',
    'storage',
    'registry',
    'api',
    'schemas',
    'bench',
    'predict',
    'evaluate',
    'monitor',
    'feedback',
    'profile',
    'drift',
    'chalk',
    'cli-table3',
    'string-width',
  ],
  defaults: ['core', 'node:'],
  schemas: ['core', 'zod'],
  // Each verb declared once: its input, its JSON, its method.
  api: [
    'core',
    'data',
    'onnx',
    'storage',
    'registry',
    'bench',
    'predict',
    'predict/columns',
    'evaluate',
    'monitor',
    'feedback',
    'profile',
    'drift',
    'serve',
    'serve/cache',
    'serve/observe',
    'defaults',
    'schemas',
    'zod',
    'node:',
  ],
  library: ['core', 'registry', 'defaults', 'api', 'zod', 'open-registry.ts', 'node:'],
  cli: [
    'core',
    'files',
    'storage',
    'data',
    'registry',
    'bench',
    'predict',
    'predict/columns',
    'evaluate',
    'monitor',
    'profile',
    'drift',
    'render',
    'defaults',
    'api',
    'open-registry.ts',
    'commander',
    'chalk',
    'cli-progress',
    '../package.json',
    'node:',
  ],

  // Composition roots and the build.
  'open-registry.ts': ['core', 'storage', 'storage/sql', 'storage/local', 'registry', 'bench', 'node:'],
  'session-child.ts': ['runtime', 'serve/engine'],
  'model-child.ts': ['runtime', 'bench', 'predict', 'evaluate', 'evaluate'],
  'index.ts': ['core', 'library', 'api'],
  'build.ts': ['build', 'cli', 'api', 'esbuild', 'node:'],
  build: ['storage/sql', 'storage/local', 'cli', 'kysely', 'better-sqlite3', 'esbuild', 'node:'],
};

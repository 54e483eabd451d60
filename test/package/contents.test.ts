import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noNpm, npm, root } from '../support/npm.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** All that people get: nothing of what the package is made from or tested with. */
const patterns = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^bin\/mlreg\.js$/,
  /^bin\/package\.json$/,
  /^registry\/FORMAT\.md$/,
  /^dist\/THIRD-PARTY-LICENSES$/,
  /^dist\/(?:mlreg|mlreg-read-only|chalk|cephes|cli-progress|cli-table3|ignore|jsonc-parser|schemas|string-width|zod)\.cjs$/,
  /^dist\/(?:index|onnx-child|onnx-engine|onnx-session|onnx-(?:load|table|model)-worker)\.js$/,
  /^dist\/@redis\/client\.cjs$/,
  /^dist\/launch\.json$/,
  /^dist\/topics\/[a-z-]+\.md$/,
  /^dist\/completion\/mlreg\.(?:bash|zsh|fish)$/,
  /^dist\/types\/index\.d\.ts$/,
  // No adapter, no view and nothing of the command line: those are no part of the library's types.
  /^dist\/types\/(?!cli\/|render\/|build\/|storage\/(?:sql|local)\/)(?:[a-z]+\/){1,3}[a-z-]+\.d\.ts$/,
];

test(
  'the package holds the command, the library, their notices, and nothing else',
  { skip: noNpm },
  async (t) => {
    const folder = tempFolder(t);
    const [{ files }] = JSON.parse(
      await npm(folder, ['pack', '--dry-run', '--ignore-scripts', '--json']),
    ) as [{ files: { path: string; mode: number }[] }];
    const paths = files.map(({ path }) => path);
    for (const path of paths)
      assert.ok(
        patterns.some((pattern) => pattern.test(path)),
        `${path} is no part of the package`,
      );
    for (const pattern of patterns)
      assert.ok(
        paths.some((path) => pattern.test(path)),
        `${pattern} matches nothing`,
      );
    const launcher = files.find(({ path }) => path === 'bin/mlreg.js');
    assert.equal((launcher?.mode ?? 0) & 0o111, 0o111, 'the launcher can be run');
  },
);

interface Manifest {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
  scripts: Record<string, string>;
}

test('the package needs few others: those that its users name, and ONNX Runtime and DuckDB if they can be had', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const named = ['better-sqlite3', 'chalk', 'cli-table3', 'commander', 'semver', 'zod'];
  assert.deepEqual(Object.keys(manifest.dependencies), named);
  assert.deepEqual(Object.keys(manifest.optionalDependencies), ['@duckdb/node-api', 'onnxruntime-node']);
  // Nobody gets 20 MB of sharp who does not ask for it.
  assert.deepEqual(Object.keys(manifest.peerDependencies), ['sharp']);
  assert.deepEqual(manifest.peerDependenciesMeta, { sharp: { optional: true } });
  for (const script of ['preinstall', 'install', 'postinstall'])
    assert.equal(script in manifest.scripts, false, `${script} would run where people install the package`);
});

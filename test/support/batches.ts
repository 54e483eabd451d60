/**
 * Test files that share a process: starting Node and loading the sources for each file was a third
 * of what they cost.
 */
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe } from 'node:test';

const require = createRequire(import.meta.url);
const folder = join(import.meta.dirname, '..');

/** The folders of each batch, which is a file of that name in batches/. */
export const batches = {
  adapters: ['cli', 'contract', 'library'],
  models: ['evaluate', 'feedback', 'golden', 'onnx-runtime', 'predict', 'profile', 'drift'],
  registry: ['monitor', 'registry'],
  values: [
    'api',
    'bench-stats',
    'core',
    'data',
    'defaults',
    'files',
    'format',
    'gates',
    'images',
    'machine',
    'onnx',
    'schemas',
    'services',
    'stats',
  ],
};

/** The test files of a batch, from `test/` on. */
export function filesOf(batch: keyof typeof batches): string[] {
  const patterns = batches[batch].map((room) => `${room}/**/*.test.ts`);
  return globSync(patterns, { cwd: folder }).toSorted();
}

/**
 * Runs the test files of a batch in this process, one after another, each as a suite: a hook of a
 * file is for its own tests. They are required, not imported, since only what is loaded at once
 * belongs to the suite.
 */
export function runBatch(batch: keyof typeof batches): void {
  for (const file of filesOf(batch)) describe(file, () => void require(join(folder, file)));
}

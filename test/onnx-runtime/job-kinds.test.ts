/** What a new kind of job costs: its file, and a line in src/model-child.ts. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const files = globSync('src/*/child/*-job.ts', { cwd: root }).filter(
  (file) => !file.endsWith('answer-job.ts'),
);

test('every kind of job is loaded by the child under its own name', async () => {
  const entry = readFileSync(join(root, 'src/model-child.ts'), 'utf8');
  assert.ok(files.length >= 6, files.join());
  for (const file of files) {
    const { run, ...rest } = (await import(join(root, file))) as Record<string, unknown>;
    const names = Object.values(rest).flatMap((value) =>
      typeof value === 'object' && value !== null && 'name' in value ? [value.name] : [],
    );
    assert.equal(typeof run, 'function', file);
    assert.equal(names.length, 1, `${file} declares one kind`);
    const line = `${String(names[0])}: () => import('./${file.replace(/^src\//, '')}')`;
    assert.ok(entry.includes(line), `src/model-child.ts has no ${line}`);
  }
});

test('what runs in the child is in no other bundle', () => {
  const mark = 'InferenceSession';
  const holds = (bundle: string): boolean => readFileSync(join(root, 'dist', bundle), 'utf8').includes(mark);
  assert.deepEqual(
    ['onnx-child.js', 'onnx-load-worker.js', 'mlreg.cjs', 'mlreg-read-only.cjs', 'index.js'].map(holds),
    [true, true, false, false, false],
  );
});

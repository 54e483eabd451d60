import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { bundledScript } from '../support/bundled-script.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { add, ref, reopen, tempRegistry } from '../support/temp-registry.ts';

const script = bundledScript('../support/register-as-child.ts', import.meta.url);
const run = promisify(execFile);

/** Runs `count` children at once and answers the lines that each printed. */
async function together(count: number, argumentsOf: (index: number) => string[]): Promise<string[][]> {
  const children = Array.from({ length: count }, (_, index) =>
    run(process.execPath, [script, ...argumentsOf(index)]),
  );
  const done = await Promise.all(children);
  return done.map(({ stdout }) => stdout.trim().split('\n'));
}

function sources(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const path = join(folder, `model-${index}.bin`);
    writeFileSync(path, `weights ${index}`);
    return path;
  });
}

test('of 8 processes that init at once one makes the registry, and all find the same', async (context) => {
  const home = join(tempFolder(context), 'registry');
  const lines = (await together(8, () => ['init', home])).flat();
  assert.equal(lines.filter((line) => line.startsWith('made ')).length, 1, lines.join());
  assert.equal(new Set(lines.map((line) => line.split(' ')[1])).size, 1, lines.join());
  assert.equal((await verify(await reopen(context, home), {})).ok, true);
});

test('8 processes that find the database missing make one between them', async (context) => {
  const registry = await tempRegistry(context);
  const paths = sources(tempFolder(context), 8);
  await registry.close();
  rmSync(join(registry.home, 'mlreg.db'));
  const lines = (await together(8, (index) => ['open', registry.home, 'digits', paths[index] ?? ''])).flat();
  assert.equal(new Set(lines).size, 8, lines.join());
  assert.ok(
    lines.every((line) => line.startsWith('digits@')),
    lines.join(),
  );
  assert.equal((await verify(await reopen(context, registry.home), {})).ok, true);
});

test('16 processes that register different bytes at once all get a number, and none is left out', async (context) => {
  const registry = await tempRegistry(context);
  const paths = sources(tempFolder(context), 16);
  const lines = (await together(16, (index) => ['open', registry.home, 'digits', paths[index] ?? ''])).flat();
  const minors = lines.map((line) => Number(/^digits@1\.(\d+)\.0$/.exec(line)?.[1]));
  assert.deepEqual(
    minors.toSorted((a, b) => a - b),
    Array.from({ length: 16 }, (_, index) => index),
    lines.join(),
  );
  assert.equal(
    (await registry.metadata.versions({ name: ref('digits').name, limit: 100, yanked: true })).rows.length,
    16,
  );
  assert.equal((await verify(registry, {})).ok, true);
});

test('8 processes that register the same bytes at once share one version', async (context) => {
  const registry = await tempRegistry(context);
  const [path = ''] = sources(tempFolder(context), 1);
  const lines = (await together(8, () => ['open', registry.home, 'digits', path])).flat();
  assert.deepEqual([...new Set(lines)], ['digits@1.0.0']);
  assert.equal((await add(registry, 'digits', path)).changed, false);
  assert.equal((await registry.metadata.events({ limit: 100 })).length, 2);
});

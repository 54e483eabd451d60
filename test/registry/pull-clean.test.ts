import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backup } from '../../src/registry/maintain/backup.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { cleanPull, pull, type PullInput } from '../../src/registry/exchange/pull.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { deadMark } from '../support/dead-process.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  editRows,
  modelName,
  ref,
  reopen,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const marker = '.mlreg-pull.json';

/**
 * p 1.0.0 with model.bin, sub/adapter.bin and run.sh, which can be run; p 1.0.1 with another
 * model.bin alone.
 */
async function start(
  t: Cleanup,
): Promise<{ registry: TempRegistry; parent: string; dep: string; v1: string }> {
  const registry = await tempRegistry(t);
  const parent = tempFolder(t);
  const [v1, v2] = [join(tempFolder(t), 'm'), join(tempFolder(t), 'm')];
  mkdirSync(join(v1, 'sub'), { recursive: true });
  mkdirSync(v2);
  writeFileSync(join(v1, 'model.bin'), 'a1');
  writeFileSync(join(v1, 'sub', 'adapter.bin'), 'ad');
  writeFileSync(join(v1, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(v2, 'model.bin'), 'a2');
  for (const [path, number] of [
    [v1, '1.0.0'],
    [v2, '1.1.0'],
  ] as const)
    assert.equal((await add(registry, 'p', path)).version, number);
  return { registry, parent, dep: join(parent, 'dep'), v1 };
}

const get = (registry: Registry, number: string, directory: string, rest: Partial<PullInput> = {}) =>
  pull(registry, { ref: ref(`p@${number}`), directory, ...rest });
const clean = { clean: true };
const listed = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name !== marker).toSorted();
const isExecutable = (path: string): boolean => (statSync(path).mode & 0o100) !== 0;

const first = ['model.bin', 'run.sh', 'sub', join('sub', 'adapter.bin')];

test('--clean leaves exactly the version, each time', async (t) => {
  const { registry, parent, dep } = await start(t);
  mkdirSync(dep, { mode: 0o750 });
  assert.equal((await get(registry, '1.0.0', dep, clean)).changed, true);
  assert.deepEqual(listed(dep), first);
  assert.equal(isExecutable(join(dep, 'run.sh')), true);
  assert.equal(isExecutable(join(dep, 'model.bin')), false);
  assert.equal((await get(registry, '1.0.0', dep, clean)).changed, false);
  chmodSync(join(dep, 'run.sh'), 0o644);
  assert.equal((await get(registry, '1.0.0', dep, clean)).changed, true);
  const { changed, warnings } = await get(registry, '1.1.0', dep, clean);
  assert.deepEqual([changed, warnings, listed(dep)], [true, [], ['model.bin']]);
  assert.equal(readFileSync(join(dep, 'model.bin'), 'utf8'), 'a2');
  assert.equal(statSync(dep).mode & 0o777, 0o750);
  symlinkSync('dep', join(parent, 'link'));
  await get(registry, '1.0.0', join(parent, 'link'), clean);
  assert.deepEqual([listed(dep), readdirSync(parent)], [first, ['dep', 'link']]);
});

const foreign: [what: string, put: (dep: string) => void, named: RegExp][] = [
  ['a file of somebody else', (dep) => writeFileSync(join(dep, 'mine.txt'), 'x'), /"mine\.txt"/],
  ['a hidden one, deep down', (dep) => writeFileSync(join(dep, 'sub', '.env'), 'x'), /"sub\/\.env"/],
  ['a changed file', (dep) => writeFileSync(join(dep, 'model.bin'), 'zz'), /changed since: "model\.bin"/],
  ['an empty folder', (dep) => mkdirSync(join(dep, 'logs')), /"logs\/"/],
  ['a link', (dep) => symlinkSync('/etc/hostname', join(dep, 'link')), /"link"/],
  ['no marker', (dep) => writeFileSync(join(dep, marker), '{}'), /"model\.bin", "run\.sh", "sub\/"/],
];

test('a folder with anything of somebody else is refused, naming it, and stays as it is', async (t) => {
  const { registry, parent } = await start(t);
  for (const [index, [what, put, named]] of foreign.entries()) {
    const dep = join(parent, `dep${index}`);
    await get(registry, '1.0.0', dep, clean);
    put(dep);
    const before = listed(dep);
    await assert.rejects(get(registry, '1.1.0', dep, clean), failsWith('INVALID_INPUT', named), what);
    assert.deepEqual(listed(dep), before);
  }
  const plain = join(parent, 'plain');
  await get(registry, '1.0.0', plain);
  await assert.rejects(
    get(registry, '1.0.0', plain, clean),
    failsWith('INVALID_INPUT', /did not write: "model\.bin"/),
  );
  await assert.rejects(get(registry, '1.0.0', process.cwd(), clean), failsWith('USAGE', /working folder/));
  writeFileSync(join(parent, 'file'), 'x');
  await assert.rejects(
    get(registry, '1.0.0', join(parent, 'file'), clean),
    failsWith('CONFLICT', /not a folder/),
  );
  await assert.rejects(
    get(registry, '1.0.0', registry.home, clean),
    failsWith('INVALID_INPUT', /inside the registry/),
  );
  assert.deepEqual(
    readdirSync(parent).filter((name) => name.startsWith('.')),
    [],
  );
});

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/**
 * A pull of p 1.1.0 that stands still after so many steps for ever, in this process under the mark
 * of a dead one; false: it was done before.
 */
async function stopAfter(registry: Registry, dep: string, count: number): Promise<boolean> {
  const record = await registry.metadata.version(modelName('p'), version('1.1.0'));
  assert.ok(record !== undefined);
  const { artifact } = record;
  const steps = cleanPull(registry, { ref: 'p@1.1.0', artifact, directory: dep, mark: deadMark() });
  for (let step = 0; step < count; step += 1) if ((await steps.next()).done === true) return false;
  return true;
}

test('a pull that is killed after any step is finished or undone by the next one', async (t) => {
  const { registry, parent, dep } = await start(t);
  const check = async (killedAfter: number): Promise<void> => {
    const { changed, warnings } = await get(registry, '1.1.0', dep, clean);
    assert.deepEqual([warnings, readdirSync(parent), listed(dep)], [[], ['dep'], ['model.bin']]);
    assert.equal(changed, killedAfter < 4);
    await get(registry, '1.0.0', dep, clean);
  };
  await get(registry, '1.0.0', dep, clean);
  let count = 0;
  while (await stopAfter(registry, dep, count)) await check(count++);
  assert.equal(count, 6);

  const script = `
const { openRegistry } = await import(${source('open-registry.ts')});
const { cleanPull } = await import(${source('registry/exchange/pull.ts')});
const registry = await openRegistry(${JSON.stringify(registry.home)}, { actor: 'x', waitMs: 1000, now: Date.now });
const { artifact } = await registry.metadata.version('p', '1.1.0');
const input = { ref: 'p@1.1.0', artifact, directory: ${JSON.stringify(dep)} };
for await (const step of cleanPull(registry, input))
  if (step === 'the old folder is aside') process.kill(process.pid, 'SIGKILL');
`;
  await get(registry, '1.0.0', dep, clean);
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  assert.deepEqual([signal, existsSync(dep)], ['SIGKILL', false]);
  await check(4);
});

test('what a killed pull left goes with the next one, with and without --clean', async (t) => {
  const { registry, dep } = await start(t);
  for (const options of [{}, clean]) {
    const folder = `${dep}${Object.keys(options).length}`;
    await get(registry, '1.0.0', folder, options);
    const left = ['', 'sub'].map((at) => join(folder, at, `.mlreg-${deadMark()}-0123abcd.tmp`));
    for (const path of left) writeFileSync(path, 'half');
    assert.equal((await get(registry, '1.0.0', folder, options)).changed, false);
    assert.deepEqual(
      left.filter((path) => existsSync(path)),
      [],
    );
  }
});

test('--force names the files that are not of the version', async (t) => {
  const { registry, dep } = await start(t);
  await get(registry, '1.0.0', dep);
  const { warnings } = await get(registry, '1.1.0', dep, { force: true });
  assert.match(warnings.join(), /not part of p@1\.1\.0: "run\.sh", "sub\/"; pull with --clean/);
  assert.deepEqual(listed(dep), first);
});

test('the executable bit is restored, also where only it is missing, and goes through export, import and backup', async (t) => {
  const { registry, parent, dep, v1 } = await start(t);
  assert.equal((await get(registry, '1.0.0', dep)).changed, true);
  assert.equal(isExecutable(join(dep, 'run.sh')), true);
  chmodSync(join(dep, 'run.sh'), 0o600);
  assert.equal((await get(registry, '1.0.0', dep)).changed, true);
  assert.equal(isExecutable(join(dep, 'run.sh')), true);

  const output = join(parent, 'p.tar');
  await exportVersions(registry, { refs: [ref('p@1.0.0')], output });
  const other = await tempRegistry(t);
  await importVersions(other, { path: output });
  const home = join(parent, 'copy');
  await backup(registry, { directory: home });
  for (const [index, copy] of [other, await reopen(t, home)].entries()) {
    const record = await copy.metadata.version(modelName('p'), version('1.0.0'));
    assert.deepEqual(record?.executable, ['run.sh']);
    assert.equal((await verify(copy, {})).ok, true);
    await get(copy, '1.0.0', `${dep}-${index}`);
    assert.equal(isExecutable(join(`${dep}-${index}`, 'run.sh')), true);
  }

  // No part of digest or identity: the same files again are the same version.
  chmodSync(join(v1, 'run.sh'), 0o644);
  const again = await add(registry, 'p', v1);
  assert.deepEqual([again.changed, again.version], [false, '1.0.0']);
  await get(registry, '1.0.0', join(parent, 'cleaned'), clean);
  assert.equal(
    (await add(registry, 'p', join(parent, 'cleaned'))).digest,
    again.digest,
    'the marker stays out',
  );
  editRows(registry.home, `update versions set executable = '["model.bin"]' where executable is not null`);
  assert.match(JSON.stringify((await verify(registry, {})).problems), /does not match its registration/);
});

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createRegistry } from '../../src/open-registry.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { processMark, withScratchFolder } from '../../src/files/scratch.ts';
import { openOptions, tempRegistry } from '../support/temp-registry.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';

const uuid = '11111111-1111-4111-8111-111111111111';
const hex = 'ab'.repeat(32);

function put(folder: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), 'mine');
  }
}

function tree(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).toSorted();
}

async function make(t: Cleanup, home: string): Promise<string[]> {
  const { registry, warnings } = await createRegistry(home, openOptions());
  t.after(() => registry.close());
  return warnings;
}

for (const [what, paths, named] of [
  ['a file', ['notes.txt'], /"notes\.txt"/],
  ['a hidden file', ['.env'], /"\.env"/],
  [
    'files in folders that are called like ours',
    ['tmp/results.csv', 'trash/old.csv'],
    /"tmp\/results\.csv", "trash\/old\.csv"/,
  ],
  ['a folder among blobs', ['blobs/sha256/ab/layer'], /"blobs\/sha256\/ab"/],
  ['images beside', ['blobs/images/cat.jpg'], /"blobs\/images"/],
  ['a draft that is not ours', ['tmp/mlreg-draft'], /"tmp\/mlreg-draft"/],
  ['something in quarantine', ['quarantine/virus.exe'], /"quarantine\/virus\.exe"/],
  ['a source tree', ['src/a.py', 'README.md', 'data/x.csv', 'a', 'b', 'c', 'd', 'e'], /and 2 more/],
  ['blobs that lost their rows', [`blobs/sha256/${hex}`], /no mlreg\.db/],
  ['a log without its database', ['mlreg.db-wal'], /no mlreg\.db/],
] as const) {
  test(`no registry is made around ${what}`, async (t) => {
    const home = tempFolder(t);
    put(home, paths);
    const before = tree(home);
    await assert.rejects(createRegistry(home, openOptions()), (error: Error & { hint?: string }) => {
      assert.match(error.message, named);
      assert.match(error.hint ?? '', /mlreg init/);
      return failsWith('INVALID_INPUT')(error);
    });
    assert.deepEqual(tree(home), before, 'nothing was changed');
  });
}

test('what git put there, and what a first run that was stopped left, is no obstacle', async (t) => {
  const home = tempFolder(t);
  put(home, [
    'README.md',
    'FORMAT.md',
    '.git/HEAD',
    `tmp/${uuid}.db`,
    `tmp/${uuid}.db-wal`,
    `tmp/registry-${uuid}`,
  ]);
  for (const folder of ['blobs/sha256', 'trash', 'quarantine'])
    mkdirSync(join(home, folder), { recursive: true });
  await make(t, home);
  const again = await createRegistry(home, openOptions());
  assert.equal(again.changed, false);
  await again.registry.close();
  assert.equal(readFileSync(join(home, 'README.md'), 'utf8'), 'mine');
});

test('a .gitignore that is there gets the lines that it lacks', async (t) => {
  const own = tempFolder(t);
  await make(t, own);
  const lines = readFileSync(join(own, '.gitignore'), 'utf8').trim().split('\n').slice(1);
  assert.ok(lines.includes('/head') && lines.includes('/mlreg.db*'));

  for (const [text, expected] of [
    ['*.pyc', `*.pyc\n${lines.join('\n')}\n`],
    ['blobs/\n/tmp/\n', `blobs/\n/tmp/\n${lines.filter((line) => !/blobs|tmp/.test(line)).join('\n')}\n`],
    ['*\n', '*\n'],
    ['# ours\n*\n!.gitignore\n!/README.md\n', '# ours\n*\n!.gitignore\n!/README.md\n'],
    ['*\n!head\n', `*\n!head\n${lines.join('\n')}\n`],
    ['*\n!mlreg.db-wal\n', `*\n!mlreg.db-wal\n${lines.join('\n')}\n`],
    ['*\n!*/\n', `*\n!*/\n${lines.join('\n')}\n`],
  ] as const) {
    const home = tempFolder(t);
    writeFileSync(join(home, '.gitignore'), text);
    assert.deepEqual(await make(t, home), []);
    assert.equal(readFileSync(join(home, '.gitignore'), 'utf8'), expected);
  }

  const linked = tempFolder(t);
  const target = join(tempFolder(t), 'global');
  writeFileSync(target, '');
  symlinkSync(target, join(linked, '.gitignore'));
  const [warning] = await make(t, linked);
  assert.match(warning ?? '', /\.gitignore.*\/registry\.json/);
  assert.equal(readFileSync(target, 'utf8'), '', 'the file of somebody else is left alone');
});

test('gc removes names of its own pattern only, lists them before, and says what it left', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  const ours = [
    `tmp/999999.1.000000000000-${uuid}`,
    `tmp/999999.1.000000000000-${uuid}-copy`,
    `tmp/999999.x.x-${hex}`,
    `tmp/1234-${uuid}`,
    `tmp/${uuid}.db`,
    `tmp/registry-${uuid}`,
    `tmp/doctor-${uuid}-moved`,
    `blobs/.doctor-${uuid}`,
  ];
  const trash = [`trash/${hex}-1700000000000-0123abcd`];
  const foreign = [
    'tmp/results.csv',
    `tmp/${uuid}`,
    'tmp/1234-an-older-form',
    'trash/old.csv',
    `trash/${hex}`,
  ];
  put(home, [...ours, ...trash, ...foreign, 'quarantine/notes', 'blobs/notes', 'tmp/folder/inner']);
  mkdirSync(join(home, 'tmp', 'empty'));
  mkdirSync(join(home, 'tmp', `${uuid}.db-shm`));
  const old = new Date(Date.UTC(2025, 0, 1));
  for (const path of tree(home)) utimesSync(join(home, path), old, old);
  registry.clock.at = Date.now() + 30 * 24 * 3600e3;

  const input = { olderThanMs: 0, yes: false };
  const look = await collectGarbage(registry, input);
  assert.deepEqual(look.leftovers.paths.toSorted(), ours.toSorted());
  assert.deepEqual(look.purged.paths, trash);
  const stay = [...foreign, 'tmp/empty', 'tmp/folder', `tmp/${uuid}.db-shm`].toSorted();
  assert.deepEqual(look.kept.foreign.toSorted(), stay);
  assert.match(look.warnings.join(), /kept files not created by mlreg/);

  const did = await collectGarbage(registry, { ...input, yes: true, purge: true });
  assert.deepEqual(did.leftovers.paths.toSorted(), ours.toSorted());
  assert.deepEqual(did.purged.paths, trash);
  for (const path of [...ours, ...trash]) assert.equal(existsSync(join(home, path)), false, path);
  for (const path of [...stay, 'quarantine/notes', 'blobs/notes'])
    assert.ok(existsSync(join(home, path)), path);
});

test('only scratch folders of our pattern whose process is dead are swept', async (t) => {
  const mark = processMark().replace(/^\d+/, '4194305');
  const names = [
    `mlreg-bench-${mark}-aB3dE9`,
    `mlreg-bench-${mark}-keep-these-results`,
    `mlreg-bench-${mark}-`,
  ];
  const folders = names.map((name) => join(tmpdir(), name));
  t.after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  put(
    tmpdir(),
    names.map((name) => `${name}/file`),
  );
  await withScratchFolder('test', async () => undefined);
  const there = folders.map((folder) => existsSync(folder));
  assert.deepEqual(there, [process.platform !== 'linux', true, true]);
});

import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, openRegistry } from '../../src/open-registry.ts';
import { pull } from '../../src/registry/exchange/pull.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, editRows, openOptions, ref, reopen } from '../support/temp-registry.ts';

const model = fixture('digits_mlp/model.onnx');

/** The home of a closed registry, with a version in it unless it is to be empty. */
async function closedRegistry(context: Cleanup, { empty = false } = {}): Promise<string> {
  const home = join(tempFolder(context), 'registry');
  const { registry } = await createRegistry(home, openOptions());
  if (!empty) await add(registry, 'digits', model);
  await registry.close();
  return home;
}

/** Every file of a folder with its bytes and times. */
function snapshot(folder: string): Record<string, unknown> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  return Object.fromEntries(
    paths.map((path) => {
      const stats = statSync(join(folder, path));
      return [
        path,
        [stats.mtimeMs, stats.mode, stats.isFile() ? readFileSync(join(folder, path), 'base64') : 'folder'],
      ];
    }),
  );
}

const opening = (home: string) => openRegistry(home, openOptions());

test('init makes a registry once, and finds it after that', async (context) => {
  const home = join(tempFolder(context), 'deep', 'down', 'registry');
  const first = await createRegistry(home, openOptions());
  const { id } = await first.registry.metadata.registry();
  await first.registry.close();
  const second = await createRegistry(home, openOptions());
  assert.equal(first.changed, true);
  assert.equal(second.changed, false);
  assert.equal((await second.registry.metadata.registry()).id, id);
  assert.deepEqual(await second.registry.metadata.stages(), ['staging', 'production']);
  await second.registry.close();
});

test('init works in a folder into which git put files, and leaves them alone', async (context) => {
  const home = tempFolder(context);
  for (const name of ['README.md', '.gitignore']) writeFileSync(join(home, name), 'mine');
  const { registry, changed } = await createRegistry(home, openOptions());
  await registry.close();
  assert.equal(changed, true);
  assert.equal(readFileSync(join(home, 'README.md'), 'utf8'), 'mine');
  assert.match(readFileSync(join(home, '.gitignore'), 'utf8'), /^mine\n/);
});

test('an init that was killed before its last step is finished by the next', async (context) => {
  const home = await closedRegistry(context, { empty: true });
  const { id } = JSON.parse(readFileSync(join(home, 'registry.json'), 'utf8')) as { id: string };
  rmSync(join(home, 'registry.json'));
  const { registry, changed } = await createRegistry(home, openOptions());
  assert.equal(changed, true);
  assert.equal((await registry.metadata.registry()).id, id);
  await registry.close();
});

test('init where a file stands in the way is INVALID_INPUT', async (context) => {
  const path = join(tempFolder(context), 'file');
  writeFileSync(path, 'x');
  await assert.rejects(createRegistry(path, openOptions()), failsWith('INVALID_INPUT'));
  await assert.rejects(createRegistry(join(path, 'registry'), openOptions()), failsWith('INVALID_INPUT'));
});

test('where there is no registry it is NOT_FOUND, and none is made', async (context) => {
  const home = tempFolder(context);
  await assert.rejects(opening(home), failsWith('NOT_FOUND', /no registry in/));
  await assert.rejects(opening(join(home, 'nowhere')), failsWith('NOT_FOUND'));
  assert.deepEqual(readdirSync(home), []);
});

test('a registry can be moved', async (context) => {
  const home = await closedRegistry(context);
  const moved = join(tempFolder(context), 'elsewhere');
  renameSync(home, moved);
  const registry = await reopen(context, moved);
  assert.equal((await verify(registry, {})).ok, true);
  assert.equal(
    (await pull(registry, { ref: ref('digits'), directory: join(moved, '..', 'out') })).changed,
    true,
  );
});

test('a newer format of the folder is refused, and nothing is touched', async (context) => {
  const home = await closedRegistry(context);
  const file = JSON.parse(readFileSync(join(home, 'registry.json'), 'utf8')) as object;
  writeFileSync(join(home, 'registry.json'), JSON.stringify({ ...file, formatVersion: 2, more: true }));
  const before = snapshot(home);
  const newer = failsWith('INVALID_INPUT', /has format 2; this mlreg supports 1/);
  await assert.rejects(opening(home), newer);
  await assert.rejects(createRegistry(home, openOptions()), newer);
  assert.deepEqual(snapshot(home), before);
});

test('a newer format of the database is refused, and nothing is touched', async (context) => {
  const home = await closedRegistry(context);
  editRows(home, 'pragma user_version = 99');
  const before = snapshot(home);
  await assert.rejects(opening(home), failsWith('INVALID_INPUT', /has schema 99/));
  assert.deepEqual(Object.keys(snapshot(home)), Object.keys(before));
  assert.deepEqual(snapshot(home)['mlreg.db'], before['mlreg.db']);
});

const damages: [what: string, damage: (home: string) => void, why?: RegExp][] = [
  ['a zero-length database', (home) => truncateSync(join(home, 'mlreg.db'), 0), /missing or empty/],
  ['a database of text', (home) => writeFileSync(join(home, 'mlreg.db'), 'garbage'), /damaged/],
  [
    'a database of noise',
    (home) => writeFileSync(join(home, 'mlreg.db'), Buffer.alloc(50_000, 'noise')),
    /damaged/,
  ],
  ['a database cut within its header', (home) => truncateSync(join(home, 'mlreg.db'), 60)],
  ['a database cut after its first page', (home) => truncateSync(join(home, 'mlreg.db'), 4096)],
  [
    'a database cut in half',
    (home) => truncateSync(join(home, 'mlreg.db'), statSync(join(home, 'mlreg.db')).size >> 1),
  ],
  [
    'a database without its last page',
    (home) => truncateSync(join(home, 'mlreg.db'), statSync(join(home, 'mlreg.db')).size - 4096),
  ],
  ['no database, but blobs', (home) => rmSync(join(home, 'mlreg.db')), /missing or empty/],
  [
    'the database of another program',
    (home) => {
      rmSync(join(home, 'mlreg.db'));
      const other = new Database(join(home, 'mlreg.db'));
      other.exec('create table notes (text)');
      other.close();
    },
    /not an mlreg database/,
  ],
  [
    'another id',
    (home) => void editRows(home, "update registry set id = 'x'"),
    /belong to different registries/,
  ],
  [
    'no row of the registry',
    (home) => void editRows(home, 'delete from registry'),
    /belong to different registries/,
  ],
  [
    'an empty registry.json',
    (home) => truncateSync(join(home, 'registry.json'), 0),
    /registry\.json" is damaged/,
  ],
  [
    'a registry.json cut short',
    (home) => truncateSync(join(home, 'registry.json'), 20),
    /registry\.json" is damaged/,
  ],
  [
    'a registry.json of another shape',
    (home) => writeFileSync(join(home, 'registry.json'), '[]'),
    /is damaged/,
  ],
  ['a registry.json with null', (home) => writeFileSync(join(home, 'registry.json'), 'null'), /is damaged/],
];

for (const [what, damage, why] of damages) {
  test(`${what} is INTEGRITY, and the blobs stay`, async (context) => {
    const home = await closedRegistry(context);
    damage(home);
    const blobs = snapshot(join(home, 'blobs'));
    const use = async (): Promise<void> => {
      const registry = await opening(home);
      try {
        await verify(registry, {});
      } finally {
        await registry.close();
      }
    };
    await assert.rejects(use(), failsWith('INTEGRITY', why));
    await assert.rejects(
      async () => {
        const { registry } = await createRegistry(home, openOptions());
        try {
          await verify(registry, {});
        } finally {
          await registry.close();
        }
      },
      failsWith('INTEGRITY', why),
    );
    assert.deepEqual(snapshot(join(home, 'blobs')), blobs);
  });
}

test('a registry without blobs whose database is missing gets a new one, under the same id', async (context) => {
  const home = await closedRegistry(context, { empty: true });
  const { id } = JSON.parse(readFileSync(join(home, 'registry.json'), 'utf8')) as { id: string };
  rmSync(join(home, 'mlreg.db'));
  const registry = await reopen(context, home);
  assert.equal((await registry.metadata.registry()).id, id);
  assert.equal((await add(registry, 'digits', model)).version, '1.0.0');
  assert.equal((await verify(registry, {})).ok, true);
});

test('a new database is not made beside the write-ahead log of the old one', async (context) => {
  const home = join(tempFolder(context), 'registry');
  const { registry } = await createRegistry(home, openOptions());
  await registry.metadata.stages();
  editRows(home, 'update registry set collections = 1');
  const copy = join(tempFolder(context), 'copy');
  cpSync(home, copy, { recursive: true });
  await registry.close();
  assert.ok(statSync(join(copy, 'mlreg.db-wal')).size > 0);
  rmSync(join(copy, 'mlreg.db'));
  await assert.rejects(opening(copy), failsWith('INTEGRITY', /missing or empty/));
});

test('a registry that was copied while it was open still opens', async (context) => {
  const home = join(tempFolder(context), 'registry');
  const { registry } = await createRegistry(home, openOptions());
  await add(registry, 'digits', model);
  const copy = join(tempFolder(context), 'copy');
  mkdirSync(copy);
  cpSync(home, copy, { recursive: true });
  await registry.close();
  assert.equal((await verify(await reopen(context, copy), {})).ok, true);
});

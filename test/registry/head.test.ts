import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, diagnoseHome, openRegistry } from '../../src/open-registry.ts';
import { acceptHistory } from '../../src/registry/maintain/accept-history.ts';
import { backup } from '../../src/registry/maintain/backup.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { doctor, doctorFailure, type DoctorResult } from '../../src/registry/maintain/doctor.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { SqliteConnection } from '../../src/storage/local/sqlite/connection.ts';
import { updateHead } from '../../src/storage/local/sqlite/keep-head.ts';
import { openSqlite } from '../../src/storage/local/sqlite/open-sqlite.ts';
import {
  add,
  modelName,
  openOptions,
  reopen,
  tempRegistry,
  version,
  homeOf,
} from '../support/temp-registry.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';

const lost = failsWith('INTEGRITY', /mlreg.db is (?:older|another database)/);

function headOf(home: string): { seq: number; hash: string } | undefined {
  const path = join(home, 'head');
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { seq: number; hash: string })
    : undefined;
}

async function lastOf(registry: Registry): Promise<{ seq: number; hash: string }> {
  const [last] = await registry.metadata.events({ limit: 1 });
  return { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
}

async function register(registry: Registry, ...contents: string[]): Promise<void> {
  for (const content of contents) {
    const path = join(homeOf(registry), '..', `${content}.bin`);
    writeFileSync(path, content);
    await add(registry, 'w', path);
  }
}

const names = { name: modelName('w'), version: version('1.0.0') };
const said = (text: string) => ({ set: { said: text }, remove: [], actor: 'ada', at: 1 });

/** Three versions, of which the database that was put back knows one. */
async function putBack(t: Cleanup): Promise<{ home: string; newer: string }> {
  const registry = await tempRegistry(t);
  const { home } = registry;
  const [old, newer] = [join(home, '..', 'old.db'), join(home, '..', 'newer.db')];
  await register(registry, 'one');
  // While it is open: what is newer than the last checkpoint is in the log.
  const before = new Database(join(home, 'mlreg.db'));
  before.pragma('wal_checkpoint(truncate)');
  before.close();
  copyFileSync(join(home, 'mlreg.db'), old);
  await register(registry, 'two', 'three');
  await registry.close();
  copyFileSync(join(home, 'mlreg.db'), newer);
  copyFileSync(old, join(home, 'mlreg.db'));
  for (const suffix of ['-wal', '-shm']) rmSync(join(home, `mlreg.db${suffix}`), { force: true });
  return { home, newer };
}

test('after every write, head names the last event, and only the owner may read it', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  assert.equal(headOf(home), undefined, 'reading makes none');
  await register(registry, 'one');
  assert.deepEqual(headOf(home), await lastOf(registry));
  await registry.metadata.tag({ ...names, ...said('a') });
  assert.deepEqual(headOf(home), await lastOf(registry));
  await registry.metadata.tag({ ...names, ...said('a') });
  await assert.rejects(registry.metadata.tag({ ...names, version: version('9.9.9'), ...said('b') }));
  assert.deepEqual(headOf(home), await lastOf(registry));
  assert.equal(statSync(join(home, 'head')).mode & 0o777, 0o600);
  chmodSync(join(home, 'mlreg.db'), 0o644);
  await registry.metadata.addStage({ stage: 'canary' as never, actor: 'ada', at: 1 });
  assert.equal(statSync(join(home, 'head')).mode & 0o777, 0o644, 'whoever may read the database may read it');
  assert.deepEqual(readdirSync(join(home, 'tmp')), []);
});

test('the head of a shared registry is its group’s', async (t) => {
  const home = join(tempFolder(t), 'team');
  const { registry } = await createRegistry(home, openOptions(), 'group');
  t.after(() => registry.close());
  rmSync(join(home, 'tmp'), { recursive: true });
  await registry.metadata.addStage({ stage: 'canary' as never, actor: 'ada', at: 1 });
  assert.equal(statSync(join(home, 'head')).mode & 0o777, 0o660);
  assert.equal(statSync(join(home, 'tmp')).mode & 0o7777, 0o2770);
});

test('an older database that was put back is noticed: changes stop, reading goes on', async (t) => {
  const { home } = await putBack(t);
  const registry = await reopen(t, home);
  const before = readFileSync(join(home, 'head'), 'utf8');
  const { ok, problems, unneeded } = await verify(registry, {});
  assert.equal(ok, false);
  assert.deepEqual(problems, [
    {
      subject: 'event chain',
      problem: 'mlreg.db is older than the last one written: it ends at event 2, but event 4 was recorded',
    },
  ]);
  assert.equal(unneeded?.files, 6, 'blobs that no row needs are a note');
  assert.equal((await verify(registry, { ref: names })).ok, true);

  await assert.rejects(register(registry, 'four'), lost);
  assert.deepEqual(readdirSync(join(home, 'tmp')), []);
  for (const yes of [false, true])
    await assert.rejects(collectGarbage(registry, { olderThanMs: 0, yes }), lost);
  await assert.rejects(registry.metadata.tag({ ...names, ...said('a') }), lost);
  await assert.rejects(registry.metadata.delete({ ...names, actor: 'ada', at: 1 }), lost);
  const directory = join(home, '..', 'copy');
  await assert.rejects(backup(registry, { directory }), lost);
  assert.equal(readFileSync(join(home, 'head'), 'utf8'), before);
  assert.equal((await registry.metadata.events({ limit: 9 })).length, 2);

  const examined = await examine(home);
  const finding = examined.findings.find(({ check }) => check === 'head');
  assert.equal(finding?.status, 'fail');
  assert.match(finding?.advice ?? '', /mlreg doctor --accept-history -m WHY --registry/);
  assert.equal(doctorFailure(examined)?.code, 'INTEGRITY');
});

test('an older history is accepted with a reason, once, and then all goes on', async (t) => {
  const { home, newer } = await putBack(t);
  const registry = await reopen(t, home);
  const gone = headOf(home);
  await assert.rejects(acceptHistory(registry, { message: ' ' }), failsWith('USAGE'));
  const accepted = await acceptHistory(registry, { message: 'the disk was lost' });
  assert.deepEqual(accepted, { event: 3, lost: gone });
  const [event] = await registry.metadata.events({ limit: 1 });
  assert.deepEqual([event?.action, event?.message], ['accept-history', 'the disk was lost']);
  assert.deepEqual(headOf(home), await lastOf(registry));
  assert.equal(await acceptHistory(registry, { message: 'again' }), null);
  assert.equal((await verify(registry, {})).ok, true);

  // As when it was killed before it could note that.
  writeFileSync(join(home, 'head'), JSON.stringify(gone));
  assert.equal((await verify(registry, {})).ok, true);
  await register(registry, 'four');
  assert.deepEqual(headOf(home), await lastOf(registry));
  const later = { ...registry, now: () => Date.now() + 1000 };
  assert.equal((await collectGarbage(later, { olderThanMs: 0, yes: true })).changed, true);

  await registry.close();
  copyFileSync(newer, join(home, 'mlreg.db'));
  const other = await reopen(t, home);
  await assert.rejects(other.metadata.tag({ ...names, ...said('a') }), lost);
  assert.match(
    (await verify(other, {})).problems[0]?.problem ?? '',
    /mlreg.db is (?:older|another database)/,
  );
});

function examine(home: string): Promise<DoctorResult> {
  return doctor({
    place: home,
    foundBy: '--registry',
    diagnose: () => diagnoseHome(home, openOptions()),
    open: () => openRegistry(home, { ...openOptions(), asIs: true }),
    node: { version: '24.0.0', oldest: '24.0.0' },
    now: () => Date.UTC(2026, 0, 1),
  });
}

test('a registry of earlier versions has no head; the next write makes it, and hides it from git', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  await register(registry, 'one');
  const ignore = join(home, '.gitignore');
  rmSync(join(home, 'head'));
  writeFileSync(ignore, readFileSync(ignore, 'utf8').replace('/head\n', ''));
  assert.equal((await verify(registry, {})).ok, true);
  assert.equal((await registry.metadata.head()).noted, undefined);
  await registry.metadata.tag({ ...names, ...said('a') });
  assert.deepEqual(headOf(home), await lastOf(registry));
  assert.match(readFileSync(ignore, 'utf8'), /^\/head$/m);
});

test('a head that says nothing, or cannot be written, stops nothing', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  const path = join(home, 'head');
  for (const content of ['', '\0\0\0\0', '{"seq":"1"}', '[]', 'null', 'x'.repeat(5000)]) {
    writeFileSync(path, content);
    await register(registry, `after ${content.length} ${content.slice(0, 1).charCodeAt(0)}`);
    assert.deepEqual(headOf(home), await lastOf(registry), JSON.stringify(content.slice(0, 9)));
  }
  rmSync(path);
  mkdirSync(path);
  await registry.metadata.tag({ ...names, ...said('b') });
  assert.deepEqual(readdirSync(join(home, 'tmp')), [], 'no draft stays');
  assert.equal((await verify(registry, {})).ok, true);
  const { findings } = await examine(home);
  const finding = findings.find(({ check }) => check === 'head');
  assert.equal(finding?.status, 'warn', 'without a note, no older database is noticed');
  assert.match(finding?.observed ?? '', /head.* is not a file/);
});

test('writers at once never make head lead, and in the end it names the last event', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  await register(registry, 'one');
  const all = [registry, await reopen(t, home), await reopen(t, home)];
  let highest = 0;
  await Promise.all(
    all.map(async (one, index) => {
      for (let turn = 0; turn < 15; turn += 1) {
        await one.metadata.tag({ ...names, ...said(`${index} ${turn}`) });
        const noted = headOf(home)?.seq ?? 0;
        assert.ok(noted >= highest, 'it never goes back');
        highest = noted;
        assert.equal((await one.metadata.head()).lost, null);
      }
    }),
  );
  assert.deepEqual(headOf(home), await lastOf(registry));
});

test('who finds the lock taken leaves the note to whoever has it, with or without an event', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  await register(registry, 'one');
  rmSync(join(home, 'head'));
  const path = join(home, 'mlreg.db');
  const one = new SqliteConnection(new Database(path, { timeout: 0 }), { waitMs: 0 });
  const other = await openSqlite({ path, create: false, ofHome: true, waitMs: 50 });
  t.after(async () => {
    one.database.close();
    await other.close();
  });
  await other.db.transaction().execute(async () => {
    updateHead(one, home);
    assert.equal(headOf(home), undefined);
  });
  assert.deepEqual(headOf(home), await lastOf(registry));
});

test('a backup has a head of its own, also where the original has none', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  await register(registry, 'one', 'two');
  rmSync(join(home, 'head'));
  const directory = join(home, '..', 'copy');
  await backup(registry, { directory });
  assert.deepEqual(headOf(directory), await lastOf(registry));
  await register(registry, 'three');
  const copy = await reopen(t, directory);
  assert.equal((await verify(copy, {})).ok, true);
  await register(copy, 'four');
  assert.deepEqual(headOf(directory), await lastOf(copy));
});

test('a database that is missing is not made anew where changes were made to it', async (t) => {
  const registry = await tempRegistry(t);
  const { home } = registry;
  await registry.metadata.addStage({ stage: 'canary' as never, actor: 'ada', at: 1 });
  await registry.close();
  rmSync(join(home, 'mlreg.db'));
  await assert.rejects(openRegistry(home, openOptions()), failsWith('INTEGRITY', /missing or empty/));
});

import Database from 'better-sqlite3';
import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRegistry } from '../../src/open-registry.ts';
import { demote } from '../../src/registry/stages/demote.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { watch, type WatchInput } from '../../src/registry/inspect/watch.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  exact,
  openOptions,
  reopen,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const { name } = exact('digits@1.0.0');
const input: WatchInput = { name, stage: production, intervalMs: 1 };

/** digits 1.0.0 and 2.0.0; nothing is in production. */
async function digits(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (const [index, file] of ['digits_mlp', 'digits_mlp_retrained'].entries())
    await add(registry, 'digits', fixture(`${file}/model.onnx`), {
      number: { kind: 'exact', version: version(`${index + 1}.0.0`) },
    });
  return registry;
}

const to = (registry: Registry, number: string, target = production) =>
  promote(registry, { ref: exact(`digits@${number}`), stage: target });

/** What the watch says next: a move in short, or that there is trouble. */
async function next(watching: ReturnType<typeof watch>): Promise<string> {
  const { value } = await watching.next();
  if (value === undefined) return 'end';
  if ('trouble' in value) return `trouble: ${value.trouble}`;
  const { action, from, to: holder, generation } = value.move;
  return `${generation} ${action} ${from} → ${holder}`;
}

test('every move of the stage since the start is told once, in order, and no other', async (context) => {
  const registry = await digits(context);
  await to(registry, '1.0.0');
  const writer = await reopen(context, registry.home);
  const watching = watch(registry, input);
  const first = next(watching);
  await to(writer, '2.0.0', stage('staging'));
  await to(writer, '2.0.0');
  await to(writer, '2.0.0');
  assert.equal(await first, '2 promote 1.0.0 → 2.0.0');
  // All of these happen between two looks.
  await rollback(writer, { name, stage: production, back: { steps: 1 }, yank: undefined });
  await demote(writer, { name, stage: production });
  for (let round = 0; round < 120; round++) await to(writer, round % 2 === 0 ? '1.0.0' : '2.0.0');
  const told = [];
  for (let index = 0; index < 122; index++) told.push(await next(watching));
  assert.deepEqual(told.slice(0, 3), [
    '3 rollback 2.0.0 → 1.0.0',
    '4 demote 1.0.0 → null',
    '5 promote null → 1.0.0',
  ]);
  assert.deepEqual(
    told.map((line) => Number(line.split(' ')[0])),
    Array.from({ length: 122 }, (_, index) => index + 3),
  );
  await watching.return();
});

test('since an event: from there on, all of them; once: and no further', async (context) => {
  const registry = await digits(context);
  const { event } = await to(registry, '1.0.0');
  await to(registry, '2.0.0');
  const all = async (since: number): Promise<string[]> => {
    const watching = watch(registry, { ...input, since, once: true });
    const told = [];
    for (let line = await next(watching); line !== 'end'; line = await next(watching)) told.push(line);
    return told;
  };
  assert.deepEqual(await all(0), ['1 promote null → 1.0.0', '2 promote 1.0.0 → 2.0.0']);
  assert.deepEqual(await all(event?.seq ?? 0), ['2 promote 1.0.0 → 2.0.0']);
  assert.deepEqual(await all((event?.seq ?? 0) + 1), []);
  await assert.rejects(all(1000), failsWith('INVALID_INPUT', /no event 1000 yet; the last event is 5/));
  for (const wrong of [{ stage: stage('nowhere') }, { name: exact('nobody@1.0.0').name }])
    await assert.rejects(next(watch(registry, { ...input, ...wrong })), failsWith('NOT_FOUND'));
});

/** Reads on until that is said, and returns the moves before. */
async function until(watching: ReturnType<typeof watch>, said: RegExp): Promise<string[]> {
  const moves = [];
  for (;;) {
    const line = await next(watching);
    if (said.test(line)) return moves;
    assert.notEqual(line, 'end');
    if (!line.startsWith('trouble: ')) moves.push(line);
  }
}

test('a registry that is away, locked or replaced for a while is told, and what was missed follows', async (context) => {
  const registry = await digits(context);
  const { home } = registry;
  await to(registry, '1.0.0');
  await registry.close();
  cpSync(home, `${home}-old`, { recursive: true });
  const open = () => openRegistry(home, openOptions(undefined, 20));
  const watched = await open();
  context.after(() => watched.close());
  const watching = watch(watched, { ...input, reopen: true });
  const move = async (number: string): Promise<void> => {
    const writer = await open();
    await to(writer, number);
    await writer.close();
  };
  const first = next(watching);
  await move('2.0.0');
  assert.equal(await first, '2 promote 1.0.0 → 2.0.0');

  // A copy of the present comes in its place; somebody has it for himself.
  cpSync(home, `${home}-new`, { recursive: true });
  renameSync(home, `${home}-gone`);
  assert.deepEqual(await until(watching, /^trouble: no registry in /), []);
  const other = new Database(join(`${home}-new`, 'mlreg.db'));
  other.exec('pragma locking_mode = exclusive; begin immediate');
  renameSync(`${home}-new`, home);
  assert.deepEqual(await until(watching, /^trouble: .*lock/), []);
  other.close();
  await move('1.0.0');
  assert.deepEqual(await until(watching, /^3 promote 2\.0\.0 → 1\.0\.0$/), []);

  // One of the past, in which what was told never happened.
  renameSync(home, `${home}-gone-too`);
  renameSync(`${home}-old`, home);
  assert.deepEqual(
    await until(watching, /^trouble: .* replaced by one with a different history; continuing from event 4$/),
    [],
  );
  assert.equal(await next(watching), '1 current null → 1.0.0');
  await move('2.0.0');
  assert.deepEqual(await until(watching, /^2 promote 1\.0\.0 → 2\.0\.0$/), []);
  await watching.return();
});

test('--current tells who holds the stage, then what comes; of a stage that never moved, too', async (context) => {
  const registry = await digits(context);
  const once = { ...input, current: true, once: true };
  assert.deepEqual(await next(watch(registry, once)), '0 current null → null');
  await to(registry, '1.0.0');
  await to(registry, '2.0.0');
  const { value } = await watch(registry, once).next();
  assert.ok(value !== undefined && 'move' in value);
  assert.deepEqual([value.move.event?.to, value.move.from, value.move.to], ['2.0.0', null, '2.0.0']);
  const watching = watch(registry, { ...input, current: true });
  assert.equal(await next(watching), '2 current null → 2.0.0');
  const following = next(watching);
  await demote(registry, { name, stage: production });
  assert.equal(await following, '3 demote 2.0.0 → null');
  await watching.return();
  assert.equal(await next(watch(registry, once)), '3 current null → null');
});

/**
 * What is put back before the watch looks again, and what happens to it then, before or after a
 * look.
 */
const restored: [what: string, after: string[], told: string[]][] = [
  ['a backup as it is', [], ['1 current null → 1.0.0']],
  ['a backup, and the same number of moves after it', ['3.0.0'], ['2 current null → 3.0.0']],
  ['a backup, and more moves after it', ['3.0.0', '2.0.0', '1.0.0'], ['4 current null → 1.0.0']],
];

for (const inPlace of [false, true])
  for (const [what, after, expected] of restored)
    test(`${what}, ${inPlace ? 'copied into the same file' : 'in another folder'}: who holds the stage is told`, async (context) => {
      const registry = await digits(context);
      const { home } = registry;
      await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'), {
        number: { kind: 'exact', version: version('3.0.0') },
      });
      await to(registry, '1.0.0');
      const backup = `${home}-backup`;
      const past = new Database(join(home, 'mlreg.db'));
      past.prepare('vacuum into ?').run(`${home}-backup.db`);
      past.close();
      const watching = watch(await reopen(context, home), { ...input, reopen: true });
      const first = next(watching);
      await to(registry, '2.0.0');
      assert.equal(await first, '2 promote 1.0.0 → 2.0.0');

      if (inPlace) {
        const old = new Database(`${home}-backup.db`);
        await old.backup(join(home, 'mlreg.db'));
        old.close();
      } else {
        cpSync(home, backup, { recursive: true });
        for (const file of ['mlreg.db-wal', 'mlreg.db-shm']) rmSync(join(backup, file), { force: true });
        cpSync(`${home}-backup.db`, join(backup, 'mlreg.db'));
        renameSync(home, `${home}-gone`);
        renameSync(backup, home);
      }
      // What a whole backup brings along: with that of the database that is gone, nothing could be
      // changed.
      rmSync(join(home, 'head'));
      const writer = await reopen(context, home);
      for (const number of after) await to(writer, number);
      assert.deepEqual(await until(watching, /^trouble: .*replaced by one with a different history/), []);
      for (const line of expected) assert.equal(await next(watching), line);
      await to(writer, '2.0.0');
      assert.match(await next(watching), /^\d promote .* → 2\.0\.0$/);
      await watching.return();
    });

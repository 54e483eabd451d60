import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashedText, type RegistryEvent } from '../../src/core/events/event.ts';
import { canonicalJson } from '../../src/core/json/canonical.ts';
import { checkPolicy } from '../../src/core/events/policy.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { deleteVersion } from '../../src/registry/versions/delete-version.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { fixClock } from '../../src/registry/maintain/fix-clock.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { sha256Hex } from '../../src/storage/hash-chain.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  exact,
  openOptions,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const staging = stage('staging');
const production = stage('production');
const { name } = ref('m');
const [minute, hour, day, year] = [60_000, 3_600_000, 86_400_000, 365 * 86_400_000];
const start = Date.UTC(2026, 0, 1);

/**
 * m@1.0.0 and, by a clock that is `off`, m@2.0.0; the clock is right again a minute after the
 * first.
 */
async function disturbed(context: Cleanup, off: number): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  await register(context, registry, 'one');
  registry.clock.at = start + off;
  await register(context, registry, 'two');
  registry.clock.at = start + minute;
  return registry;
}

async function register(context: Cleanup, registry: TempRegistry, text: string): Promise<void> {
  const path = join(tempFolder(context), 'm.bin');
  writeFileSync(path, text);
  await add(registry, 'm', path, { number: { kind: 'bump', level: 'major' } });
}

async function gate(registry: TempRegistry, number: string, require: string) {
  const { gates } = await checkPromotion(registry, {
    ref: ref(`m@${number}`),
    stage: production,
    require: [require],
  });
  return gates[0] as (typeof gates)[0];
}

const verdict = async (registry: TempRegistry, number: string, require: string) =>
  (await gate(registry, number, require)).verdict;

const soak = async (registry: TempRegistry, number: string, time: string) => {
  const section = { from: ['staging'], soak: time };
  const policy = checkPolicy({ stages: { production: section } }, 'it');
  const input = { ref: ref(`m@${number}`), stage: production, policy: { policy, what: 'it' } };
  const { gates } = await checkPromotion(registry, input);
  const found = gates.find(({ gate: what }) => what.startsWith('soak'));
  assert.ok(found);
  return found;
};

test('after a clock was ahead, what happens by the right one counts from then on', async (context) => {
  const registry = await disturbed(context, 4 * year);
  await promote(registry, { ref: exact('m@1.0.0'), stage: staging });
  const [moved] = (await history(registry, { limit: 1 })).events;
  assert.deepEqual(
    [moved?.at, moved?.clock],
    [start + 4 * year, start + minute],
    'the chain does not go back',
  );
  registry.clock.at += hour;
  assert.equal((await soak(registry, '1.0.0', '1h')).verdict, 'pass');
  assert.equal((await soak(registry, '1.0.0', '61m')).verdict, 'fail');
  assert.equal(await verdict(registry, '1.0.0', 'age>=1h'), 'pass', 'registered before');
  assert.equal((await verify(registry, {})).ok, true);
});

test('what a clock that was ahead wrote is of no age: too young for one gate, not young enough for another', async (context) => {
  const registry = await disturbed(context, 4 * year);
  registry.clock.at += 30 * day;
  const old = await gate(registry, '2.0.0', 'age>=1ms');
  assert.deepEqual([old.verdict, old.observed], ['fail', '0s']);
  assert.match(old.reason, /the clock was wrong when it was registered/);
  assert.equal(await verdict(registry, '2.0.0', 'age<7d'), 'inconclusive');
  assert.equal(await verdict(registry, '1.0.0', 'age<7d'), 'fail');
  registry.clock.at = start + 4 * year;
  await promote(registry, { ref: exact('m@2.0.0'), stage: staging });
  registry.clock.at = start + 31 * day;
  const { verdict: soaked, reason } = await soak(registry, '2.0.0', '1s');
  assert.equal(soaked, 'fail');
  assert.match(reason, /the clock was wrong when it was promoted to staging/);
});

test('a correction is advised until it was made; then time counts, and only waiting helps', async (context) => {
  const registry = await disturbed(context, 4 * year);
  const hints = async () => {
    const advised = [];
    for (const require of [['age>=1h'], ['age<7d']])
      advised.push(
        (await checkPromotion(registry, { ref: ref('m@2.0.0'), stage: production, require })).hint,
      );
    return advised;
  };
  for (const hint of await hints()) assert.match(hint ?? '', /doctor --fix-clock/);
  registry.clock.at = start + hour;
  await fixClock(registry, 'the battery was empty');
  registry.clock.at += minute;
  for (const hint of await hints()) assert.doesNotMatch(hint ?? '', /fix-clock/);
});

test('a correction names the event before it, also one that came since the clocks were looked at', async (context) => {
  const registry = await disturbed(context, 4 * year);
  const late: Registry = {
    ...registry,
    metadata: {
      ...registry.metadata,
      eventsAscending: async (query) => {
        const events = await registry.metadata.eventsAscending(query);
        await promote(registry, { ref: exact('m@1.0.0'), stage: staging });
        return events;
      },
    },
  };
  const { event } = await fixClock(late, 'why');
  assert.deepEqual([event?.seq, event?.details['last']], [5, { seq: 4, at: start + 4 * year }]);
});

test('what a clock that was behind wrote is of no age either', async (context) => {
  const registry = await disturbed(context, -20 * year);
  assert.equal(await verdict(registry, '2.0.0', 'age>=1ms'), 'fail');
  assert.equal(await verdict(registry, '2.0.0', 'age<1d'), 'inconclusive');
  registry.clock.at = start - 20 * year;
  await promote(registry, { ref: exact('m@1.0.0'), stage: staging });
  registry.clock.at = start + day;
  assert.equal((await soak(registry, '1.0.0', '1s')).observed, '0s');
});

test('a minute between the clocks of two hosts is nothing', async (context) => {
  for (const off of [59_000, -59_000]) {
    const registry = await disturbed(context, off);
    registry.clock.at = start + hour;
    assert.equal(await verdict(registry, '2.0.0', 'age>=59m'), 'pass');
    assert.equal(await verdict(registry, '2.0.0', 'age<2h'), 'pass');
    assert.equal((await fixClock(registry, 'why')).changed, false);
  }
});

test('where the time of a clock that was ahead has passed, what came between has no age until it is corrected', async (context) => {
  const registry = await disturbed(context, day);
  await promote(registry, { ref: exact('m@1.0.0'), stage: staging });
  registry.clock.at = start + 2 * day;
  assert.equal(
    (await soak(registry, '1.0.0', '1s')).verdict,
    'fail',
    'which of the two was wrong is not known',
  );
  await fixClock(registry, 'the battery was empty');
  registry.clock.at += hour;
  assert.equal((await soak(registry, '1.0.0', '1h')).verdict, 'pass', 'since the correction');
  assert.equal((await soak(registry, '1.0.0', '61m')).verdict, 'fail');
  assert.equal(await verdict(registry, '1.0.0', 'age>=49h'), 'pass', 'it was not touched by that');
});

test('a correction takes a reason and a clock that can be right, and only where one was wrong', async (context) => {
  const registry = await disturbed(context, 4 * year);
  await assert.rejects(fixClock(registry, ' '), failsWith('USAGE', /needs a reason/));
  registry.clock.at = 0;
  await assert.rejects(fixClock(registry, 'why'), failsWith('USAGE', /1970-01-01.*cannot be true/));
  registry.clock.at = start + hour;
  const { changed, wrong, event } = await fixClock(registry, 'the battery was empty');
  assert.deepEqual([changed, wrong], [true, 1]);
  assert.deepEqual([event?.action, event?.at, event?.clock], ['fix-clock', start + hour, start + hour]);
  assert.deepEqual(event?.details, { wrong: 1, last: { seq: 3, at: start + 4 * year } });
  assert.deepEqual(await fixClock(registry, 'again'), { changed: false, wrong: 0, event: null });
});

test('after a correction times follow the clock again, and verify knows why they went back', async (context) => {
  const registry = await disturbed(context, 4 * year);
  await promote(registry, { ref: exact('m@2.0.0'), stage: staging });
  registry.clock.at = start + hour;
  await fixClock(registry, 'why');
  registry.clock.at += hour;
  await promote(registry, { ref: exact('m@1.0.0'), stage: production });
  const [last] = (await history(registry, { limit: 1 })).events;
  assert.equal(last?.at, start + 2 * hour);
  const { problems } = await verify(registry, {});
  assert.deepEqual(problems, []);
  assert.equal(
    await verdict(registry, '2.0.0', 'age>=1h'),
    'pass',
    'it is at least as old as the correction',
  );
  assert.equal(await verdict(registry, '2.0.0', 'age>=61m'), 'fail');
  assert.equal(await verdict(registry, '2.0.0', 'age<1d'), 'inconclusive');
  registry.clock.at = start + 5 * year;
  assert.equal(await verdict(registry, '2.0.0', 'age<2000d'), 'inconclusive', 'also when its time has come');
});

test('who holds a stage now is who the list names, however wrong a clock was', async (context) => {
  for (const off of [4 * year, -20 * year]) {
    const registry = await disturbed(context, 0);
    const to = (number: string) => promote(registry, { ref: exact(`m@${number}`), stage: production });
    const holderAt = async (at: number) =>
      (await history(registry, { name, stage: production, limit: 1, at })).holders?.[0];
    await to('1.0.0');
    registry.clock.at = start + off;
    await to('2.0.0');
    registry.clock.at = start + hour;
    const held = async (at: number) => (await holderAt(at))?.version;
    assert.equal(await held(registry.clock.at), '2.0.0', 'nothing happened since');
    assert.equal(await held(start + minute - 1), undefined);
    await to('1.0.0');
    assert.deepEqual([await held(start + hour), await held(start + hour + minute)], ['1.0.0', '1.0.0']);
    assert.equal(await held(start + minute - 1), undefined);
    assert.ok(((await holderAt(start + hour))?.since ?? Infinity) <= start + hour);
    await fixClock(registry, 'why');
    registry.clock.at += hour;
    await to('2.0.0');
    assert.equal(await held(start + 2 * hour), '2.0.0');
    assert.equal(await held(start + 2 * hour - 1), '1.0.0');
    assert.equal(await held(start + minute - 1), undefined);
  }
});

test('gc spares what a wrong clock deleted or stored, as long as any age is asked for', async (context) => {
  const registry = await tempRegistry(context);
  const now = Date.now();
  registry.clock.at = now;
  await register(context, registry, 'one');
  const record = await registry.metadata.version(name, version('1.0.0'));
  for (const { digest } of [...(record?.artifact.files ?? []), { digest: record?.artifact.digest ?? '' }])
    utimesSync(blobPath(registry.home, digest), now / 1000 - 90 * 86_400, now / 1000 - 90 * 86_400);
  registry.clock.at = now - 20 * year;
  await deleteVersion(registry, { ref: exact('m@1.0.0') });
  registry.clock.at = now + day;
  const dry = (olderThanMs: number) => collectGarbage(registry, { olderThanMs, yes: false });
  assert.equal((await dry(hour)).blobs.length, 0, 'when it was deleted is not known');
  assert.equal((await dry(0)).blobs.length, 3);
  await fixClock(registry, 'why');
  registry.clock.at += hour;
  assert.ok((await dry(hour)).blobs.length >= 2, 'an hour after the correction');
  const [file] = record?.artifact.files ?? [];
  utimesSync(blobPath(registry.home, file?.digest ?? ''), now / 1000 + 1e8, now / 1000 + 1e8);
  const spared = await dry(hour);
  assert.match(spared.warnings.join(), /1 blob has a time in the future.*--older-than 0s/);
  const taken = await collectGarbage(registry, { olderThanMs: 0, yes: true });
  assert.ok(taken.blobs.some(({ digest }) => digest === file?.digest));
});

test('who writes while the clock is behind the chain by more than a minute is told once, and who reads is not', async (context) => {
  const { home } = await disturbed(context, 4 * year);
  const warnings: string[] = [];
  const clock = { at: start + 4 * year - minute };
  const options = Object.assign(openOptions(clock), { warn: (text: string) => void warnings.push(text) });
  const registry = await openRegistry(home, options);
  context.after(() => registry.close());
  await promote(registry, { ref: exact('m@1.0.0'), stage: staging });
  assert.deepEqual(warnings, []);
  clock.at -= 1;
  await history(registry, { limit: 1 });
  assert.deepEqual(warnings, []);
  await promote(registry, { ref: exact('m@2.0.0'), stage: staging });
  await promote(registry, { ref: exact('m@1.0.0'), stage: staging });
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /the clock says 2029-12-30T23:58:59\.999Z, but the last event is from 2029-12-31T00:00:00\.000Z.*--fix-clock/,
  );
});

/** As an earlier mlreg wrote them: without the clock. */
function forgetClocks(home: string): void {
  const database = new Database(join(home, 'mlreg.db'));
  let prevHash = '0'.repeat(64);
  const rows = database.prepare('select seq, body from events order by seq').all() as {
    seq: number;
    body: string;
  }[];
  for (const { seq, body } of rows) {
    const { clock: _none, ...said } = JSON.parse(body) as RegistryEvent;
    const event = { ...said, prevHash };
    prevHash = sha256Hex(hashedText(event));
    database
      .prepare('update events set body = ?, hash = ? where seq = ?')
      .run(canonicalJson(event), prevHash, seq);
  }
  database.close();
  // Nor did it note the last event beside the database.
  rmSync(join(home, 'head'), { force: true });
}

test('events of an early format count by their times in the chain, and can be corrected', async (context) => {
  const registry = await disturbed(context, 4 * year);
  await promote(registry, { ref: exact('m@1.0.0'), stage: staging });
  forgetClocks(registry.home);
  assert.deepEqual((await verify(registry, {})).problems, []);
  registry.clock.at = start + day;
  assert.equal((await soak(registry, '1.0.0', '1s')).verdict, 'fail');
  assert.equal(await verdict(registry, '1.0.0', 'age>=1d'), 'pass');
  assert.equal((await fixClock(registry, 'why')).wrong, 2);
  registry.clock.at += hour;
  assert.equal((await soak(registry, '1.0.0', '1h')).verdict, 'pass');
  assert.deepEqual((await verify(registry, {})).problems, []);
});

test('an imported version is as old as its registration elsewhere, if that clock can be right', async (context) => {
  const from = await disturbed(context, -2 * year);
  await promote(from, { ref: exact('m@2.0.0'), stage: staging });
  const layout = join(tempFolder(context), 'layout');
  await exportVersions(from, { refs: [ref('m@1.0.0'), ref('m@2.0.0')], output: layout });
  const to = await tempRegistry(context);
  to.clock.at = start + day;
  await importVersions(to, { path: layout });
  to.clock.at += hour;
  assert.equal(await verdict(to, '1.0.0', 'age>=25h'), 'pass');
  assert.equal(await verdict(to, '2.0.0', 'age>=1h'), 'pass', 'since the import');
  assert.equal(await verdict(to, '2.0.0', 'age>=61m'), 'fail');
  assert.equal(await verdict(to, '2.0.0', 'age<30d'), 'inconclusive');
  assert.deepEqual((await verify(to, {})).problems, []);
});

test('a version that was changed before and after a correction can be exported and imported', async (context) => {
  const from = await disturbed(context, 4 * year);
  await promote(from, { ref: exact('m@2.0.0'), stage: staging });
  await fixClock(from, 'why');
  await promote(from, { ref: exact('m@2.0.0'), stage: production });
  const layout = join(tempFolder(context), 'layout');
  await exportVersions(from, { refs: [ref('m@2.0.0')], output: layout });
  const to = await tempRegistry(context);
  await importVersions(to, { path: layout });
  assert.deepEqual((await verify(to, {})).problems, []);
});

test('a policy that is applied by a clock that was ahead holds at once', async (context) => {
  const registry = await disturbed(context, 0);
  registry.clock.at = start + 4 * year;
  const policy = checkPolicy({ stages: { production: { require: ['auc>=0.9'] } } }, 'it');
  await applyPolicy(registry, { policy, what: 'it' });
  registry.clock.at = start + hour;
  assert.equal(
    (await promote(registry, { ref: exact('m@1.0.0'), stage: production })).blocked?.version,
    '1.0.0',
  );
});

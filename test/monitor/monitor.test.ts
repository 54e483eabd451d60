import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { monitor, type MonitorOptions } from '../../src/monitor/monitor.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { tempFolder } from '../support/temp-folder.ts';
import {
  add,
  exact,
  modelName,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';
import { day, quiet, saveDays, saveEvaluation } from '../support/saved-evaluations.ts';

const production = stage('production');
const bad = [0.85, 0.84, 0.86, 0.85, 0.84];

/** digits@1.0.0 was good for 20 days, and 1.1.0, which followed, is not. */
async function fallen(t: TestContext): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  await hold(t, registry, '1.1.0', 20);
  registry.clock.at = day(26);
  await saveDays(registry, 'digits@1.0.0', {}, quiet(20));
  await saveDays(registry, 'digits@1.1.0', { from: 20 }, bad);
  return registry;
}

/** Registers a version if it is new, and promotes it on a day. */
async function hold(t: TestContext, registry: TempRegistry, number: string, on: number): Promise<void> {
  registry.clock.at = day(on);
  if ((await registry.metadata.version(modelName('digits'), version(number))) === undefined) {
    const file = join(tempFolder(t), 'model.bin');
    writeFileSync(file, number);
    await add(registry, 'digits', file, { number: { kind: 'exact', version: version(number) } });
  }
  await promote(registry, { ref: exact(`digits@${number}`), stage: production });
}

function look(registry: TempRegistry, rest: Partial<MonitorOptions> = {}) {
  return monitor(registry, { name: modelName('digits'), stage: production, last: 60, ...rest });
}

async function holderOf(registry: TempRegistry): Promise<string | null> {
  return (await registry.metadata.pointer(modelName('digits'), production)).version;
}

async function lastEvent({ metadata }: TempRegistry) {
  const [event] = await metadata.events({ limit: 1 });
  return event!;
}

test('a worse version raises an alarm against the one before it, and looking changes nothing', async (t) => {
  const registry = await fallen(t);
  const before = await lastEvent(registry);
  const { verdict, alarm, windows, changed, recorded } = await look(registry);
  assert.equal(verdict, 'alarm');
  assert.equal(alarm?.version, '1.1.0');
  assert.equal(alarm.at, day(21));
  assert.equal(alarm.fall?.test, 'two proportions');
  assert.ok(alarm.fall.p < 1e-6);
  assert.match(alarm.reason, /^accuracy fell from 0\.908 to 0\.84, worse for 3 days in a row, p /);
  assert.deepEqual([windows.length, windows[0]?.version, windows[24]?.version], [25, '1.0.0', '1.1.0']);
  assert.ok(windows.every(({ held, use }) => held && use === 'used'));
  assert.deepEqual([changed, recorded], [false, null]);
  assert.equal((await lastEvent(registry)).seq, before.seq);
});

test('a quiet stage has no alarm', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  await saveDays(registry, 'digits@1.0.0', {}, quiet(60));
  const { verdict, alarms } = await look(registry);
  assert.equal(verdict, 'quiet');
  assert.deepEqual(alarms, []);
});

test('an alarm rolls back once, with its reason in the history', async (t) => {
  const registry = await fallen(t);
  const first = await look(registry, { autoRollback: true });
  assert.deepEqual([first.rollback?.from, first.rollback?.to], ['1.1.0', '1.0.0']);
  assert.equal(first.changed, true);
  assert.equal(await holderOf(registry), '1.0.0');
  const move = await lastEvent(registry);
  assert.equal(move.action, 'rollback');
  assert.equal(move.seq, first.rollback?.event);
  assert.match(move.message ?? '', /^monitor: accuracy fell from 0\.908 .*\(digits@1\.1\.0\)$/);

  const second = await look(registry, { autoRollback: true });
  assert.deepEqual([second.verdict, second.changed], ['quiet', false]);
  assert.equal((await lastEvent(registry)).seq, move.seq);

  // Someone decides otherwise: the alarm was answered, and is not answered again.
  await hold(t, registry, '1.1.0', 26);
  const third = await look(registry, { autoRollback: true });
  assert.equal(third.verdict, 'alarm');
  assert.equal(third.recorded?.isNew, false);
  assert.match(third.rollback?.why ?? '', /was moved after this alarm/);
  assert.equal(await holderOf(registry), '1.1.0');
});

test('two monitors at a time roll back and run the program once', async (t) => {
  const registry = await fallen(t);
  const log = join(tempFolder(t), 'log');
  const onAlarm = ['sh', '-c', 'cat >/dev/null; echo ran >> "$0"', log];
  const results = await Promise.all([1, 2, 3].map(() => look(registry, { autoRollback: true, onAlarm })));
  assert.equal(results.filter(({ rollback }) => (rollback?.event ?? null) !== null).length, 1);
  assert.equal(results.filter(({ program }) => program !== null).length, 1);
  assert.equal(readFileSync(log, 'utf8'), 'ran\n');
  assert.equal(await holderOf(registry), '1.0.0');
});

test('a rollback that failed before the move is made by the next run', async (t) => {
  const registry = await fallen(t);
  await look(registry, { onAlarm: ['true'] });
  assert.equal(await holderOf(registry), '1.1.0');
  const { rollback, recorded } = await look(registry, { autoRollback: true });
  assert.equal(recorded?.isNew, false);
  assert.equal(rollback?.to, '1.0.0');
});

test('it never returns to a version that had an alarm, and stays if all had one', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  await hold(t, registry, '1.1.0', 20);
  await hold(t, registry, '1.2.0', 40);
  registry.clock.at = day(60);
  await saveDays(registry, 'digits@1.0.0', {}, quiet(20));
  await saveDays(registry, 'digits@1.1.0', { from: 20 }, [...quiet(17), 0.83, 0.82, 0.84]);
  await saveDays(registry, 'digits@1.2.0', { from: 40 }, [...quiet(17), 0.83, 0.82, 0.84]);
  const { rollback, alarms } = await look(registry, { autoRollback: true });
  assert.deepEqual(
    alarms.map(({ version: of }) => of),
    ['1.1.0', '1.2.0'],
  );
  assert.equal(rollback?.to, '1.0.0', 'the version in between had an alarm');

  const other = await tempRegistry(t);
  await hold(t, other, '1.0.0', 0);
  await hold(t, other, '1.1.0', 20);
  other.clock.at = day(60);
  await saveDays(other, 'digits@1.0.0', {}, [...quiet(17), 0.83, 0.82, 0.84]);
  await saveDays(other, 'digits@1.1.0', { from: 20 }, [...quiet(17), 0.73, 0.72, 0.74]);
  const stays = await look(other, { autoRollback: true });
  assert.equal(stays.verdict, 'alarm');
  assert.deepEqual([stays.rollback?.to, stays.rollback?.event], [null, null]);
  assert.match(stays.rollback?.why ?? '', /^every earlier holder had an alarm, too: 1\.0\.0$/);
  assert.equal(await holderOf(other), '1.1.0');
});

test('the first holder has nothing to return to', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  await saveDays(registry, 'digits@1.0.0', {}, [...quiet(17), 0.83, 0.82, 0.84]);
  const { rollback, verdict } = await look(registry, { autoRollback: true });
  assert.equal(verdict, 'alarm');
  assert.equal(rollback?.why, 'there is no earlier holder to return to');
});

test('a program gets the result on stdin and the facts in variables, once for an alarm', async (t) => {
  const registry = await fallen(t);
  const folder = tempFolder(t);
  const script =
    'cat > "$0/told.json"; echo "$MLREG_MODEL $MLREG_STAGE $MLREG_FROM $MLREG_TO" > "$0/env"; echo hi';
  const onAlarm = ['sh', '-c', script, folder];
  const { program } = await look(registry, { onAlarm, autoRollback: true });
  assert.deepEqual([program?.code, program?.output], [0, 'hi\n']);
  const told = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8'));
  assert.equal(told.command, 'monitor');
  assert.deepEqual([told.verdict, told.alarm.version, told.rollback.to], ['alarm', '1.1.0', '1.0.0']);
  assert.equal(told.alarm.at, '2026-01-22T00:00:00.000Z');
  assert.equal(readFileSync(join(folder, 'env'), 'utf8'), 'digits production 1.1.0 1.0.0\n');
});

test('a program that fails is told of and recorded, and not run again', async (t) => {
  const registry = await fallen(t);
  const onAlarm = ['sh', '-c', 'echo no disk >&2; exit 3'];
  const { program, warnings, recorded } = await look(registry, { onAlarm });
  assert.equal(program?.code, 3);
  assert.ok(warnings.some((warning) => warning === '"sh" failed: exit code 3: no disk'));
  const note = await lastEvent(registry);
  assert.deepEqual([note.action, note.details['event']], ['hook', recorded?.event]);
  assert.equal((await look(registry, { onAlarm })).program, null);
});

test('--dry-run does nothing', async (t) => {
  const registry = await fallen(t);
  const { seq } = await lastEvent(registry);
  const { verdict, rollback, program } = await look(registry, {
    autoRollback: true,
    onAlarm: ['false'],
    dryRun: true,
  });
  assert.deepEqual([verdict, rollback, program], ['alarm', null, null]);
  assert.equal((await lastEvent(registry)).seq, seq);
});

test('a fall that lasts is one alarm for the cool-down, and another after it', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  registry.clock.at = day(60);
  await saveDays(registry, 'digits@1.0.0', {}, [...quiet(17), ...quiet(12).map((value) => value - 0.06)]);
  const { alarms } = await look(registry);
  assert.equal(alarms.length, 2);
  assert.equal((alarms[1]!.at - alarms[0]!.at) / (24 * 3600e3), 7);
  assert.equal((await look(registry, { coolDownMs: 60 * 24 * 3600e3 })).alarms.length, 1);
});

test('windows without enough labels do not count, and gaps are shown', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  registry.clock.at = day(60);
  await saveDays(registry, 'digits@1.0.0', {}, quiet(17));
  await saveDays(registry, 'digits@1.0.0', { from: 20, rows: 20 }, [0.1, 0.1, 0.1]);
  const { verdict, windows, warnings } = await look(registry);
  assert.equal(verdict, 'quiet');
  assert.deepEqual(
    windows.slice(16).map(({ use }) => use),
    ['used', 'none', 'none', 'none', 'few labels', 'few labels', 'few labels'],
  );
  assert.ok(warnings.includes('3 windows have too few labels for accuracy to count: see --min-labels'));
  assert.equal((await look(registry, { minLabels: 20 })).verdict, 'alarm');
});

test('all evaluations of a window count by their rows, and the same data once', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  const data = { file: 'a.csv', digest: `sha256:${'a'.repeat(64)}`, target: 'label' };
  await saveEvaluation(registry, 'digits@1.0.0', { at: day(0), metrics: { accuracy: 0.5 }, rows: 100, data });
  await saveEvaluation(registry, 'digits@1.0.0', { at: day(0), metrics: { accuracy: 0.9 }, rows: 100, data });
  await saveEvaluation(registry, 'digits@1.0.0', { at: day(0) + 1, metrics: { accuracy: 0.8 }, rows: 300 });
  const [window] = (await look(registry)).windows;
  assert.deepEqual([window?.labels, window?.evaluations], [400, 2]);
  assert.ok(Math.abs(window!.value! - 0.825) < 1e-12);
});

test('by week', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  await saveDays(registry, 'digits@1.0.0', {}, quiet(28));
  const { windows, coolDownMs } = await look(registry, { every: 'week' });
  // 2026-01-01 is a Thursday.
  assert.equal(new Date(windows[0]!.start).toISOString(), '2025-12-29T00:00:00.000Z');
  assert.deepEqual(
    windows.map(({ labels }) => labels),
    [2000, 3500, 3500, 3500, 1500],
  );
  assert.equal(coolDownMs, 49 * 24 * 3600e3);
});

test('in a window, the version that held the stage then counts, else the one that holds it now', async (t) => {
  const registry = await fallen(t);
  // The new version on old data, as a comparison: it did not hold the stage then.
  await saveDays(registry, 'digits@1.1.0', { from: -5 }, [0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]);
  const { windows } = await look(registry);
  assert.deepEqual(
    windows.slice(3, 7).map(({ version: of, held, value }) => [of, held, value]),
    [
      ['1.1.0', false, 0.7],
      ['1.1.0', false, 0.7],
      ['1.0.0', true, 0.904],
      ['1.0.0', true, 0.892],
    ],
  );
});

test('a past that was evaluated later counts by who held the stage at all', async (t) => {
  const registry = await tempRegistry(t);
  for (const number of ['1.0.0', '1.1.0']) await hold(t, registry, number, 60);
  await saveDays(registry, 'digits@1.0.0', {}, quiet(20));
  await saveDays(registry, 'digits@1.1.0', { from: 20 }, bad);
  const candidate = join(tempFolder(t), 'model.bin');
  writeFileSync(candidate, 'candidate');
  await add(registry, 'digits', candidate, { number: { kind: 'exact', version: version('2.0.0') } });
  await saveDays(registry, 'digits@2.0.0', {}, quiet(30));
  const { alarm, rollback, windows } = await look(registry, { autoRollback: true });
  assert.equal(alarm?.version, '1.1.0');
  assert.equal(rollback?.to, '1.0.0');
  assert.ok(windows.every(({ held }) => !held));
  assert.deepEqual((await look(registry)).windows, windows, 'also after the rollback');
});

test('a metric without an interval is judged by the spread of its windows', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  registry.clock.at = day(60);
  const rmse = [...quiet(17).map((value) => 5 - value), 4.9, 5, 4.9, 5];
  for (const [index, value] of rmse.entries())
    await saveEvaluation(registry, 'digits@1.0.0', {
      at: day(index),
      task: 'regression',
      metrics: { rmse: value },
    });
  const { alarm, metric, direction } = await look(registry);
  assert.deepEqual([metric, direction], ['rmse', 'lower']);
  assert.equal(alarm?.fall?.test, 'spread of windows');
  assert.match(alarm.reason, /^rmse rose from /);
});

test('the intervals of evaluations say how exact other metrics are', async (t) => {
  const registry = await tempRegistry(t);
  await hold(t, registry, '1.0.0', 0);
  registry.clock.at = day(60);
  const save = (index: number, f1: number, reach: number) =>
    saveEvaluation(registry, 'digits@1.0.0', {
      at: day(index),
      metrics: { accuracy: 0.9, f1_macro: f1 },
      intervals: { f1_macro: { low: f1 - reach, high: f1 + reach, method: 'bootstrap' } },
    });
  for (const [index, value] of [...quiet(17), 0.86, 0.85, 0.86].entries()) await save(index, value, 0.02);
  const { alarm } = await look(registry, { metric: 'f1_macro' });
  assert.equal(alarm?.fall?.test, 'intervals');
  assert.equal((await look(registry)).verdict, 'quiet', 'accuracy did not fall');
});

test('what cannot be judged is refused, with what to do', async (t) => {
  const registry = await tempRegistry(t);
  await assert.rejects(look(registry), { code: 'NOT_FOUND' });
  await hold(t, registry, '1.0.0', 0);
  await assert.rejects(look(registry), {
    code: 'NOT_FOUND',
    hint: 'mlreg evaluate digits@production --data FILE --target COLUMN --save',
  });
  await saveDays(registry, 'digits@1.0.0', { as: 'a' }, [0.9]);
  assert.equal((await look(registry)).as, 'a', 'the only data set');
  await saveDays(registry, 'digits@1.0.0', { as: 'b' }, [0.8, 0.8]);
  await assert.rejects(look(registry), { code: 'INVALID_INPUT', hint: 'choose one: --as b, --as a' });
  assert.equal((await look(registry, { as: 'b' })).windows.length, 2);
  await assert.rejects(look(registry, { as: 'c' }), { code: 'NOT_FOUND' });
  await assert.rejects(look(registry, { as: 'a', metric: 'auc' }), {
    code: 'INVALID_INPUT',
    hint: 'use accuracy',
  });
  assert.equal((await look(registry, { as: 'a' })).verdict, 'few');
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openRegistry } from '../../src/open-registry.ts';
import { monitorHtml } from '../../src/render/monitor/html/monitor-html.ts';
import { openMain } from '../support/run-main.ts';
import { day, quiet, saveDays, saveEvaluation } from '../support/saved-evaluations.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { openOptions } from '../support/temp-registry.ts';

/** A folder with a registry in which digits@1.1.0 is worse than digits@1.0.0 was. */
async function fallen(t: TestContext, more: { as?: string } = {}) {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  const json = async (...args: string[]) => JSON.parse((await run([...args, '--json'])).stdout);
  await run(['init']);
  for (const text of ['a', 'b']) {
    writeFileSync(join(cwd, 'model.bin'), text);
    await run(['register', 'digits', join(cwd, 'model.bin'), '--stage', 'production']);
  }
  const clock = { at: Date.now() };
  const registry = await openRegistry(join(cwd, 'registry'), openOptions(clock));
  await saveDays({ ...registry, clock }, 'digits@1.0.0', more, quiet(20));
  await saveDays({ ...registry, clock }, 'digits@1.1.0', { from: 20, ...more }, [0.85, 0.84, 0.86]);
  await registry.close();
  const versions = (await json('list', 'digits')).versions as { version: string }[];
  assert.equal(versions.length, 2);
  return { cwd, run, json };
}

test('an alarm is exit code 5 in every form', async (t) => {
  const { run } = await fallen(t);
  const all = await Promise.all([
    run(['monitor', 'digits']),
    run(['monitor', 'digits', '--json']),
    run(['monitor', 'digits', '--quiet']),
    run(['monitor', 'digits', '--markdown']),
    run(['monitor', 'digits', '--format', 'table']),
  ]);
  const [rows, json, name, markdown, table] = all.map(({ stdout }) => stdout);
  assert.deepEqual(
    all.map(({ code }) => code),
    [5, 5, 5, 5, 5],
  );
  assert.match(rows ?? '', /^2026-01-22\t1\.1\.0\t0\.84\t0\.80\d+\t0\.86\d+\t500\tused\talarm$/m);
  assert.equal(JSON.parse(json ?? '').alarm.version, '1.1.0');
  const error = JSON.parse(all[1]?.stderr ?? '').error;
  assert.deepEqual([error.code, error.details.version], ['GATE_FAILED', '1.1.0']);
  assert.match(error.hint, /mlreg rollback digits production$/);
  assert.equal(name, 'digits@1.1.0\n');
  assert.match(markdown ?? '', /^### ❌ `digits` `production` \(`1\.1\.0`\): alarm$/m);
  assert.match(table ?? '', /^✗ alarm of 2026-01-22/m);
  assert.match(table ?? '', /▲ alarm/);
});

test('a rollback is said, and the next look is quiet', async (t) => {
  const { run, json } = await fallen(t);
  const { code, stdout, stderr } = await run(['monitor', 'digits', '--auto-rollback', '--format', 'table']);
  assert.equal(code, 5);
  assert.match(stdout, /rolled production back to 1\.0\.0 \(event \d+\)/);
  assert.match(stderr, /; rolled back to 1\.0\.0$/m);
  assert.doesNotMatch(stderr, /mlreg rollback/, 'not once more');
  const again = await run(['monitor', 'digits', '--auto-rollback', '--format', 'table']);
  assert.equal(again.code, 0);
  const { events } = await json('history', 'digits', '--stage', 'production', '--limit', '1');
  assert.equal(events[0].action, 'rollback');
  assert.match(events[0].message, /^monitor: accuracy fell/);
});

test('the policy says how a stage is watched, and flags override it', async (t) => {
  const { cwd, run, json } = await fallen(t);
  const apply = async (monitor: object) => {
    writeFileSync(join(cwd, 'policy.json'), JSON.stringify({ stages: { production: { monitor } } }));
    return run(['policy', 'apply', join(cwd, 'policy.json')]);
  };
  assert.equal((await apply({ loss: '20%', every: 'week', coolDown: '3d', autoRollback: true })).code, 0);
  const quietly = await json('monitor', 'digits', '--dry-run');
  assert.deepEqual([quietly.loss, quietly.every, quietly.coolDown], ['20%', 'week', '3d']);
  const flags = ['monitor', 'digits', '--every', 'day', '--loss', '0.01'];
  const without = await json(...flags, '--no-auto-rollback');
  assert.deepEqual([without.verdict, without.rollback], ['alarm', null]);
  assert.equal((await json(...flags)).rollback.to, '1.0.0');

  for (const [monitor, why] of [
    [{ loss: '-1' }, /loss.*number or a percentage/],
    [{ rule: 'sometimes' }, /rule/],
    [{ drops: 1 }, /drops/],
    [{ treshold: 1 }, /treshold/],
    [{ onAlarm: ['./a'] }, /stages\.production\.monitor\.onAlarm must be an absolute path/],
  ] as const) {
    const { code, stderr } = await apply(monitor);
    assert.equal(code, 2);
    assert.match(stderr, why);
  }
});

test('a report is written, and never over a file that is there', async (t) => {
  const { cwd, run } = await fallen(t, { as: 'live' });
  const file = join(cwd, 'trend.html');
  const { code, stdout } = await run(['monitor', 'digits', '--html', file, '--json']);
  assert.deepEqual([code, JSON.parse(stdout).html], [5, file]);
  const html = readFileSync(file, 'utf8');
  for (const said of ['data set live', 'Content-Security-Policy', 'class="alarm"', '<svg class="wide"'])
    assert.ok(html.includes(said), said);
  assert.doesNotMatch(html, /<script|https?:/);
  assert.equal((await run(['monitor', 'digits', '--html', file])).code, 4);
  assert.equal((await run(['monitor', 'digits', '--html', file, '--force'])).code, 5);
  const inside = await run(['monitor', 'digits', '--html', 'registry/trend.html']);
  assert.equal(inside.code, 2);
  assert.equal(existsSync(join(cwd, 'registry/trend.html')), false);
});

test('texts of others are no markup in a report', () => {
  const evil = '</title><script>alert(1)</script>';
  const html = monitorHtml(
    {
      name: 'digits' as never,
      stage: 'production' as never,
      holder: '1.0.0' as never,
      metric: evil,
      direction: 'higher',
      every: 'day',
      as: evil,
      target: evil,
      rule: 'default',
      drops: 3,
      loss: { kind: 'absolute', by: 0.01 },
      minLabels: 30,
      coolDownMs: 0,
      verdict: 'few',
      windows: [
        {
          start: day(0),
          version: '1.0.0' as never,
          held: false,
          value: 0.9,
          interval: null,
          labels: 1,
          evaluations: 1,
          use: 'few labels',
        },
      ],
      alarms: [],
      alarm: null,
      warnings: [],
      changed: false,
      recorded: null,
      rollback: { from: '1.0.0' as never, to: null, event: null, why: evil },
      program: null,
      html: null,
    },
    () => 'hash',
  );
  assert.ok(!html.includes('<script'));
});

test('flags that do not fit are refused', async (t) => {
  const { run } = await fallen(t);
  for (const [args, why] of [
    [['--watch', '--html', 'a.html'], /--watch and --html cannot be used together/],
    [['--interval', '1s'], /--interval requires --watch/],
    [['--force'], /--force requires --html FILE/],
    [['--loss', 'much'], /--loss must be a number or a percentage, not "much"/],
    [['--drops', '1'], /--drops must be a whole number from 2 to 30/],
    [['more'], /unexpected argument "more": arguments need --on-alarm/],
    [['--html', '-'], /--html cannot write to stdout/],
  ] as const) {
    const { code, stderr } = await run(['monitor', 'digits', ...args]);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, why);
  }
});

test('labels of one evaluation are enough for a line, not for a verdict', async (t) => {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  await run(['init']);
  writeFileSync(join(cwd, 'model.bin'), 'a');
  await run(['register', 'digits', join(cwd, 'model.bin'), '--stage', 'production']);
  assert.equal((await run(['monitor', 'digits'])).code, 3);
  const clock = { at: Date.now() };
  const registry = await openRegistry(join(cwd, 'registry'), openOptions(clock));
  await saveEvaluation({ ...registry, clock }, 'digits@1.0.0', { at: null, metrics: { accuracy: 0.9 } });
  await registry.close();
  const { code, stdout } = await run(['monitor', 'digits', '--format', 'table']);
  assert.equal(code, 0);
  assert.match(stdout, /too few days to tell: 1 with at least 30 labels/);
});

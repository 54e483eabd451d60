import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diagnoseHome, openRegistry } from '../../src/open-registry.ts';
import {
  doctor,
  doctorFailure,
  type DoctorInput,
  type DoctorResult,
} from '../../src/registry/maintain/doctor.ts';
import type { MlregError } from '../../src/core/errors.ts';
import { runtimeFinding } from '../../src/registry/inspect/check-runtime.ts';
import type { Finding } from '../../src/storage/diagnosis.ts';
import { model } from '../support/run-cli.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, editRows, openOptions, tempRegistry } from '../support/temp-registry.ts';

const day = 24 * 3600;

async function examine(home: string, rest: Partial<DoctorInput> = {}): Promise<DoctorResult> {
  const settings = openOptions();
  return doctor({
    place: home,
    foundBy: '--registry',
    diagnose: () => diagnoseHome(home, settings),
    open: () => openRegistry(home, settings),
    node: { version: process.versions.node, oldest: '22.18' },
    now: settings.now,
    ...rest,
  });
}

function of({ findings }: DoctorResult, check: string): Finding {
  const finding = findings.find((one) => one.check === check);
  assert.ok(finding, `${check} is among the checks`);
  return finding;
}

const all = [
  'registry',
  'format',
  'permissions',
  'leftovers',
  'quarantine',
  'trash',
  'file-system',
  'free-space',
  'fsync',
  'hard-links',
  'rename',
  'one-device',
  'database',
  'settings',
  'quick-check',
  'wal',
  'clock',
  'head',
  'node',
  'onnxruntime',
  'duckdb',
];

test('a sound registry passes every check, and nothing is left in it', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'));
  const before = readdirSync(registry.home, { recursive: true, encoding: 'utf8' }).toSorted();
  const result = await examine(registry.home);
  assert.deepEqual(
    result.findings.map(({ check }) => check),
    all,
  );
  // The disk of whoever runs this may be what it is.
  const judged = result.findings.filter(({ check }) => check !== 'file-system' && check !== 'free-space');
  assert.deepEqual(new Set(judged.map(({ status }) => status)), new Set(['ok']), JSON.stringify(judged));
  assert.deepEqual([result.ok, result.registry, doctorFailure(result)], [true, registry.home, undefined]);
  assert.match(of(result, 'settings').observed, /journal_mode wal, synchronous full, foreign_keys on/);
  assert.match(of(result, 'onnxruntime').observed, /^ONNX Runtime \d+\.\d+/);
  assert.match(of(result, 'duckdb').observed, /^DuckDB v\d+\.\d+.*, for Parquet$/);
  assert.deepEqual(readdirSync(registry.home, { recursive: true, encoding: 'utf8' }).toSorted(), before);
});

test('no registry is no failure, unless one is named: the machine is checked, and mlreg init is the advice', async (t) => {
  const home = join(tempFolder(t), 'no where');
  for (const [foundBy, status] of [
    [null, 'skip'],
    ['MLREG_REGISTRY', 'fail'],
  ] as const) {
    const result = await examine(home, { foundBy });
    assert.deepEqual(
      result.findings.map(({ check }) => check),
      ['registry', 'file-system', 'free-space', 'node', 'onnxruntime', 'duckdb'],
    );
    assert.equal(of(result, 'registry').status, status);
    assert.match(of(result, 'registry').advice ?? '', /^mlreg init/);
    assert.deepEqual([result.ok, result.registry], [foundBy === null, null]);
    assert.equal(doctorFailure(result)?.code, foundBy === null ? undefined : 'NOT_FOUND');
  }
});

test('a broken registry is failing checks, the worst of which gives the error', async (t) => {
  const cases: [what: string, break_: (home: string) => void, check: string, code: string][] = [
    ['garbage', (home) => writeFileSync(join(home, 'mlreg.db'), 'x'.repeat(9000)), 'database', 'INTEGRITY'],
    ['no rows', (home) => writeFileSync(join(home, 'mlreg.db'), ''), 'database', 'INTEGRITY'],
    ['newer database', (home) => setPragma(home, 'user_version = 99'), 'database', 'INVALID_INPUT'],
    [
      'another database',
      (home) => void editRows(home, "update registry set id = 'x'"),
      'database',
      'INTEGRITY',
    ],
    [
      'damaged registry.json',
      (home) => writeFileSync(join(home, 'registry.json'), '{'),
      'format',
      'INTEGRITY',
    ],
    [
      'newer format',
      (home) => writeFileSync(join(home, 'registry.json'), '{"formatVersion":9,"id":"x","createdAt":"x"}'),
      'format',
      'INVALID_INPUT',
    ],
    ['no registry.json', (home) => rmSync(join(home, 'registry.json')), 'format', 'INTEGRITY'],
    ['no folder', (home) => rmSync(join(home, 'blobs'), { recursive: true }), 'permissions', 'INTEGRITY'],
    ['damaged pages', (home) => damagePages(home), 'quick-check', 'INTEGRITY'],
  ];
  for (const [what, break_, check, code] of cases) {
    const registry = await tempRegistry(t);
    await add(registry, 'digits', model('digits_mlp'));
    await registry.close();
    break_(registry.home);
    const result = await examine(registry.home);
    const { status, advice } = of(result, check);
    assert.deepEqual([status, result.ok, result.registry], ['fail', false, registry.home], what);
    assert.ok(advice !== undefined && advice !== '', what);
    failsWith(code as 'INTEGRITY', new RegExp(`^${check}: `))(doctorFailure(result));
    // The machine is looked at all the same.
    assert.equal(of(result, 'onnxruntime').status, 'ok', what);
  }
});

function setPragma(home: string, pragma: string): void {
  const database = new Database(join(home, 'mlreg.db'));
  database.pragma(pragma);
  database.close();
}

/** Overwrites the root page of an index: no query of doctor's own reads it. */
function damagePages(home: string): void {
  const path = join(home, 'mlreg.db');
  const database = new Database(path);
  const size = Number(database.pragma('page_size', { simple: true }));
  const root = database
    .prepare("select rootpage from sqlite_schema where name = 'versions_digest'")
    .pluck()
    .get() as number;
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (root - 1) * size);
  closeSync(file);
}

test('of two failures the error is of the worse, and counts the other', async (t) => {
  const registry = await tempRegistry(t);
  await registry.close();
  writeFileSync(join(registry.home, 'mlreg.db'), 'x'.repeat(9000));
  const result = await examine(registry.home, { node: { version: '20.1.0', oldest: '22.18' } });
  failsWith('INTEGRITY', /^database: .* \(and 1 more check failed\)$/)(doctorFailure(result));
  failsWith(
    'USAGE',
    /^node: Node 22\.17\.9 is older/,
  )(
    doctorFailure(
      await examine(tempFolder(t), { foundBy: null, node: { version: '22.17.9', oldest: '22.18' } }),
    ),
  );
  assert.ok(
    (await examine(tempFolder(t), { foundBy: null, node: { version: '23.0.0', oldest: '22.18' } })).ok,
  );
});

test('damage comes before errors of other kinds', () => {
  const failed = (check: string, code?: Finding['code']): Finding => ({
    check,
    about: 'home',
    status: 'fail',
    observed: 'it failed',
    ...(code === undefined ? {} : { code }),
  });
  const worst = (...findings: Finding[]): string | undefined =>
    doctorFailure({ ok: false, findings, registry: null })?.code;
  assert.equal(worst(failed('one', 'NOT_FOUND'), failed('two', 'INTEGRITY')), 'INTEGRITY');
  assert.equal(worst(failed('one', 'CONFLICT'), failed('two', 'BUSY')), 'BUSY');
  assert.equal(worst(failed('one', 'INVALID_INPUT'), failed('two')), 'STORAGE');
  assert.equal(worst(failed('one', 'NOT_FOUND')), 'NOT_FOUND');
});

test('a runtime that hangs or takes too much memory is told apart from one that is not there', () => {
  const silent = { stderr: '', lastProgress: null };
  for (const [status, advice] of [
    ['timeout', /again/],
    ['oom', /memory/],
    ['crash', /reinstall/],
  ] as const) {
    const found = runtimeFinding({ ...silent, status, message: 'what happened', death: null });
    assert.deepEqual(
      [found.status, found.observed],
      ['warn', `ONNX Runtime is installed, but does not load (${status}): what happened`],
    );
    assert.match(found.advice ?? '', advice);
  }
  const missing = runtimeFinding({ ...silent, status: 'no-runtime', message: 'no package' });
  assert.match(missing.observed, /^ONNX Runtime is not installed/);
});

test('leftovers, quarantine, open permissions and a clock that is behind are warnings with advice', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'));
  const { home } = registry;
  const longAgo = Date.now() / 1000 - 2 * day;
  for (const [name, age] of [
    ['1234-11111111-1111-4111-8111-111111111111', longAgo],
    ['1234-22222222-2222-4222-8222-222222222222', Date.now() / 1000],
    ['not-ours', longAgo],
  ] as const) {
    writeFileSync(join(home, 'tmp', name), '12345');
    utimesSync(join(home, 'tmp', name), age, age);
  }
  mkdirSync(join(home, 'tmp', 'folder'));
  for (const folder of ['quarantine', 'trash'])
    for (const name of [`${'a'.repeat(64)}-1700000000000-0123abcd`, 'not-ours'])
      writeFileSync(join(home, folder, name), '123');
  chmodSync(home, 0o777);
  const result = await examine(home, { now: () => Date.UTC(2025, 0, 1) });
  const warned: [check: string, observed: RegExp, advice: RegExp][] = [
    ['leftovers', /^1 file older than a day in tmp\/, 5 bytes$/, /mlreg gc --yes --registry \//],
    ['quarantine', /^1 damaged file in quarantine\/, 3 bytes$/, /check the disk/],
    ['permissions', /mode 0777/, /chmod 700/],
    [
      'clock',
      /2025-01-01.*2026-01-01.*; 2 events were written/,
      /set the clock.*mlreg doctor --fix-clock -m/,
    ],
  ];
  for (const [check, observed, advice] of warned) {
    const finding = of(result, check);
    assert.equal(finding.status, 'warn', check);
    assert.match(finding.observed, observed);
    assert.match(finding.advice ?? '', advice);
  }
  assert.match(of(result, 'trash').observed, /^1 collected file/);
  assert.ok(result.ok);
});

test('an abort ends the checks, and their files are gone', async (t) => {
  const registry = await tempRegistry(t);
  const stop = new AbortController();
  const throwIfAborted = stop.signal.throwIfAborted.bind(stop.signal);
  let looks = 0;
  // As when the signal comes between two of them.
  stop.signal.throwIfAborted = () => {
    looks += 1;
    if (looks === 3) stop.abort();
    throwIfAborted();
  };
  await assert.rejects(diagnoseHome(registry.home, { ...openOptions(), signal: stop.signal }), {
    name: 'AbortError',
  });
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
  assert.deepEqual(readdirSync(join(registry.home, 'blobs')), ['sha256']);
});

test('a database in another journal mode is left in it, and is a warning', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'));
  await registry.close();
  const path = join(registry.home, 'mlreg.db');
  const header = (): string => readFileSync(path).subarray(18, 20).toString('hex');
  assert.equal(header(), '0202');
  setPragma(registry.home, 'journal_mode = delete');
  const before = readFileSync(path);
  const asIs = () => openRegistry(registry.home, { ...openOptions(), asIs: true });
  const result = await examine(registry.home, { open: asIs });
  const { status, observed, advice } = of(result, 'settings');
  assert.deepEqual([status, result.ok, of(result, 'clock').status], ['warn', true, 'ok']);
  assert.match(observed, /journal_mode delete, synchronous full/);
  assert.match(advice ?? '', /the next command sets it back to wal: mlreg list --registry \//);
  assert.ok(readFileSync(path).equals(before), 'not one byte has changed');
  assert.deepEqual(
    readdirSync(registry.home).filter((name) => name.startsWith('mlreg.db-')),
    [],
  );
  await (await openRegistry(registry.home, openOptions())).close();
  assert.equal(header(), '0202');
});

test('folders in which nothing stays may be missing: one warning, and nothing is made', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'));
  await registry.close();
  for (const name of ['tmp', 'trash', 'quarantine']) rmSync(join(registry.home, name), { recursive: true });
  const before = readdirSync(registry.home).toSorted();
  const result = await examine(registry.home);
  const judged = result.findings.filter(({ about }) => about === 'home');
  assert.deepEqual(
    judged.filter(({ status }) => status !== 'ok').map(({ check, status }) => [check, status]),
    [['permissions', 'warn']],
  );
  assert.match(of(result, 'permissions').observed, /; tmp\/, trash\/, quarantine\/ missing$/);
  assert.equal(of(result, 'fsync').status, 'skip');
  assert.ok(result.ok);
  assert.deepEqual(readdirSync(registry.home).toSorted(), before);
});

test('a file in place of the folder, or above it: no advice to make a registry there', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'afile');
  writeFileSync(file, '');
  for (const home of [file, join(file, 'registry')]) {
    const named = of(await examine(home), 'registry');
    assert.deepEqual([named.status, named.code], ['fail', 'NOT_FOUND']);
    assert.match(named.observed, /^no registry at .*: ".*afile" is a file$/);
    assert.equal(named.advice, 'use the folder of a registry: --registry DIR');
    const found = of(await examine(home, { foundBy: null }), 'registry');
    assert.deepEqual([found.status, found.advice], ['skip', `mlreg init DIR: "${file}" is a file`]);
    await assert.rejects(openRegistry(home, openOptions()), (error: MlregError) => {
      failsWith('NOT_FOUND', /no registry in ".*": ".*afile" is a file/)(error);
      assert.equal(error.hint, 'use the folder of a registry: --registry DIR');
      return true;
    });
  }
});

test('the schema of a database is not called its format', async (t) => {
  const registry = await tempRegistry(t);
  await registry.close();
  setPragma(registry.home, 'user_version = 99');
  const result = await examine(registry.home);
  assert.equal(of(result, 'format').observed, 'format 1');
  assert.match(
    of(result, 'database').observed,
    /^the registry's database has schema 99; this mlreg supports \d+$/,
  );
});

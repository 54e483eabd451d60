import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ColumnDrift } from '../../src/drift/drift-report.ts';
import { driftVersion } from '../../src/drift/drift-version.ts';
import { driftInput } from '../support/drifted.ts';
import { failsWith, fixture, tempFolder } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

interface Expected {
  columns?: Record<string, ExpectedColumn>;
  driftedColumns?: number;
  share?: number;
  datasetDrift?: boolean;
  skippedColumns?: string[];
  command: string;
  exit?: number;
}
interface ExpectedColumn {
  skipped?: string;
  method: string;
  statistic?: number | null;
  exactStatistic?: number;
  pvalue?: number;
  exactPvalue?: number;
  drifted: boolean;
  missing?: number[];
  infinite?: number[];
  other?: Record<'psi' | 'kl' | 'js' | 'wasserstein', number> & {
    ks?: { statistic: number; pvalue: number };
  };
}

function near(value: number | null | undefined, expected: number, tolerance: number, what: string): void {
  const allowed = Math.max(Math.abs(expected) * tolerance, 1e-15);
  assert.ok(
    typeof value === 'number' && Math.abs(value - expected) <= allowed,
    `${what}: ${value}, not ${expected}`,
  );
}

/** `six` is an integer column of six values, which either rule may judge. */
const categorical = new Set(['six']);

function check(name: string, found: ColumnDrift, expected: ExpectedColumn): void {
  const { measures } = found;
  const { ks, ...distances } = expected.other ?? {};
  if (!categorical.has(name)) {
    assert.equal(found.method, expected.method, name);
    assert.equal(found.drifted, expected.drifted, name);
    const statistic = expected.statistic ?? expected.exactStatistic ?? null;
    if (statistic === null) assert.equal(found.statistic, null);
    else near(found.statistic, statistic, 1e-10, `${name} statistic`);
    near(found.pvalue, expected.pvalue ?? expected.exactPvalue ?? 0, 1e-9, `${name} p`);
  }
  if (expected.missing !== undefined) assert.deepEqual(found.missing, expected.missing, name);
  if (expected.infinite !== undefined) assert.deepEqual(found.infinite, expected.infinite, name);
  for (const [measure, value] of Object.entries(distances))
    near(measures[measure as keyof typeof distances], value, 1e-10, `${name} ${measure}`);
  if (ks === undefined) return;
  assert.equal(measures.ks?.statistic, ks.statistic, `${name} D`);
  near(measures.ks?.pvalue, ks.pvalue, 1e-9, `${name} p of KS`);
}

const folder = fixture('drift');
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

for (const { name } of cases)
  test(`the case ${name} has the values that scipy and numpy compute`, async (t) => {
    const registry = await tempRegistry(t);
    await add(registry, 'm', join(folder, 'golden.json'));
    const [reference, live] = [join(folder, name, 'reference.csv'), join(folder, name, 'current.csv')];
    const expected = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as Expected;
    const method = expected.command.includes('--method ks') ? ('ks' as const) : null;
    const run = () => driftVersion(registry, driftInput('m', reference, live, { judge: { method } }));
    if (expected.exit === 2) {
      await assert.rejects(run(), (error: Error) => failsWith('INVALID_INPUT', /"a"/)(error));
      return;
    }
    const result = await run();
    for (const [column, wanted] of Object.entries(expected.columns ?? {})) {
      const found = result.columns.find((one) => one.name === column);
      if (wanted.skipped === undefined) {
        assert.ok(found, column);
        check(column, found, wanted);
      } else
        assert.ok(
          result.skipped.some((one) => one.name === column && one.reason.startsWith('no value left')),
        );
    }
    if (expected.skippedColumns !== undefined)
      assert.deepEqual(
        result.skipped.map((one) => one.name),
        expected.skippedColumns,
      );
    // As six is judged by either rule, it may drift or not.
    if (expected.datasetDrift !== undefined) assert.equal(result.datasetDrift, expected.datasetDrift);
    if (expected.driftedColumns !== undefined) assert.equal(result.driftedColumns, expected.driftedColumns);
    if (expected.share !== undefined) assert.equal(result.share, expected.share);
    assert.doesNotMatch(JSON.stringify(result), /NaN/);
  });

test('live data of the same kind is no drift, moved data is, by the KS values of scipy', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'm', fixture('breast_cancer_lr/model.onnx'));
  const at = (file: string): string => fixture(`breast_cancer_lr/${file}`);
  const expected = JSON.parse(readFileSync(at('drift_expected.json'), 'utf8')) as {
    shifted: string[];
    ks: Record<string, Record<string, { statistic: number; pvalue: number }>>;
  };
  for (const file of ['live_same', 'live_drift']) {
    const result = await driftVersion(registry, driftInput('m', at('train.csv'), at(`${file}.csv`)));
    assert.equal(result.drifted, file === 'live_drift');
    assert.equal(result.inputs?.length, 30);
    for (const [name, { statistic, pvalue }] of Object.entries(expected.ks[file] ?? {})) {
      const found = result.columns.find((one) => one.name === name);
      assert.equal(found?.statistic, statistic);
      near(found.pvalue, pvalue, 1e-9, name);
    }
    if (file === 'live_same') continue;
    const drifted = result.columns.filter((one) => one.drifted).map((one) => one.name);
    assert.deepEqual(drifted, expected.shifted);
  }
});

test('an input that is missing, of another type or empty is drift by itself', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  await add(registry, 'cars', fixture('cars_mixed_inputs/model.onnx'));
  const train = fixture('cars_mixed_inputs/test.csv');
  const [header = '', ...rows] = readFileSync(train, 'utf8').trim().split('\n');
  const names = header.split(',');
  const at = names.indexOf('horsepower');
  const write = (file: string, change: (cells: string[]) => string[]): string => {
    const text = [header, ...rows].map((line, row) =>
      row === 0 && file !== 'gone' ? line : change(line.split(',')).join(','),
    );
    writeFileSync(join(folder, `${file}.csv`), `${text.join('\n')}\n`);
    return join(folder, `${file}.csv`);
  };
  const drift = async (file: string, change: (cells: string[]) => string[]) => {
    const live = write(file, change);
    return driftVersion(registry, driftInput('cars', train, live, { target: 'target' }));
  };
  const same = await drift('same', (cells) => cells);
  assert.equal(same.drifted, false);
  for (const [file, kind, change] of [
    ['gone', 'missing-column', (cells: string[]) => cells.toSpliced(at, 1)],
    ['text', 'retyped', (cells: string[]) => cells.with(at, 'many')],
    ['empty', 'empty', (cells: string[]) => cells.with(at, '')],
  ] as const) {
    const { drifted, datasetDrift, findings } = await drift(file, change);
    assert.equal(datasetDrift, false);
    assert.equal(drifted, true, file);
    assert.deepEqual(
      findings.filter(({ serious }) => serious).map((one) => [one.kind, one.column]),
      [[kind, 'horsepower']],
    );
  }
});

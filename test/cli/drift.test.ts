import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openRegistry } from '../../src/index.ts';
import { assertDocumented } from '../support/documented-json.ts';
import { openMain } from '../support/run-main.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Two columns of 300 rows, of which `shift` moves the first; `b` stays. */
function table(shift: number): string {
  const rows = Array.from(
    { length: 300 },
    (_, at) => `${((at * 37) % 300) / 100 + shift},${(at * 53) % 300}`,
  );
  return ['a,b', ...rows, ''].join('\n');
}

async function prepared(t: TestContext) {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'model.bin'), 'any model');
  writeFileSync(join(cwd, 'train.csv'), table(0));
  writeFileSync(join(cwd, 'live.csv'), table(1));
  writeFileSync(join(cwd, 'hook.sh'), '#!/bin/sh\ncat > "$(dirname "$0")/hook.json"\nexit 3\n');
  chmodSync(join(cwd, 'hook.sh'), 0o755);
  const run = openMain(t, cwd);
  await run(['init']);
  const registered = await run(['register', 'm', join(cwd, 'model.bin')]);
  assert.equal(registered.code, 0, registered.stderr);
  return { cwd, run, line: ['drift', 'm', '--reference', 'train.csv', '--live', 'live.csv'] };
}

test('drift is told in every form, ends with 5, and gives a program its result', async (t) => {
  const { cwd, run, line } = await prepared(t);
  const junit = join(cwd, 'drift.xml');
  const { code, stdout } = await run([...line, '--json', '--junit', junit, '--exec', join(cwd, 'hook.sh')]);
  assert.equal(code, 5);
  const result = JSON.parse(stdout);
  assertDocumented(result);
  assert.deepEqual([result.drifted, result.share, result.saved, result.exec.code], [true, 0.5, null, 3]);
  assert.match(result.warnings.join('\n'), /hook\.sh.*3/);
  const given = JSON.parse(readFileSync(join(cwd, 'hook.json'), 'utf8'));
  assert.deepEqual(given.columns, result.columns);
  assert.match(readFileSync(junit, 'utf8'), /<failure[^>]*>[^<]*/);

  const text = await run([...line, '--format', 'table']);
  assert.match(text.stdout, /\ba\b.*\bks\b/);
  assert.equal(text.code, 5);
  assert.match((await run([...line, '--markdown'])).stdout, /\| `a` \|/);
});

test('a report that cannot be written is refused before anything is stored or run', async (t) => {
  const { cwd, run, line } = await prepared(t);
  const inside = ['--junit', join(cwd, 'registry', 'drift.xml')];
  const { code, stderr } = await run([...line, ...inside, '--save', '--exec', join(cwd, 'hook.sh')]);
  assert.equal(code, 2, stderr);
  assert.equal(existsSync(join(cwd, 'hook.json')), false);
  assert.equal((await run(['history', 'm', '--json'])).stdout.includes('"measure"'), false);
});

test('methods, thresholds and corrections decide, and what is odd is named', async (t) => {
  const { cwd, run, line } = await prepared(t);
  const judged = async (...args: string[]) => JSON.parse((await run([...line, ...args, '--json'])).stdout);
  assert.equal((await judged('--method', 'wasserstein', '--threshold', '9')).drifted, false);
  assert.equal((await judged('--share', '0.6')).drifted, false);
  const byColumn = await judged('--method', 'a=psi', '--bins', 'deciles');
  assert.deepEqual(
    byColumn.columns.map(({ method }: { method: string }) => method),
    ['psi', 'ks'],
  );
  assert.equal((await judged('--correction', 'holm')).correction, 'holm');
  writeFileSync(
    join(cwd, 'live.csv'),
    table(0).replaceAll(/^([\d.]+),/gm, (_, a: string) => `${Number(a) * 1000},`),
  );
  const { findings } = await judged();
  assert.ok(findings.some(({ kind, column }: Record<string, string>) => kind === 'unit' && column === 'a'));
});

test('without a reference, the stored profile of the version is the reference', async (t) => {
  const { cwd, run } = await prepared(t);
  const registry = await openRegistry(join(cwd, 'registry'));
  t.after(() => registry.close());
  await assert.rejects(registry.drift('m', { live: join(cwd, 'live.csv') }), {
    code: 'NOT_FOUND',
    hint: /mlreg profile train\.csv --model m@1\.0\.0/,
  });
  assert.equal((await run(['profile', 'train.csv', '--model', 'm'])).code, 0);
  const fromProfile = await registry.drift('m', { live: join(cwd, 'live.csv') });
  const fromData = await registry.drift('m', {
    live: join(cwd, 'live.csv'),
    reference: join(cwd, 'train.csv'),
  });
  const verdicts = ({ columns }: typeof fromData) => columns.map(({ name, drifted }) => [name, drifted]);
  assert.deepEqual(verdicts(fromProfile), verdicts(fromData));
});

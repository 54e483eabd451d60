import Database from 'better-sqlite3';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDigest } from '../../src/core/versions/artifact.ts';
import { recordRun, type RunRecord } from '../../src/predict/run-record.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { lastJudgedEvent } from '../../src/registry/stages/evidence/round.ts';
import type { VersionRecord } from '../../src/core/versions/version-record.ts';
import { eventDetails } from '../../src/render/inspect/event-details.ts';
import { fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, ref, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

const run: RunRecord = {
  data: parseDigest(`sha256:${'ab'.repeat(32)}`),
  rows: 1797,
  rejected: 3,
  device: 'cpu',
  seconds: 0.25,
  shard: '2/4',
  kept: 1790,
};

async function registered(context: Cleanup): Promise<{ registry: TempRegistry; record: VersionRecord }> {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const { record } = await show(registry, ref('digits'));
  return { registry, record };
}

test('a run is an event of its version, in words and as data', async (context) => {
  const { registry, record } = await registered(context);
  const { event, warnings } = await recordRun(registry, record, run);
  assert.deepEqual(warnings, []);
  const { events } = await history(registry, { limit: 1 });
  const [last] = events;
  assert.ok(last !== undefined);
  assert.deepEqual([last.seq, last.action, last.model, last.version], [event, 'predict', 'digits', '1.0.0']);
  assert.deepEqual(last.details, run);
  assert.equal(eventDetails(last), '1797 rows, rejected 3, shard 2/4, data sha256:abababababab');
  await recordRun(registry, record, { ...run, rejected: 0, shard: null, kept: null });
  const [plain] = (await history(registry, { limit: 1 })).events;
  assert.equal(plain && eventDetails(plain), '1797 rows, data sha256:abababababab');
  assert.deepEqual(Object.keys(plain?.details ?? {}).toSorted(), [
    'data',
    'device',
    'rejected',
    'rows',
    'seconds',
  ]);
  assert.deepEqual((await verify(registry, {})).problems, []);
});

test('a run is not a reason to judge a version again', async (context) => {
  const { registry, record } = await registered(context);
  const before = await lastJudgedEvent(registry, record.name, record.version);
  await recordRun(registry, record, run);
  assert.equal(await lastJudgedEvent(registry, record.name, record.version), before);
});

test('an export leaves runs out, so that it stays the same', async (context) => {
  const { registry, record } = await registered(context);
  const [one, two] = ['one', 'two'].map((name) => join(tempFolder(context), `${name}.tar`));
  const first = await exportVersions(registry, { refs: [exact('digits@1.0.0')], output: one ?? '' });
  await recordRun(registry, record, run);
  const second = await exportVersions(registry, { refs: [exact('digits@1.0.0')], output: two ?? '' });
  assert.equal(second.index, first.index);
  const other = await tempRegistry(context);
  await importVersions(other, { path: two ?? '' });
  assert.deepEqual(
    (await history(other, { limit: 9, name: ref('digits').name })).events.map(({ action }) => action),
    ['import'],
  );
});

test('a run that cannot be recorded is a warning', async (context) => {
  const registry = await tempRegistry(context, { waitMs: 20 });
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const { record } = await show(registry, ref('digits'));
  const other = new Database(join(registry.home, 'mlreg.db'));
  context.after(() => other.close());
  other.exec('begin immediate');
  const { event, warnings } = await recordRun(registry, record, run);
  assert.equal(event, null);
  assert.match(warnings[0] ?? '', /^the run was not recorded: .*(?:lock|busy|writ)/i);
});

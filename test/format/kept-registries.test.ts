import assert from 'node:assert/strict';
import { Chalk } from 'chalk';
import Database from 'better-sqlite3';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listBenches } from '../../src/bench/report/list-benches.ts';
import { recheckBench } from '../../src/bench/report/recheck.ts';
import { storedBench } from '../../src/bench/report/stored-bench.ts';
import { hexOf } from '../../src/core/versions/artifact.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { compare } from '../../src/registry/inspect/compare.ts';
import { addGolden } from '../../src/registry/golden/add-golden.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { pull } from '../../src/registry/exchange/pull.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { benchListView } from '../../src/render/bench/bench-list-view.ts';
import { benchMarkdown } from '../../src/render/bench/bench-markdown.ts';
import { benchView } from '../../src/render/bench/bench-view.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { runCli } from '../support/run-cli.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  exact,
  modelName,
  openOptions,
  ref,
  stage,
  tempRegistry,
  homeOf,
} from '../support/temp-registry.ts';

/**
 * Registries that earlier versions of mlreg wrote, kept as they were: `registry-N` has schema N.
 * Whatever is done to the format, they open, verify and go on. (Git keeps neither empty folders nor
 * read-only modes.)
 */
async function openKept(context: Cleanup, name: string): Promise<Registry> {
  const home = join(tempFolder(context), 'registry');
  cpSync(fileURLToPath(new URL(name, import.meta.url)), home, { recursive: true });
  for (const folder of ['tmp', 'trash', 'quarantine']) mkdirSync(join(home, folder), { recursive: true });
  const blobs = join(home, 'blobs', 'sha256');
  for (const blob of readdirSync(blobs)) chmodSync(join(blobs, blob), 0o444);
  const registry = await openRegistry(home, openOptions({ at: Date.UTC(2027, 0, 1) }));
  context.after(() => registry.close());
  return registry;
}

test('a registry of schema 1 opens, is whole, says what it said, and goes on', async (context) => {
  const registry = await openKept(context, 'registry-1');
  const before = await verify(registry, {});
  assert.deepEqual([before.ok, before.problems], [true, []]);
  assert.deepEqual(before.checked, { events: 16, blobs: 16, bytes: 44439 });

  const { record, stages, benches } = await show(registry, ref('digits@production'));
  assert.deepEqual([record.version, stages], ['1.0.1', ['production']]);
  assert.deepEqual([record.golden, record.amended], [null, null]);
  assert.equal(record.metadata.metrics?.['accuracy'], 0.9722222222222222);
  assert.deepEqual(record.tags, { ...record.metadata.tags, team: 'vision' });
  assert.deepEqual(record.parents, ['digits@1.0.0']);
  assert.equal(benches.length, 1);
  const prerelease = (await show(registry, ref('team/labels@0.3.0-rc.1+gpu'))).record;
  assert.equal(prerelease.metadata.description, 'a classifier of labels\nin two lines');
  const { events } = await history(registry, {
    name: modelName('digits'),
    stage: stage('production'),
    limit: 9,
  });
  assert.deepEqual(
    events.map(({ action, from, to }) => `${action} ${from} ${to}`),
    ['rollback 2.0.0 1.0.1', 'promote 1.0.1 2.0.0', 'promote 1.0.0 1.0.1', 'promote null 1.0.0'],
  );

  const same = await add(registry, 'team/labels', fixture('pickles/logreg.pkl'), {
    metadata: { tags: { owner: 'ada' } },
  });
  assert.deepEqual([same.ref, same.changed], ['team/labels@0.3.0', false], 'the identity is still known');
  const next = await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'));
  assert.equal(next.ref, 'digits@1.1.0', 'compared with 1.0.1, since 2.0.0 is yanked');
  await promote(registry, { ref: exact(next.ref), stage: stage('production') });
  const back = await rollback(registry, {
    name: modelName('digits'),
    stage: stage('production'),
    back: { steps: 2 },
  });
  assert.equal(back.to, '1.0.0');
  const after = await verify(registry, {});
  assert.deepEqual(after.problems, []);

  const database = new Database(join(homeOf(registry), 'mlreg.db'), { readonly: true });
  context.after(() => void database.close());
  assert.equal(database.pragma('user_version', { simple: true }), 5);
});

test('a version with an older graph digest is compared by one that is made of its stored bytes', async (context) => {
  const registry = await openKept(context, 'registry-1');
  const { record } = await show(registry, ref('digits@1.0.1'));
  assert.equal(record.onnx?.graphDigestVersion, undefined);
  const next = await add(registry, 'digits', fixture('digits_mlp_bad/model.onnx'));
  assert.equal(
    `${next.ref} ${next.bumpReason}`,
    'digits@1.0.2 the weights changed since 1.0.1; the graph is the same',
  );
  const { graph } = await compare(registry, [ref('digits@1.0.1'), ref('digits@1.0.2')]);
  assert.deepEqual([graph?.same, graph?.parameters], [true, [2411, 2411]]);
  rmSync(join(homeOf(registry), 'blobs', 'sha256', hexOf(record.artifact.files[0]!.digest)));
  const apart = await compare(registry, [ref('digits@1.0.1'), ref('digits@1.0.2')]);
  assert.equal(apart.graph?.same, null, 'without its bytes, nothing can be told');
});

test('a registry of schema 2 opens, is whole, and knows golden sets, amendments, deletions and stages', async (context) => {
  const registry = await openKept(context, 'registry-2');
  const { problems, checked } = await verify(registry, {});
  assert.deepEqual(problems, []);
  assert.equal(checked.events, 16);
  assert.deepEqual(await registry.metadata.stages(), ['staging', 'canary', 'production']);
  const { record, metadata, stages } = await show(registry, ref('digits@production'));
  assert.deepEqual([record.version, stages], ['1.0.0', ['canary', 'production']]);
  assert.deepEqual(
    record.golden?.files.map(({ path }) => path),
    ['golden.json'],
  );
  assert.deepEqual(record.amended, { description: 'the small one', metrics: { live: 0.961 } });
  assert.equal(metadata.description, 'the small one');
  assert.deepEqual(record.tags, { dataset: 'digits', owner: 'ada' });
  await assert.rejects(show(registry, ref('digits@1.0.2')), /was deleted/);
  assert.equal((await testVersion(registry, { ref: ref('digits@production') })).verdict, 'pass');
});

test('a registry of schema 3 opens, is whole, and knows clocks, amendments, executables and a lost history', async (context) => {
  const registry = await openKept(context, 'registry-3');
  const { problems, checked } = await verify(registry, {});
  assert.deepEqual(problems, []);
  assert.equal(checked.events, 27);
  assert.equal((await registry.metadata.head()).lost, null);

  const { record, metadata, amendments } = await show(registry, ref('digits@production'));
  assert.equal(record.version, '1.0.0');
  assert.deepEqual(record.source?.ci, {
    system: 'github',
    url: 'https://github.example/vision/digits/actions/runs/42',
    repository: 'vision/digits',
  });
  assert.deepEqual(metadata.params, { hidden: '{"layers":[32,16]}', seed: '12345678901234567890' });
  assert.deepEqual(
    [record.metadata.metrics, metadata.metrics],
    [{ accuracy: 0.95 }, { accuracy: 0.961, live: 0.94 }],
  );
  assert.deepEqual(
    amendments.map(({ metric, actor, event }) => [metric, actor, event]),
    [
      ['accuracy', 'ada', 16],
      ['live', 'ada', 16],
    ],
  );

  const server = await show(registry, ref('server'));
  assert.deepEqual(server.record.executable, ['run.sh']);
  const directory = join(tempFolder(context), 'server');
  await pull(registry, { ref: ref('server'), directory });
  assert.equal(statSync(join(directory, 'run.sh')).mode & 0o111, 0o111);

  const { events } = await history(registry, { limit: 50 });
  const told = (wanted: string): unknown[] =>
    events.filter(({ action }) => action === wanted).map(({ details }) => details);
  assert.deepEqual(told('fix-clock'), [{ last: { at: 1796210906622, seq: 9 }, wrong: 1 }]);
  assert.equal(told('hook').length, 2);
  assert.deepEqual(
    told('accept-history').map((details) => (details as { lost: { seq: number } }).lost.seq),
    [27],
  );
  const registered = events.find(({ model, action }) => model === 'server' && action === 'register');
  assert.ok(registered);
  assert.deepEqual(
    await registry.metadata.timeOf({ event: registered, now: registry.now() }),
    { at: events.find(({ action }) => action === 'fix-clock')?.at, trusted: false },
    'registered by a clock that was ahead: it counts from the correction on',
  );
  const { verdict, gates } = await checkPromotion(registry, {
    ref: exact('digits@1.0.0'),
    stage: stage('production'),
  });
  assert.equal(verdict, 'fail');
  assert.match(gates[1]?.reason ?? '', /eve in event 13/, 'approved before the metric changed');
});

test('what earlier versions measured is listed, shown and judged again', async (context) => {
  for (const [name, fullId, of, fingerprint, verdict, judged] of [
    ['registry-1', 'a781b467-cd2d-4faa-8497-779d061e07a4', 'digits@1.0.1', '53ad518ea746d733', null, []],
    ['registry-2', 'd624b664-550b-4fda-8a37-0a5444400864', 'digits@1.0.0', '53ad518ea746d733', null, []],
    [
      'registry-3',
      '4c496a3c-c1da-4126-b125-67b1208f6c2c',
      'digits@1.0.0',
      '4bcbfdfc321324a6',
      'pass',
      ['golden', 'p95<=1s'],
    ],
    [
      'registry-4',
      '26ae03ec-0f54-4dab-8016-244ef8126297',
      'digits@1.0.0',
      '41be5d41a7978e59',
      'pass',
      ['golden'],
    ],
  ] as const) {
    const registry = await openKept(context, name);
    const { benches } = await listBenches(registry, { ref: ref('digits'), limit: 9 });
    assert.deepEqual(
      benches.map((each) => [each.id, each.ref, each.mode, each.verdict, each.latencyMs?.n]),
      [[fullId, of, 'solo', verdict, 60]],
    );
    const run = await storedBench(registry, benches[0]?.shortId ?? '');
    assert.deepEqual([run.id, run.subject.ref, run.baseline], [fullId, of, null]);
    assert.deepEqual(
      run.report.gates.map(({ gate }) => gate),
      judged,
    );
    assert.deepEqual([run.samples.length, run.samples[0]?.length], [1, 60]);
    const style = { color: new Chalk({ level: 0 }), width: 80, now: run.at };
    assert.match(benchView.text(run, style), /LATENCY[^]*█[^]*stored +[0-9a-f-]+, just now/);
    assert.match(benchMarkdown(run), /^### (?:✅ )?`digits@1\.0\.[01]`(?: passes)?: p50/);
    assert.equal(
      benchListView.text({ benches, nextPage: null }, style).includes(`all measured on ${fingerprint}`),
      true,
    );
    const shown = await runCli(['bench', '--show', fullId, '--json', '--registry', homeOf(registry)], {
      cwd: homeOf(registry),
    });
    assert.equal(shown.code, 0, shown.stderr);

    const gates = async (maxMs: { p50?: number; p95?: number }) =>
      (await recheckBench(registry, { id: fullId, maxMs })).report.gates
        .filter(({ gate }) => gate !== 'golden')
        .map(({ verdict }) => verdict);
    assert.deepEqual(await gates({ p50: 1000, p95: 1e-6 }), ['pass', 'fail']);
    // What no version has written is damage, not a crash.
    const database = new Database(join(homeOf(registry), 'mlreg.db'));
    context.after(() => void database.close());
    for (const result of [
      '{}',
      '[]',
      '7',
      'null',
      '{"status":"ok","environment":{"fingerprint":"x","facts":null}}',
    ]) {
      database.prepare('update measurements set result = ?').run(result);
      await assert.rejects(
        storedBench(registry, fullId),
        failsWith('INTEGRITY', /cannot read the stored benchmark/),
      );
      assert.equal((await listBenches(registry, { limit: 9 })).benches.length, 1);
    }
  }
});

test('a registry of schema 4 opens, is whole, and gets golden sets', async (context) => {
  const registry = await openKept(context, 'registry-4');
  const { problems, checked } = await verify(registry, {});
  assert.deepEqual(problems, []);
  assert.equal(checked.events, 13);
  const { record } = await show(registry, ref('digits@production'));
  assert.deepEqual([record.version, record.golden?.files.length, record.addedGolden], ['1.0.0', 1, []]);
  const measured = await registry.metadata.measurements(
    { name: 'drift', schema: 1, read: (result) => ({ result: result as object }) },
    { limit: 9 },
  );
  assert.deepEqual(
    measured.rows.map(({ id, result }) => [id, result]),
    [['5d0f6c1e-3f0e-4c50-9d3c-6a3d5b6d6f01', { share: 0.25 }]],
  );
  const retrained = exact('digits@1.0.1');
  await yank(registry, { ref: retrained, reason: null });
  const before = await checkPromotion(registry, { ref: retrained, stage: stage('production') });
  assert.match(before.gates[0]?.reason ?? '', /has no golden set/, 'the policy of then applies');
  const added = await addGolden(registry, {
    ref: retrained,
    path: fixture('digits_mlp_retrained/golden.json'),
  });
  assert.deepEqual([added.changed, added.sets], [true, 1]);
  const after = await checkPromotion(registry, { ref: retrained, stage: stage('production') });
  assert.equal(after.gates[0]?.verdict, 'pass');
  assert.deepEqual((await verify(registry, {})).problems, []);
});

for (const name of ['registry-1', 'registry-2', 'registry-3', 'registry-4']) {
  test(`the models of ${name} can be exported, and imported into a new registry`, async (context) => {
    const from = await openKept(context, name);
    const { rows } = await from.metadata.models({ limit: 10 });
    const output = join(tempFolder(context), 'all.tar');
    const { versions } = await exportVersions(from, {
      refs: rows.map((row) => ref(row.name)),
      all: true,
      output,
    });
    const to = await tempRegistry(context);
    assert.equal((await importVersions(to, { path: output })).versions.length, versions.length);
    assert.deepEqual((await verify(to, {})).problems, []);
    for (const { ref: each } of versions) {
      const [one, other] = [await show(from, ref(each)), await show(to, ref(each))];
      assert.deepEqual({ ...other.record, imported: null }, { ...one.record, imported: null });
    }
  });
}

test('completing and doctor leave a registry of an earlier schema as it is', async (context) => {
  const home = join(tempFolder(context), 'registry');
  cpSync(fileURLToPath(new URL('registry-1', import.meta.url)), home, { recursive: true });
  for (const folder of ['tmp', 'trash', 'quarantine']) mkdirSync(join(home, folder), { recursive: true });
  const cwd = dirname(home);
  const completed = await runCli(['__complete', '--', 'show', 'digits@'], { cwd });
  assert.match(completed.stdout, /digits@production/);
  const doctor = await runCli(['doctor', '--json'], { cwd });
  assert.match(doctor.stdout, /schema 1 \(the next command upgrades it to 5\)/);
  const database = new Database(join(home, 'mlreg.db'), { readonly: true });
  context.after(() => void database.close());
  assert.equal(database.pragma('user_version', { simple: true }), 1);
});

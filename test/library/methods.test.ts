import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandTable } from '../../src/cli/command-table.ts';
import {
  createRegistry,
  openRegistry,
  type ModelRegistry,
  type VersionListOptions,
} from '../../src/index.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';

async function newRegistry(t: Cleanup): Promise<ModelRegistry> {
  const registry = await createRegistry(join(tempFolder(t), 'registry'), { actor: 'ada' });
  t.after(() => registry.close());
  return registry;
}

const mlp = fixture('digits_mlp/model.onnx');
const wider = fixture('digits_mlp_v2/model.onnx');

test('what a command does, a method does', async (t) => {
  const registry = await newRegistry(t);
  /** Commands of the terminal, what makes a registry, and what only draws what `show` gives. */
  const notOfARegistry = new Set(['init', 'schema', 'doctor', 'completion', 'card', 'version']);
  for (const { names } of commandTable) {
    const [name = ''] = names;
    if (notOfARegistry.has(name)) continue;
    const method = (registry as unknown as Record<string, unknown>)[name];
    assert.ok(method !== undefined, `mlreg ${name} has no method: add it in src/api/verbs/`);
  }
});

test('register, promote, look, roll back: the results of the verbs', async (t) => {
  const registry = await newRegistry(t);
  const first = await registry.register('digits', mlp, {
    metadata: { metrics: { accuracy: 0.975 }, data: [{ name: 'train', uri: 's3://models/train.csv' }] },
    data: { train: fixture('digits_mlp/train.csv') },
    git: false,
    message: 'nightly',
  });
  assert.deepEqual([first.ref, first.changed, first.bump], ['digits@1.0.0', true, 'initial']);
  const hash = 'sha256:b0f0c955d35fcc6dee95beefd62a08890152c6f7a7c22e94199b07f939671ac4';
  assert.deepEqual(first.data, [{ name: 'train', hash, size: 346_703, uri: 's3://models/train.csv' }]);
  const second = await registry.register('digits', wider, { version: '2.0.0', git: false });
  assert.deepEqual([second.version, second.previous], ['2.0.0', '1.0.0']);

  assert.equal(await registry.find('digits@production'), undefined);
  const move = await registry.promote(first.ref, { to: 'production', expect: null });
  assert.deepEqual([move.from, move.to, move.event?.actor], [null, '1.0.0', 'ada']);
  assert.equal(typeof move.event?.at, 'number');
  const planned = await registry.promote(second.ref, { to: 'production', dryRun: true });
  assert.deepEqual([planned.changed, planned.to, planned.dryRun], [false, '2.0.0', true]);
  await registry.promote(second.ref, { to: 'production', expect: 'digits@1.0.0' });

  const shown = await registry.show('digits@production~1');
  assert.deepEqual([shown.ref, shown.record.metadata.metrics], ['digits@1.0.0', { accuracy: 0.975 }]);
  assert.deepEqual(await registry.find('digits'), await registry.show('digits'));
  const { models } = await registry.list();
  assert.deepEqual(models[0]?.stages, [{ stage: 'production', version: '2.0.0' }]);
  const page = await registry.list('digits', { limit: 1 });
  const next = await registry.list('digits', { limit: 1, page: page.nextPage ?? '' });
  assert.deepEqual(
    [...page.versions, ...next.versions].map(({ version }) => version),
    ['2.0.0', '1.0.0'],
  );

  const back = await registry.rollback('digits', { expect: '2.0.0', yank: true, message: 'too slow' });
  assert.deepEqual([back.from, back.to], ['2.0.0', '1.0.0']);
  assert.equal((await registry.show('digits@2.0.0')).record.yanked?.reason, 'too slow');
  assert.deepEqual((await registry.list('digits')).versions.length, 1);
  assert.deepEqual((await registry.list('digits', { yanked: true })).versions.length, 2);
  assert.equal((await registry.unyank('digits@2.0.0')).yanked, false);
  assert.equal((await registry.yank('digits@2.0.0', { message: 'slow' })).yanked, true);
  const before = Date.now();
  assert.equal((await registry.demote('digits', { stage: 'production' })).to, null);

  const { events } = await registry.history('digits', { stage: 'production', limit: 2 });
  assert.deepEqual(
    events.map(({ action }) => action),
    ['demote', 'rollback'],
  );
  assert.equal((await registry.history({ limit: 1 })).events[0]?.action, 'demote');
  const { holders } = await registry.history({ at: new Date(before - 1) });
  assert.equal(holders?.length, 1);
  assert.deepEqual((await registry.verify()).problems, []);
  assert.equal((await registry.verify('digits@1.0.0')).ref, 'digits@1.0.0');
});

test('tag, describe, delete, stages, filters', async (t) => {
  const registry = await newRegistry(t);
  await registry.register('digits', mlp, { git: false, metadata: { metrics: { accuracy: 0.97 } } });
  const second = await registry.register('digits', wider, {
    git: false,
    golden: fixture('digits_mlp/golden.json'),
    stage: 'staging',
  });
  assert.deepEqual([second.golden?.files, second.promotion?.to], [1, second.version]);
  const { tags } = await registry.tag('digits@1.0.0', { owner: 'ada', draft: 'yes' });
  assert.deepEqual(tags, { owner: 'ada', draft: 'yes' });
  assert.deepEqual((await registry.tag('digits@1.0.0', { draft: null })).tags, { owner: 'ada' });
  await registry.describe('digits@1.0.0', { description: 'the small one', metrics: { auc: 0.99 } });
  const { metadata } = await registry.show('digits@1.0.0');
  assert.deepEqual(metadata, {
    metrics: { accuracy: 0.97, auc: 0.99 },
    tags: { owner: 'ada' },
    description: 'the small one',
  });
  const refs = async (name: string, options: VersionListOptions) =>
    (await registry.list(name, options)).versions.map(({ version }) => version);
  assert.deepEqual(await refs('digits', { where: 'auc>0.9 and accuracy>=0.97' }), ['1.0.0']);
  assert.deepEqual(await refs('digits', { tags: { owner: 'ada' } }), ['1.0.0']);
  assert.deepEqual(await refs('digits', { stage: 'staging' }), [second.version]);
  assert.equal((await registry.list({ where: 'auc>0.9' })).models.length, 0, 'of the latest versions');

  assert.deepEqual((await registry.stage.add('canary', { after: 'staging' })).stages, [
    'staging',
    'canary',
    'production',
  ]);
  assert.equal((await registry.stage.remove('canary')).changed, true);
  assert.deepEqual((await registry.stage.list()).stages, ['staging', 'production']);
  await assert.rejects(registry.delete(second.ref), failsWith('CONFLICT', /holds staging/));
  await registry.delete('digits@1.0.0', { message: 'too small' });
  assert.equal(await registry.find('digits@1.0.0'), undefined);
  const page = await registry.history({ limit: 1 });
  assert.equal(page.events[0]?.message, 'too small');
  const next = await registry.history({ limit: 1, page: page.nextPage ?? '' });
  assert.equal(next.events[0]?.action, 'stage-remove');
});

test('pull and bench', async (t) => {
  const registry = await newRegistry(t);
  await registry.register('digits', mlp, { git: false });
  const output = join(tempFolder(t), 'out');
  const { directory, changed } = await registry.pull('digits', { output });
  assert.deepEqual([directory, changed, existsSync(join(output, 'model.onnx'))], [output, true, true]);
  const { report, samples, id } = await registry.bench('digits', {
    iterations: 60,
    launches: 1,
    warmup: 2,
    shapes: { batch: 3 },
    ranges: { X: [0, 16] },
    timeout: '2m',
    maxP95: 60_000,
    memoryLimit: '2GiB',
  });
  assert.equal(report.status, 'ok');
  assert.deepEqual(report.input.shapes, { X: [3, 64] });
  assert.deepEqual([report.plan.timeoutMs, report.plan.memoryLimitBytes], [120_000, 2 ** 31]);
  assert.deepEqual([samples[0]?.length, report.gates[0]?.verdict], [60, 'pass']);
  assert.equal((await registry.show('digits')).benches[0]?.id, id);

  const { benches, nextPage } = await registry.benches('digits', { limit: 1 });
  assert.deepEqual([benches[0]?.id, benches[0]?.verdict, nextPage], [id, 'pass', null]);
  assert.equal((await registry.benches()).benches.length, 1);
  const stored = await registry.storedBench(id ?? '');
  assert.deepEqual([stored.report, stored.samples], [report, samples]);
  const again = await registry.recheckBench(benches[0]?.shortId ?? '', { maxP95: '1ns' });
  assert.equal(again.report.gates[0]?.verdict, 'fail');
  await assert.rejects(registry.recheckBench(id ?? '', {}), failsWith('USAGE', /needs a threshold/));
  await assert.rejects(registry.storedBench('0000'), failsWith('NOT_FOUND', /no stored benchmark/));
});

test('a profile and a grid of settings', async (t) => {
  const registry = await newRegistry(t);
  await registry.register('digits', mlp, { git: false });
  const quick = { iterations: 40, warmup: 2 };
  const { report } = await registry.bench('digits', { ...quick, launches: 1, profile: true });
  assert.equal(report.profile?.operators.find(({ op }) => op === 'Softmax')?.countPerRun, 1);
  const seen = new Set<string>();
  const { cells, best } = await registry.benchMatrix(
    'digits',
    { threads: [1], batch: [1, 4] },
    { ...quick, onProgress: ({ setting }) => seen.add(setting) },
  );
  assert.deepEqual(
    cells.map(({ setting, runs, batch }) => [setting.map(([, value]) => value), runs, batch]),
    [
      [[1, 1], 40, 1],
      [[1, 4], 40, 4],
    ],
  );
  assert.equal(best.length, 1);
  assert.deepEqual(seen, new Set(['threads=1 batch=1', 'threads=1 batch=4']));
});

test('bench feeds a golden set, a file or what it makes up', async (t) => {
  const registry = await newRegistry(t);
  const golden = fixture('digits_mlp/golden.json');
  await registry.register('digits', mlp, { git: false, golden });
  const quick = { iterations: 20, launches: 1, warmup: 1 };
  const sources = [{}, { input: golden }, { synthetic: true }, { seed: 3, rtol: 0.5 }];
  const reports = [];
  for (const options of sources)
    reports.push((await registry.bench('digits', { ...quick, ...options })).report);
  assert.deepEqual(
    reports.map(({ input, outputs }) => [input.source, outputs.match]),
    [
      ['golden', true],
      ['file', true],
      ['synthetic', true],
      ['synthetic', true],
    ],
  );
  await assert.rejects(registry.bench('digits', { input: '' }), failsWith('INVALID_INPUT', /input/));
  await assert.rejects(registry.bench('digits', { atol: -1 }), failsWith('INVALID_INPUT', /atol/));
  await assert.rejects(registry.bench('digits', { input: golden, batch: 2 }), failsWith('USAGE', /--input/));
});

test('a registry is where the command finds it, and is made once', async (t) => {
  const folder = tempFolder(t);
  const [cwd, env] = [process.cwd(), process.env['MLREG_REGISTRY']];
  t.after(() => {
    process.chdir(cwd);
    if (env === undefined) delete process.env['MLREG_REGISTRY'];
    else process.env['MLREG_REGISTRY'] = env;
  });
  delete process.env['MLREG_REGISTRY'];
  const below = join(folder, 'src');
  mkdirSync(below);
  process.chdir(folder);
  await assert.rejects(openRegistry(), failsWith('NOT_FOUND', /no registry/));
  const made = await createRegistry();
  await made.register('digits', mlp, { git: false });
  await made.close();
  process.chdir(below);
  {
    await using found = await openRegistry();
    assert.equal(found.home, made.home);
    await using again = await createRegistry(made.home);
    assert.equal((await again.list()).models.length, 1);
  }
  process.env['MLREG_REGISTRY'] = join(folder, 'other');
  await assert.rejects(openRegistry(), failsWith('NOT_FOUND'));
  await using other = await createRegistry();
  assert.equal(other.home, join(folder, 'other'));
  await using named = await openRegistry('../registry');
  assert.equal(named.home, made.home);
});

test('compare and test: what was found, whatever it is', async (t) => {
  const registry = await newRegistry(t);
  const golden = fixture('digits_mlp/golden.json');
  await registry.register('digits', mlp, { metadata: { metrics: { accuracy: 0.97 } }, golden, git: false });
  await registry.register('digits', wider, { metadata: { metrics: { accuracy: 0.98 } }, git: false });
  const { metrics, signatures } = await registry.compare('digits@1.0.0', 'digits@1.1.0');
  assert.deepEqual([metrics[0]?.changes[0]?.better, signatures[0]?.compatible], [true, true]);
  assert.equal((await registry.test('digits@1.0.0')).verdict, 'pass');
  assert.equal((await registry.test('digits@1.1.0', { against: golden, timeout: '50s' })).verdict, 'fail');
  const loose = await registry.test('digits@1.0.0', { atol: 1, rtol: 0 });
  assert.equal(loose.cases[0]?.outputs.find(({ dtype }) => dtype === 'float32')?.atol, 1);
  await assert.rejects(registry.test('digits@1.0.0', { atol: -1 }), failsWith('INVALID_INPUT', /atol/));
  await assert.rejects(registry.test('digits@1.1.0'), failsWith('NOT_FOUND', /no golden set/));
});

test('export and import, from one registry into another', async (t) => {
  const [from, to] = [await newRegistry(t), await newRegistry(t)];
  await from.register('digits', mlp, { git: false, metadata: { metrics: { accuracy: 0.97 } } });
  const output = join(tempFolder(t), 'digits.tar');
  const { form, versions } = await from.export(['digits'], { output, all: true });
  assert.deepEqual([form, versions[0]?.ref], ['tar', 'digits@1.0.0']);
  await assert.rejects(from.export(['digits'], { output }), failsWith('CONFLICT'));
  assert.equal((await from.export(['digits@1.0.0'], { output, force: true })).output, output);
  assert.equal((await to.import(output, { message: 'from training' })).changed, true);
  assert.equal((await to.import(output)).changed, false);
  const { record } = await to.show('digits');
  assert.equal(record.artifact.digest, versions[0]?.digest);
  assert.equal(record.imported?.actor, 'ada');
  const wrong = { output, name: 'x' } as Parameters<ModelRegistry['export']>[1];
  await assert.rejects(from.export(['digits'], wrong), failsWith('INVALID_INPUT', /unknown option/));
});

test('register takes links and objects in params where it is asked to, and tells what stayed out', async (t) => {
  const folder = tempFolder(t);
  const registry = await newRegistry(t);
  const model = join(folder, 'model');
  mkdirSync(join(model, '.git'), { recursive: true });
  writeFileSync(join(model, '.git', 'HEAD'), 'x');
  symlinkSync(mlp, join(model, 'model.onnx'));
  const options = { git: false, data: { train: model }, metadata: { params: { layers: [64, 32] } } };
  await assert.rejects(
    registry.register('digits', model, options),
    failsWith('INVALID_INPUT', /symbolic link/),
  );
  const { files, leftOut } = await registry.register('digits', model, { ...options, followLinks: true });
  assert.deepEqual(
    files.map(({ path }) => path),
    ['model.onnx'],
  );
  assert.deepEqual(
    leftOut.map(({ of }) => of),
    ['model', 'data train'],
  );
  const { record } = await registry.show('digits');
  assert.deepEqual(record.metadata.params, { layers: '[64,32]' });
});

test('a model is described and deleted by methods of its own, which no version can be mistaken for', async (t) => {
  const registry = await newRegistry(t);
  await registry.register('digits', mlp, { git: false });
  await registry.register('digits', wider, { git: false });
  const said = await registry.describeModel('digits', { description: 'reads postcodes', owner: 'vision' });
  assert.deepEqual(said, { name: 'digits', changed: true, description: 'reads postcodes', owner: 'vision' });
  const { models } = await registry.list();
  assert.deepEqual([models[0]?.description, models[0]?.owner], ['reads postcodes', 'vision']);
  assert.equal((await registry.list('digits')).owner, 'vision');
  assert.deepEqual((await registry.show('digits')).model, {
    description: 'reads postcodes',
    owner: 'vision',
  });
  assert.equal((await registry.describeModel('digits', { owner: '' })).owner, null);
  for (const misuse of [
    () => registry.describe('digits', { description: 'x' }),
    () => registry.delete('digits'),
    () => registry.describeModel('digits', {}),
  ])
    await assert.rejects(misuse(), failsWith('USAGE'));
  for (const misuse of [
    () => registry.describeModel('digits@1.0.0', { owner: 'x' }),
    () => registry.deleteModel('digits@1.0.0'),
    () => registry.describeModel('digits', { owner: 'a\nb' }),
    () => registry.describeModel('digits', { owner: 1 as unknown as string }),
  ])
    await assert.rejects(misuse(), failsWith('INVALID_INPUT'));
  const gone = await registry.deleteModel('digits', { message: 'over' });
  assert.deepEqual(
    gone.versions.map(({ version }) => version),
    ['1.0.0', '1.1.0'],
  );
  await assert.rejects(registry.deleteModel('digits'), failsWith('NOT_FOUND'));
  assert.deepEqual((await registry.list()).models, []);
});

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compare } from '../../src/registry/inspect/compare.ts';
import { deleteVersion } from '../../src/registry/versions/delete-version.ts';
import { describe } from '../../src/registry/versions/describe.ts';
import { exportVersions, type ExportInput } from '../../src/registry/exchange/export.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { pull } from '../../src/registry/exchange/pull.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { tag } from '../../src/registry/versions/tag.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { wholeHistory } from '../../src/core/versions/amendments.ts';
import { failsWith, fixture, flipBit, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  exact,
  modelName,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
  homeOf,
} from '../support/temp-registry.ts';

const model = fixture('digits_mlp/model.onnx');
const wider = fixture('digits_mlp_v2/model.onnx');
const golden = fixture('digits_mlp/golden.json');

/** A registry with digits 1.0.0, with a golden set, and 1.1.0, made from it; both changed since. */
async function origin(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', model, {
    metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision', draft: 'yes' }, description: 'first' },
    golden,
    ciRun: { system: 'gitlab', url: 'https://gitlab.com/acme/models/-/jobs/2' },
    message: 'nightly',
  });
  registry.clock.at += 1000;
  await add(registry, 'digits', wider, { metadata: { metrics: { auc: 0.95 }, parents: ['digits@1.0.0'] } });
  await tag(registry, { ref: exact('digits@1.0.0'), set: { owner: 'ada' }, remove: ['draft'] });
  await describe(registry, {
    ref: exact('digits@1.0.0'),
    amendment: { description: 'the small one', metrics: { live: 0.8 } },
  });
  registry.clock.at += 1000;
  await promote(registry, { ref: exact('digits@1.0.0'), stage: stage('production') });
  await yank(registry, { ref: exact('digits@1.1.0'), reason: 'trained on leaked labels' });
  return registry;
}

async function out(
  context: Cleanup,
  registry: Registry,
  name: string,
  rest: Partial<ExportInput> = {},
): Promise<string> {
  const output = join(tempFolder(context), name);
  await exportVersions(registry, { refs: [ref('digits')], all: true, ...rest, output });
  return output;
}

const shown = async (registry: Registry, text: string) => {
  const { record, metadata, children } = await show(registry, ref(text));
  return { ...record, imported: null, metadata, children };
};

const everything = async (registry: Registry) => ({
  events: await registry.metadata.eventsAscending({ after: 0, limit: 1000 }),
  models: await registry.metadata.models({ limit: 100 }),
});

async function assertWhole(registry: Registry): Promise<void> {
  assert.deepEqual((await verify(registry, {})).problems, []);
  assert.deepEqual(readdirSync(join(homeOf(registry), 'tmp')), []);
}

for (const name of ['digits.tar', 'layout']) {
  test(`what was exported to ${name} is the same in another registry, and importing it again changes nothing`, async (context) => {
    const from = await origin(context);
    const path = await out(context, from, name);
    const to = await tempRegistry(context);
    to.clock.at += 86_400_000;
    const first = await importVersions(to, { path, message: 'from training' });
    assert.deepEqual([first.changed, first.warnings], [true, []]);
    assert.deepEqual(
      first.versions.map((one) => [one.ref, one.changed]),
      [
        ['digits@1.0.0', true],
        ['digits@1.1.0', true],
      ],
    );
    await assertWhole(to);
    for (const each of ['digits@1.0.0', 'digits@1.1.0']) {
      assert.deepEqual(await shown(to, each), await shown(from, each));
      assert.equal((await verify(to, { ref: ref(each) })).ok, true);
    }
    const { record, stages } = await show(to, ref('digits@1.0.0'));
    assert.deepEqual(stages, [], 'stages are a registry’s own');
    assert.equal(record.golden?.files.length, 1);
    const { id } = await from.metadata.registry();
    assert.deepEqual(record.imported, { at: to.clock.at, actor: 'tester', registry: id });
    assert.equal(
      (await compare(to, [ref('digits@1.0.0'), ref('digits@1.1.0')])).signatures[0]?.compatible,
      true,
    );
    assert.equal((await testVersion(to, { ref: ref('digits@1.0.0'), tolerance: {} })).verdict, 'pass');
    const files = join(tempFolder(context), 'files');
    await pull(to, { ref: ref('digits@1.0.0'), directory: files });
    assert.ok(readFileSync(join(files, 'model.onnx')).equals(readFileSync(model)));

    const before = await everything(to);
    const second = await importVersions(to, { path });
    assert.deepEqual([second.changed, second.warnings], [false, []]);
    assert.deepEqual(await everything(to), before);
    // The registry that it came from has it already, too.
    assert.equal((await importVersions(from, { path })).changed, false);
    await assertWhole(from);
  });
}

test('the history goes along, through any number of registries', async (context) => {
  const first = await origin(context);
  const second = await tempRegistry(context);
  await importVersions(second, { path: await out(context, first, 'a.tar'), message: 'to staging' });
  await tag(second, { ref: exact('digits@1.0.0'), set: { checked: 'yes' }, remove: [] });
  await yank(second, { ref: exact('digits@1.1.0'), reason: null });
  const third = await tempRegistry(context);
  await importVersions(third, { path: await out(context, second, 'b.tar') });
  await assertWhole(third);
  const { record } = await show(third, ref('digits@1.0.0'));
  assert.deepEqual(record.tags, { checked: 'yes', owner: 'ada', team: 'vision' });
  assert.equal(record.createdAt, Date.UTC(2026, 0, 1));
  assert.equal((await show(third, ref('digits@1.1.0'))).record.yanked, null);
  const { events } = await history(third, { name: modelName('digits'), limit: 10 });
  const all = wholeHistory(events.toReversed().filter((event) => event.version === '1.0.0'));
  assert.deepEqual(
    all.map(({ action, message }) => [action, message]),
    [
      ['register', 'nightly'],
      ['tag', null],
      ['describe', null],
      ['promote', null],
      ['import', 'to staging'],
      ['tag', null],
      ['import', null],
    ],
  );
  assert.deepEqual(
    events.map(({ action }) => action),
    ['import', 'import'],
  );
});

test('the next number follows what was imported', async (context) => {
  const to = await tempRegistry(context);
  await importVersions(to, { path: await out(context, await origin(context), 'a.tar') });
  const next = await add(to, 'digits', fixture('digits_mlp_retrained/model.onnx'));
  assert.deepEqual([next.version, next.previous], ['1.0.1', '1.0.0']);
  await yank(to, { ref: exact('digits@1.1.0'), reason: null });
  assert.equal((await add(to, 'digits', model, { metadata: { framework: 'x' } })).previous, '1.1.0');
  await assertWhole(to);
});

test('the same export twice gives the same bytes, wherever the references stand', async (context) => {
  const registry = await origin(context);
  const one = await out(context, registry, 'a.tar');
  registry.clock.at += 5000;
  const other = await out(context, registry, 'b.tar', {
    all: false,
    refs: [ref('digits@1.1.0'), ref('digits@production'), ref('digits@1.0.0')],
  });
  assert.ok(readFileSync(one).equals(readFileSync(other)));
});

test('parents that are nowhere stay names; those that are here are linked', async (context) => {
  const from = await origin(context);
  const child = await out(context, from, 'child.tar', { all: false, refs: [ref('digits@1.1.0')] });
  const alone = await tempRegistry(context);
  await importVersions(alone, { path: child });
  assert.deepEqual((await show(alone, ref('digits@1.1.0'))).record.parents, ['digits@1.0.0']);
  await importVersions(alone, { path: await out(context, from, 'all.tar') });
  await assertWhole(alone);

  const both = await tempRegistry(context);
  await importVersions(both, {
    path: await out(context, from, 'parent.tar', { all: false, refs: [ref('digits@1.0.0')] }),
  });
  await importVersions(both, { path: child });
  assert.deepEqual((await show(both, ref('digits@1.0.0'))).children, ['digits@1.1.0']);
  await assertWhole(both);
});

const clashes: [what: string, message: RegExp, prepare: (to: TempRegistry) => Promise<unknown>][] = [
  [
    'other bytes',
    /different bytes or metadata/,
    (to) => add(to, 'digits', wider, { number: { kind: 'exact', version: version('1.1.0') } }),
  ],
  [
    'a number of the same precedence',
    /same precedence as 1\.1\.0/,
    (to) => add(to, 'digits', wider, { number: { kind: 'exact', version: version('1.1.0+gpu') } }),
  ],
  [
    'a version that was deleted',
    /was deleted; its number cannot be reused/,
    async (to) => {
      await add(to, 'digits', wider, { number: { kind: 'exact', version: version('1.1.0') } });
      await deleteVersion(to, { ref: exact('digits@1.1.0') });
    },
  ],
];

for (const [what, message, prepare] of clashes) {
  test(`${what} under one of the numbers is a conflict, and nothing is imported`, async (context) => {
    const to = await tempRegistry(context);
    await prepare(to);
    const before = await everything(to);
    const path = await out(context, await origin(context), 'a.tar');
    await assert.rejects(importVersions(to, { path }), failsWith('CONFLICT', message));
    assert.deepEqual(await everything(to), before);
    await assertWhole(to);
  });
}

test('importing over damaged blobs repairs them', async (context) => {
  const to = await tempRegistry(context);
  const path = await out(context, await origin(context), 'a.tar');
  await importVersions(to, { path });
  const [file] = (await show(to, ref('digits@1.0.0'))).record.artifact.files;
  flipBit(blobPath(to.home, file?.digest ?? ''));
  const { changed, warnings } = await importVersions(to, { path });
  assert.equal(changed, false);
  assert.match(warnings.join(), /^repaired 1 damaged blob/);
  await assertWhole(to);
});

for (const name of ['a.tar', 'layout']) {
  for (const [what, harm] of [
    ['corrupt', flipBit],
    ['missing', (path: string) => rmSync(path, { force: true })],
    ['longer', (path: string) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('x')]))],
    ['shorter', (path: string) => writeFileSync(path, readFileSync(path).subarray(1))],
  ] as const) {
    test(`a stored blob that is ${what} stops the export to ${name}, and nothing is left of it`, async (context) => {
      const registry = await origin(context);
      const [file] = (await show(registry, ref('digits@1.0.0'))).record.artifact.files;
      harm(blobPath(registry.home, file?.digest ?? ''));
      const folder = tempFolder(context);
      const attempt = exportVersions(registry, {
        refs: [ref('digits')],
        all: true,
        output: join(folder, name),
      });
      await assert.rejects(attempt, failsWith('INTEGRITY'));
      assert.deepEqual(readdirSync(folder), []);
    });
  }
}

test('what is there already is replaced only where that was asked for, and only if it is an export', async (context) => {
  const registry = await origin(context);
  const folder = tempFolder(context);
  const to = (name: string, force = false) =>
    exportVersions(registry, { refs: [ref('digits')], output: join(folder, name), force });
  for (const name of ['a.tar', 'layout']) {
    await to(name);
    await assert.rejects(to(name), failsWith('CONFLICT', /nothing was written/));
    await to(name, true);
  }
  mkdirSync(join(folder, 'empty'));
  await to('empty');
  mkdirSync(join(folder, 'mine'));
  writeFileSync(join(folder, 'mine', 'oci-layout'), '{}');
  writeFileSync(join(folder, 'mine', 'thesis.txt'), 'x');
  mkdirSync(join(folder, 'folder.tar'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link.tar'));
  writeFileSync(join(folder, 'file'), 'x');
  for (const name of ['mine', 'folder.tar', 'link.tar', 'file'])
    await assert.rejects(to(name, true), failsWith('CONFLICT'), name);
  assert.equal(existsSync(join(folder, 'mine', 'thesis.txt')), true);
  await assert.rejects(to('none/a.tar'), failsWith('NOT_FOUND', /folder .* does not exist/));
  await assert.rejects(to('a.tar.gz'), failsWith('INVALID_INPUT', /compression/));
  const within = exportVersions(registry, { refs: [ref('digits')], output: join(registry.home, 'a.tar') });
  await assert.rejects(within, failsWith('INVALID_INPUT', /inside the registry/));
  assert.equal(
    readdirSync(folder).some((name) => name.startsWith('.mlreg')),
    false,
  );
});

test('what is not there cannot be exported or imported', async (context) => {
  const registry = await origin(context);
  const output = join(tempFolder(context), 'a.tar');
  const attempt = (input: Partial<ExportInput>) =>
    exportVersions(registry, { refs: [ref('digits')], output, ...input });
  await assert.rejects(attempt({ refs: [ref('digits@9.0.0')] }), failsWith('NOT_FOUND'));
  await assert.rejects(attempt({ refs: [ref('cars')], all: true }), failsWith('NOT_FOUND'));
  await assert.rejects(attempt({ refs: [ref('digits@1.0.0')], all: true }), failsWith('USAGE'));
  await assert.rejects(importVersions(registry, { path: output }), failsWith('NOT_FOUND'));
});

test('an interrupted export or import leaves nothing behind', async (context) => {
  const registry = await origin(context);
  const path = await out(context, registry, 'a.tar');
  const stop = new AbortController();
  const folder = tempFolder(context);
  const input = { refs: [ref('digits')], output: join(folder, 'b.tar'), onProgress: () => stop.abort() };
  await assert.rejects(exportVersions({ ...registry, signal: stop.signal }, input), { name: 'AbortError' });
  assert.deepEqual(readdirSync(folder), []);
  const to = await tempRegistry(context);
  await assert.rejects(importVersions({ ...to, signal: stop.signal }, { path }), { name: 'AbortError' });
  assert.equal((await everything(to)).events.length, 1);
  await assertWhole(to);
});

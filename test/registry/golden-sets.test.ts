import { Chalk } from 'chalk';
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hexOf } from '../../src/core/versions/artifact.ts';
import { goldenSetsOf } from '../../src/core/versions/golden-sets.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { addGolden } from '../../src/registry/golden/add-golden.ts';
import { testFailure } from '../../src/registry/inspect/test-failure.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { backup } from '../../src/registry/maintain/backup.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { testView } from '../../src/render/inspect/test-view.ts';
import { f32, writeGoldenJson, type Case } from '../support/golden-tensors.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  editRows,
  exact,
  ref,
  reopen,
  stage,
  tempRegistry,
  type TempRegistry,
} from '../support/temp-registry.ts';

const relu = model({
  graph: graph({
    inputs: [tensor('x', 'float32', ['n'])],
    outputs: [tensor('y', 'float32', ['n'])],
    nodes: [node('Relu', ['x'], ['y'])],
  }),
});

const given = (x: number, y: number): Case => ({
  inputs: { x: f32([1], [x]) },
  outputs: { y: f32([1], [y]) },
});

interface Bench {
  registry: TempRegistry;
  /** Writes a golden set of these cases; returns its path. */
  golden: (...cases: Case[]) => string;
}

/** `relu@1.0.0`, with a golden set if one is given. */
async function withRelu(context: Cleanup, ...cases: Case[]): Promise<Bench> {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  writeFileSync(join(folder, 'relu.onnx'), relu);
  const golden = (...all: Case[]): string => writeGoldenJson(tempFolder(context), all);
  await add(
    registry,
    'relu',
    join(folder, 'relu.onnx'),
    cases.length === 0 ? {} : { golden: golden(...cases) },
  );
  return { registry, golden };
}

const one = exact('relu@1.0.0');

test('a golden set is added without a new version, and all sets of the version must pass', async (context) => {
  const { registry, golden } = await withRelu(context, given(1, 1));
  const before = await resolve(registry, one);
  const added = await addGolden(registry, { ref: one, path: golden(given(-1, 0), given(2, 2)) });
  assert.deepEqual(
    [added.ref, added.changed, added.sets, added.golden.cases, added.trial?.verdict, added.warnings],
    ['relu@1.0.0', true, 2, 2, 'pass', []],
  );
  const after = await resolve(registry, one);
  assert.deepEqual({ ...after, addedGolden: [] }, before, 'number, digest and facts stay');

  const passed = await testVersion(registry, { ref: one });
  assert.deepEqual(
    [passed.verdict, passed.golden.cases, passed.cases.map((each) => [each.case, each.set])],
    [
      'pass',
      1,
      [
        ['cases[0]', before.golden?.digest],
        ['cases[0]', added.golden.digest],
        ['cases[1]', added.golden.digest],
      ],
    ],
  );
  assert.deepEqual(
    passed.goldenSets.map(({ source, self, cases, verdict }) => [source, self, cases, verdict]),
    [
      ['registered', false, 1, 'pass'],
      ['added', false, 2, 'pass'],
    ],
  );
  assert.deepEqual((await verify(registry, {})).problems, []);
});

test('adding the same set again changes nothing, whoever has it', async (context) => {
  const { registry, golden } = await withRelu(context, given(1, 1));
  const path = golden(given(2, 2));
  await addGolden(registry, { ref: one, path });
  const [event] = await registry.metadata.events({ limit: 1 });
  for (const same of [path, golden(given(1, 1))]) {
    const again = await addGolden(registry, { ref: one, path: same });
    assert.deepEqual([again.changed, again.sets, again.trial], [false, 2, null]);
  }
  assert.deepEqual(await registry.metadata.events({ limit: 1 }), [event]);
});

test('a set that the version does not pass is refused, and added by force with a reason', async (context) => {
  const { registry, golden } = await withRelu(context, given(1, 1));
  const path = golden(given(2, 2), given(-3, -3));
  await assert.rejects(
    addGolden(registry, { ref: one, path }),
    failsWith('GATE_FAILED', /cases\[1\], output "y"\[0\]: expected -3, got 0.*nothing was changed/),
  );
  await assert.rejects(
    addGolden(registry, { ref: one, path, force: true }),
    failsWith('USAGE', /needs a reason/),
  );
  assert.equal(goldenSetsOf(await resolve(registry, one)).length, 1);
  const forced = await addGolden(registry, { ref: one, path, force: true, message: 'found in production' });
  assert.equal(forced.trial?.verdict, 'fail');
  assert.match(forced.warnings[0] ?? '', /does not pass this golden set.*expected -3, got 0/);

  const failed = await testVersion(registry, { ref: one });
  assert.deepEqual(
    [failed.verdict, failed.goldenSets.map(({ verdict }) => verdict)],
    ['fail', ['pass', 'fail']],
  );
  assert.match(
    testFailure(failed)?.message ?? '',
    /differ from its golden sets: cases\[1\] of golden set sha256:[0-9a-f]{12}, output "y"/,
  );
  const { blocked, gates } = await promote(registry, {
    ref: one,
    stage: stage('production'),
    require: ['golden'],
  });
  assert.deepEqual(
    [blocked?.version, gates[0]?.verdict, gates[0]?.observed],
    ['1.0.0', 'fail', '2 of 3 cases match'],
  );
});

test('a set is not added to what has no selector, is no ONNX model, or does not fit', async (context) => {
  const { registry, golden } = await withRelu(context);
  await add(registry, 'labels', fixture('pickles/logreg.pkl'));
  await assert.rejects(
    addGolden(registry, { ref: exact('labels@1.0.0'), path: golden(given(1, 1)) }),
    failsWith('INVALID_INPUT', /not an ONNX model/),
  );
  await assert.rejects(
    addGolden(registry, { ref: one, path: fixture('digits_mlp/golden.json') }),
    failsWith('INVALID_INPUT', /the model has no input "X"/),
  );
  await assert.rejects(
    addGolden(registry, { ref: one, path: join(tempFolder(context), 'none.json') }),
    failsWith('NOT_FOUND'),
  );
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), [], 'nothing is left behind');
});

test('a set that is added while a promotion is judged is judged, too', async (context) => {
  const { registry, golden } = await withRelu(context, given(1, 1));
  let done = false;
  const metadata = {
    ...registry.metadata,
    move: async (input: Parameters<typeof registry.metadata.move>[0]) => {
      if (!done) {
        done = true;
        await addGolden(registry, { ref: one, path: golden(given(-1, 7)), force: true, message: 'late' });
      }
      return registry.metadata.move(input);
    },
  };
  const { blocked, gates } = await promote(
    { ...registry, metadata },
    { ref: one, stage: stage('production'), require: ['golden'] },
  );
  assert.deepEqual([done, blocked?.version, gates[0]?.verdict], [true, '1.0.0', 'fail']);
});

test('added sets are exported and imported with their events, and verified there', async (context) => {
  const { registry, golden } = await withRelu(context, given(1, 1));
  await addGolden(registry, { ref: one, path: golden(given(2, 2)), message: 'more' });
  await addGolden(registry, { ref: one, path: golden(given(-2, 0)) });
  const output = join(tempFolder(context), 'relu.tar');
  await exportVersions(registry, { refs: [ref('relu')], output });
  const other = await tempRegistry(context);
  await importVersions(other, { path: output });
  const [theirs, own] = [await resolve(registry, one), await resolve(other, one)];
  assert.deepEqual({ ...own, imported: null }, theirs);
  assert.deepEqual((await verify(other, {})).problems, []);
  assert.equal((await testVersion(other, { ref: one })).cases.length, 3);

  // And on, with a set that is added there.
  await addGolden(other, { ref: one, path: golden(given(3, 3)) });
  const next = join(tempFolder(context), 'next.tar');
  await exportVersions(other, { refs: [ref('relu')], output: next });
  const third = await tempRegistry(context);
  await importVersions(third, { path: next });
  assert.equal(goldenSetsOf(await resolve(third, one)).length, 4);
  assert.deepEqual((await verify(third, {})).problems, []);

  // Back home, only the set that is new there is added.
  const back = await importVersions(registry, { path: next });
  assert.deepEqual([back.changed, back.warnings], [true, []]);
  assert.equal(goldenSetsOf(await resolve(registry, one)).length, 4);
  assert.equal((await testVersion(registry, { ref: one })).verdict, 'pass');
  assert.deepEqual((await verify(registry, {})).problems, []);
});

test('what was changed about an added set is found, and so are its missing bytes', async (context) => {
  const { registry, golden } = await withRelu(context);
  const { golden: set } = await addGolden(registry, { ref: one, path: golden(given(1, 1)) });
  const problems = async (): Promise<string[]> =>
    (await verify(registry, { ref: one })).problems.map(({ problem }) => problem);
  assert.deepEqual(await problems(), []);
  for (const [table, column, from, to] of [
    ['golden_sets', 'self', '0', '1'],
    ['golden_sets', 'actor', "'tester'", "'eve'"],
    ['golden_sets', 'at', 'at - 1', 'at + 1'],
    ['golden_sets', 'position', '0', '1'],
    ['artifact_files', 'size', 'size - 1', 'size + 1'],
    ['artifact_files', 'path', "'golden.json'", "'other.json'"],
    ['artifacts', 'size', 'size - 1', 'size + 1'],
  ] as const) {
    const where =
      table === 'golden_sets'
        ? ''
        : ` where ${table === 'artifacts' ? 'digest' : 'artifact_digest'} = '${set.digest}'`;
    editRows(registry.home, `update ${table} set ${column} = ${to}${where}`);
    assert.ok((await problems()).includes('its added golden sets were changed'), `${table}.${column}`);
    editRows(registry.home, `update ${table} set ${column} = ${from}${where}`);
  }
  assert.deepEqual(await problems(), []);
  const [{ artifact } = {}] = goldenSetsOf(await resolve(registry, one));
  rmSync(blobPath(registry.home, artifact?.files[0]?.digest ?? ''));
  assert.match((await problems())[0] ?? '', /missing, needed by relu@1\.0\.0 \(golden\.json\)/);
  await assert.rejects(testVersion(registry, { ref: one }), failsWith('INTEGRITY'));
  editRows(registry.home, 'delete from golden_sets');
  assert.ok((await problems()).includes('its added golden sets were changed'));
  assert.ok(set.digest.startsWith('sha256:'));
});

test('gc keeps the bytes of an added set while its version lives', async (context) => {
  const { registry, golden } = await withRelu(context);
  await addGolden(registry, { ref: one, path: golden(given(1, 1)) });
  const blobs = readdirSync(join(registry.home, 'blobs', 'sha256')).sort();
  registry.clock.at += 30 * 24 * 3600e3;
  await collectGarbage(registry, { olderThanMs: 0, yes: true });
  assert.deepEqual(readdirSync(join(registry.home, 'blobs', 'sha256')).sort(), blobs);
  const [{ artifact } = {}] = goldenSetsOf(await resolve(registry, one));
  assert.ok(blobs.includes(hexOf(artifact!.digest)));
});

test('a backup has the added sets, and is whole', async (context) => {
  const { registry, golden } = await withRelu(context, given(1, 1));
  await addGolden(registry, { ref: one, path: golden(given(2, 2)) });
  const directory = join(tempFolder(context), 'copy');
  await backup(registry, { directory });
  const copy = await reopen(context, directory);
  assert.deepEqual((await verify(copy, {})).problems, []);
  assert.equal((await testVersion(copy, { ref: one })).cases.length, 2);
});

test('each set has its own lines on a terminal and in a pipe', async (context) => {
  const { registry, golden } = await withRelu(context, given(1, 1));
  await addGolden(registry, { ref: one, path: golden(given(2, 2)) });
  const result = await testVersion(registry, { ref: one });
  const text = testView.text(result, { color: new Chalk({ level: 0 }), width: 80, now: 0 });
  assert.match(text, /match its 2 golden sets \(2 cases\)/);
  assert.match(text, /golden set [0-9a-f:sha]+ {2}registered\n {4}✓ cases\[0\][^]*golden set \S+ {2}added\n/);
  assert.deepEqual(
    testView.plain(result).map(([word, second]) => (word === 'golden' ? `${word} ${second}` : word)),
    ['ref', 'verdict', 'status', 'golden registered', 'case', 'golden added', 'case'],
  );
});

/** A judged promotion reads each stored file once, and its gates share one copy of it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { benchVersion } from '../../src/bench/run/bench-version.ts';
import { planBench } from '../../src/bench/plan/plan.ts';
import type { Digest } from '../../src/core/versions/artifact.ts';
import { isMlregError } from '../../src/core/errors.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { processMark } from '../../src/files/scratch.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { withVerifiedCopies } from '../../src/registry/verified-copies.ts';
import { fixture, flipBit, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  exact,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const bench = { iterations: 60, launches: 1, warmup: 1, threads: 1 };
/**
 * Each of these runs the model: on its golden set, against limits, and in turns with the holder.
 */
const require = ['golden', 'p95<=10s', 'p50<=10s', 'p95<=production*1000'];

/** How often the bytes of each blob are read, over the real store. */
function counted(registry: Registry): { registry: Registry; reads: Map<Digest, number> } {
  const reads = new Map<Digest, number>();
  const count = (digest: Digest): Digest => {
    reads.set(digest, (reads.get(digest) ?? 0) + 1);
    return digest;
  };
  const { blobs } = registry;
  const counting = {
    ...blobs,
    read: (digest: Digest) => blobs.read(count(digest)),
    check: (digest: Digest) => blobs.check(count(digest)),
  };
  return { reads, registry: { ...registry, blobs: counting } };
}

/**
 * Points the system's temporary folder at one of the test's own, where what is left behind shows.
 */
function ownTmp(context: Cleanup): string {
  const { TMPDIR } = process.env;
  const folder = tempFolder(context);
  process.env['TMPDIR'] = folder;
  context.after(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  });
  return folder;
}

/**
 * digits@1.0.0 holds production; digits@1.1.0 has other bytes and a golden set; a policy measures
 * both.
 */
async function judgedRegistry(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp_retrained/model.onnx'));
  await promote(registry, { ref: exact('digits@1.0.0'), stage: production });
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
    golden: fixture('digits_mlp/golden.json'),
    number: { kind: 'exact', version: version('1.1.0') },
  });
  await applyPolicy(registry, { policy: { stages: { production: { require, bench } } }, what: 'it' });
  return registry;
}

/** Files, manifests and configs of versions, with how often each is to be read. */
async function onceEach(
  registry: Registry,
  versions: Record<string, 'all' | 'files'>,
): Promise<Map<Digest, number>> {
  const blobs = [];
  for (const [name, what] of Object.entries(versions)) {
    const { artifact, golden } = await resolve(registry, ref(name));
    for (const { files, digest, configDigest } of golden === null ? [artifact] : [artifact, golden])
      blobs.push(...files.map((file) => file.digest), ...(what === 'all' ? [digest, configDigest] : []));
  }
  return new Map(blobs.map((digest) => [digest, 1]));
}

const sorted = (reads: Map<Digest, number>) => [...reads].toSorted(([a], [b]) => (a < b ? -1 : 1));

test('golden and latency gates, with limits and against the holder, read each file of both versions once', async (context) => {
  const registry = await judgedRegistry(context);
  const tmp = ownTmp(context);
  const check = counted(registry);
  const found = await checkPromotion(check.registry, { ref: ref('digits@1.1.0'), stage: production });
  assert.deepEqual(
    found.gates.map(({ gate, verdict }) => [gate, verdict]),
    require.map((gate) => [gate, 'pass']),
  );
  const expected = sorted(await onceEach(registry, { 'digits@1.1.0': 'all', 'digits@1.0.0': 'files' }));
  assert.deepEqual(sorted(check.reads), expected, 'policy check');

  const move = counted(registry);
  const moved = await promote(move.registry, { ref: exact('digits@1.1.0'), stage: production });
  assert.equal(moved.to, '1.1.0');
  assert.deepEqual(sorted(move.reads), expected, 'promote');
  assert.deepEqual(readdirSync(tmp), [], 'no copy is left');
});

test('register --to: its promotion shares a copy as well', async (context) => {
  const registry = await judgedRegistry(context);
  const counting = counted(registry);
  const added = await add(counting.registry, 'digits', fixture('digits_mlp_v2/model.onnx'), {
    stage: production,
  });
  assert.equal(added.promotion?.blocked?.version, added.version, 'it has no golden set');
  const expected = await onceEach(registry, { [added.ref]: 'all', 'digits@1.0.0': 'files' });
  assert.deepEqual(sorted(counting.reads), sorted(expected));
});

test('without a gate that runs the model nothing is copied, and each byte is read once all the same', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_conv_external'), {
    golden: fixture('digits_conv_external/golden.json'),
  });
  // Where it cannot be made, the first copy would fail.
  const tmp = ownTmp(context);
  rmSync(tmp, { recursive: true });
  const { registry: counting, reads } = counted(registry);
  const to = { ref: exact('digits@1.0.0'), stage: production };
  await promote(counting, { ...to, require: ['size<=1GB'] });
  const expected = sorted(await onceEach(registry, { 'digits@1.0.0': 'all' }));
  assert.deepEqual(sorted(reads), expected);
  reads.clear();
  assert.equal((await promote(counting, to)).changed, false);
  assert.deepEqual(sorted(reads), expected, 'the holder that is promoted again is read as well');
});

const damages: [what: string, which: (registry: TempRegistry) => Promise<Digest | undefined>][] = [
  ['its model', async (registry) => (await resolve(registry, ref('digits@1.1.0'))).artifact.files[0]?.digest],
  ['its manifest', async (registry) => (await resolve(registry, ref('digits@1.1.0'))).artifact.digest],
  [
    'its golden set',
    async (registry) => (await resolve(registry, ref('digits@1.1.0'))).golden?.files[0]?.digest,
  ],
];
for (const [what, which] of damages) {
  test(`damage of ${what} is named before anything is measured, and no copy is left`, async (context) => {
    const registry = await judgedRegistry(context);
    const digest = await which(registry);
    assert.ok(digest);
    flipBit(blobPath(registry.home, digest));
    const tmp = ownTmp(context);
    let measured = 0;
    const watched: Registry = {
      ...registry,
      latency: async (question, copies) => {
        const found = await registry.latency(question, copies);
        measured += 1;
        return found;
      },
    };
    await assert.rejects(promote(watched, { ref: exact('digits@1.1.0'), stage: production }), (error) => {
      assert.ok(isMlregError(error, 'INTEGRITY'));
      assert.match(error.message, /^digits@1\.1\.0 is damaged: the stored bytes of .+ are corrupt$/);
      assert.equal(error.details?.['digest'], digest);
      return true;
    });
    assert.equal(measured, 0);
    assert.deepEqual(readdirSync(tmp), []);
  });
}

test('a copy is for reading only, is made once, and is gone when the action fails', async (context) => {
  const registry = await judgedRegistry(context);
  const tmp = ownTmp(context);
  const record = await resolve(registry, ref('digits@1.1.0'));
  const { registry: counting, reads } = counted(registry);
  const failed = withVerifiedCopies(counting, 'test', async (copies) => {
    assert.deepEqual(readdirSync(tmp), [], 'nothing is made before it is asked for');
    const [folder, again, golden] = await Promise.all([
      copies.model(record),
      copies.model(record),
      copies.golden(record),
    ]);
    assert.equal(folder, again);
    const path = join(folder, 'model.onnx');
    assert.deepEqual(readFileSync(path), readFileSync(fixture('digits_mlp/model.onnx')));
    if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o400);
    const [set, ...others] = golden;
    assert.deepEqual([[...(set?.files.keys() ?? [])], others], [['golden.json'], []]);
    assert.ok(existsSync(set?.files.get('golden.json') ?? ''));
    assert.ok(dirname(folder).includes(`mlreg-test-${processMark()}`));
    await copies.verify(record);
    throw new Error('the end');
  });
  await assert.rejects(failed, /the end/);
  assert.deepEqual([...new Set(reads.values())], [1]);
  assert.deepEqual(readdirSync(tmp), []);
});

test('copies that are shared are used, and left to who made them', async (context) => {
  const registry = await judgedRegistry(context);
  const { registry: counting, reads } = counted(registry);
  await withVerifiedCopies(counting, 'test', async (copies) => {
    const newer = ref('digits@1.1.0');
    assert.equal((await testVersion(registry, { ref: newer, copies })).verdict, 'pass');
    for (const baseline of [undefined, ref('digits@1.0.0')]) {
      const plan = planBench({ iterations: 60, launches: 1, warmup: 1, threads: 1 });
      const { report } = await benchVersion(registry, { ref: newer, baseline, plan, keep: false, copies });
      assert.equal(report.status, 'ok', report.error?.message);
    }
  });
  assert.deepEqual(
    sorted(reads),
    sorted(await onceEach(registry, { 'digits@1.1.0': 'files', 'digits@1.0.0': 'files' })),
  );
});

test('a temporary folder that cannot be written to says which to set', async (context) => {
  const registry = await judgedRegistry(context);
  const tmp = ownTmp(context);
  rmSync(tmp, { recursive: true });
  const tested = testVersion(registry, { ref: ref('digits@1.1.0') });
  await assert.rejects(tested, (error) => {
    assert.ok(isMlregError(error, 'STORAGE'));
    assert.match(error.message, new RegExp(`^could not write to "${tmp}`));
    assert.match(error.hint ?? '', /TMPDIR/);
    return true;
  });
});

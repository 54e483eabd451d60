import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { approve } from '../../src/registry/stages/approve.ts';
import { amendmentsOf } from '../../src/registry/versions/amendments.ts';
import { describe } from '../../src/registry/versions/describe.ts';
import { tag } from '../../src/registry/versions/tag.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { addGolden } from '../../src/registry/golden/add-golden.ts';
import { authorship, type Registry } from '../../src/registry/registry.ts';
import type { Digest } from '../../src/core/versions/artifact.ts';
import { mostGoldenSets } from '../../src/core/versions/golden-sets.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, ref, stage, tempRegistry } from '../support/temp-registry.ts';

/** A version goes on in the registry that it was exported from, and comes over again. */

const one = exact('digits@1.0.0');

async function pair(context: Cleanup) {
  const from = await tempRegistry(context);
  const to = await tempRegistry(context);
  await add(from, 'digits', fixture('digits_mlp/model.onnx'), {
    metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision', draft: 'yes' }, description: 'first' },
  });
  to.clock.at += 5000;
  await carry(context, from, to);
  return { from, to };
}

async function exported(context: Cleanup, from: Registry): Promise<string> {
  const output = join(tempFolder(context), 'layout');
  await exportVersions(from, { refs: [ref('digits')], all: true, output });
  return output;
}

async function carry(context: Cleanup, from: Registry, to: Registry) {
  const result = await importVersions(to, { path: await exported(context, from) });
  assert.deepEqual((await verify(to, {})).problems, []);
  return result;
}

const state = async (registry: Registry) => {
  const { record, metadata } = await show(registry, ref('digits@1.0.0'));
  return {
    metadata,
    yanked: record.yanked,
    golden: record.addedGolden.map(({ artifact: { digest }, at, actor }) => ({ digest, at, actor })),
  };
};

test('what happened there since comes over, in one event, and then nothing is new', async (context) => {
  const { from, to } = await pair(context);
  await tag(from, { ref: one, set: { owner: 'ada', team: 'nlp' }, remove: ['draft'] });
  await describe(from, { ref: one, amendment: { description: 'second', metrics: { live: 0.8 } } });
  await addGolden(from, { ref: one, path: fixture('digits_mlp/golden.json') });
  await approve(from, { ref: one, stage: stage('production') });
  await yank(from, { ref: one, reason: 'leaked labels' });
  const path = await exported(context, from);
  const result = await importVersions(to, { path, message: 'nightly' });
  assert.deepEqual([result.changed, result.versions[0]?.updated, result.kept], [true, true, []]);
  assert.deepEqual(await state(to), await state(from));
  const [event] = await to.metadata.events({ limit: 1 });
  assert.equal(event?.action, 'import-events');
  assert.equal(event?.message, 'nightly');
  const within = event?.details['history'] as { action: string; actor: string }[];
  assert.deepEqual(
    within.map(({ action }) => action),
    ['tag', 'describe', 'golden', 'approve', 'yank'],
  );
  assert.deepEqual((await verify(to, {})).problems, []);
  const count = (await to.metadata.events({ limit: 99 })).length;
  const again = await importVersions(to, { path });
  assert.deepEqual([again.changed, again.versions[0]?.updated, again.kept], [false, false, []]);
  assert.equal((await to.metadata.events({ limit: 99 })).length, count);

  await yank(from, { ref: one, reason: null });
  assert.equal((await carry(context, from, to)).changed, true);
  assert.equal((await state(to)).yanked, null);
});

test('an export that is older than the last one changes nothing, and lists only what was changed here', async (context) => {
  const { from, to } = await pair(context);
  await tag(from, { ref: one, set: { owner: 'ada' }, remove: [] });
  const older = await exported(context, from);
  await tag(from, { ref: one, set: { owner: 'bo' }, remove: ['draft'] });
  await describe(from, { ref: one, amendment: { description: 'second', metrics: { live: 0.8 } } });
  await yank(from, { ref: one, reason: 'slow' });
  await carry(context, from, to);
  const after = await state(to);
  const result = await importVersions(to, { path: older });
  assert.deepEqual([result.changed, result.kept], [false, []]);
  assert.deepEqual(await state(to), after);

  await tag(to, { ref: one, set: { team: 'audio' }, remove: [] });
  await yank(to, { ref: one, reason: null });
  await describe(to, { ref: one, amendment: { metrics: { live: 0.7 } } });
  const about = { ref: 'digits@1.0.0' };
  assert.deepEqual((await importVersions(to, { path: older })).kept, [
    { ...about, kind: 'metric', name: 'live', here: 0.7, there: null },
    { ...about, kind: 'tag', name: 'team', here: 'audio', there: 'vision' },
  ]);
});

test('a fact that was changed here since stays and is listed with both values; the others come over', async (context) => {
  const { from, to } = await pair(context);
  await tag(from, { ref: one, set: { owner: 'ada', team: 'nlp' }, remove: ['draft'] });
  await describe(from, { ref: one, amendment: { description: 'there', metrics: { live: 0.8, cost: 3 } } });
  await tag(to, { ref: one, set: { owner: 'bob', draft: 'no', site: 'b' }, remove: [] });
  await describe(to, { ref: one, amendment: { description: 'here', metrics: { live: 0.7 } } });
  await yank(to, { ref: one, reason: 'slow' });
  const { changed, kept } = await carry(context, from, to);
  assert.equal(changed, true);
  const about = { ref: 'digits@1.0.0' };
  assert.deepEqual(kept, [
    { ...about, kind: 'description', name: null, here: 'here', there: 'there' },
    { ...about, kind: 'metric', name: 'live', here: 0.7, there: 0.8 },
    { ...about, kind: 'tag', name: 'draft', here: 'no', there: null },
    { ...about, kind: 'tag', name: 'owner', here: 'bob', there: 'ada' },
    { ...about, kind: 'tag', name: 'site', here: 'b', there: null },
    { ...about, kind: 'yank', name: null, here: 'slow', there: null },
  ]);
  const { metadata, yanked } = await state(to);
  assert.deepEqual(metadata.tags, { draft: 'no', owner: 'bob', site: 'b', team: 'nlp' });
  assert.deepEqual(metadata.metrics, { auc: 0.9, live: 0.7, cost: 3 });
  assert.equal(metadata.description, 'here');
  assert.equal(yanked?.reason, 'slow');
  const { record } = await show(to, ref('digits@1.0.0'));
  const cost = (await amendmentsOf(to, record)).find(({ metric }) => metric === 'cost');
  const [event] = await to.metadata.events({ limit: 1 });
  assert.deepEqual([cost?.registry, cost?.event], [null, event?.seq], 'an approval from before is outdated');
  assert.equal((await carry(context, from, to)).changed, false);
});

test('there and back again: a registry takes over what happened to its own version elsewhere, and a third one all of it', async (context) => {
  const { from, to } = await pair(context);
  await tag(to, { ref: one, set: { owner: 'bob' }, remove: [] });
  await tag(from, { ref: one, set: { owner: 'ada' }, remove: [] });
  await describe(to, { ref: one, amendment: { metrics: { live: 0.5 } } });
  const back = await carry(context, to, from);
  assert.deepEqual(
    back.kept.map(({ name, here, there }) => [name, here, there]),
    [['owner', 'ada', 'bob']],
  );
  assert.equal((await state(from)).metadata.metrics?.['live'], 0.5);
  assert.equal((await carry(context, from, to)).changed, true, "the first one's tag is an event that is new");
  assert.equal((await carry(context, to, from)).changed, false);
  assert.equal((await carry(context, from, to)).changed, false);
  await tag(from, { ref: one, set: { late: 'yes' }, remove: [] });
  await carry(context, from, to);
  assert.equal((await state(to)).metadata.tags?.['late'], 'yes');

  const third = await tempRegistry(context);
  await carry(context, to, third);
  assert.deepEqual(await state(third), await state(to), 'with what was kept there');
  assert.equal((await carry(context, to, third)).changed, false);
});

test('an older export brings nothing, and changes nothing', async (context) => {
  const { from, to } = await pair(context);
  const old = await exported(context, from);
  await tag(from, { ref: one, set: { owner: 'ada' }, remove: [] });
  await carry(context, from, to);
  const before = await state(to);
  assert.equal((await importVersions(to, { path: old })).changed, false);
  assert.deepEqual(await state(to), before);
});

test('golden sets that come over do not exceed the limit of a version, and nothing is changed', async (context) => {
  const { from, to } = await pair(context);
  const { record } = await show(to, ref('digits@1.0.0'));
  const fill = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const digest = `sha256:${String(at).padStart(64, '0')}` as Digest;
      const set = { artifact: { ...record.artifact, digest }, self: false, cases: 1 };
      const author = authorship(to, undefined);
      const outcome = await to.metadata.addGolden({
        name: record.name,
        version: record.version,
        ...set,
        ifCollections: 0,
        ...author,
      });
      assert.equal(outcome.outcome, 'added');
    }
  };
  await fill(mostGoldenSets);
  await addGolden(from, { ref: one, path: fixture('digits_mlp/golden.json') });
  const path = await exported(context, from);
  const [last] = await to.metadata.events({ limit: 1 });
  await assert.rejects(
    importVersions(to, { path }),
    failsWith('CONFLICT', /digits@1\.0\.0 would have more than 100 golden sets.*nothing was imported/),
  );
  assert.deepEqual(await to.metadata.events({ limit: 1 }), [last]);
});

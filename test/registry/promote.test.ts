import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demote } from '../../src/registry/stages/demote.ts';
import { promote, type PromoteInput } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { isMlregError } from '../../src/core/errors.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, ref, reopen, stage, tempRegistry, version, homeOf } from '../support/temp-registry.ts';

const production = stage('production');
const { name } = ref('digits');

async function withVersions(context: Cleanup, count: number): Promise<Registry> {
  const registry = await tempRegistry(context);
  for (let major = 1; major <= count; major += 1) {
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
      number: { kind: 'exact', version: version(`${major}.0.0`) },
    });
  }
  return registry;
}

const to = (registry: Registry, selector: string, rest: Partial<PromoteInput> = {}) =>
  promote(registry, { ref: exact(`digits@${selector}`), stage: production, ...rest });

test('a promotion says what it did', async (context) => {
  const registry = await withVersions(context, 2);
  const { event, subject, ...result } = await to(registry, '1.0.0', { message: 'first' });
  assert.deepEqual([subject?.ref, subject?.version], ['digits@1.0.0', '1.0.0']);
  assert.match(subject?.digest ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(result, {
    name: 'digits',
    stage: 'production',
    from: null,
    to: '1.0.0',
    generation: 1,
    changed: true,
    gates: [],
    warnings: [],
  });
  assert.equal(event?.message, 'first');
  assert.equal(event?.actor, 'tester');
  assert.equal((await to(registry, 'latest')).from, '1.0.0');
});

test('--expect: one of two is told who holds the stage, and nothing moves', async (context) => {
  const registry = await withVersions(context, 3);
  await to(registry, '1.0.0', { expect: 'none' });
  await assert.rejects(
    to(registry, '2.0.0', { expect: 'none' }),
    failsWith('CONFLICT', /expected production of digits to be empty, but 1\.0\.0 holds it/),
  );
  const race = await Promise.allSettled(
    ['2.0.0', '3.0.0'].map((target) => to(registry, target, { expect: version('1.0.0') })),
  );
  assert.deepEqual(race.map((result) => result.status).toSorted(), ['fulfilled', 'rejected']);
  const lost = race.find((result) => result.status === 'rejected');
  assert.ok(isMlregError(lost?.reason, 'CONFLICT'));
  assert.equal((await registry.metadata.pointer(name, production)).generation, 2);
});

test('promoting the holder again changes nothing, whatever was expected', async (context) => {
  const registry = await withVersions(context, 2);
  await to(registry, '1.0.0');
  for (const expect of [undefined, 'none', version('1.0.0'), version('2.0.0')] as const) {
    const again = await to(registry, '1.0.0', expect === undefined ? {} : { expect });
    assert.equal(again.changed, false);
    assert.equal(again.event, null);
    assert.equal(again.generation, 1);
  }
});

test('a dry run says what would move, and moves nothing', async (context) => {
  const registry = await withVersions(context, 2);
  await to(registry, '1.0.0');
  const result = await to(registry, '2.0.0', { dryRun: true });
  assert.equal(result.dryRun, true);
  assert.equal(result.changed, false);
  assert.equal(result.from, '1.0.0');
  assert.equal(result.to, '2.0.0');
  assert.equal((await registry.metadata.pointer(name, production)).version, '1.0.0');
  await assert.rejects(to(registry, '2.0.0', { dryRun: true, expect: 'none' }), failsWith('CONFLICT'));
});

test('a yanked version is refused, and the next command named', async (context) => {
  const registry = await withVersions(context, 2);
  await yank(registry, { ref: exact('digits@2.0.0'), reason: 'leaks' });
  await assert.rejects(to(registry, '2.0.0'), (error) => {
    failsWith('CONFLICT', /digits@2\.0\.0 .*is yanked: leaks/)(error);
    assert.match((error as { hint: string }).hint, /mlreg unyank digits@2\.0\.0/);
    return true;
  });
  assert.equal((await to(registry, 'latest')).to, '1.0.0');
});

test('a yank leaves the stage where it is, and says how to take it out', async (context) => {
  const registry = await withVersions(context, 1);
  await to(registry, '1.0.0');
  const result = await yank(registry, { ref: exact('digits@production'), reason: 'leaks' });
  assert.deepEqual(result.stages, ['production']);
  assert.match(
    result.warnings[0] ?? '',
    /^production still points at it: mlreg demote digits --stage production$/,
    'there is nothing to go back to',
  );
  assert.equal((await registry.metadata.pointer(name, production)).version, '1.0.0');
  await demote(registry, { name, stage: production });
});

test('where a rollback would find a holder, a yank names it', async (context) => {
  const registry = await withVersions(context, 3);
  for (const each of ['1.0.0', '2.0.0', '3.0.0']) await to(registry, each);
  const yanked = async (ref: string): Promise<string[]> =>
    (await yank(registry, { ref: exact(ref), reason: 'leaks' })).warnings;
  assert.deepEqual(await yanked('digits@1.0.0'), []);
  assert.match(
    (await yanked('digits@3.0.0'))[0] ?? '',
    /^production still points at it: mlreg rollback digits --stage production$/,
  );
  await rollback(registry, { name, stage: production, back: { steps: 1 } });
  // Below it is only what was yanked.
  assert.match((await yanked('digits@2.0.0'))[0] ?? '', /: mlreg demote digits --stage production$/);
});

test('what is not there is NOT_FOUND', async (context) => {
  const registry = await withVersions(context, 1);
  await assert.rejects(to(registry, '7.0.0'), failsWith('NOT_FOUND', /no version 7\.0\.0 of digits/));
  await assert.rejects(
    to(registry, '1.0.0', { stage: stage('qa') }),
    failsWith('NOT_FOUND', /unknown stage "qa"/),
  );
  await assert.rejects(to(registry, 'staging'), failsWith('NOT_FOUND', /staging of .* is empty/));
});

test('racing promotions without --expect are all made, one after the other', async (context) => {
  const registry = await withVersions(context, 8);
  const other = await reopen(context, homeOf(registry));
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, index) => to(index % 2 === 0 ? registry : other, `${index + 1}.0.0`)),
  );
  const generations = results.map((result) => result.generation).toSorted((a, b) => a - b);
  assert.deepEqual(generations, [1, 2, 3, 4, 5, 6, 7, 8]);
  const byGeneration = results.toSorted((a, b) => a.generation - b.generation);
  for (const [index, result] of byGeneration.entries()) {
    assert.equal(result.from, byGeneration[index - 1]?.to ?? null, 'each replaces the one before');
  }
  assert.equal((await verify(registry, {})).ok, true);
});

test('--expect on a demotion', async (context) => {
  const registry = await withVersions(context, 1);
  await to(registry, '1.0.0');
  await assert.rejects(
    demote(registry, { name, stage: production, expect: version('2.0.0') }),
    failsWith('CONFLICT'),
  );
  assert.equal((await demote(registry, { name, stage: production, expect: version('1.0.0') })).changed, true);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import type { GateResult } from '../../src/core/events/gate-result.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { promote, type PromoteInput } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import { fixture, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, ref, reopen, stage, tempRegistry, version, homeOf } from '../support/temp-registry.ts';

const production = stage('production');
const staging = stage('staging');
const { name } = ref('digits');

/** Version n.0.0 has the n-th accuracy. */
async function withAccuracies(context: Cleanup, ...all: number[]): Promise<Registry> {
  const registry = await tempRegistry(context);
  for (const [index, accuracy] of all.entries()) {
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
      number: { kind: 'exact', version: version(`${index + 1}.0.0`) },
      metadata: { metrics: { accuracy } },
    });
  }
  return registry;
}

const to = (registry: Registry, selector: string, rest: Partial<PromoteInput> = {}) =>
  promote(registry, { ref: exact(`digits@${selector}`), stage: production, ...rest });

/**
 * The registry, in which `meanwhile` happens just before a move is committed for the first time:
 * after the gates were judged.
 */
function interrupted(registry: Registry, meanwhile: () => Promise<unknown>): Registry {
  let done = false;
  const metadata: MetadataStore = {
    ...registry.metadata,
    move: async (input) => {
      if (!done) {
        done = true;
        await meanwhile();
      }
      return registry.metadata.move(input);
    },
  };
  return { ...registry, metadata };
}

test('where the holder changes after the gates were judged, they are judged again, against the new one', async (context) => {
  const registry = await withAccuracies(context, 0.8, 0.85, 0.9);
  await to(registry, '1.0.0');
  const require = ['accuracy>=production'];
  const slow = interrupted(registry, () => to(registry, '3.0.0', { require }));
  const result = await to(slow, '2.0.0', { require });
  assert.equal(result.blocked?.version, '2.0.0', '0.85 is above the first holder, and below the second');
  assert.match(result.gates[0]?.reason ?? '', /digits@3\.0\.0 has 0\.9/);
  assert.equal((await registry.metadata.pointer(name, production)).version, '3.0.0');
});

test('with --expect, the one who comes second is told, and judged no more', async (context) => {
  const registry = await withAccuracies(context, 0.8, 0.85, 0.9);
  await to(registry, '1.0.0');
  const other = await reopen(context, homeOf(registry));
  const require = ['accuracy>=production'];
  const expect = version('1.0.0');
  const race = await Promise.allSettled([
    to(registry, '2.0.0', { require, expect }),
    to(other, '3.0.0', { require, expect }),
  ]);
  assert.deepEqual(race.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  const lost = race.find((one) => one.status === 'rejected');
  assert.ok(isMlregError(lost?.reason, 'CONFLICT'));
});

test('of many at once, each that moves was judged against the one it replaced', async (context) => {
  const accuracies = [0.5, 0.9, 0.6, 0.8, 0.7, 0.95, 0.55, 0.85];
  const registry = await withAccuracies(context, ...accuracies);
  await to(registry, '1.0.0');
  const other = await reopen(context, homeOf(registry));
  const results = await Promise.all(
    accuracies
      .slice(1)
      .map((_, index) =>
        to(index % 2 === 0 ? registry : other, `${index + 2}.0.0`, { require: ['accuracy>=production'] }),
      ),
  );
  const moves = await registry.metadata.events({ actions: ['promote'], limit: 99 });
  for (const { from, to: target, details } of moves.slice(0, -1)) {
    const [gate] = details['gates'] as GateResult[];
    assert.match(
      gate?.reason ?? '',
      new RegExp(`digits@${from} has`),
      'the evidence is about the one it replaced',
    );
    assert.ok((accuracies[Number(target?.[0]) - 1] ?? 0) >= (accuracies[Number(from?.[0]) - 1] ?? 1));
  }
  assert.equal(results.filter(({ changed }) => changed).length, moves.length - 1);
  assert.equal(
    (await registry.metadata.pointer(name, production)).version,
    '6.0.0',
    'the best holds it in the end',
  );
  assert.equal((await verify(registry, {})).ok, true);
});

test('another stage that was looked at counts as well', async (context) => {
  const registry = await withAccuracies(context, 0.8, 0.85, 0.9);
  await to(registry, '1.0.0');
  const slow = interrupted(registry, () => to(registry, '3.0.0'));
  const result = await promote(slow, {
    ref: exact('digits@2.0.0'),
    stage: staging,
    require: ['accuracy>=production'],
  });
  assert.equal(result.blocked?.version, '2.0.0');
  assert.equal((await registry.metadata.pointer(name, staging)).generation, 0);
});

test('a policy that is applied after the gates were judged holds', async (context) => {
  const registry = await withAccuracies(context, 0.8);
  const strict = { stages: { production: { require: ['accuracy>=0.9'] } } };
  const slow = interrupted(registry, () => applyPolicy(registry, { policy: strict, what: 'it' }));
  const result = await to(slow, '1.0.0', { require: ['accuracy>=0.7'] });
  assert.deepEqual(
    result.gates.map(({ gate, verdict }) => [gate, verdict]),
    [
      ['accuracy>=0.9', 'fail'],
      ['accuracy>=0.7', 'pass'],
    ],
  );
});

const amend = (registry: Registry, selector: string, accuracy: number) =>
  registry.metadata.amend({
    name,
    version: version(selector),
    amendment: { metrics: { accuracy } },
    force: true,
    actor: 'eve',
    at: registry.now(),
  });

test('a metric of the candidate or of the holder that is amended after the gates were judged is judged again', async (context) => {
  const registry = await withAccuracies(context, 0.8, 0.95);
  await to(registry, '1.0.0');
  const require = ['accuracy>=production', 'accuracy>=0.9'];
  const lowered = await to(
    interrupted(registry, () => amend(registry, '2.0.0', 0.1)),
    '2.0.0',
    { require },
  );
  assert.equal(lowered.blocked?.version, '2.0.0');
  assert.match(lowered.gates[1]?.reason ?? '', /accuracy is 0\.1/);
  await amend(registry, '2.0.0', 0.95);
  const raised = await to(
    interrupted(registry, () => amend(registry, '1.0.0', 0.99)),
    '2.0.0',
    { require },
  );
  assert.equal(raised.blocked?.version, '2.0.0', 'the holder is better than it');
  assert.equal((await registry.metadata.pointer(name, production)).version, '1.0.0');
  const stages = { production: { require: ['accuracy>=staging'], whenEmpty: 'pass' as const } };
  await promote(registry, { ref: exact('digits@1.0.0'), stage: staging });
  await applyPolicy(registry, { policy: { stages }, what: 'it' });
  await amend(registry, '1.0.0', 0.8);
  const other = await to(
    interrupted(registry, () => amend(registry, '1.0.0', 0.97)),
    '2.0.0',
  );
  assert.equal(other.blocked?.version, '2.0.0', 'the holder of another stage, too');
});

/** The registry, whose measurement lasts until `meanwhile` is done, and lets every gate pass. */
function measuring(registry: Registry, meanwhile: (round: number) => Promise<unknown>): Registry {
  let round = 0;
  return {
    ...registry,
    latency: async ({ gates }) => {
      await meanwhile((round += 1));
      return gates.map(() => ({ verdict: 'pass', observed: '1 ms', threshold: '1 s', reason: 'quick' }));
    },
  };
}

test('what is amended while a latency gate measures is judged as it is then, and is not measured again', async (context) => {
  const registry = await withAccuracies(context, 0.95, 0.5);
  let measured = 0;
  const slow = (accuracy: number): Registry =>
    measuring(registry, async (round) => {
      measured = round;
      await amend(registry, '1.0.0', accuracy);
    });
  const require = ['accuracy>=0.9', 'p95<1s', 'p50<1s'];
  const worse = await to(slow(0.1), '1.0.0', { require });
  assert.deepEqual(
    worse.gates.map(({ verdict }) => verdict),
    ['fail', 'pass', 'pass'],
  );
  assert.equal(measured, 1);
  const better = await to(slow(0.91), '1.0.0', { require });
  assert.equal(better.to, '1.0.0', 'a refusal is not about what was so before, either');
  assert.equal(measured, 1);
});

test('a later bench is looked for where a stored one had decided', async (context) => {
  const registry = await withAccuracies(context, 0.95);
  let rounds = 0;
  const stored: Registry = {
    ...registry,
    latency: async ({ gates }) => {
      rounds += 1;
      if (rounds === 1) await amend(registry, '1.0.0', 0.96);
      const verdict = rounds === 1 ? 'pass' : 'fail';
      return gates.map(({ statistic }) => ({
        verdict,
        observed: '',
        threshold: '',
        reason: `${statistic}, ${rounds}`,
        ...(statistic === 'p95' ? { stored: true } : {}),
      }));
    },
  };
  const { gates } = await to(stored, '1.0.0', { require: ['p95<1s', 'p50<1s'] });
  assert.deepEqual(
    gates.map(({ reason }) => reason),
    ['p95, 2', 'p50, 1'],
    'what was measured is remembered',
  );
  assert.ok(!('stored' in (gates[0] ?? {})));
});

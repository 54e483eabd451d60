import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { canonicalJson } from '../../src/core/json/canonical.ts';
import type { Metadata } from '../../src/core/metadata/metadata.ts';
import { checkPolicy } from '../../src/core/events/policy.ts';
import { attest } from '../../src/registry/exchange/attest.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  editRows,
  exact,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const staging = stage('staging');

/** 1.0.0 with an accuracy of 0.9, and 2.0.0, of several files, with one of 0.5. */
async function digits(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (const [number, path, metrics] of [
    ['1.0.0', 'digits_mlp/model.onnx', { accuracy: 0.9 }],
    ['2.0.0', 'digits_mlp', { accuracy: 0.5 }],
  ] as [string, string, Metadata['metrics']][])
    await add(registry, 'digits', fixture(path), {
      number: { kind: 'exact', version: version(number) },
      metadata: { metrics },
      ...(path.endsWith('.onnx') ? {} : { entry: 'model.onnx' }),
    });
  return registry;
}

const to = (registry: TempRegistry, number: string, require: string[], rest = {}) =>
  promote(registry, { ref: exact(`digits@${number}`), stage: production, require, ...rest });

test('a promotion is a test result and a verification of the bytes, tied to the chain', async (context) => {
  const registry = await digits(context);
  const policy = checkPolicy({ stages: { production: { require: ['size<10MB'] } } }, 'it');
  const applied = await applyPolicy(registry, { policy, what: 'it' });
  const { event } = await to(registry, '1.0.0', ['accuracy>=0.9'], { message: 'good' });
  const { ref: named, statements } = await attest(registry, { ref: ref('digits@production') });
  assert.equal(named, 'digits@1.0.0');
  const record = await registry.metadata.version(ref('digits').name, version('1.0.0'));
  const [file] = record?.artifact.files ?? [];
  const hex = (digest: string | undefined): object => ({ sha256: digest?.replace('sha256:', '') });
  const subject = [
    { name: 'digits@1.0.0', digest: hex(record?.artifact.digest) },
    { name: 'model.onnx', digest: hex(file?.digest) },
  ];
  const configuration = {
    name: 'policy',
    digest: { sha256: createHash('sha256').update(canonicalJson(policy)).digest('hex') },
    mediaType: 'application/json',
    annotations: { event: applied.event?.seq },
  };
  const { id } = await registry.metadata.registry();
  const mlreg = {
    registry: id,
    ref: 'digits@1.0.0',
    stage: 'production',
    outcome: 'promoted',
    from: null,
    to: '1.0.0',
    generation: 1,
    overridden: [],
    actor: 'tester',
    message: 'good',
    at: '2026-01-01T00:00:00.000Z',
    event: { seq: event?.seq, hash: event?.hash },
    gates: event?.details['gates'],
  };
  const around = { _type: 'https://in-toto.io/Statement/v1', subject };
  assert.deepEqual(statements, [
    {
      ...around,
      predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
      predicate: {
        result: 'PASSED',
        configuration: [configuration],
        passedTests: ['size<10MB', 'accuracy>=0.9'],
        warnedTests: [],
        failedTests: [],
        mlreg,
      },
    },
    {
      ...around,
      predicateType: 'https://in-toto.io/attestation/svr/v0.1',
      predicate: {
        verifier: { id: `urn:uuid:${id}`, policy: configuration },
        timeCreated: '2026-01-01T00:00:00.000Z',
        properties: ['mlreg:promoted:production', 'mlreg:gate:size<10MB', 'mlreg:gate:accuracy>=0.9'],
        mlreg,
      },
    },
  ]);
  // A later policy changes nothing of what was, nor does anything else that happens.
  await applyPolicy(registry, { policy: {}, what: 'it' });
  registry.clock.at += 1e9;
  assert.deepEqual((await attest(registry, { ref: ref('digits@1.0.0') })).statements, statements);
});

test('a refusal is a failed test and no promotion; what was overridden stays failed', async (context) => {
  const registry = await digits(context);
  const gates = ['size<10MB', 'accuracy>=0.9', 'auc>=0.5'];
  await to(registry, '2.0.0', gates);
  const of = async (rest = {}) => {
    const { statements } = await attest(registry, { ref: ref('digits@2.0.0'), ...rest });
    return statements.map(({ predicateType, predicate }) => ({
      kind: predicateType.split('/').at(-2),
      ...(predicate as { result?: string; failedTests?: string[]; properties?: string[] }),
      ...(predicate as { mlreg: { outcome: string; overridden: string[]; stage: string } }).mlreg,
    }));
  };
  const [blocked, ...others] = await of();
  assert.deepEqual([blocked?.result, blocked?.outcome, others.length], ['FAILED', 'blocked', 0]);
  assert.deepEqual(blocked?.failedTests, ['accuracy>=0.9', 'auc>=0.5'], 'inconclusive is no pass');
  await assert.rejects(
    of({ predicate: 'promotion' }),
    failsWith('NOT_FOUND', /no promotion of .* passed its gates/),
  );

  await to(registry, '2.0.0', gates, { force: true, message: 'drill' });
  const [forced, promotion] = await of();
  assert.deepEqual([forced?.result, forced?.overridden], ['FAILED', ['accuracy>=0.9', 'auc>=0.5']]);
  assert.deepEqual(promotion?.properties, ['mlreg:promoted:production', 'mlreg:gate:size<10MB']);
  assert.deepEqual(
    (await of({ all: true })).map(({ kind, outcome }) => `${kind} ${outcome}`),
    ['test-result blocked', 'test-result promoted', 'svr promoted'],
  );

  await promote(registry, { ref: exact('digits@2.0.0'), stage: staging, require: ['size<10MB'] });
  assert.deepEqual(
    (await of({ predicate: 'promotion' })).map(({ stage: name }) => name),
    ['production', 'staging'],
  );
  assert.equal((await of({ stage: staging })).length, 2);
});

test('nothing is attested that no gate judged, or that was changed since', async (context) => {
  const registry = await digits(context);
  await to(registry, '1.0.0', []);
  await assert.rejects(
    attest(registry, { ref: ref('digits@1.0.0') }),
    failsWith('NOT_FOUND', /nothing to attest: no gates were run for digits@1\.0\.0/),
  );
  await assert.rejects(
    attest(registry, { ref: ref('digits@1.0.0'), stage: stage('nowhere') }),
    failsWith('NOT_FOUND'),
  );
  await to(registry, '2.0.0', ['accuracy>=0.9']);
  editRows(
    registry.home,
    `update events set body = replace(body, '"verdict":"fail"', '"verdict":"pass"') where action = 'blocked'`,
  );
  await assert.rejects(attest(registry, { ref: ref('digits@2.0.0') }), failsWith('INTEGRITY'));
});

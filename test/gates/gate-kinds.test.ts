import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPolicy } from '../../src/core/events/policy.ts';
import { type Amount, formatAmount, parseAmount, requireNumber } from '../../src/gates/bound.ts';
import { gateKinds, type Evidence } from '../../src/gates/gate-kinds.ts';
import {
  wordKind,
  grammarOf,
  latestGrammar,
  type GateKinds,
  type Grammar,
} from '../../src/gates/gate-kind.ts';
import {
  judgeRequirement,
  parseGates,
  oldestGrammar,
  policyRequirements,
  withoutRepeats,
} from '../../src/gates/requirement.ts';
import { takeComparator } from '../../src/gates/scanner.ts';
import { readStoredPolicy, type StoredPolicy } from '../../src/registry/stored-policy.ts';
import { storedPolicy } from '../../src/registry/stages/policy-settings.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, stage, tempRegistry, version } from '../support/temp-registry.ts';

/** The grammar of all kinds of today; a kind to come has the next. */
const latest = latestGrammar(gateKinds);

/** What a kind to come would declare: `drift<0.1`, judged on evidence that no other kind needs. */
interface DriftEvidence {
  drift: () => Promise<number>;
}

const drift = wordKind<{ limit: Amount }, DriftEvidence>({
  kind: 'drift',
  words: ['drift'],
  since: latest + 1,
  parse(scanner) {
    takeComparator(scanner, ['<']);
    return { limit: parseAmount(scanner, requireNumber, false) };
  },
  format: ({ limit }) => `drift<${formatAmount(limit)}`,
  async judge({ limit }, evidence) {
    const found = await evidence.drift();
    return {
      verdict: found < limit.value ? 'pass' : 'fail',
      observed: String(found),
      threshold: formatAmount(limit),
      reason: `drift is ${found}`,
    };
  },
});

const more: GateKinds<Evidence & DriftEvidence> = { ...gateKinds, words: [...gateKinds.words, drift] };
const production = stage('production');
const declared = [stage('staging'), production];

const read = (text: string, grammar: Grammar<Evidence & DriftEvidence> = grammarOf(more)) =>
  parseGates(text, { what: 'it', declared, grammar });
const named = (gates: readonly { kind: string; text: string }[]) =>
  gates.map(({ kind, text }) => [kind, text]);

/** Evidence of which only that is used. */
function evidenceOf(given: Partial<Evidence & DriftEvidence>): Evidence & DriftEvidence {
  return given as Evidence & DriftEvidence;
}

test('a kind that is handed in is read, written, judged on its own evidence, and named in the result', async () => {
  const gates = read('drift < 0.10 and size<1MB, "drift">=1');
  assert.deepEqual(named(gates), [
    ['drift', 'drift<0.1'],
    ['size', 'size<1MB'],
    ['metric', '"drift">=1'],
  ]);
  assert.deepEqual(named(read(gates.map(({ text }) => text).join(', '))), named(gates));
  assert.throws(() => read('drift>=1'), failsWith('INVALID_INPUT', /expected "<"/));
  const [gate] = gates;
  assert.ok(gate !== undefined);
  assert.deepEqual(drift.of(gate), { limit: { value: 0.1, unit: null } });
  const evidence = evidenceOf({ drift: async () => 0.2 });
  assert.deepEqual((await judgeRequirement({ gate, whenEmpty: 'block' }, evidence)).result, {
    gate: 'drift<0.1',
    kind: 'drift',
    verdict: 'fail',
    observed: '0.2',
    threshold: '0.1',
    reason: 'drift is 0.2',
  });
});

test('its word is a metric in the grammar before it, and is written so that today reads it as one, too', () => {
  const before = read('drift<0.1', grammarOf(more, latest));
  assert.deepEqual(named(before), [['metric', '"drift"<0.1']]);
  assert.deepEqual(named(read('"drift"<0.1')), named(before));
  const both = [...before, ...read('drift<0.1')].map((gate) => ({ gate, whenEmpty: 'block' as const }));
  assert.equal(withoutRepeats(both).length, 2, 'a metric and a gate are two');
});

test('a policy is kept with the oldest grammar in which it means the same', () => {
  const needs = (text: string) =>
    oldestGrammar(read(text).map((gate) => ({ gate, whenEmpty: 'block' as const })));
  assert.equal(needs('auc>=0.8, golden, "drift"<1'), 1);
  assert.equal(needs('golden, drift<0.1'), latest + 1);
  assert.equal(latestGrammar(more), latest + 1);
});

const require = ['drift<0.1'];
const policy = checkPolicy({ stages: { production: { require } } }, 'it');

async function withDrift(context: Cleanup, value: number): Promise<Registry> {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
    metadata: { metrics: { drift: value } },
  });
  return registry;
}

function requirementsOf({ policy: stored, declared: then, grammar }: StoredPolicy) {
  const text = { what: 'it', declared: then, grammar: grammarOf(more, grammar) };
  return policyRequirements(stored.stages?.['production'] ?? {}, text, 'block');
}

test('a policy that was stored before a word existed keeps its reading, and so does what it lets pass', async (t) => {
  const registry = await withDrift(t, 0.05);
  await applyPolicy(registry, { policy, what: 'it' });
  const [event] = await registry.metadata.events({ model: null, actions: ['policy'], limit: 1 });
  assert.ok(event !== undefined);
  assert.deepEqual(Object.keys(event.details).toSorted(), ['policy', 'stages'], 'as ever');
  const stored = await readStoredPolicy(event, latestGrammar(more));
  const [requirement] = requirementsOf(stored);
  assert.ok(requirement !== undefined);
  assert.equal(requirement.gate.kind, 'metric');

  const candidate = await registry.metadata.version(exact('digits@1.0.0').name, version('1.0.0'));
  const evidence = evidenceOf({
    candidate,
    amendment: async () => undefined,
    drift: () => assert.fail('nobody asks for it'),
  });
  const { result } = await judgeRequirement(requirement, evidence);
  assert.deepEqual([result.verdict, result.reason], ['pass', 'drift is 0.05, which is < 0.1']);
  const moved = await promote(registry, { ref: exact('digits@1.0.0'), stage: production });
  assert.deepEqual(named(moved.gates.map((one) => ({ kind: one.kind ?? '', text: one.gate }))), [
    ['metric', 'drift<0.1'],
  ]);
});

test('a policy that was stored with a later word is read by it, and refused by who does not know it', async (t) => {
  const registry = await withDrift(t, 0.05);
  const stages = await registry.metadata.stages();
  const { event } = await registry.metadata.applyPolicy({
    policy,
    stages,
    grammar: latest + 1,
    actor: 'x',
    at: 1,
  });
  const stored = await readStoredPolicy(event, latestGrammar(more));
  assert.deepEqual(
    requirementsOf(stored).map(({ gate }) => gate.kind),
    ['drift'],
  );
  const refused = failsWith('INVALID_INPUT', /has gates that this mlreg does not know/);
  await assert.rejects(storedPolicy(registry), refused);
  await assert.rejects(promote(registry, { ref: exact('digits@1.0.0'), stage: production }), refused);
});

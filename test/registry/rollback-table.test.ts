import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import { demote } from '../../src/registry/stages/demote.ts';
import type { MoveResult } from '../../src/registry/stages/move-stage.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { fixture } from '../support/temp-folder.ts';
import { add, exact, ref, stage, tempRegistry } from '../support/temp-registry.ts';

const production = stage('production');
const { name } = ref('digits');
const versions: Record<string, string> = { A: '1.0.0', B: '2.0.0', C: '3.0.0', D: '4.0.0' };
const letters = Object.fromEntries(Object.entries(versions).map(([letter, version]) => [version, letter]));

/** The words of the table in the command contract, as the verbs they stand for. */
async function act(registry: Registry, step: string): Promise<MoveResult | undefined> {
  const [verb = '', letter = ''] = step.split(' ');
  const chosen = { ref: exact(`digits@${versions[letter] ?? '0.0.0'}`) };
  switch (verb) {
    case 'promote':
      return promote(registry, { ...chosen, stage: production });
    case 'rollback':
      return rollback(registry, { name, stage: production, back: { steps: 1 } });
    case 'demote':
      return demote(registry, { name, stage: production });
    default:
      await yank(registry, { ...chosen, reason: verb === 'yank' ? 'bad' : null });
      return undefined;
  }
}

async function held(registry: Registry, selector: string): Promise<string> {
  try {
    return letters[(await resolve(registry, ref(`digits@${selector}`))).version] ?? '?';
  } catch (error) {
    if (isMlregError(error, 'NOT_FOUND')) return 'NOT_FOUND';
    throw error;
  }
}

async function stackOf(registry: Registry): Promise<string> {
  const entries = await registry.metadata.stack({ name, stage: production, limit: 100 });
  return entries
    .map((entry) => (entry.version === null ? '∅' : letters[entry.version]))
    .toReversed()
    .join(' ');
}

const rows: [steps: string, stack: string, production: string, before: string, outcome?: string][] = [
  ['promote A, promote B, promote C', 'A B C', 'C', 'B'],
  ['promote C', 'A B C', 'C', 'B', 'unchanged'],
  ['rollback', 'A B', 'B', 'A'],
  ['promote D', 'A B D', 'D', 'B'],
  ['rollback, rollback', 'A', 'A', 'NOT_FOUND'],
  ['rollback', 'A', 'A', 'NOT_FOUND', 'CONFLICT'],
  ['promote B, promote A', 'A B A', 'A', 'B'],
  ['yank B, rollback', 'A B A', 'A', 'NOT_FOUND', 'CONFLICT'],
  ['unyank B, demote', 'A B A ∅', 'NOT_FOUND', 'A'],
  ['rollback', 'A B A', 'A', 'B'],
];

test('the table of the command contract, row by row', async (context) => {
  const registry = await tempRegistry(context);
  for (const version of Object.values(versions)) {
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
      number: { kind: 'exact', version: version as never },
    });
  }
  for (const [index, [steps, stack, holder, before, outcome]] of rows.entries()) {
    const row = `row ${index + 1}: ${steps}`;
    const all = steps.split(', ');
    for (const step of all.slice(0, -1)) await act(registry, step);
    const events = await registry.metadata.events({ limit: 100 });
    const last = await act(registry, all.at(-1) ?? '').catch((error: unknown) => {
      if (isMlregError(error)) return error.code;
      throw error;
    });
    const told = typeof last === 'string' ? last : last?.changed === false ? 'unchanged' : undefined;
    assert.equal(told, outcome, row);
    assert.equal(await stackOf(registry), stack, row);
    assert.equal(await held(registry, 'production'), holder, row);
    assert.equal(await held(registry, 'production~0'), holder, row);
    assert.equal(await held(registry, 'production~1'), before, row);
    const more = (await registry.metadata.events({ limit: 100 })).length - events.length;
    assert.equal(more, outcome === undefined ? 1 : 0, `${row}: one event for each change`);
  }
  assert.equal((await verify(registry, {})).ok, true);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rollbackLanding } from '../../src/core/events/stage-stack.ts';
import type { Version } from '../../src/core/versions/version.ts';
import type { StackEntry } from '../../src/core/versions/version-record.ts';

/** `A B! ∅` from the top down; `!` is yanked, `†` deleted. */
function stackOf(text: string): StackEntry[] {
  const marks = text.split(' ').filter((mark) => mark !== '');
  return marks.map((mark, index) => ({
    seq: marks.length - index,
    version: mark === '∅' ? null : (mark.slice(0, 1) as Version),
    below: index === marks.length - 1 ? null : marks.length - index - 1,
    yanked: mark.endsWith('!'),
    deleted: mark.endsWith('†'),
  }));
}

const table: [stack: string, steps: number, landing: number | undefined][] = [
  ['C B A', 1, 1],
  ['C B A', 2, 2],
  ['C B A', 3, undefined],
  ['A', 1, undefined],
  ['', 1, undefined],
  ['A B A', 1, 1],
  ['A B A', 2, 2],
  ['A B! A', 1, undefined],
  ['∅ A B A', 1, 1],
  ['∅ A B A', 2, 2],
  ['∅ A! B', 1, 2],
  ['C ∅ B† B! A', 1, 4],
  ['C C B', 1, 2],
  ['C! B', 1, 1],
  ['∅ ∅ A', 1, 2],
];

for (const [stack, steps, landing] of table) {
  test(`${steps} back from ${stack === '' ? 'nothing' : stack}`, () => {
    const entries = stackOf(stack);
    assert.equal(rollbackLanding(entries, steps), landing === undefined ? undefined : entries[landing]);
  });
}

const entry = fc.tuple(fc.constantFrom('A', 'B', 'C', '∅'), fc.constantFrom('', '', '', '!', '†'));
const anyStack = fc
  .array(entry, { maxLength: 8 })
  .map((marks) => stackOf(marks.map(([name, mark]) => (name === '∅' ? name : name + mark)).join(' ')));

/** What CLI users are told, word by word: pop, then drop what cannot hold the stage. */
function rollBackOnce(stack: StackEntry[]): StackEntry[] | undefined {
  const [outgoing, ...rest] = stack;
  if (outgoing === undefined) return undefined;
  const fit = rest.findIndex(
    ({ version, yanked, deleted }) => version !== null && !yanked && !deleted && version !== outgoing.version,
  );
  return fit === -1 ? undefined : rest.slice(fit);
}

test('n steps at once land where n rollbacks land', () => {
  fc.assert(
    fc.property(anyStack, fc.integer({ min: 1, max: 5 }), (stack, steps) => {
      let left: StackEntry[] | undefined = stack;
      for (let step = 0; step < steps; step += 1) left = left && rollBackOnce(left);
      assert.equal(rollbackLanding(stack, steps), left?.[0]);
    }),
    { numRuns: 2000 },
  );
});

test('a landing is the same however little of the stack below it is known', () => {
  fc.assert(
    fc.property(anyStack, fc.integer({ min: 1, max: 4 }), (stack, steps) => {
      const landing = rollbackLanding(stack, steps);
      for (let known = 0; known <= stack.length; known += 1) {
        const found = rollbackLanding(stack.slice(0, known), steps);
        assert.equal(found, landing !== undefined && known > stack.indexOf(landing) ? landing : undefined);
      }
    }),
  );
});

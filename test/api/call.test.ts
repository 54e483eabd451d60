import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { callOn, readInput } from '../../src/api/call.ts';
import { flag, filledText, message } from '../../src/api/given.ts';
import { defineVerb } from '../../src/api/verb.ts';
import { MlregError } from '../../src/core/errors.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { changing } from '../../src/schemas/result.ts';
import { failsWith } from '../support/temp-folder.ts';

const example = defineVerb({
  name: 'example',
  input: () =>
    z.strictObject({
      path: filledText,
      force: flag,
      sizes: z.record(z.string(), z.int({ error: 'a whole number' })).optional(),
      message,
    }),
  output: () => changing('example', { path: z.string() }),
  run: async (_registry, { path }) => ({ path, changed: true }),
  failure: ({ path }, { force }) =>
    path === 'bad' && force !== true
      ? new MlregError('GATE_FAILED', 'it is bad', { hint: 'use another' })
      : undefined,
});
const registry = {} as Registry;

test('a value that does not fit is named, with what would', () => {
  const refused: [given: object, message: RegExp][] = [
    [{}, /^path must be a non-empty string, not undefined$/],
    [{ path: ' ' }, /^path must be a non-empty string, not " "$/],
    [{ path: 'a', force: 1 }, /^force must be true or false, not 1$/],
    [{ path: 'a', message: null }, /^message must be a string, not null$/],
    [{ path: 'a', sizes: { x: 0.5 } }, /^sizes\.x must be a whole number, not 0\.5$/],
    [{ path: 'a', forced: true }, /^unknown option "forced" of example$/],
  ];
  for (const [given, why] of refused)
    assert.throws(() => readInput(example, given), failsWith('INVALID_INPUT', why));
});

test("a method's own argument cannot be given again among its options", async () => {
  const options = { path: 'other', force: true, sizes: {}, message: '' } as object as {
    force: boolean;
    sizes: Record<string, number>;
    message: string;
  };
  await assert.rejects(
    callOn(registry)(example, { path: 'a' }, options),
    failsWith('INVALID_INPUT', /unknown option "path" of example/),
  );
});

test('a method has all options of its verb', async () => {
  const call = callOn(registry);
  const { sizes, ...less } = { force: true, sizes: {}, message: '' };
  // @ts-expect-error `sizes` is an option of the verb, and not of the method
  assert.deepEqual(await call(example, { path: 'a' }, less), { path: 'a', changed: true });
  // @ts-expect-error `more` is none of the verb
  await assert.rejects(call(example, { path: 'a' }, { ...less, sizes, more: 1 }));
});

test('a result that is a failure rejects, unless the input says otherwise', async () => {
  const call = callOn(registry);
  const options = { sizes: {}, message: '' };
  await assert.rejects(
    call(example, { path: 'bad' }, { ...options, force: false }),
    failsWith('GATE_FAILED'),
  );
  assert.deepEqual(await call(example, { path: 'bad' }, { ...options, force: true }), {
    path: 'bad',
    changed: true,
  });
});

test("a verb's input schema is made once, and only when something is read by it", () => {
  let made = 0;
  const counted = defineVerb({ ...example, input: () => (made++, example.input()) });
  assert.equal(made, 0);
  for (const path of ['a', 'b', 'c']) assert.equal(readInput(counted, { path }).path, path);
  assert.equal(made, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandTable } from '../../src/cli/command-table.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { outputDocument } from '../../src/api/document.ts';
import { output } from '../../src/api/published.ts';
import { assertDocumented, schemaFile, schemaReader } from '../support/documented-json.ts';

/** Its output is a schema itself. */
const withoutSchema = new Set(['schema']);
const commands = commandTable.map(({ names }) => names[0] ?? '').filter((name) => !withoutSchema.has(name));

const empty = { schemaVersion: 1, command: 'list', models: [], nextPage: null, warnings: [] };
const refusal = { code: 'CONFLICT', message: 'no', hint: 'yes', exitCode: exitCodes.CONFLICT };

for (const name of commands) {
  test(`the --json of ${name} has a schema`, () => {
    const schema = outputDocument.$defs[name];
    const write = `declare it in ${schemaFile(name)}, and list it in src/api/verbs.ts`;
    assert.ok(schema !== undefined, write);
    const objects = (schema['anyOf'] ?? [schema]) as { properties: { command: { const: string } } }[];
    for (const { properties } of objects) assert.equal(properties.command.const, name, schemaFile(name));
  });
}

test('a document of all commands and the error object, and nothing else', () => {
  const refs = (outputDocument['oneOf'] as { $ref: string }[]).map(({ $ref }) => $ref);
  const expected = [...commands, 'error'].map((name) => `#/$defs/${name}`);
  assert.deepEqual(new Set(refs), new Set(expected));
  assert.equal(refs.length, expected.length);
});

test('the document of the tests is a schema, by which each object is one of one command', () => {
  const accepts = schemaReader().compile(outputDocument);
  for (const value of [empty, { schemaVersion: 1, error: refusal }])
    assert.ok(accepts(value), JSON.stringify(accepts.errors));
  assert.equal(accepts({ ...empty, fresh: 1 }), false);
});

test('the tests accept no field that is not documented; readers of later versions do', () => {
  const published = schemaReader().compile(output);
  for (const value of [empty, { schemaVersion: 1, error: refusal }]) {
    assertDocumented(value);
    assert.ok(published(value), JSON.stringify(published.errors));
    const later = { ...value, fresh: 1 };
    assert.throws(() => assertDocumented(later), /additional properties.*"fresh"/s);
    assert.ok(published(later), JSON.stringify(published.errors));
  }
  const nested = {
    ...empty,
    models: [{ name: 'a', versions: 1, latest: null, stages: {}, description: null, owner: null, fresh: 1 }],
  };
  assert.throws(() => assertDocumented(nested), /fresh/);
  assert.ok(published(nested));
});

test('what is missing, of another type or of no known value fails in both', () => {
  const published = schemaReader().compile(output);
  const { nextPage: _nextPage, ...less } = empty;
  const wrong = [
    less,
    { ...empty, schemaVersion: 2 },
    { ...empty, command: 'lists' },
    { ...empty, warnings: null },
    {
      ...empty,
      models: [{ name: 'a', versions: '1', latest: null, stages: {}, description: null, owner: null }],
    },
    {
      ...empty,
      models: [{ name: 'a', versions: 1, latest: 'v1', stages: {}, description: null, owner: null }],
    },
    { schemaVersion: 1, error: { ...refusal, code: 'OTHER' } },
    { schemaVersion: 1, error: { ...refusal, hint: null } },
  ];
  for (const value of wrong) {
    assert.throws(() => assertDocumented(value), JSON.stringify(value));
    assert.equal(published(value), false, JSON.stringify(value));
  }
});

test('a command without a schema is told which file to write', () => {
  assert.throws(
    () => assertDocumented({ schemaVersion: 1, command: 'fresh', warnings: [] }),
    /"fresh" has no schema: declare it in src\/api\/verbs\/fresh\.ts/,
  );
});

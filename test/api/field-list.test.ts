import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { asJson } from '../../src/api/document.ts';
import { fieldList } from '../../src/api/field-list.ts';
import { fields } from '../../src/api/published.ts';
import { commandTable } from '../../src/cli/command-table.ts';
import { reading } from '../../src/schemas/result.ts';

test('a line has every field, what is in small objects, and what null means', () => {
  const pair = z.strictObject({ a: z.number(), b: z.number() });
  const example = reading('example', {
    from: z.string().nullable().describe('Previous holder; null: the stage was empty'),
    pairs: z.array(pair),
    one: pair.nullable(),
    mixed: z.union([z.literal(false), pair]),
    texts: z.record(z.string(), z.string()),
  });
  assert.equal(
    fieldList(asJson(example)),
    'from (null: the stage was empty), pairs[] {a, b}, one {a, b}, mixed, texts',
  );
});

test('every command that prints JSON has its line, and subcommands have their own', () => {
  for (const { names } of commandTable) assert.ok(names[0] === 'schema' || fields[names[0] ?? ''], names[0]);
  assert.match(
    fields['promote'] ?? '',
    /^changed, name, stage, from \(null: [^)]+\), .*gates\[\] \{gate, kind, verdict,/,
  );
  assert.match(fields['policy.check'] ?? '', /verdict, gates/);
  assert.doesNotMatch(fields['policy.show'] ?? '', /verdict/);
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import { profileData } from '../../src/profile/profile-data.ts';
import { latestProfile } from '../../src/profile/stored-profile.ts';
import { profileText } from '../../src/profile/profile-file.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { profileInput } from '../support/profiled.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

const table = `n,few,city,when,id,none,odd
1.5,1,"a,b",2024-01-05,u1,,1
-inf,2,c,2024-01-05 10:30:00Z,u2,NaN,x
,1,c,2024-01-06T00:00:00+02:00,u3,NULL,3
2.5,3,"",,u4,None,4
`;

async function profiled(name: string, content: string | Uint8Array, t: Parameters<typeof tempFolder>[0]) {
  const path = join(tempFolder(t), name);
  writeFileSync(path, content);
  return profileData(null, profileInput(path));
}

test('columns of each type, with what is missing, infinite and invalid', async (t) => {
  const { rows, columns, warnings } = await profiled('in.csv', table, t);
  assert.equal(rows, 4);
  const facts = columns.map(({ name, type, count, missing, infinite, invalid, distinct }) => {
    return [name, type, count, missing, infinite, invalid, distinct];
  });
  assert.deepEqual(facts, [
    ['n', 'numeric', 2, 1, 1, 0, 2],
    ['few', 'categorical', 4, 0, 0, 0, 3],
    ['city', 'text', 3, 1, 0, 0, 2],
    ['when', 'datetime', 3, 1, 0, 0, 3],
    ['id', 'text', 4, 0, 0, 0, 4],
    ['none', 'empty', 0, 4, 0, 0, 0],
    ['odd', 'categorical', 3, 0, 0, 1, 3],
  ]);
  assert.deepEqual(columns[1]?.top, [
    { value: '1', count: 2 },
    { value: '2', count: 1 },
    { value: '3', count: 1 },
  ]);
  assert.equal(columns[3]?.max, Date.parse('2024-01-05T22:00:00Z'));
  assert.match(warnings[0] ?? '', /column "odd": 1 cell left out, not a number/);
  assert.match(warnings[1] ?? '', /4 rows are few: single values can be recovered/);
});

test('every format gives the same profile', async (t) => {
  const csv = 'x,city\n1.25,a\n3,b\n,a\n7,a\n';
  const jsonl = '{"x":1.25,"city":"a"}\n{"x":3,"city":"b"}\n{"x":null,"city":"a"}\n{"x":7,"city":"a"}\n';
  const files: [string, string | Uint8Array][] = [
    ['in.csv', csv],
    ['in.tsv', csv.replaceAll(',', '\t')],
    ['in.csv.gz', gzipSync(csv)],
    ['in.csv.zst', zstdCompressSync(csv)],
    ['in.jsonl', jsonl],
    ['in.csv', csv.replaceAll('\n', '\r\n')],
  ];
  const [first, ...others] = await Promise.all(files.map(([name, text]) => profiled(name, text, t)));
  for (const other of others) assert.deepEqual(other.columns, first?.columns);
});

test('a profile is stored with a version, with its outputs, and read back as it was', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const path = fixture('digits_mlp/test.csv');
  const file = join(tempFolder(t), 'profile.json');
  const input = profileInput(path, { exclude: [{ name: 'target', flag: '--exclude' }] });
  const result = await profileData(registry, { ...input, ref: ref('digits'), save: true, output: file });
  assert.deepEqual(
    result.outputs?.map(({ name, type }) => [name, type]),
    [['label', 'categorical'], ...Array.from({ length: 10 }, (_, at) => [`probabilities_${at}`, 'numeric'])],
  );
  const stored = await latestProfile(registry, await resolve(registry, ref('digits')));
  assert.equal(stored?.id, result.saved?.id);
  assert.equal(profileText(stored?.profile ?? assert.fail()), readFileSync(file, 'utf8'));
});

test('what makes no profile says why', async (t) => {
  const fails = async (content: string, message: RegExp, more = {}): Promise<void> => {
    const path = join(tempFolder(t), 'in.csv');
    writeFileSync(path, content);
    await assert.rejects(profileData(null, { ...profileInput(path), ...more }), (error: unknown) => {
      assert.ok(isMlregError(error));
      assert.equal(error.code, 'INVALID_INPUT');
      assert.match(error.message, message);
      return true;
    });
  };
  await fails('a,b,a\n1,2,3\n', /two columns "a"/);
  await fails('a,b\n1,2\n1\n', /in\.csv, line 3: 1 field, 2 expected/);
  await fails('a\n1\n', /no column "b", which --redact names/, { redact: new Set(['b']) });
  await fails('a\n1\n', /no column "b", which --type names/, { types: new Map([['b', 'text']]) });
  await fails('', /is empty/);
});

test('values that must not be kept are nowhere in the profile', async (t) => {
  const folder = tempFolder(t);
  const rows = Array.from(
    { length: 50 },
    (_, at) => `secret${at},${at % 2 ? 'veil' : 'hide'},${7_000_001 + at},b`,
  );
  const path = join(folder, 'in.csv');
  writeFileSync(path, `name,kind,salary,open\n${rows.join('\n')}\n`);
  const output = join(folder, 'out.json');
  const result = await profileData(null, {
    ...profileInput(path),
    redact: new Set(['kind', 'salary']),
    output,
  });
  const text = readFileSync(output, 'utf8') + JSON.stringify(result);
  assert.doesNotMatch(text, /secret|veil|hide|70000\d\d/);
  const [name, kind, salary] = result.columns;
  assert.deepEqual([name?.type, name?.distinct, name?.redacted], ['text', 50, false]);
  assert.deepEqual([kind?.type, kind?.distinct, kind?.redacted], ['categorical', 2, true]);
  assert.deepEqual([salary?.type, salary?.count, salary?.mean], ['numeric', 50, null]);
});

import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { openTable } from '../../src/predict/child/open-table.ts';
import type { ShardRange } from '../../src/predict/child/shard-of-table.ts';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { predict, type PredictInput } from '../../src/predict/predict.ts';
import { parseShard, shardPath } from '../../src/predict/shard.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { modelFile } from '../support/bench-model.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { predictInput, tablePaths } from '../support/predicted.ts';

import { add, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

const double = model({
  graph: graph({
    inputs: [tensor('x', 'float32', ['N'])],
    outputs: [tensor('y', 'float32', ['N'])],
    nodes: [node('Add', ['x', 'x'], ['y'])],
  }),
});

async function registered(context: TestContext): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  await add(registry, 'double', modelFile(context, double));
  return registry;
}

const inParts = (input: PredictInput, index: number, of: number, rest: Partial<PredictInput> = {}) => ({
  ...input,
  output: `${input.output}.{shard}`,
  outputKind: { format: 'csv', compression: 'none' } as const,
  shard: { index, of },
  ...rest,
});

/** The rows that the reader of a part finds, and the physical line of the first. */
async function rowsOf(path: string, format: 'csv' | 'jsonl', shard: ShardRange | null) {
  const descriptor = openSync(path, 'r');
  try {
    const kind = { format, compression: 'none' } as const;
    const table = await openTable({ table: { descriptor, what: path, kind, flag: '' }, shard });
    const blocks = [Buffer.from(table.first.bytes.subarray(table.from, table.first.end))];
    for (let next = await table.reader.next(); next !== null; next = await table.reader.next())
      blocks.push(Buffer.from(next.bytes.subarray(0, next.end)));
    return { bytes: Buffer.concat(blocks), line: table.line, sha256: table.source.sha256() };
  } finally {
    closeSync(descriptor);
  }
}

/** Reads a table as a whole and in parts. */
async function compared(
  context: TestContext,
  text: string,
  counts: readonly number[],
  format: 'csv' | 'jsonl' = 'csv',
): Promise<void> {
  const { input } = tablePaths(context, text);
  const size = Buffer.byteLength(text);
  const whole = await rowsOf(input, format, null);
  for (const of of counts) {
    let joined = Buffer.alloc(0);
    for (let index = 1; index <= of; index++) {
      const part = await rowsOf(input, format, { index, of, size });
      assert.equal(part.sha256, whole.sha256, 'every part knows the digest of the whole');
      const before = joined.toString('latin1').split('\n').length - 1;
      if (part.bytes.length > 0)
        assert.equal(part.line, whole.line + before, `line of part ${index} of ${of}`);
      joined = Buffer.concat([joined, part.bytes]);
    }
    assert.ok(joined.equals(whole.bytes), `${of} parts`);
  }
}

const awkward = [
  '\ufeffid,"no\nte",x\r\n',
  '1,"two\r\nlines, ""and"" a quote",0.5\r\n',
  '2,"a\nb\nc\nd\ne",1.5\r\n',
  '3,5" pipe,2.5\n',
  '4,,bad\r\n',
  '\r\n',
  '5,"","3.5"\n',
  '6,"\n\n\n",\n',
  '7,é日本,4.5',
].join('');

test('parts of CSV are the whole, byte for byte, however many there are', async (context) => {
  await compared(
    context,
    awkward,
    Array.from({ length: 40 }, (_, at) => at + 1),
  );
  await compared(context, `${awkward}\n`, [4, 200]);
  await compared(context, 'x\n', [3]);
  await compared(context, 'x', [2]);
});

test('parts of JSON lines are the whole', async (context) => {
  const lines = Array.from({ length: 20 }, (_, at) => `{"id":"n\\n${at}", "x": ${at}}`);
  await compared(context, lines.join('\n'), [1, 3, 25], 'jsonl');
});

test('parts of a file of many blocks are the whole', async (context) => {
  const row = (at: number): string => `${at},"${'"",\n'.repeat(at % 40)}",${at / 4}\n`;
  const text = `id,note,x\n${Array.from({ length: 100_000 }, (_, at) => row(at)).join('')}`;
  assert.ok(text.length > 2 ** 22);
  await compared(context, text, [2, 5, 16]);
});

test('what parts predict is the whole, and rejected rows have its lines', async (context) => {
  const registry = await registered(context);
  const paths = tablePaths(context, awkward);
  const input = predictInput('double', paths, { record: false });
  await predict(registry, { ...input, reject: paths.reject });
  const rows = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(1, -1);
  const rejects = [];
  const parts = [];
  for (const index of [1, 2, 3]) {
    await predict(registry, inParts(input, index, 3, { reject: `${paths.reject}.{shard}` }));
    parts.push(readFileSync(`${paths.output}.${index}`));
    rejects.push(...rows(`${paths.reject}.${index}`));
  }
  assert.ok(Buffer.concat(parts).equals(readFileSync(paths.output)));
  assert.deepEqual(rejects, rows(paths.reject));
});

test('a part is left where table, version and options are the same, and else made again', async (context) => {
  const registry = await registered(context);
  const paths = tablePaths(context, 'x\n1\n2\n3\n');
  const input = inParts(predictInput('double', paths), 2, 2, { resume: true });
  const part = `${paths.output}.2`;
  const run = (changes: Partial<PredictInput> = {}) => predict(registry, { ...input, ...changes });
  const first = await run();
  assert.equal(first.resumed, false);
  const made = readFileSync(part, 'utf8');
  const again = await run();
  assert.deepEqual([again.resumed, again.rows, again.ref], [true, first.rows, first.ref]);
  const count = async () => (await history(registry, { limit: 99, actions: ['predict'] })).events.length;
  assert.equal(await count(), 1);

  assert.equal((await run({ select: ['x', 'y'] })).resumed, false, 'another option');
  writeFileSync(paths.input, 'x\n1\n2\n4\n');
  assert.equal((await run()).resumed, false, 'another table of the same size');
  truncateSync(part, made.length - 1);
  assert.equal((await run()).resumed, false, 'a part that was cut');
  rmSync(`${part}.run.json`);
  assert.equal((await run()).resumed, false, 'a part that nothing vouches for');
  writeFileSync(`${part}.run.json`, '{"schemaVersion":1,"result":');
  assert.equal((await run()).resumed, false, 'a file beside it that was cut');
  await add(registry, 'double', modelFile(context, double), { metadata: { tags: { a: 'b' } } });
  assert.equal((await run()).resumed, false, 'another version');
  assert.equal((await run()).resumed, true);
});

test('a part that is there is in the way without --resume or --force', async (context) => {
  const registry = await registered(context);
  const paths = tablePaths(context, 'x\n1\n');
  const input = inParts(predictInput('double', paths), 1, 1);
  await predict(registry, input);
  await assert.rejects(predict(registry, input), { code: 'CONFLICT' });
  assert.equal(
    (await predict(registry, { ...input, resume: true })).resumed,
    true,
    'it is still vouched for',
  );
});

test('a bad row leaves no part', async (context) => {
  const registry = await registered(context);
  const paths = tablePaths(context, 'x\n1\n2\nbad\n');
  const input = predictInput('double', paths);
  await assert.rejects(predict(registry, inParts(input, 2, 2)), { code: 'INVALID_INPUT', message: /line 4/ });
  assert.equal((await predict(registry, inParts(input, 1, 2))).rows, 2);
  assert.deepEqual(readdirSync(paths.folder).toSorted(), ['in.csv', 'out-in.csv.1', 'out-in.csv.1.run.json']);
});

test('what has no parts is refused', async (context) => {
  const registry = await registered(context);
  const paths = tablePaths(context, 'x\n1\n');
  const input = inParts(predictInput('double', paths), 1, 2);
  const refused = (changes: Partial<PredictInput>, message: RegExp) =>
    assert.rejects(predict(registry, { ...input, ...changes }), { code: 'USAGE', message });
  await refused({ table: { path: null, kindFlag: '' } }, /stdin has no size/);
  await refused(
    { table: { path: `${paths.input}.gz`, kindFlag: '' } },
    /csv\.gz can only be read from its start/,
  );
  await refused({ output: paths.output }, /--output needs \{shard\}/);
  await refused({ reject: join(paths.folder, 'bad.csv') }, /--reject needs \{shard\}/);
  await refused({ output: null }, /not stdout/);
  await refused({ shard: undefined, resume: true }, /--resume needs --shard/);
  assert.ok(!existsSync(`${paths.output}.1`));
  for (const text of ['0/2', '3/2', '1/0', '1', 'a/b', '1/2/3', '-1/2', '1/1000000'])
    assert.throws(() => parseShard(text), { code: 'USAGE' }, text);
});

test('without {shard} in its name, the file that was given is shown with it', () => {
  for (const [given, shown] of [
    ['out.csv', "'out-{shard}.csv'"],
    ['parts/out.jsonl.gz', "'parts/out-{shard}.jsonl.gz'"],
    ['out', "'out-{shard}'"],
  ] as const)
    assert.throws(() => shardPath(given, { index: 1, of: 2 }, '--output'), { hint: `--output ${shown}` });
});

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { predict, type PredictInput } from '../../src/predict/predict.ts';
import { modelFile } from '../support/bench-model.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { predictInput, predictText, tablePaths } from '../support/predicted.ts';
import { failsWith } from '../support/temp-folder.ts';
import { add, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

const double = model({
  graph: graph({
    inputs: [tensor('x', 'float32', ['N'])],
    outputs: [tensor('y', 'float32', ['N'])],
    nodes: [node('Add', ['x', 'x'], ['y'])],
  }),
});

/** Gives back what it takes. */
const echo = (dtype: 'int64' | 'string') =>
  model({
    graph: graph({
      inputs: [tensor('x', dtype, ['N'])],
      outputs: [tensor('y', dtype, ['N'])],
      nodes: [node('Identity', ['x'], ['y'])],
    }),
  });

const sums = model({
  graph: graph({
    inputs: [tensor('X', 'float32', ['N', 3])],
    outputs: [tensor('y', 'float32', ['N', 3])],
    nodes: [node('Add', ['X', 'X'], ['y'])],
  }),
});

async function registered(context: TestContext, bytes: Uint8Array): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  await add(registry, 'm', modelFile(context, bytes));
  return registry;
}

type Rest = Partial<Omit<PredictInput, 'reject'>> & { reject?: boolean };

/** Predicts lines, and returns the lines that are written. */
async function predicted(
  context: TestContext,
  registry: TempRegistry,
  text: string | Buffer,
  rest: Rest = {},
) {
  const { output, rejects, result } = await predictText(context, registry, 'm', text, {
    name: 'in.jsonl',
    record: false,
    ...rest,
  });
  return { text: output.toString(), rejects, result };
}

test('each line keeps its bytes, and gets the predictions before its brace', async (context) => {
  const registry = await registered(context, double);
  const { text } = await predicted(
    context,
    registry,
    [
      '\ufeff{"x":1}\n',
      '  { "x" : 1.50 , "note":"é \\u00e9 \\" } {" }  \r\n',
      '\n',
      '{"big":12345678901234567890.10,"x":"2.5","list":[1,{"a":[]}],"nested":{"x":9}}\t\n',
      '{"\\u0078":-0,"later":null}',
    ].join(''),
  );
  assert.equal(
    text,
    [
      '\ufeff{"x":1,"y":2}\n',
      '  { "x" : 1.50 , "note":"é \\u00e9 \\" } {" ,"y":3}  \r\n',
      '{"big":12345678901234567890.10,"x":"2.5","list":[1,{"a":[]}],"nested":{"x":9},"y":5}\t\n',
      '{"\\u0078":-0,"later":null,"y":-0}',
    ].join(''),
  );
});

test('values in objects and lists are columns', async (context) => {
  const registry = await registered(context, sums);
  const nested = (at: number): string =>
    `{"id":${at},"a":{"b":${at},"c":{"d":2}},"list":[[7],${at + 0.5}],"a.b":"no"}`;
  const listed = await predicted(context, registry, `${nested(1)}\n${nested(2)}\n`, {
    columns: ['a.c.d', 'list[0][0]', 'list[1]'],
    select: ['id', 'list[1]', 'y'],
  });
  assert.equal(
    listed.text,
    '{"id":1,"list[1]":1.5,"y_0":4,"y_1":14,"y_2":3}\n{"id":2,"list[1]":2.5,"y_0":4,"y_1":14,"y_2":5}\n',
  );
  await assert.rejects(predicted(context, registry, nested(1), { columns: ['a.b', 'id', 'list[1]'] }), {
    code: 'INVALID_INPUT',
    message: /"a\.b"/,
  });
  const byName = await predicted(context, registry, '{"X":[1,2,3],"other":4}\n{"other":5,"X":[4,5,6]}\n');
  assert.deepEqual(byName.result.inputs, [{ name: 'X', columns: ['X[0]', 'X[1]', 'X[2]'] }]);
  assert.deepEqual(
    byName.text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { y_2: number }).y_2),
    [6, 12],
  );
});

test('a row without a value is rejected, and one with further values is not', async (context) => {
  const registry = await registered(context, sums);
  const lines = [
    '{"X":[1,2,3]}',
    '{"X":[1,2]}',
    '{"X":[1,2,3,4],"more":{"deep":[{}]}}',
    '{"X":[1,null,3]}',
    '{"X":[1,"NaN",3]}',
    '{"X":{"0":1}}',
    '{}',
  ];
  // A column is a value in the first rows, so that the fourth item is one.
  const options = { columns: ['X[0]', 'X[1]', 'X[2]'], reject: true };
  const { text, rejects } = await predicted(context, registry, `${lines.join('\n')}\n`, options);
  assert.equal(
    text,
    '{"X":[1,2,3],"y_0":2,"y_1":4,"y_2":6}\n{"X":[1,2,3,4],"more":{"deep":[{}]},"y_0":2,"y_1":4,"y_2":6}\n',
  );
  assert.deepEqual(
    rejects
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').slice(0, 3).join(',')),
    ['2,X[2],missing', '4,X[1],missing', '5,X[1],missing (NaN)', '6,X[0],missing', '7,X[0],missing'],
  );
  const passed = await predicted(context, registry, `${lines.join('\n')}\n`, {
    ...options,
    onMissing: 'nan',
  });
  assert.equal(passed.result.rows, 7);
  assert.equal(passed.text.split('\n')[1], '{"X":[1,2],"y_0":2,"y_1":4,"y_2":null}');
  assert.equal(passed.text.split('\n')[6], '{"y_0":null,"y_1":null,"y_2":null}');
});

test('what is no row is rejected with its line and text', async (context) => {
  const registry = await registered(context, double);
  const bad: [text: string, column: string, reason: RegExp][] = [
    ['{"x":1,"x":2}', 'x', /^a duplicate key$/],
    ['{"x":1,"\\u0078":1}', 'x', /^a duplicate key$/],
    ['{"x":1,"o":{"k":1},"o":{"k":2}}', 'o.k', /^a duplicate key$/],
    ['[1]', '', /^not a JSON object$/],
    ['null', '', /^not a JSON object$/],
    ['{"x":1}{"x":2}', '', /^not JSON: unexpected/],
    ['{"x":1', '', /ends too early/],
    ['{"x":01}', '', /^not JSON/],
    ['{"x":1,}', '', /^not JSON/],
    ["{'x':1}", '', /^not JSON/],
    ['{"x":NaN}', '', /^not JSON/],
    ['{"x":"a\tb"}', '', /^not JSON/],
    ['{"x":1,"o":"\\q"}', '', /backslash that escapes nothing/],
    [`{"x":1,"o":${'['.repeat(100_000)}}`, '', /nested deeper than 64/],
    ['{"x":true}', 'x', /"true" is not a number/],
    ['{"x":"abc"}', 'x', /"abc" is not a number/],
    ['{"x":1e39}', 'x', /out of range for float32/],
  ];
  const good = '{"x":1,"o":{"k":0}}';
  const text = bad.map(([line]) => `${good}\n\n${line}\n`).join('');
  const { result, rejects, text: output } = await predicted(context, registry, text, { reject: true });
  assert.deepEqual([result.rows, result.rejected], [bad.length, bad.length]);
  assert.equal(output, '{"x":1,"o":{"k":0},"y":2}\n'.repeat(bad.length));
  const lines = rejects.trimEnd().split('\n').slice(1);
  for (const [at, [line, column, reason]] of bad.entries()) {
    const [, number, name, why = '', own = ''] =
      /^(\d+),([^,]*),("(?:[^"]|"")*"|[^,]*),"((?:[^"]|"")*)"$/.exec(lines[at] ?? '') ?? [];
    assert.deepEqual([number, name], [String(3 * at + 3), column], line.slice(0, 40));
    assert.match(why.replaceAll(/^"|"$/g, '').replaceAll('""', '"'), reason, line.slice(0, 40));
    assert.equal(own.replaceAll('""', '"'), line);
  }
  await assert.rejects(predicted(context, registry, `${good}\n${bad[0]?.[0]}\n`), {
    code: 'INVALID_INPUT',
    message: /in\.jsonl, line 2, column "x": a duplicate key$/,
  });
  const latin = Buffer.from('{"x":1}\n{"x":2,"n":"\xe9"}\n', 'latin1');
  const mixed = await predicted(context, registry, latin, { reject: true });
  assert.match(mixed.rejects, /^2,,not UTF-8,/m);
  assert.equal(mixed.text, '{"x":1,"y":2}\n');
});

test('no digit of a large integer is lost, and no character of a text', async (context) => {
  const integers = await registered(context, echo('int64'));
  const numbers = ['9007199254740993', '-9223372036854775808', '"9223372036854775807"', '3.0', '1e3'];
  const wanted = ['9007199254740993', '-9223372036854775808', '9223372036854775807', '3', '1000'];
  const { text } = await predicted(context, integers, numbers.map((number) => `{"x":${number}}\n`).join(''));
  assert.equal(text, numbers.map((number, at) => `{"x":${number},"y":${wanted[at]}}\n`).join(''));
  const over = await predicted(context, integers, '{"x":1}\n{"x":9223372036854775808}\n{"x":1.5}\n', {
    reject: true,
  });
  assert.match(over.rejects, /^2,x,.*out of range for int64/m);
  assert.match(over.rejects, /^3,x,.*is not an integer/m);

  const words = await registered(context, echo('string'));
  const texts = ['é', '', ' padded ', 'quote " and \\', 'line\nend', '日本 😀', 'NaN'];
  const echoed = await predicted(
    context,
    words,
    texts.map((one) => `{"x":${JSON.stringify(one)}}\n`).join(''),
  );
  assert.deepEqual(
    echoed.text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { y: string }).y),
    texts,
  );
});

test('a name that any row has is not given twice', async (context) => {
  const registry = await registered(context, double);
  const rows = await predicted(context, registry, '{"x":1,"y":"mine"}\n{"x":2}\n');
  assert.equal(rows.text, '{"x":1,"y":"mine","y_pred":2}\n{"x":2,"y_pred":4}\n');
  const object = await predicted(context, registry, '{"x":1,"y":{"of":"mine"}}\n{"x":2,"y":[3]}\n');
  assert.equal(object.text, '{"x":1,"y":{"of":"mine"},"y_pred":2}\n{"x":2,"y":[3],"y_pred":4}\n');
});

test('a member that comes up late under the name of a prediction rejects its row', async (t) => {
  const registry = await registered(t, double);
  const lines = Array.from({ length: 300 }, (_, row) => `{"x":${row}}`);
  lines[250] = '{"x":1,"y":5}';
  lines[260] = '{"x":1,"y":{"z":5}}';
  lines[270] = '{"x":1,"z":5,"z":6}';
  lines[280] = '{"x":1,"z":5}';
  const table = `${lines.join('\n')}\n`;
  for (const batch of [1024, 7]) {
    const { output, rejects } = await predictText(t, registry, 'm', table, {
      name: 'in.jsonl',
      reject: true,
      batch,
    });
    const written = output.toString().trimEnd().split('\n');
    assert.equal(written.length, 297);
    for (const line of written) assert.equal(JSON.parse(line).y, 2 * JSON.parse(line).x, line);
    assert.deepEqual(
      rejects
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').slice(0, 3).join()),
      [
        '251,,"key ""y"" is the name of a prediction"',
        '261,,"key ""y"" is the name of a prediction"',
        '271,,"a duplicate key: ""z"""',
      ],
    );
  }
  const paths = tablePaths(t, table, 'in.jsonl');
  await assert.rejects(
    predict(registry, predictInput('m', paths)),
    failsWith('INVALID_INPUT', /line 251: key "y" is the name of a prediction/),
  );
  await predict(
    registry,
    predictInput('m', paths, { select: [{ name: 'x' }, { name: 'y' }], reject: paths.reject }),
  );
});

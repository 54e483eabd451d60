import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { predict } from '../../src/predict/predict.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { cellsOf, predictInput, predictText, tablePaths } from '../support/predicted.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

/** A model of one input of this type that gives back what it gets. */
async function echo(t: TestContext, dtype: string): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  const file = join(tempFolder(t), 'model.onnx');
  const bytes = model({
    graph: graph({
      inputs: [tensor('x', dtype, ['n'])],
      outputs: [tensor('y', dtype, ['n'])],
      nodes: [node('Identity', ['x'], ['y'])],
    }),
  });
  writeFileSync(file, bytes);
  await add(registry, 'echo', file);
  return registry;
}

test('without a file for bad rows the first one ends the run, and there is no output', async (t) => {
  const registry = await echo(t, 'float32');
  const paths = tablePaths(t, 'x\n1\n\n2\nbad\nworse\n');
  await assert.rejects(
    predict(registry, predictInput('echo', paths)),
    failsWith('INVALID_INPUT', /in\.csv, line 5, column "x": "bad" is not a number/),
  );
  assert.deepEqual(readdirSync(paths.folder), ['in.csv']);
});

test('too many rejected rows end the run: the output is gone, the reasons are there', async (t) => {
  const registry = await echo(t, 'float32');
  for (const [most, isOver] of [
    [{ count: 1 }, true],
    [{ count: 2 }, false],
    [{ percent: 49 }, true],
    [{ percent: 50 }, false],
  ] as const) {
    const paths = tablePaths(t, 'x\n1\na\n2\nb\n');
    const run = predict(registry, predictInput('echo', paths, { reject: paths.reject, maxRejects: most }));
    if (isOver) await assert.rejects(run, failsWith('GATE_FAILED', /2 .*rejected/));
    else assert.equal((await run).rejected, 2);
    assert.equal(existsSync(paths.output), !isOver);
    assert.equal(readFileSync(paths.reject, 'utf8').split('\n').length, 4);
    assert.deepEqual(
      readdirSync(paths.folder).filter((name) => name.startsWith('.')),
      [],
    );
  }
});

test('--max-rejects without --reject is a mistake', async (t) => {
  const registry = await echo(t, 'float32');
  const input = predictInput('echo', tablePaths(t, 'x\n1\n'), { maxRejects: { count: 1 } });
  await assert.rejects(predict(registry, input), failsWith('USAGE', /--max-rejects needs --reject/));
});

test('missing values reject their row, or are NaN', async (t) => {
  const registry = await echo(t, 'float32');
  const table = 'id,x\na,\nb,NaN\nc,NULL\nd, 1 \ne,""\n';
  const kept = await predictText(t, registry, 'echo', table, { onMissing: 'nan' });
  assert.deepEqual(
    cellsOf(kept.output).map((cells) => cells.at(-1)),
    ['y', 'NaN', 'NaN', 'NaN', '1', 'NaN'],
  );
  const { rejects } = await predictText(t, registry, 'echo', table, { reject: true });
  assert.deepEqual(
    rejects
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').slice(0, 3).join(' ')),
    ['2 x missing', '3 x missing (NaN)', '4 x missing (NULL)', '6 x missing'],
  );
});

for (const [dtype, good, bad] of [
  [
    'int64',
    ['9223372036854775807', '-9223372036854775808', '3.0', '+7', '1e3'],
    ['9223372036854775808', '1.5', 'x', '1e40', ''],
  ],
  ['uint64', ['18446744073709551615', '0'], ['-1', '18446744073709551616']],
  ['int8', ['-128', '127'], ['128', '-129', 'NaN']],
  ['uint32', ['4294967295'], ['4294967296']],
  [
    'float64',
    ['0.1', '1e308', '-1.7976931348623157e308', 'inf', '5e-324', '12345678901234567890'],
    ['1e309', '1_000', '0x10', '1,5'],
  ],
  [
    'float32',
    ['0.1', '16777217', '3.4028234e38', '-inf', '1e-45', '1.00000017881393432617187499'],
    ['3.5e38', '1e', '.', '-', '1.2.3'],
  ],
  ['float16', ['65504', '0.1', '-2'], ['65520', '1e9']],
  ['bool', ['true', 'False', '1', '0', 'T'], ['2', 'yes', '']],
  ['string', ['a', '"a,b"', '"say ""hi"""', '"two\nlines"', '""', 'ü'], ['', '\0']],
] as const) {
  test(`${dtype}: exact values come back, others are rejected`, async (t) => {
    const registry = await echo(t, dtype);
    const quoted = (cell: string): string =>
      /[,"\n]/.test(cell) && !cell.startsWith('"') ? `"${cell}"` : cell;
    const table = `id,x\n${[...good, ...bad].map((cell, at) => `${at},${quoted(cell)}\n`).join('')}`;
    const { output, rejects, result } = await predictText(t, registry, 'echo', table, { reject: true });
    assert.deepEqual([result.rows, result.rejected], [good.length, bad.length], rejects);
    const lines = output.toString();
    const own = good.map((cell, at) => {
      const written =
        dtype === 'string'
          ? cell === '""'
            ? ''
            : cell
          : dtype === 'bool'
            ? String(/^(?:t|true|1)$/i.test(cell))
            : dtype.includes('int')
              ? String(BigInt(cell === '1e3' ? '1000' : cell.replace('.0', '').replace('+', '')))
              : dtype === 'float32'
                ? String(shortest(Math.fround(Number(cell.replace('inf', 'Infinity')))))
                : dtype === 'float16'
                  ? String(shortest(cell === '0.1' ? 0.0999755859375 : Number(cell)))
                  : String(Number(cell.replace('inf', 'Infinity')));
      return `${at},${cell},${written.replace('Infinity', 'inf')}\n`;
    });
    assert.equal(lines, `id,x,y\n${own.join('')}`);
  });
}

/** The number with the fewest digits that is this float32. */
function shortest(value: number): number {
  for (let digits = 1; digits <= 9; digits++)
    if (Math.fround(Number(value.toPrecision(digits))) === value) return Number(value.toPrecision(digits));
  return value;
}

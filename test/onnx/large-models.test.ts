import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import type { OnnxModel } from '../../src/core/versions/onnx-model.ts';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';
import { bytes, integer, message, packedIntegers, text, varint } from '../support/protobuf-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlreg-large-'));
after(() => rmSync(folder, { recursive: true }));

/** Reads the model in a process of its own: its resident set before, and the highest, in bytes. */
async function readAlone(path: string): Promise<{ model: OnnxModel; before: number; rss: number }> {
  const script = `
    const { openSync, readFileSync } = await import('node:fs');
    const { readOnnxModel } = await import('./src/onnx/file/read-model.ts');
    const { fileSource } = await import('./test/support/byte-source.ts');
    const before = process.memoryUsage().rss;
    const { model } = readOnnxModel(fileSource(openSync(${JSON.stringify(path)})));
    // On Linux, maxRSS counts what the process that started this one had.
    const highest = process.platform === 'linux'
      ? Number(/^VmHWM:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1])
      : process.resourceUsage().maxRSS;
    console.log(JSON.stringify({ model, before, rss: highest * 1024 }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../..'),
  });
  return JSON.parse(stdout);
}

const megabyte = 1024 * 1024;

/** Length-delimited field whose last `hole` bytes are not written, but left out of the file. */
const opening = (field: number, length: number) => message(varint(field * 8 + 2), varint(length));

test('a model of 3 GB is read in less than 150 MB', async () => {
  const count = 800_000_000;
  const hole = count * 4;
  const weights = message(packedIntegers(1, [count]), integer(2, 1), text(8, 'W'), opening(9, hole));
  const around = graph({
    inputs: [tensor('X', 'float32', ['N'])],
    outputs: [tensor('Y', 'float32', ['N'])],
    nodes: [node('Gather', ['W', 'X'], ['Y'])],
  }).bytes;
  const initializer = message(opening(5, weights.length + hole), weights);
  const head = message(
    integer(1, 9),
    bytes(8, integer(2, 17)),
    opening(7, around.length + initializer.length + hole),
    around,
    initializer,
  );
  const path = join(folder, 'hole.onnx');
  const file = openSync(path, 'w');
  writeSync(file, head);
  ftruncateSync(file, head.length + hole);
  closeSync(file);
  const { model: facts, rss } = await readAlone(path);
  assert.equal(facts.parameterCount, count);
  assert.ok(rss < 150 * megabyte, `${rss} bytes`);
});

test('a model of 100,000 tensors and nodes needs memory for its names only', async () => {
  const names = Array.from({ length: 100_000 }, (_, index) => `encoder.layers.${index}.attention.weight`);
  const content = model({
    graph: graph({
      inputs: [tensor('X', 'float32', ['N'])],
      outputs: [tensor('out.99999', 'float32', ['N'])],
      initializers: names.map((name) =>
        constant('float32', [64], { external: { location: 'weights.bin', offset: 0 } }, name),
      ),
      nodes: names.map((name, index) =>
        node('Mul', [index ? `out.${index - 1}` : 'X', name], [`out.${index}`], { axis: 1 }),
      ),
    }),
  });
  const path = join(folder, 'many.onnx');
  const file = openSync(path, 'w');
  writeSync(file, content);
  closeSync(file);
  const { model: facts, before, rss } = await readAlone(path);
  assert.equal(facts.nodeCount, 100_000);
  assert.deepEqual(facts.externalData, ['weights.bin']);
  assert.ok(rss - before < 120 * megabyte, `${rss - before} bytes more`);
});

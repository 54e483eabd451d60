/** Bodies of any size come and go as they are. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { serving } from '../support/served.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';
import type { RunningServer } from '../../src/serve/running-server.ts';

/** Gives what it gets: vectors of any length. */
function mirror(): Uint8Array {
  return model({
    graph: graph({
      inputs: [tensor('x', 'float32', ['n', 'm'])],
      outputs: [tensor('y', 'float32', ['n', 'm'])],
      nodes: [node('Identity', ['x'], ['y'])],
    }),
  });
}

async function mirrored(t: Cleanup): Promise<RunningServer> {
  const registry = await tempRegistry(t);
  const file = join(tempFolder(t), 'model.onnx');
  writeFileSync(file, mirror());
  await add(registry, 'mirror', file);
  return serving(t, registry, ['mirror']);
}

/** Sends `count` different numbers as raw bytes, and gets them back. */
async function bounce(server: RunningServer, count: number, seed: number): Promise<void> {
  const data = Float32Array.from({ length: count }, (_, at) => seed + at);
  const head = JSON.stringify({
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, count], parameters: { binary_data_size: data.byteLength } },
    ],
    parameters: { binary_data_output: true },
  });
  const response = await fetch(`${server.url}/v2/models/mirror/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(head.length) },
    body: Buffer.concat([Buffer.from(head), Buffer.from(data.buffer)]),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(response.status, 200, bytes.toString('utf8', 0, 200));
  const answer = bytes.subarray(Number(response.headers.get('inference-header-content-length')));
  assert.ok(answer.equals(Buffer.from(data.buffer)), `${count} numbers from ${seed}`);
}

test('large and small bodies beside each other are answered with their own', async (t) => {
  const server = await mirrored(t);
  const around = 8192;
  const counts = [1, around - 100, around, around + 1, 3 * around, 250_000, 1, 2_000_000];
  for (let round = 0; round < 3; round++)
    await Promise.all(counts.map((count, at) => bounce(server, count, 1000 * round + at)));
});

test('many megabytes at once', async (t) => {
  const server = await mirrored(t);
  const count = Math.ceil(8_000_000 / 3);
  await Promise.all([1, 2, 3, 4, 5].map((seed) => bounce(server, count, seed)));
  await bounce(server, Math.ceil(8_000_000) + 1, 7);
});

/** The newest models that ONNX Runtime takes, as `mlreg help from-training` says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { benchModel, modelFile } from '../support/bench-model.ts';
import { guide } from '../support/guides.ts';
import { graph, model, type ModelOptions, node, tensor } from '../support/onnx-writer.ts';

const limits =
  /ONNX Runtime (?<release>\d+\.\d+) takes IR version (?<ir>\d+), opset (?<opset>\d+) and ai\.onnx\.ml (?<ml>\d+) at most/;
const { release = '', ir, opset, ml } = limits.exec(guide('from-training'))?.groups ?? {};

const relu = graph({
  inputs: [tensor('x', 'float32', ['n'])],
  outputs: [tensor('y', 'float32', ['n'])],
  nodes: [node('Relu', ['x'], ['y'])],
});

test('the guide to training is about the ONNX Runtime that runs the models', () => {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  assert.ok(version.startsWith(`${release}.`), `the guide is about ${release}, not ${version}`);
});

const newest: Record<string, [limit: number, (version: number) => ModelOptions]> = {
  'IR version': [Number(ir), (irVersion) => ({ irVersion })],
  opset: [Number(opset), (version) => ({ opset: version })],
  'opset ai.onnx.ml': [Number(ml), (version) => ({ opset: { '': 17, 'ai.onnx.ml': version } })],
};

for (const [what, [limit, of]] of Object.entries(newest))
  test(`${what} ${limit} runs, and the next does not`, async (t) => {
    const run = async (version: number): ReturnType<typeof benchModel> =>
      benchModel(modelFile(t, model({ graph: relu, ...of(version) })));
    const { report } = await run(limit);
    assert.equal(report.status, 'ok', report.error?.message);
    const { report: refused } = await run(limit + 1);
    assert.match(refused.error?.message ?? '', new RegExp(`version: ${limit + 1}|Opset ${limit + 1} is`));
  });

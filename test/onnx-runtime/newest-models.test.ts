/** The newest models that ONNX Runtime takes, as `mlreg help from-training` says. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchModel, modelFile } from '../support/bench-model.ts';
import { hintIfTooNew } from '../../src/runtime/too-new.ts';
import { guide } from '../support/guides.ts';
import { openMain } from '../support/run-main.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { f32, writeGoldenJson } from '../support/golden-tensors.ts';
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
    const said = what === 'opset ai.onnx.ml' ? `opset ${limit} of ai\\.onnx\\.ml` : `${what} ${limit}`;
    assert.match(hintIfTooNew(refused.error?.message ?? '') ?? '', new RegExp(`takes ${said} at most`));
  });

test('every command that runs a model says what is too new, and what to do', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'new.onnx'), model({ graph: relu, irVersion: Number(ir) + 1 }));
  const one = f32([1], [1]);
  const golden = writeGoldenJson(cwd, [{ inputs: { x: one }, outputs: { y: one } }]);
  const run = openMain(t, cwd);
  await run(['init']);
  const registered = await run(['register', 'new', join(cwd, 'new.onnx')]);
  assert.equal(registered.code, 0, registered.stderr);
  for (const line of [
    ['bench', 'new'],
    ['bench', 'new', '--matrix', 'threads=1'],
    ['golden', 'make', 'new@1.0.0'],
    ['test', 'new', '--against', golden],
  ]) {
    const { code, stderr } = await run([...line, '--json']);
    assert.equal(code, 5, stderr);
    const { hint } = JSON.parse(stderr).error as { hint: string };
    assert.match(
      hint,
      new RegExp(`^ONNX Runtime takes IR version ${ir} at most: .*mlreg help from-training`),
      line.join(' '),
    );
  }
});

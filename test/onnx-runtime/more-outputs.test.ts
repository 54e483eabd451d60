import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { moreOutputs } from '../../src/onnx/graph/more-outputs.ts';
import { inferenceOf, loadRuntime } from '../../src/runtime/child/session.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

test('a model gives a tensor of its graph whose name was appended to the file', async (context) => {
  const file = join(tempFolder(context), 'model.onnx');
  const bytes = readFileSync(fixture('iris_zipmap/model.onnx'));
  writeFileSync(file, Buffer.concat([bytes, moreOutputs(['raw'])]));
  const { InferenceSession, Tensor } = await loadRuntime();
  const session = await InferenceSession.create(file);
  const rows = Float32Array.of(6.3, 3.4, 5.6, 2.4, 5.1, 3.4, 1.5, 0.2);
  const { label, raw } = await inferenceOf(session, ['label', 'raw'])({
    X: new Tensor('float32', rows, [2, 4]),
  });
  assert.ok(label !== undefined && raw !== undefined);
  const [labels, probabilities] = [label.data as BigInt64Array, raw.data as Float32Array];
  assert.deepEqual([labels, raw.dims], [BigInt64Array.of(2n, 0n), [2, 3]]);
  for (const row of [0, 1]) {
    const of = probabilities.subarray(3 * row, 3 * row + 3);
    assert.ok(Math.abs(of.reduce((sum, one) => sum + one, 0) - 1) < 1e-6);
    assert.equal(BigInt(of.indexOf(Math.max(...of))), labels[row]);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlockingModel } from '../../src/predict/child/blocking-model.ts';
import type { RowModelSetup } from '../../src/predict/child/row-model.ts';
import { fixture } from '../support/temp-folder.ts';

const setup: RowModelSetup = {
  modelFile: fixture('digits_mlp/model.onnx'),
  session: { intraOpThreads: 1, interOpThreads: 1, extra: {} },
  fetches: ['label', 'probabilities'].map((name) => ({ name, tensor: name, classes: null })),
  inputs: [
    {
      name: 'X',
      dtype: 'float32',
      columns: Array.from({ length: 64 }, (_, at) => at),
      rowShape: [64],
      batched: true,
    },
  ],
  batch: 4,
  fixed: false,
};

test('a model answers a caller that waits', () => {
  const model = openBlockingModel(setup, () => undefined);
  for (let run = 0; run < 3; run++)
    assert.deepEqual(
      model.run(4, 1).outputs.map(({ name, width, data }) => [name, width, data.length]),
      [
        ['label', 1, 4],
        ['probabilities', 10, 40],
      ],
    );
});

test('a thread that ends is noticed at once, and by each later run', () => {
  const model = openBlockingModel(setup, () => undefined, { maxOldGenerationSizeMb: 6 });
  for (let run = 0; run < 2; run++)
    assert.throws(
      () => model.run(1, 1),
      /^Error: the thread of the model ended: ERR_WORKER_OUT_OF_MEMORY .*out of memory/,
    );
});

import assert from 'node:assert/strict';
import { ftruncateSync, mkdirSync, openSync, closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planBench } from '../../src/bench/plan/plan.ts';
import type { BenchProgress } from '../../src/bench/report/result.ts';
import { runPair } from '../../src/bench/run/run-pair.ts';
import { assertOnce } from '../support/progress.ts';
import {
  assertMatches,
  benchModel,
  fixtureGolden,
  fixtureModel,
  goldenOf,
  modelFile,
  signatureOf,
} from '../support/bench-model.ts';
import {
  f32,
  goldenJson,
  i64,
  writeDataSets,
  writeGoldenJson,
  type Case,
} from '../support/golden-tensors.ts';
import { countingLoop } from '../support/moody-onnx.ts';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';

test('cases of several shapes are counted, and the batch is their mean', async () => {
  const file = fixtureModel('digits_mlp');
  const { report } = await benchModel(file, {}, { golden: goldenOf(file, fixtureGolden('digits_mlp')) });
  const { input, itemsPerSec, throughputPerSec } = report;
  assert.deepEqual([input.cases, input.shapes], [2, {}]);
  assert.deepEqual(input.varying, { X: { smallest: [1, 64], largest: [5, 64] } });
  assert.ok(Math.abs((itemsPerSec ?? 0) / (throughputPerSec ?? 1) - 3) < 1e-9);
});

test('all cases take turns, and the first timed run of a launch is one of the first case', async (t) => {
  const file = modelFile(t, countingLoop());
  const turns = [1, 5000];
  const cases = turns.map((count) => ({
    inputs: { turns: i64([], [count]), x: f32([1], [0]) },
    outputs: { y: f32([1], [count]) },
  }));
  const measured = await benchModel(
    file,
    // With the run that is told apart, an odd number before the timed ones.
    { launches: 2, iterations: 40, warmup: 2 },
    { golden: goldenOf(file, goldenJson(tempFolder(t), cases)) },
  );
  assertMatches(measured);
  for (const samples of measured.samples) {
    const median = (parity: number): number =>
      samples.filter((_, at) => at % 2 === parity).toSorted()[5] ?? Number.NaN;
    assert.ok(median(1) > 5 * median(0), `${median(0)} ms and ${median(1)} ms`);
  }
});

test('warm-up looks at whole turns of the cases', async (t) => {
  const file = modelFile(t, countingLoop());
  // Ten fast ones, then ten slow ones: groups of ten runs would never agree.
  const cases = Array.from({ length: 20 }, (_, at) => {
    const count = at < 10 ? 1 : 300;
    return {
      inputs: { turns: i64([], [count]), x: f32([1], [0]) },
      outputs: { y: f32([1], [count]) },
    };
  });
  const golden = goldenOf(file, goldenJson(tempFolder(t), cases));
  const { report } = await benchModel(file, { warmup: undefined, iterations: 20 }, { golden });
  assert.equal(report.input.cases, 20);
  const { runs } = report.launches[0]?.warmup ?? { runs: 1 };
  assert.ok(runs % 20 === 0 || report.launches[0]?.warmup.stable === false, `${runs} runs`);
});

test('two models are fed the same cases in step', async (t) => {
  const file = modelFile(t, countingLoop());
  const cases = [1, 1000, 1].map((count) => ({
    inputs: { turns: i64([], [count]), x: f32([1], [0]) },
    outputs: { y: f32([1], [count]) },
  }));
  const own = {
    modelFile: file,
    signature: signatureOf(file),
    golden: goldenOf(file, goldenJson(tempFolder(t), cases)),
  };
  const plan = planBench({ launches: 1, iterations: 168, warmup: 1, threads: 1, profile: true });
  const shares: number[] = [];
  const onProgress = ({ fraction }: BenchProgress): void => void shares.push(fraction);
  const { report, blocks } = await runPair({
    subject: own,
    baseline: { ...own, golden: [] },
    plan,
    onProgress,
  });
  assertOnce(shares, 'a comparison with a profile');
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual([report.input.source, report.input.cases], ['golden', 3]);
  assert.deepEqual([report.outputs.match, report.compare?.baselineOutputs.match], [true, null]);
  assert.ok(report.notes.some((note) => note.includes("both use the cases of the version's golden set")));
  for (const { latencyMs } of blocks ?? []) {
    const turn = (first: number) => latencyMs.filter((_, at) => at % 3 === first).toSorted();
    // Blocks are whole turns, so that each begins with the first case.
    assert.equal(latencyMs.length % 3, 0);
    assert.ok((turn(1)[3] ?? 0) > 3 * (turn(0)[3] ?? 1));
  }
});

test('the hash is of what is fed: the same in either form, another for each source', async (t) => {
  const file = fixtureModel('digits_mlp');
  const golden = goldenOf(file, fixtureGolden('digits_mlp'));
  const shaOf = async (...how: [Parameters<typeof benchModel>[1], Parameters<typeof benchModel>[2]]) =>
    (await benchModel(file, { iterations: 1, ...how[0] }, how[1])).report.input.sha256;
  const row = f32(
    [1, 64],
    Array.from({ length: 64 }, (_, at) => at / 4),
  );
  const own: Case[] = [{ inputs: { X: row }, outputs: {} }];
  const folder = tempFolder(t);
  writeDataSets(folder, own);
  const asFiles = new Map([['input_0.pb', join(folder, 'test_data_set_0', 'input_0.pb')]]);
  const all = [
    await shaOf({}, { golden }),
    await shaOf({}, { golden, inputFiles: goldenJson(tempFolder(t), own) }),
    await shaOf({ synthetic: true }, { golden }),
    await shaOf({ seed: 2 }, { golden }),
  ];
  assert.equal(new Set(all).size, 4, all.join('\n'));
  assert.equal(await shaOf({}, { inputFiles: asFiles }), all[1]);
});

test('synthetic inputs that were asked for are fed, and the golden set is checked all the same', async () => {
  const file = fixtureModel('digits_mlp');
  const golden = goldenOf(file, fixtureGolden('digits_mlp'));
  for (const options of [{ synthetic: true }, { batch: 3 }, { ranges: new Map([['X', [0, 9] as const]]) }]) {
    const measured = await benchModel(file, options, { golden });
    assertMatches(measured);
    assert.equal(measured.report.input.source, 'synthetic');
  }
});

test('where the golden set is not one for the baseline, both are fed synthetic inputs, and a note says why', async (t) => {
  const adds = (name: string, extra: string[]): string =>
    modelFile(
      t,
      model({
        graph: graph({
          inputs: [tensor('a', 'float32', [name])],
          outputs: [tensor('y', 'float32', [name])],
          nodes: [node('Add', ['a', 'a'], ['y'])],
          ...(extra.length > 0 ? { initializers: [constant('float32', [1], [1], 'w')] } : {}),
        }),
      }),
    );
  const one = adds('n', []);
  const fixedOne = modelFile(
    t,
    model({
      graph: graph({
        inputs: [tensor('a', 'float32', [1])],
        outputs: [tensor('y', 'float32', [1])],
        nodes: [node('Add', ['a', 'a'], ['y'])],
      }),
    }),
  );
  const golden = goldenOf(
    one,
    goldenJson(tempFolder(t), [{ inputs: { a: f32([2], [1, 2]) }, outputs: { y: f32([2], [2, 4]) } }]),
  );
  const subject = { modelFile: one, signature: signatureOf(one), golden };
  const plan = planBench({ launches: 1, iterations: 160, warmup: 1, threads: 1 });
  const { report } = await runPair({
    subject,
    baseline: { modelFile: fixedOne, signature: signatureOf(fixedOne) },
    plan,
  });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual([report.input.source, report.outputs.match], ['synthetic', true]);
  assert.match(
    report.notes[0] ?? '',
    /synthetic inputs: the golden set does not fit the baseline: .*float32\[2\]/,
  );

  await assert.rejects(
    runPair({
      subject,
      baseline: { modelFile: fixedOne, signature: signatureOf(fixedOne) },
      plan,
      inputFiles: golden[0]?.files ?? new Map(),
    }),
    failsWith('INVALID_INPUT', /the baseline cannot take these inputs: .*float32\[2\]/),
  );
});

test('cases that leave nothing to run are not fed, and a file of such is refused', async (t) => {
  const file = fixtureModel('digits_mlp');
  const empty = { inputs: { X: f32([0, 64], []) }, outputs: { label: i64([0], []) } };
  const real = {
    inputs: {
      X: f32(
        [1, 64],
        Array.from({ length: 64 }, () => 0),
      ),
    },
    outputs: {
      probabilities: {
        ...f32(
          [1, 10],
          Array.from({ length: 10 }, () => 0),
        ),
      },
    },
  };
  const tolerance = { atol: 1, rtol: 0 };
  const some = await benchModel(
    file,
    {},
    { golden: goldenOf(file, goldenJson(tempFolder(t), [empty, real], tolerance)) },
  );
  assertMatches(some);
  assert.deepEqual([some.report.input.cases, some.report.input.shapes], [1, { X: [1, 64] }]);
  assert.match(
    some.report.notes[0] ?? '',
    /^using 1 of 2 cases of the golden set; skipped: cases\[0\]: .*input is empty/,
  );

  const none = await benchModel(
    file,
    {},
    { golden: goldenOf(file, goldenJson(tempFolder(t), [empty], tolerance)) },
  );
  assert.equal(none.report.input.source, 'synthetic');
  assert.ok(none.report.notes.some((note) => /synthetic inputs: no case/.test(note)));
  await assert.rejects(
    benchModel(file, {}, { inputFiles: goldenJson(tempFolder(t), [real, empty]) }),
    failsWith('INVALID_INPUT', /cannot feed "cases\[1\]" of the inputs: .*input is empty/),
  );
});

test('inputs of more than a gibibyte are refused before they are read', async (t) => {
  const file = modelFile(
    t,
    model({
      graph: graph({
        inputs: [tensor('x', 'float32', ['n'])],
        outputs: [tensor('y', 'float32', ['n'])],
        nodes: [node('Neg', ['x'], ['y'])],
      }),
    }),
  );
  const folder = join(tempFolder(t), 'test_data_set_0');
  mkdirSync(folder);
  const path = join(folder, 'input_0.pb');
  const elements = 2 ** 28 + 1;
  // Dims, data type, and the head of raw data, whose zeros are a hole in the file.
  const head = constant('float32', [elements], { raw: new Uint8Array() }).bytes;
  const length = Buffer.from([0x84, 0x80, 0x80, 0x80, 0x04]);
  writeFileSync(path, Buffer.concat([head.subarray(0, -1), length]));
  const fd = openSync(path, 'r+');
  ftruncateSync(fd, head.length - 1 + length.length + 4 * elements);
  closeSync(fd);
  await assert.rejects(
    benchModel(file, {}, { inputFiles: new Map([['input_0.pb', path]]) }),
    failsWith('INVALID_INPUT', /inputs are limited to 1 GiB: these need 1,025 MiB/),
  );
});

test('a file of inputs that is written while it is measured is noticed', async (t) => {
  const file = fixtureModel('digits_mlp');
  const folder = tempFolder(t);
  const write = (value: number): string =>
    writeGoldenJson(folder, [
      {
        inputs: {
          X: f32(
            [1, 64],
            Array.from({ length: 64 }, () => value),
          ),
        },
        outputs: {},
      },
    ]);
  const inputFiles = new Map([['golden.json', write(1)]]);
  await assert.rejects(
    benchModel(
      file,
      { launches: 2 },
      {
        inputFiles,
        onProgress: ({ phase, launch }) => {
          if (phase === 'start' && launch === 2) write(2);
        },
      },
    ),
    failsWith('CONFLICT', /changed during the measurement/),
  );
});

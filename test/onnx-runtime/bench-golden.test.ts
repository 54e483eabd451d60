import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planBench } from '../../src/bench/plan/plan.ts';
import { runLoad } from '../../src/bench/run/run-load.ts';
import { runPair } from '../../src/bench/run/run-pair.ts';
import { goldenJob } from '../../src/runtime/child/golden-job.ts';
import { runJob } from '../../src/runtime/run-job.ts';
import {
  assertMatches,
  benchModel,
  fixtureGolden,
  fixtureModel,
  goldenOf,
  modelFile,
  signatureOf,
} from '../support/bench-model.ts';
import { f32, goldenJson, i64, text, type Case } from '../support/golden-tensors.ts';
import { countingLoop, moodyAdder } from '../support/moody-onnx.ts';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';
import { tempFolder } from '../support/temp-folder.ts';

for (const name of [
  'digits_mlp',
  'cars_mixed_inputs',
  'diabetes_trees',
  'iris_zipmap',
  'digits_conv_external',
])
  test(`${name} is fed its golden set and matches it before and after`, async () => {
    const file = fixtureModel(name);
    const measured = await benchModel(file, { launches: 2 }, { golden: goldenOf(file, fixtureGolden(name)) });
    assertMatches(measured);
    const { input, outputs, latencyMs } = measured.report;
    assert.equal(input.source, 'golden');
    assert.deepEqual([outputs.golden?.checks, latencyMs?.n], [4, 20]);
    if (name !== 'digits_mlp') assert.deepEqual([input.cases, input.varying], [1, {}]);
  });

test('strings, and outputs that are not of the same kind as the expected ones, are told apart', async (t) => {
  const bytes = model({
    graph: graph({
      inputs: [tensor('s', 'string', ['n'])],
      outputs: [tensor('t', 'string', ['n'])],
      nodes: [node('Identity', ['s'], ['t'])],
    }),
  });
  const file = modelFile(t, bytes);
  const cases = [
    { inputs: { s: text([2], ['a', 'b']) }, outputs: { t: text([2], ['a', 'b']) } },
    { inputs: { s: text([1], ['c']) }, outputs: { t: text([1], ['\u001b[31md']) } },
  ];
  const { report } = await benchModel(file, {}, { golden: goldenOf(file, goldenJson(tempFolder(t), cases)) });
  assert.equal(report.outputs.match, false);
  assert.equal(report.outputs.maxAbs, null);
  assert.deepEqual(
    [report.outputs.worst?.case, report.outputs.worst?.index, report.outputs.worst?.actual],
    ['cases[1]', [0], 'c'],
  );
  assert.match(report.gates[0]?.reason ?? '', /expected "\\u\{1b\}\[31md", got "c"/);
});

test('a difference that is found before timing is a failure, and nothing is timed', async (t) => {
  const file = fixtureModel('digits_mlp');
  const wrong = [
    {
      inputs: {
        X: f32(
          [1, 64],
          Array.from({ length: 64 }, () => 0),
        ),
      },
      outputs: { label: i64([1], [77]) },
    },
  ];
  const { report, samples } = await benchModel(
    file,
    { launches: 3, maxMs: { p95: 1000 } },
    { golden: goldenOf(file, goldenJson(tempFolder(t), wrong)) },
  );
  assert.deepEqual([report.status, report.latencyMs, samples], ['error', null, []]);
  assert.match(
    report.error?.message ?? '',
    /^not timed: .*: cases\[0\], output "label"\[0\]: expected 77, got \d/,
  );
  assert.equal(report.error?.launch, 1);
  assert.deepEqual(
    report.gates.map(({ gate, verdict }) => [gate, verdict]),
    [
      ['golden', 'fail'],
      ['p95<=1s', 'inconclusive'],
    ],
  );
  const { worst, golden, match } = report.outputs;
  assert.deepEqual(
    [match, worst?.check, worst?.launch, worst?.output, golden?.checks],
    [false, 'before', 1, 'label', 1],
  );
  assert.match(report.input.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.match(report.environment.facts.onnxruntime ?? '', /^1\./);
});

test('a difference that is found only after timing fails too, and the latency is reported', async (t) => {
  const file = modelFile(t, moodyAdder());
  const at = (value: number): Case => ({ inputs: { x: f32([1], [0]) }, outputs: { y: f32([1], [value]) } });
  const probed = await runJob(
    goldenJob,
    {
      modelFile: file,
      session: { intraOpThreads: 1, interOpThreads: 1, extra: {} },
      signature: signatureOf(file),
      sets: [{ files: goldenJson(tempFolder(t), [at(0), at(0)]), cases: 2 }],
      tolerance: { atol: 0, rtol: 0 },
    },
    { limits: { timeoutMs: 60_000, memoryLimitBytes: 2 ** 30 } },
  );
  assert.equal(probed.status, 'ok');
  // What the second run of a session gives: the first one is the one that is told apart.
  const second = Number(probed.value.cases[1]?.outputs?.[0]?.worst?.actual);
  const golden = goldenOf(file, goldenJson(tempFolder(t), [at(second)], { atol: 0, rtol: 0 }));
  const { report, samples } = await benchModel(file, { launches: 2 }, { golden });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual([report.latencyMs?.n, samples.length], [20, 2]);
  const { match, worst } = report.outputs;
  assert.deepEqual([match, worst?.check], [false, 'after']);
  assert.deepEqual([report.gates[0]?.gate, report.gates[0]?.verdict], ['golden', 'fail']);
  assert.match(report.gates[0]?.reason ?? '', /, after timing, in launch [12]$/);

  // Of the tolerance that is given, the golden set's own is beaten.
  const tolerant = await benchModel(file, { tolerance: { atol: 2 } }, { golden });
  assertMatches(tolerant);
});

test('a baseline that differs from its golden set is noted, and compared with', async (t) => {
  const file = fixtureModel('digits_mlp');
  const wrong = [
    {
      inputs: {
        X: f32(
          [1, 64],
          Array.from({ length: 64 }, () => 0),
        ),
      },
      outputs: { label: i64([1], [77]) },
    },
  ];
  const subject = {
    modelFile: file,
    signature: signatureOf(file),
    golden: goldenOf(file, fixtureGolden('digits_mlp')),
  };
  const baseline = { ...subject, golden: goldenOf(file, goldenJson(tempFolder(t), wrong)) };
  const plan = planBench({ launches: 1, iterations: 160, warmup: 5, threads: 1, maxRegression: 100 });
  const { report } = await runPair({ subject, baseline, plan });
  assert.deepEqual([report.status, report.outputs.match], ['ok', true]);
  assert.equal(report.gates[0]?.gate, 'golden');
  assert.equal(report.gates[0].verdict, 'pass');
  assert.ok(report.compare?.ratio);
  assert.deepEqual(
    [report.compare.baselineOutputs.match, report.compare.baselineOutputs.worst?.output],
    [false, 'label'],
  );
  assert.ok(
    report.notes.some((note) =>
      note.startsWith('outputs of the baseline differ from its golden set: cases[0]'),
    ),
  );

  const failed = await runPair({ subject: baseline, baseline: subject, plan });
  assert.deepEqual([failed.report.status, failed.report.mode, failed.report.compare], ['error', 'ab', null]);
  assert.deepEqual(
    failed.report.gates.map(({ gate, verdict }) => [gate, verdict]),
    [['golden', 'fail']],
  );
});

test('a golden set of which nothing can be compared is a note, and its inputs are fed', async (t) => {
  const file = fixtureModel('iris_zipmap');
  const maps = [
    {
      inputs: { X: f32([1, 4], [1, 2, 3, 4]) },
      outputs: { probabilities: { bytes: new Uint8Array(), json: [] } },
    },
  ];
  const { report } = await benchModel(file, {}, { golden: goldenOf(file, goldenJson(tempFolder(t), maps)) });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual([report.outputs.match, report.gates, report.input.source], [null, [], 'golden']);
  assert.equal(report.outputs.golden?.skipped[0]?.case, 'cases[0]');
  assert.ok(
    report.notes.some((note) => /no case of the golden set could be compared: cases\[0\]/.test(note)),
  );
});

test('what the runtime refuses of a golden set is an error that names the case', async (t) => {
  const file = modelFile(
    t,
    model({
      graph: graph({
        inputs: [tensor('x', 'float32', [null])],
        outputs: [tensor('y', 'float32', [null])],
        initializers: [constant('int64', [1], [4], 'four')],
        nodes: [node('Reshape', ['x', 'four'], ['y'])],
      }),
    }),
  );
  const of = (values: number[]): Case => ({
    inputs: { x: f32([values.length], values) },
    outputs: { y: f32([values.length], values) },
  });
  const cases = [of([1, 2, 3, 4]), of([1, 2, 3])];
  const { report } = await benchModel(file, {}, { golden: goldenOf(file, goldenJson(tempFolder(t), cases)) });
  assert.equal(report.status, 'error');
  assert.match(report.error?.message ?? '', /^cases\[1\] of the golden set: /);
});

test('under a load, the cases take turns over all sessions, and one of them is held to the golden set', async (t) => {
  const file = modelFile(t, countingLoop());
  const cases = [1, 5000].map((count) => ({
    inputs: { turns: i64([], [count]), x: f32([1], [0]) },
    outputs: { y: f32([1], [count]) },
  }));
  const load = (concurrency: number, golden = cases) =>
    runLoad({
      modelFile: file,
      signature: signatureOf(file),
      golden: goldenOf(file, goldenJson(tempFolder(t), golden)),
      plan: planBench({
        scenario: 'offline',
        concurrency,
        launches: 1,
        iterations: 40,
        warmup: 2,
        threads: 1,
      }),
    });
  const one = await load(1);
  assertMatches(one);
  assert.deepEqual([one.report.mode, one.report.input.cases], ['open', 2]);
  const median = (parity: number): number =>
    one.samples[0]?.filter((_, at) => at % 2 === parity).toSorted()[5] ?? Number.NaN;
  assert.ok(median(1) > 5 * median(0), `${median(0)} ms and ${median(1)} ms`);
  const two = await load(2);
  assertMatches(two);
  assert.equal(two.report.outputs.golden?.checks, 2);

  const wrong = await load(2, [{ ...cases[0]!, outputs: { y: f32([1], [3]) } }]);
  assert.deepEqual(
    [wrong.report.status, wrong.report.latencyMs, wrong.report.outputs.worst?.check],
    ['error', null, 'before'],
  );
  assert.match(wrong.report.input.sha256 ?? '', /^[0-9a-f]{64}$/);
});

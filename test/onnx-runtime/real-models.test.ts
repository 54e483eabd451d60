import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BenchProgress } from '../../src/bench/report/result.ts';
import { benchModel, fixtureModel, modelFile } from '../support/bench-model.ts';
import { graph, model, node, tensor, types, value } from '../support/onnx-writer.ts';

test('a network is measured in every part of the report', async () => {
  const { report, samples } = await benchModel(fixtureModel('digits_mlp'), {
    launches: 3,
    iterations: 100,
    batch: 4,
    maxMs: { p95: 1000 },
  });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual(report.input.shapes, { X: [4, 64] });
  assert.match(report.input.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(report.outputs.fetched, ['label', 'probabilities']);
  assert.deepEqual(
    samples.map(({ length }) => length),
    [34, 33, 33],
  );
  assert.deepEqual(
    report.launches.map(({ runs, warmup }) => [runs, warmup.runs]),
    [
      [34, 3],
      [33, 3],
      [33, 3],
    ],
  );
  const { latencyMs, phases, memory } = report;
  assert.ok(latencyMs?.p95 && phases && memory);
  assert.equal(latencyMs.n, 100);
  assert.ok(latencyMs.min > 0 && latencyMs.p95.value <= latencyMs.max);
  assert.equal(latencyMs.p99, null);
  assert.ok(report.notes.some((note) => note.includes('p99 needs 299')));
  assert.ok(latencyMs.harnessFloorUs > 0 && latencyMs.harnessFloorUs < 1000);
  assert.ok(phases.createMs > 0 && phases.firstRunMs > 0);
  assert.ok(memory.peakRssMb >= memory.baseRssMb && memory.baseRssMb > 10);
  assert.ok((report.throughputPerSec ?? 0) > 0);
  assert.ok(Math.abs((report.itemsPerSec ?? 0) / (report.throughputPerSec ?? 1) - 4) < 1e-9);
  assert.equal(report.gates[0]?.verdict, 'pass', report.gates[0]?.reason);
  assert.match(report.environment.fingerprint, /^[0-9a-f]{16}$/);
  assert.match(report.environment.facts.onnxruntime ?? '', /^1\./);
  assert.doesNotThrow(() => JSON.stringify(report));
});

test('outputs that are not tensors are skipped by name', async () => {
  const { report } = await benchModel(fixtureModel('iris_zipmap'));
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual(report.outputs.fetched, ['label']);
  assert.deepEqual(report.outputs.skipped, ['probabilities']);
});

test('strings, integers and floats are fed together', async () => {
  const { report } = await benchModel(fixtureModel('cars_mixed_inputs'), { batch: 3 });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual(report.input.shapes['origin'], [3, 1]);
});

test('weights beside the model file are found', async () => {
  const { report } = await benchModel(fixtureModel('digits_conv_external'));
  assert.equal(report.status, 'ok', report.error?.message);
});

test('tree ensembles run', async () => {
  const { report } = await benchModel(fixtureModel('diabetes_trees'), { batch: 16 });
  assert.equal(report.status, 'ok', report.error?.message);
});

test('every dtype that can be planned can be fed', async (t) => {
  const dtypes = [
    'float32',
    'float64',
    'float16',
    'int8',
    'int16',
    'int32',
    'int64',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'bool',
    'string',
  ];
  const bytes = model({
    graph: graph({
      inputs: dtypes.map((dtype) => tensor(`${dtype}_in`, dtype, ['N', 2])),
      outputs: dtypes.map((dtype) => tensor(`${dtype}_out`, dtype, ['N', 2])),
      nodes: dtypes.map((dtype) => node('Identity', [`${dtype}_in`], [`${dtype}_out`])),
    }),
  });
  const { report } = await benchModel(modelFile(t, bytes), { batch: 2 });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.equal(report.outputs.fetched.length, dtypes.length);
});

test('without a number of warm-up runs the latency has to settle', async () => {
  const { report } = await benchModel(fixtureModel('digits_mlp'), { warmup: undefined });
  assert.ok((report.phases?.warmup.runs ?? 0) >= 10);
  assert.ok((report.phases?.warmup.ms ?? 0) >= 500);
  assert.equal(typeof report.phases?.warmup.stable, 'boolean');
});

test('a duration runs for as long over all launches, and for 100 runs at least', async () => {
  const { report } = await benchModel(fixtureModel('digits_mlp'), {
    iterations: undefined,
    durationMs: 300,
    launches: 2,
  });
  const timed = report.launches.reduce((sum, { timedMs }) => sum + timedMs, 0);
  assert.ok(timed >= 300 && timed < 10_000, `${timed} ms`);
  assert.ok((report.latencyMs?.n ?? 0) >= 100);
});

test('a time that is too short for the runs says how far it came', async () => {
  const { report } = await benchModel(fixtureModel('digits_mlp'), { iterations: 2_000_000, timeoutMs: 2500 });
  assert.equal(report.status, 'timeout');
  assert.match(
    report.error?.message ?? '',
    /^not finished within 2\.5 s, after [\d,]+ of at least 2,000,000 timed runs: /,
  );
});

test('progress ends at 1 and never goes back', async () => {
  const seen: BenchProgress[] = [];
  await benchModel(
    fixtureModel('digits_mlp'),
    { iterations: undefined, durationMs: 400, launches: 2 },
    { onProgress: (progress) => seen.push(progress) },
  );
  const fractions = seen.map(({ fraction }) => fraction);
  assert.deepEqual(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
  assert.deepEqual([seen.at(0)?.phase, seen.at(-1)?.phase], ['start', 'done']);
  assert.equal(fractions.at(-1), 1);
  assert.ok(seen.some(({ phase }) => phase === 'timed'));
});

test('a model without a tensor output cannot be measured', async (t) => {
  const bytes = model({
    graph: graph({
      inputs: [tensor('x', 'float32', [1])],
      outputs: [value('s', types.sequence(types.tensor('float32', [1])))],
      nodes: [node('SequenceConstruct', ['x'], ['s'])],
    }),
  });
  await assert.rejects(benchModel(modelFile(t, bytes)), {
    code: 'INVALID_INPUT',
    message: /"s" is seq\(tensor\(float32\)\)/,
  });
});

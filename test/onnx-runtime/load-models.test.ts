import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scenario } from '../../src/bench/plan/plan-load.ts';
import type { BenchOptions } from '../../src/bench/plan/plan.ts';
import type { BenchProgress, BenchReport } from '../../src/bench/report/result.ts';
import { benchModel, fixtureModel, modelFile } from '../support/bench-model.ts';
import { allocationBomb, bottomlessTree, endlessLoop, unknownOperator } from '../support/hostile-onnx.ts';
import { loadModel } from '../support/load-model.ts';

const scenarios: Record<Scenario, BenchOptions> = {
  single: { concurrency: 2 },
  multi: { scenario: 'multi', samplesPerQuery: 4 },
  server: { rate: 500 },
  offline: { scenario: 'offline', concurrency: 2 },
};

/** What a worker loads and feeds does not depend on the scenario. */
const measured = {
  digits_mlp: 'server',
  digits_conv_external: 'single',
  diabetes_trees: 'multi',
  cars_mixed_inputs: 'offline',
} as const;

for (const [model, scenario] of Object.entries(measured)) {
  const options = scenarios[scenario];
  test(`${model} is measured in the scenario ${scenario}`, async () => {
    const { report, samples, blocks } = await loadModel(fixtureModel(model), { ...options, batch: 2 });
    assert.equal(report.status, 'ok', report.error?.message);
    assert.equal(report.mode, 'open');
    const { open, latencyMs } = report;
    assert.ok(open && latencyMs);
    const perQuery = options.samplesPerQuery ?? 1;
    assert.equal(open.scenario, scenario);
    assert.deepEqual([latencyMs.n, open.scheduled, open.completed], [20, 20 * perQuery, 20 * perQuery]);
    assert.deepEqual([open.unfinished, samples[0]?.length], [0, 20]);
    assert.deepEqual(report.environment.facts.load, {
      scenario,
      rate: options.rate ?? null,
      concurrency: options.concurrency ?? 1,
      samplesPerQuery: options.samplesPerQuery ?? null,
    });
    assert.equal(report.throughputPerSec, open.achievedRate);
    assert.ok(Math.abs((report.itemsPerSec ?? 0) / open.achievedRate - 2) < 1e-9);
    assert.match(report.input.sha256 ?? '', /^[0-9a-f]{64}$/);
    const arms = blocks?.map(({ arm, latencyMs: { length } }) => [arm, length]);
    const waits = scenario === 'server' || scenario === 'multi';
    assert.deepEqual(
      arms,
      waits
        ? [
            [0, 20],
            [1, 20 * perQuery],
          ]
        : [[0, 20]],
    );
    assert.equal(open.response === null, !waits);
    assert.doesNotThrow(() => JSON.stringify(report));
  });
}

test('far below what can be done, each response holds its service, and the gate is on the response', async () => {
  const { report, samples, blocks } = await loadModel(fixtureModel('digits_mlp'), {
    rate: 150,
    iterations: 120,
    launches: 2,
    maxMs: { p95: 30_000 },
  });
  const { open, latencyMs, gates, launches } = report;
  assert.ok(open?.response && latencyMs);
  assert.deepEqual(open.response, latencyMs);
  assert.ok((open.response.p95?.value ?? 0) >= (open.service.p95?.value ?? Infinity));
  for (const launch of [0, 1]) {
    const [response, service] = [0, 1].map(
      (arm) => blocks?.find((block) => block.arm === arm && block.launch === launch)?.latencyMs,
    );
    assert.deepEqual(response, samples[launch]);
    assert.equal(service?.length, response?.length);
    service?.forEach((own, at) => assert.ok((response?.[at] ?? 0) >= own));
  }
  assert.equal(launches.length, 2);
  assert.deepEqual([open.saturated, open.unfinished, gates[0]?.verdict], [false, 0, 'pass']);
  assert.ok((open.utilisation ?? 1) < 1 && (open.sendLagP99Ms ?? -1) >= 0);
});

test('more than can be done is saturated: no gate passes, however far its limit', async () => {
  // No run is done within 2 µs: run() itself takes more.
  const { report } = await loadModel(fixtureModel('digits_mlp'), {
    rate: 500_000,
    iterations: 2000,
    launches: 2,
    maxMs: { p50: 3_600_000, p95: 3_600_000 },
  });
  const { open, gates, notes } = report;
  assert.ok(open);
  assert.equal(open.saturated, true);
  assert.ok((open.utilisation ?? 0) > 1 && open.achievedRate < 500_000);
  assert.deepEqual(
    gates.map(({ verdict }) => verdict),
    ['fail', 'fail'],
  );
  assert.match(gates[0]?.reason ?? '', /^saturated: 500000\/s needs/);
  assert.ok(notes.some((note) => note.startsWith('saturated: ')));
});

test('an overload ends with its schedule, and what was not begun counts as late', async () => {
  const { report, samples } = await loadModel(fixtureModel('digits_mlp_v2'), {
    rate: 1_000_000,
    iterations: 200_000,
    batch: 256,
  });
  const { open, latencyMs } = report;
  assert.ok(open && latencyMs);
  assert.equal(open.scheduled, 200_000);
  assert.equal(open.completed + open.unfinished, 200_000);
  assert.ok(open.unfinished > 0 && open.completed > 0);
  assert.equal(latencyMs.n, 200_000);
  assert.equal(open.service.n, open.completed);
  // The drain limit, less than the 200 ms in which the arrivals were.
  assert.ok((samples[0]?.at(-1) ?? 0) > 700);
  assert.ok(report.notes.some((note) => note.includes('never started')));
});

test('a time that is given is kept by every scenario, and progress ends at 1 and never goes back', async () => {
  for (const [scenario, options] of Object.entries(scenarios)) {
    const seen: BenchProgress[] = [];
    const onProgress = (progress: BenchProgress): unknown => seen.push(progress);
    const given = { ...options, iterations: 10, durationMs: 200, launches: 2 };
    const { report } = await loadModel(fixtureModel('digits_mlp'), given, { onProgress });
    assert.equal(report.status, 'ok', scenario);
    const timed = report.launches.map(({ timedMs }) => timedMs);
    assert.ok(
      timed.every((ms) => ms >= 100 && ms < 10_000),
      `${scenario}: ${timed.join()}`,
    );
    assert.ok(!report.notes.some((note) => note.startsWith('stopped at')), report.notes.join('\n'));
    const fractions = seen.map(({ fraction }) => fraction);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
    );
    assert.deepEqual([seen.at(-1)?.phase, fractions.at(-1)], ['done', 1]);
  }
});

test('measurements under different loads have different fingerprints, and none that of one run after the other', async () => {
  const file = fixtureModel('digits_mlp');
  const printOf = ({ environment }: BenchReport): string => environment.fingerprint;
  const of = async (options: BenchOptions): Promise<string> =>
    printOf((await loadModel(file, options)).report);
  const loads = [
    { rate: 500 },
    { rate: 1000 },
    { rate: 500, concurrency: 2 },
    { scenario: 'offline' } as const,
  ];
  const prints = [printOf((await benchModel(file)).report)];
  for (const options of loads) prints.push(await of(options));
  assert.equal(new Set(prints).size, prints.length, prints.join(' '));
  assert.equal(await of({ rate: 500, seed: 7 }), prints[1], 'the seed makes no difference');
});

test('as deployed, ONNX Runtime chooses the threads, and the fingerprint says so', async () => {
  const file = fixtureModel('digits_mlp');
  const ours = await benchModel(file, { threads: undefined });
  const theirs = await benchModel(file, { threads: undefined, asDeployed: true });
  assert.equal(theirs.report.status, 'ok', theirs.report.error?.message);
  assert.deepEqual(
    [theirs.report.session.intraOpThreads, theirs.report.session.interOpThreads],
    [null, null],
  );
  assert.equal(theirs.report.environment.facts.intraOpThreads, null);
  assert.notEqual(ours.report.environment.fingerprint, theirs.report.environment.fingerprint);
  const { report } = await loadModel(file, { threads: undefined, asDeployed: true, concurrency: 4 });
  assert.equal(report.status, 'ok');
  assert.deepEqual(report.session.extra, {});
  assert.ok(report.notes.some((note) => /threads of 4 sessions compete/.test(note)));
});

async function failed(file: string, options: BenchOptions): Promise<BenchReport> {
  const { report, samples } = await loadModel(file, { concurrency: 2, ...options });
  assert.deepEqual(
    [report.mode, report.error?.status, report.open, report.latencyMs, report.throughputPerSec, samples],
    ['open', report.status, null, null, null, []],
  );
  return report;
}

test('a model that never returns is a timeout in every scenario', async (t) => {
  const file = modelFile(t, endlessLoop());
  for (const [scenario, options] of Object.entries(scenarios)) {
    const report = await failed(file, { ...options, timeoutMs: 1000, maxMs: { p95: 20 } });
    assert.equal(report.status, 'timeout', scenario);
    assert.equal(report.error?.message, 'not finished within 1 s, before the first timed run');
    assert.equal(report.gates[0]?.verdict, 'inconclusive');
  }
});

test('a worker that crashes, takes too much memory or is refused is a result, as in a bench', async (t) => {
  const crash = await failed(modelFile(t, bottomlessTree()), {});
  assert.equal(crash.status, 'crash', crash.error?.message);
  const full = await failed(modelFile(t, allocationBomb()), { memoryLimitBytes: 300e6 });
  assert.equal(full.status, 'oom', full.error?.message);
  const refused = await failed(modelFile(t, unknownOperator()), {});
  assert.equal(refused.status, 'error');
  assert.match(refused.error?.message ?? '', /NoSuchOperator/);
});

test('a model that a main thread can follow is followed by a worker', async (t) => {
  const file = modelFile(t, bottomlessTree(8000));
  const [plain, loaded] = [await benchModel(file), await loadModel(file, { concurrency: 2 })];
  assert.deepEqual([plain.report.status, loaded.report.status], ['ok', 'ok']);
});

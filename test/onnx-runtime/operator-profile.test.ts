import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import type { OperatorProfile } from '../../src/bench/report/operator-profile.ts';
import { planBench } from '../../src/bench/plan/plan.ts';
import { addProfile } from '../../src/bench/run/run-profile.ts';
import { resolvePlan } from '../../src/bench/plan/choose-model.ts';
import { benchModel, fixtureModel, modelFile } from '../support/bench-model.ts';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function profiled(file: string): Promise<OperatorProfile> {
  const { report } = await benchModel(file, { profile: true });
  assert.equal(report.status, 'ok');
  assert.ok(report.profile, report.notes.join('\n'));
  const { operators, phases } = report.profile;
  const shares = operators.reduce((sum, { share }) => sum + share, 0);
  assert.ok(Math.abs(shares - 1) < 1e-9, `shares add up to ${shares}`);
  const times = operators.reduce((sum, { msPerRun }) => sum + msPerRun, 0);
  assert.ok(Math.abs(times - phases.nodesMs) < 1e-9);
  assert.ok(phases.nodesMs <= phases.runMs, 'no time is counted twice');
  assert.ok(phases.runMs <= phases.callMs && phases.feedsMs > 0);
  assert.deepEqual(
    [phases.createMs, phases.firstRunMs],
    [report.phases?.createMs, report.phases?.firstRunMs],
  );
  return report.profile;
}

const counts = ({ operators }: OperatorProfile): Record<string, number> =>
  Object.fromEntries(operators.map(({ op, countPerRun }) => [op, countPerRun]));

test('operators are those of the optimised graph, each as often as it runs', async () => {
  assert.deepEqual(counts(await profiled(fixtureModel('digits_mlp'))), {
    Mul: 1,
    // Gemm and Relu.
    FusedGemm: 1,
    Gemm: 1,
    Softmax: 1,
    ArgMax: 1,
  });
  assert.deepEqual(counts(await profiled(fixtureModel('diabetes_trees'))), { TreeEnsembleRegressor: 1 });
});

/** y = sqrt of x doubled `trips` times, in a Loop whose nodes have hostile names. */
function doublings(t: TestContext, trips: bigint): string {
  const body = graph({
    name: 'body',
    inputs: [tensor('i', 'int64', []), tensor('go', 'bool', []), tensor('v', 'float32', [1])],
    outputs: [tensor('still', 'bool', []), tensor('w', 'float32', [1])],
    nodes: [
      node('Identity', ['go'], ['still']),
      node('Add', ['v', 'v'], ['w'], {}, { name: 'add"},\n{"cat" : "Node","pid" :1,"tid" :1,"dur" :9' }),
    ],
  });
  return modelFile(
    t,
    model({
      graph: graph({
        inputs: [tensor('x', 'float32', [1])],
        outputs: [tensor('y', 'float32', [1])],
        initializers: [constant('bool', [], [1], 'yes'), constant('int64', [], [Number(trips)], 'trips')],
        nodes: [node('Loop', ['trips', 'yes', 'x'], ['z'], { body }), node('Sqrt', ['z'], ['y'])],
      }),
    }),
  );
}

test('the nodes of a loop count as often as it turns, and their time not twice', async (t) => {
  const found = await profiled(doublings(t, 7n));
  assert.deepEqual(counts(found), { Loop: 1, Add: 7, Identity: 7, Sqrt: 1 });
  const names = found.nodes.map(({ name }) => name);
  assert.ok(names.includes('add"},\n{"cat" : "Node","pid" :1,"tid" :1,"dur" :9'), names.join('\n'));
});

test('a profile that cannot be made is a note, and takes nothing with it', async (t) => {
  const tmp = tempFolder(t);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = tmp;
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  const { report } = await benchModel(fixtureModel('digits_mlp'));
  assert.equal(report.profile, null);
  const plan = resolvePlan(planBench({ profile: true, iterations: 1, threads: 1 }), 1e6);
  const after = await addProfile(report, {
    plan,
    model: { modelFile: 'nowhere/model.onnx', feeds: [], fetches: [] },
    session: { intraOpThreads: 1, interOpThreads: 1, extra: {} },
    deadline: Infinity,
  });
  assert.deepEqual(after, { ...report, notes: after.notes });
  assert.match(after.notes.at(-1) ?? '', /^no profile \(error\): .*nowhere/);
  assert.deepEqual(readdirSync(tmp), [], 'and leaves no file behind');
});

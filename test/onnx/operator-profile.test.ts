import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainsOf } from '../../src/bench/report/operator-profile.ts';
import { summarizeProfile, type ProfileSummary } from '../../src/bench/child/operator-profile.ts';

const pid = 4711;

interface Event {
  name: string;
  op?: string;
  start: number;
  us: number;
  thread?: number;
  process?: number;
}

/** As ONNX Runtime 1.30 writes it, without most of the arguments. */
function event({ name, op, start, us, thread = 1, process = pid }: Event): string {
  const category = op === undefined ? 'Session' : 'Node';
  const label = op === undefined ? name : `${name}_kernel_time`;
  const args =
    op === undefined
      ? ''
      : `"node_index" : "0","input_type_shape" : [{"float":[1]}],"op_name" : "${op}","provider" : "CPUExecutionProvider"`;
  return `{"cat" : "${category}","pid" :${process},"tid" :${thread},"dur" :${us},"ts" :${start},"ph" : "X","name" :"${label}","args" : {${args}}}`;
}

const run = (start: number, us: number): string => event({ name: 'model_run', start, us });
const profile = (...events: string[]): string => `[\n${events.join(',\n')}\n]\n`;

function summarize(text: string, { skip = 0, chunk = text.length, domains = {} } = {}): ProfileSummary {
  const bytes = Buffer.from(text);
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunk) chunks.push(bytes.subarray(at, at + chunk));
  return summarizeProfile(chunks, { pid, skip, domains: new Map(Object.entries(domains)) });
}

const times = ({ operators }: ProfileSummary): unknown[] =>
  operators.map(({ op, countPerRun, msPerRun }) => [op, countPerRun, Math.round(1000 * msPerRun)]);
const shares = ({ operators }: ProfileSummary): number =>
  operators.reduce((sum, { share }) => sum + share, 0);

test('operators are means over the runs that count, longest first, and their shares add up', () => {
  const text = profile(
    event({ name: 'session_initialization', start: 0, us: 9 }),
    event({ name: 'a', op: 'Gemm', start: 10, us: 900 }),
    run(9, 950),
    event({ name: 'a', op: 'Gemm', start: 1000, us: 10 }),
    event({ name: 'b', op: 'Relu', start: 1011, us: 2 }),
    event({ name: 'c', op: 'Gemm', start: 1014, us: 20 }),
    run(999, 40),
    event({ name: 'a', op: 'Gemm', start: 2000, us: 30 }),
    event({ name: 'b', op: 'Relu', start: 2031, us: 4 }),
    event({ name: 'c', op: 'Gemm', start: 2036, us: 40 }),
    run(1999, 80),
    event({ name: 'a', op: 'Gemm', start: 3000, us: 777 }),
  );
  const found = summarize(text, { skip: 1 });
  assert.deepEqual([found.runs, found.runMs, found.nodesMs], [2, 0.06, 0.053]);
  assert.deepEqual(times(found), [
    ['Gemm', 2, 50],
    ['Relu', 1, 3],
  ]);
  assert.equal(shares(found), 1);
  assert.deepEqual(
    found.nodes.map(({ name }) => name),
    ['c', 'a', 'b'],
  );
  assert.deepEqual(summarize(text, { skip: 1, chunk: 7 }), found, 'wherever the chunks end');
});

test('a node with a subgraph stands without the nodes in it, however deep', () => {
  const found = summarize(
    profile(
      event({ name: 'before', op: 'Add', start: 0, us: 5 }),
      event({ name: 'x', op: 'Mul', start: 12, us: 3 }),
      event({ name: 'y', op: 'Mul', start: 21, us: 4 }),
      event({ name: 'inner', op: 'If', start: 20, us: 8 }),
      event({ name: 'x', op: 'Mul', start: 30, us: 3 }),
      event({ name: 'SequentialExecutor::Execute', start: 29, us: 5 }),
      event({ name: 'outer', op: 'Loop', start: 10, us: 30 }),
      event({ name: 'after', op: 'Add', start: 40, us: 1 }),
      run(0, 50),
    ),
  );
  assert.deepEqual(times(found), [
    ['Loop', 1, 30 - 3 - 8 - 3],
    ['Mul', 3, 10],
    ['Add', 2, 6],
    ['If', 1, 4],
  ]);
  assert.equal(found.nodesMs, 0.036, 'the time of the three nodes at the top');
  assert.equal(shares(found), 1);
});

test('branches on threads of their own do not count as one within the other', () => {
  const found = summarize(
    profile(
      event({ name: 'left', op: 'Conv', start: 1, us: 10, thread: 1 }),
      event({ name: 'right', op: 'Gemm', start: 0, us: 12, thread: 2 }),
      run(0, 13),
    ),
  );
  assert.deepEqual(times(found), [
    ['Gemm', 1, 12],
    ['Conv', 1, 10],
  ]);
});

test('names of nodes can hold what they like', () => {
  const forged = event({ name: 'forged', op: 'Nothing', start: 0, us: 1e6, process: 1 });
  const hostile = `quote" newline\n,\n${forged}","args" : {"op_name" : "Worse"}},\n${run(0, 1).replace('4711', '12')}\n\u001b[31m`;
  const found = summarize(
    profile(
      event({ name: hostile, op: 'Add', start: 0, us: 7 }),
      event({ name: 'b', op: 'Sub', start: 8, us: 3 }),
      run(0, 12),
    ),
    { chunk: 64 },
  );
  assert.deepEqual(times(found), [
    ['Add', 1, 7],
    ['Sub', 1, 3],
  ]);
  assert.equal(found.runs, 1);
  assert.equal(found.nodes[0]?.name, hostile.slice(0, 200));
});

test('a profile without end is refused, and so is one without a complete run', () => {
  function* endless(): Generator<Uint8Array> {
    for (;;) yield Buffer.alloc(2 ** 20, 'x');
  }
  assert.throws(() => summarizeProfile(endless(), { pid, skip: 0, domains: new Map() }), /more than 8 MiB/);
  const long = event({ name: 'line\n'.repeat(2 ** 21), op: 'Add', start: 0, us: 1 });
  assert.throws(() => summarize(profile(long, run(0, 1))), /more than 8 MiB/);
  for (const text of [
    '',
    '[\n]',
    profile(event({ name: 'a', op: 'Add', start: 0, us: 1 })),
    '\u0000\n{"cat" : "',
  ])
    assert.throws(() => summarize(text), /no complete run/);
});

test('nodes that take no microsecond have no share', () => {
  const found = summarize(profile(event({ name: 'a', op: 'Add', start: 0, us: 0 }), run(0, 1)));
  assert.deepEqual([found.nodesMs, found.operators[0]?.share], [0, 0]);
});

test("operators of the model have its domains, the runtime's own have none", () => {
  const domains = domainsOf({ Conv: 2, 'ai.onnx.ml.ZipMap': 1, Gelu: 1, 'com.microsoft.Gelu': 1 });
  assert.deepEqual(Object.fromEntries(domains), { Conv: 'ai.onnx', ZipMap: 'ai.onnx.ml' });
  const text = profile(
    event({ name: 'a', op: 'ZipMap', start: 0, us: 9 }),
    event({ name: 'b', op: 'Conv', start: 10, us: 8 }),
    event({ name: 'b_nchwc', op: 'Conv', start: 20, us: 7 }),
    event({ name: 'fused a', op: 'FusedGemm', start: 30, us: 6 }),
    run(0, 40),
  );
  const found = summarize(text, { domains: Object.fromEntries(domains) });
  assert.deepEqual(
    found.operators.map(({ op, domain }) => [op, domain]),
    [
      ['ZipMap', 'ai.onnx.ml'],
      ['Conv', 'ai.onnx'],
      ['Conv', null],
      ['FusedGemm', null],
    ],
  );
});

/** What a model does to its process is no matter of the others' requests. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { countingLoop, sizedSum } from '../support/moody-onnx.ts';
import { send, session } from '../support/grpc-clients.ts';
import { bytes, message, packedIntegers, text } from '../support/protobuf-writer.ts';
import { post, registryWith, serving, type Answer } from '../support/served.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, ref, tempRegistry, type TempRegistry, version } from '../support/temp-registry.ts';
import type { MlregError } from '../../src/core/errors.ts';
import { frame } from '../../src/serve/grpc/message-frames.ts';
import type { RunningServer } from '../../src/serve/running-server.ts';

async function registryOf(t: Cleanup, name: string, bytes: Uint8Array): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  const file = join(tempFolder(t), 'model.onnx');
  writeFileSync(file, bytes);
  await add(registry, name, file);
  return registry;
}

/** The output is the size, as a number. */
function sizeAsNumber(): Uint8Array {
  return model({
    graph: graph({
      inputs: [tensor('size', 'int64', [1])],
      outputs: [tensor('y', 'float32', [1])],
      nodes: [node('Cast', ['size'], ['y'], { to: 1 })],
    }),
  });
}

const turnsOf = (turns: number) => ({
  inputs: [
    { name: 'turns', datatype: 'INT64', shape: [], data: [turns] },
    { name: 'x', datatype: 'FP32', shape: [1], data: [0] },
  ],
});
const sizeOf = (size: number) => ({
  inputs: [{ name: 'size', datatype: 'INT64', shape: [1], data: [size] }],
});
/** The same as a ModelInferRequest: the size is 5. */
const fiveAsMessage = message(
  text(1, 'sum'),
  bytes(
    5,
    message(text(1, 'size'), text(2, 'INT64'), packedIntegers(3, [1]), bytes(5, packedIntegers(3, [5]))),
  ),
);
const inferPath = '/inference.GRPCInferenceService/ModelInfer';
const first = ({ json }: Answer): unknown => json.outputs?.[0]?.data[0];

test('a child that is killed under load loses no request', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const warnings: string[] = [];
  const server = await serving(t, registry, ['digits'], { warn: (warning) => void warnings.push(warning) });
  const body = {
    inputs: [
      { name: 'X', datatype: 'FP32', shape: [1, 64], data: Array.from({ length: 64 }, (_, at) => at % 16) },
    ],
  };
  const statuses: number[] = [];
  let stop = false;
  const clients = Array.from({ length: 8 }, async () => {
    while (!stop) statuses.push((await post(server, '/v2/models/digits/infer', body)).status);
  });
  const pids = new Set<number>();
  while (pids.size < 4) {
    const pid = pidOf(server);
    if (pid !== undefined && !pids.has(pid) && statuses.length > 20 * pids.size) {
      pids.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    await sleep(5);
  }
  while (warnings.length < 4) await sleep(5);
  stop = true;
  await Promise.all(clients);
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
  assert.match(
    warnings[0] ?? '',
    /^the process of digits@1\.0\.0 ended: it was killed by the system.*; it is started again$/,
  );
});

test('a process that is replaced after so many requests loses none', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const warnings: string[] = [];
  const server = await serving(t, registry, ['digits'], {
    recycle: { answers: 30 },
    warn: (warning) => void warnings.push(warning),
  });
  const pids = new Set<number | undefined>();
  const statuses: number[] = [];
  const body = { features: Array.from({ length: 64 }, () => 1) };
  const clients = Array.from({ length: 8 }, async () => {
    while (pids.size < 4) {
      statuses.push((await post(server, '/predict/digits', body)).status);
      const pid = pidOf(server);
      if (pid !== undefined) pids.add(pid);
    }
  });
  await Promise.all(clients);
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
  assert.ok(statuses.length >= 90, `${statuses.length} requests for three successors`);
  assert.deepEqual(warnings, []);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const recycles = /^mlreg_child_recycles_total\{.*\} (\d+)$/m.exec(text)?.[1];
  assert.ok(Number(recycles) >= 3, recycles);
  assert.match(text, /^mlreg_child_restarts_total\{.*\} 0$/m);
});

test('a process that holds too much memory is replaced', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  // Less than any process has: it is replaced as soon as it has lived long enough.
  const server = await serving(t, registry, ['digits'], { recycle: { bytes: 1, leastLifeMs: 100 } });
  const before = pidOf(server);
  const asked = { features: Array.from({ length: 64 }, () => 1) };
  do {
    assert.equal((await post(server, '/predict/digits', asked)).status, 200);
    await sleep(20);
  } while (pidOf(server) === before);
  assert.equal(server.processes()[0]?.deaths, 0);
});

test('a request that loops gets 504, and its process is replaced', async (t) => {
  const registry = await registryOf(t, 'loop', countingLoop());
  const server = await serving(t, registry, ['loop'], { deadlineMs: 1500 });
  const before = pidOf(server);
  const looping = post(server, '/v2/models/loop/infer', turnsOf(2 ** 50));
  await sleep(1000);
  // It waits behind the loop, and is sent once more to the next process.
  const waiting = post(server, '/v2/models/loop/infer', turnsOf(3));
  const { status, json } = await looping;
  assert.deepEqual([status, json.error], [504, 'no answer within 1500 ms']);
  assert.equal(first(await waiting), 3);
  assert.notEqual(pidOf(server), before);
});

test('a request that ends its process twice gets 500, and those beside it their answers', async (t) => {
  const registry = await registryOf(t, 'sum', sizedSum());
  const server = await serving(t, registry, ['sum'], { memoryLimitBytes: 400_000_000 });
  const asked = [5, 2 ** 29, 7, 11].map((size) => post(server, '/v2/models/sum/infer', sizeOf(size)));
  const [five, bomb, seven, eleven] = (await Promise.all(asked)) as [Answer, Answer, Answer, Answer];
  assert.deepEqual([five, seven, eleven].map(first), [0, 0, 0]);
  assert.deepEqual(
    [bomb.status, bomb.json.error],
    [500, 'the model used more than 400 MB of memory on this request, twice'],
  );
  assert.equal((await post(server, '/v2/models/sum/infer', sizeOf(3))).status, 200);
});

test('more requests than may wait get 429, a stopping server answers what it took', async (t) => {
  const registry = await registryOf(t, 'loop', countingLoop());
  const server = await serving(t, registry, ['loop'], { maxQueue: 2 });
  const pid = pidOf(server) ?? 0;
  process.kill(pid, 'SIGSTOP');
  const slow = [1, 2].map((turns) => post(server, '/v2/models/loop/infer', turnsOf(turns)));
  while (server.processes()[0]?.pending !== 2) await sleep(5);
  const refused = await post(server, '/v2/models/loop/infer', turnsOf(1));
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1']);
  assert.equal(refused.json.error, '2 requests are waiting already');
  const stopped = server.stop();
  process.kill(pid, 'SIGCONT');
  assert.deepEqual((await Promise.all(slow)).map(first), [1, 2]);
  await stopped;
  await assert.rejects(post(server, '/v2/models/loop/infer', turnsOf(1)), /fetch failed/);
});

test('a booted process waits for the death of another, and none is left behind', async (t) => {
  const registry = await registryOf(t, 'loop', countingLoop());
  const server = await serving(t, registry, ['loop']);
  const pid = pidOf(server) ?? 0;
  while (sessionChildren().length < 2) await sleep(5);
  const spare = sessionChildren().find((one) => one !== pid);
  process.kill(pid, 'SIGKILL');
  assert.equal(first(await post(server, '/v2/models/loop/infer', turnsOf(2))), 2);
  assert.equal(pidOf(server), spare);
  await server.stop();
  assert.deepEqual(sessionChildren(), []);
});

/** Children of this process that serve a model or wait for one. */
function sessionChildren(): number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((pid) => pid !== '' && isSession(pid))
    .map(Number);
}

function isSession(pid: string): boolean {
  try {
    return /(?:session-child|onnx-session)\./.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}

function pidOf(server: RunningServer): number | undefined {
  return server.processes()[0]?.pid;
}

test('a version whose processes all die is left alone for a while, and its fallback answers', async (t) => {
  const registry = await registryOf(t, 'sum', sizeAsNumber());
  const other = join(tempFolder(t), 'model.onnx');
  writeFileSync(other, sizedSum());
  await add(registry, 'sum', other, { number: { kind: 'exact', version: version('2.0.0') } });
  const warnings: string[] = [];
  const server = await serving(t, registry, ['sum@2.0.0'], {
    memoryLimitBytes: 400_000_000,
    fallbacks: [ref('sum@1.0.0')],
    warn: (warning) => void warnings.push(warning),
  });
  const asked = async (size: number) => {
    const answer = await post(server, '/v2/models/sum/infer', sizeOf(size));
    return [answer.status, answer.json['model_version'], answer.headers.get('mlreg-fallback')];
  };
  // Nothing else is asked, so no process of it ever answers: the fifth death is one too many.
  const answers = [await asked(5), await asked(2 ** 29), await asked(2 ** 29)];
  const [last, overGrpc] = await Promise.all([
    asked(2 ** 29),
    send(session(t, server.grpcUrl!.slice('grpc://'.length)), inferPath, frame(fiveAsMessage)),
  ]);
  answers.push(last);
  assert.deepEqual([overGrpc.code, overGrpc.headers['mlreg-fallback']], [0, 'sum@1.0.0 for sum@2.0.0']);
  assert.deepEqual(answers, [
    [200, '2.0.0', null],
    [500, undefined, null],
    [500, undefined, null],
    [200, '1.0.0', 'sum@1.0.0 for sum@2.0.0'],
  ]);
  assert.match(
    warnings.at(-1) ?? '',
    /^requests to sum@2\.0\.0 are refused for 1 s: 5 processes of this version ended one after the other/,
  );
  // After the pause it is tried again.
  while ((await asked(5))[1] !== '2.0.0');
});

test('a fallback has to take the same requests', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp', iris: 'iris_zipmap' });
  const refused = (fallback: string, why: RegExp) =>
    assert.rejects(
      serving(t, registry, ['digits'], { fallbacks: [ref(fallback), ref('digits')] }),
      ({ code, message }: MlregError) => code === 'INVALID_INPUT' && why.test(message),
    );
  await refused('iris', /^iris@1\.0\.0 cannot be a fallback: no version of iris is served here$/);
  await refused('digits', /^digits@1\.0\.0 cannot be a fallback: digits has one already$/);
});

test('a request whose children are killed from outside, again and again, is answered', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits']);
  const data = Array.from({ length: 64 }, () => 1);
  const killed = new Set<number>();
  // A stopped process has the request, and answers nothing.
  process.kill(pidOf(server)!, 'SIGSTOP');
  const asked = post(server, '/v2/models/digits/infer', {
    inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 64], data }],
  });
  while (server.processes()[0]?.pending === 0) await sleep(5);
  // Those that load, and the one that waits for the next death, too.
  for (; killed.size < 7; await sleep(5))
    for (const pid of killed.size === 0 ? [pidOf(server)!] : sessionChildren()) {
      if (!killed.has(pid)) process.kill(pid, 'SIGKILL');
      killed.add(pid);
    }
  const { status, json } = await asked;
  assert.equal(status, 200, json.error);
});

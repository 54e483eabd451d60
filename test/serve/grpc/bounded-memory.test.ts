import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import test from 'node:test';
import { openBudget } from '../../../src/serve/front/body-budget.ts';
import { countConnections } from '../../../src/serve/front/connection-count.ts';
import type { Call } from '../../../src/serve/grpc/call.ts';
import { frame } from '../../../src/serve/grpc/message-frames.ts';
import { unary } from '../../../src/serve/grpc/unary.ts';
import { ended, open, send, session, startServer } from '../../support/grpc-clients.ts';

const hello = frame(Buffer.from('hello'));
const echo = unary((request, call) => call.finish(frame(request)));
const methods = new Map([['/t/Echo', echo]]);

test('unfinished messages of all calls take bounded memory, and give it back', async (t) => {
  const { address } = await startServer(t, { methods, budget: openBudget(1_000_000) });
  const client = session(t, address);
  const half = frame(Buffer.alloc(500_000)).subarray(0, 450_000);
  const calls = [1, 2, 3].map(() => {
    const call = open(client, '/t/Echo');
    call.write(half);
    return call;
  });
  const { code, message } = await Promise.race(calls.map(ended));
  assert.deepEqual([code, message.slice(0, 27)], [14, 'the messages of other calls']);
  for (const call of calls) call.close(constants.NGHTTP2_CANCEL);
  const large = frame(Buffer.alloc(400_000));
  for (let count = 0; count < 5; count++)
    while ((await send(client, '/t/Echo', large)).code !== 0 && count === 0);
  assert.equal((await send(client, '/t/Echo', large)).code, 0);
});

test('answers that nobody reads take bounded memory', async (t) => {
  const { address } = await startServer(t, {
    methods: new Map([
      ...methods,
      ['/t/Large', unary((_one, call) => call.finish(frame(Buffer.alloc(400_000))))],
    ]),
    budget: openBudget(1_000_000),
    stallMs: 100,
  });
  const client = session(t, address);
  const silent = [1, 2].map(() => open(client, '/t/Large'));
  for (const call of silent) {
    call.on('error', () => undefined);
    call.end(hello);
    await once(call, 'response');
  }
  const other = session(t, address);
  const { code, message } = await send(other, '/t/Large', hello);
  assert.deepEqual([code, message.slice(0, 27)], [14, 'the messages of other calls']);
  // They are cut off.
  while ((await send(other, '/t/Large', hello)).code !== 0);
});

test('a stream whose answers nobody reads is cut off', async (t) => {
  const { address, grpc } = await startServer(t, {
    methods: new Map([
      [
        '/t/Stream',
        (call: Call) =>
          call.listen({
            onMessage: () => void call.send(frame(Buffer.alloc(400_000))),
            onEnd: () => undefined,
            onCancel: () => undefined,
          }),
      ],
    ]),
    stallMs: 40,
  });
  const call = open(session(t, address), '/t/Stream');
  call.on('error', () => undefined);
  call.write(hello);
  await once(call, 'response');
  while (grpc.calls() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a long stream gives back the memory of what is answered', async (t) => {
  const { address } = await startServer(t, {
    methods: new Map([
      [
        '/t/Stream',
        (call: Call) =>
          call.listen({
            onMessage: (message) => {
              call.send(frame(message));
              call.release(message.length);
            },
            onEnd: () => call.finish(),
            onCancel: () => undefined,
          }),
      ],
    ]),
    budget: openBudget(100_000),
  });
  const call = open(session(t, address), '/t/Stream');
  const over = ended(call);
  // Prefixes alone would be more than there is.
  const many = Buffer.concat(Array<Buffer>(1000).fill(hello));
  for (let count = 0; count < 30; count++) {
    call.write(many);
    await once(call, 'data');
  }
  call.end();
  assert.equal((await over).code, 0);
});

test('connections that are too many are closed, and told of', async (t) => {
  const refused: string[] = [];
  const { address } = await startServer(t, {
    methods,
    connections: countConnections(1),
    refused: (remote) => void refused.push(remote),
  });
  const first = session(t, address);
  assert.equal((await send(first, '/t/Echo', hello)).code, 0);
  await once(session(t, address), 'close');
  assert.deepEqual(refused, ['127.0.0.1']);
  first.destroy();
  for (;;) {
    const next = session(t, address);
    const answer = await Promise.race([send(next, '/t/Echo', hello), once(next, 'close')]);
    if (!Array.isArray(answer) && answer.code === 0) break;
  }
});

test('a connection that says nothing is closed, and one without calls in the end, too', async (t) => {
  const { grpc, address } = await startServer(t, { methods, beginMs: 50, idleMs: 100 });
  const { port } = grpc.server.address() as AddressInfo;
  const silent = connect({ port, host: '127.0.0.1' }).resume();
  t.after(() => silent.destroy());
  await once(silent, 'close');
  const client = session(t, address);
  assert.equal((await send(client, '/t/Echo', hello)).code, 0);
  await once(client, 'close');
});

test('calls that are reset at once, thousands of them, harm nobody else', async (t) => {
  const { address, grpc } = await startServer(t, { methods });
  const other = session(t, address);
  for (let round = 0; round < 10; round++) {
    const client = session(t, address);
    for (let count = 0; count < 300; count++) {
      const call = open(client, '/t/Echo');
      call.on('error', () => undefined);
      call.write(hello.subarray(0, 6));
      call.close(constants.NGHTTP2_CANCEL);
    }
    assert.equal((await send(other, '/t/Echo', hello)).code, 0);
  }
  while (grpc.calls() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

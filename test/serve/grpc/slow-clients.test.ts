import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import test from 'node:test';
import type { Call } from '../../../src/serve/grpc/call.ts';
import { frame } from '../../../src/serve/grpc/message-frames.ts';
import { unary } from '../../../src/serve/grpc/unary.ts';
import { ended, open, send, session, startServer } from '../../support/grpc-clients.ts';

const hello = frame(Buffer.from('hello'));
const echo = unary((request, call) => call.finish(frame(request)));

test('a message that never becomes complete ends its call', async (t) => {
  const { address, grpc } = await startServer(t, { methods: new Map([['/t/Echo', echo]]), stallMs: 40 });
  const client = session(t, address);
  const nothing = open(client, '/t/Echo');
  const half = open(client, '/t/Echo');
  half.write(hello.subarray(0, 7));
  for (const { code, message } of await Promise.all([nothing, half].map(ended))) {
    assert.deepEqual([code, message], [4, 'no whole message arrived within 0.04 s']);
  }
  assert.equal(grpc.calls(), 0);
});

test('a stream may wait between its messages', async (t) => {
  const { address } = await startServer(t, {
    methods: new Map([
      [
        '/t/EchoStream',
        (call: Call) =>
          call.listen({
            onMessage: (message) => call.send(frame(message)),
            onEnd: () => call.finish(),
            onCancel: () => undefined,
          }),
      ],
      ['/t/Echo', echo],
    ]),
    stallMs: 40,
  });
  const client = session(t, address);
  const stream = open(client, '/t/EchoStream');
  const over = ended(stream);
  stream.write(hello);
  // Its call outlives another one that the server ends because it stalls.
  assert.equal((await ended(open(client, '/t/Echo'))).code, 4);
  stream.end(hello);
  const { code, body } = await over;
  assert.deepEqual([code, body], [0, Buffer.concat([hello, hello])]);
});

test('a client that does not take its answer is cut off', async (t) => {
  const { address, grpc } = await startServer(t, {
    methods: new Map([['/t/Large', unary((_request, call) => call.finish(frame(Buffer.alloc(1e6))))]]),
    stallMs: 40,
  });
  const client = session(t, address);
  const stream = open(client, '/t/Large');
  stream.on('error', () => undefined);
  stream.end(hello);
  await once(stream, 'response');
  // The window of the stream is smaller than the answer, and nobody reads.
  while (grpc.calls() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('the deadline of the client ends its call', async (t) => {
  const pending: Call[] = [];
  const { address } = await startServer(t, {
    methods: new Map([['/t/Wait', unary((_request, call) => void pending.push(call))]]),
  });
  const client = session(t, address);
  for (const timeout of ['20m', '20000u', '0S']) {
    const { code, message } = await send(client, '/t/Wait', hello, { 'grpc-timeout': timeout });
    assert.deepEqual([code, message], [4, `no answer within ${timeout}`]);
  }
  // These are no reason to end it: one is longer than any timer, one is no time.
  for (const timeout of ['99999999H', 'soon', '123456789S']) {
    pending.length = 0;
    const answer = send(client, '/t/Wait', hello, { 'grpc-timeout': timeout });
    while (pending.length === 0) await new Promise(setImmediate);
    pending[0]!.finish(hello);
    assert.equal((await answer).code, 0, timeout);
  }
});

test('a server that drains answers what it has, tells which streams it did not take, and closes', async (t) => {
  const pending: Call[] = [];
  const { address, grpc } = await startServer(t, {
    methods: new Map([['/t/Wait', unary((_request, call) => void pending.push(call))]]),
  });
  const client = session(t, address);
  const first = send(client, '/t/Wait', hello);
  while (pending.length < 1) await new Promise(setImmediate);
  const goneAway = once(client, 'goaway');
  const draining = grpc.drain();
  // The client has not read the GOAWAY yet.
  const second = send(client, '/t/Wait', hello);
  const [code, lastStream] = (await goneAway) as [number, number];
  assert.deepEqual([code, lastStream], [0, 1]);
  // A client may send it again to another server: this one did nothing with it.
  assert.equal((await second).rstCode, constants.NGHTTP2_REFUSED_STREAM);
  assert.equal(pending.length, 1);
  pending[0]!.finish(hello);
  assert.equal((await first).code, 0);
  await draining;
});

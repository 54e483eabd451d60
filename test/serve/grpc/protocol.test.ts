import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import test from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Call } from '../../../src/serve/grpc/call.ts';
import { frame } from '../../../src/serve/grpc/message-frames.ts';
import type { Method } from '../../../src/serve/grpc/server.ts';
import { GrpcError } from '../../../src/serve/grpc/status.ts';
import { unary } from '../../../src/serve/grpc/unary.ts';
import { ended, open, send, session, startServer } from '../../support/grpc-clients.ts';

const echo = unary((request, call) => call.finish(frame(request)));
const echoStream: Method = (call) =>
  call.listen({
    onMessage: (message) => call.send(frame(message)),
    onEnd: () => call.finish(),
    onCancel: () => undefined,
  });
const methods = new Map<string, Method>([
  ['/t/Echo', echo],
  ['/t/EchoStream', echoStream],
  [
    '/t/Fail',
    unary(() => {
      throw new GrpcError('RESOURCE_EXHAUSTED', 'full: "é" 100%\n', 1500.2);
    }),
  ],
  [
    '/t/Bug',
    unary(() => {
      throw new TypeError('a bug');
    }),
  ],
]);
const limit = 1000;
const options = { methods, maxMessageBytes: limit };

/** A compressed message with its prefix. */
function compressed(bytes: Uint8Array): Buffer {
  const framed = frame(bytes);
  framed[0] = 1;
  return framed;
}

const hello = Buffer.from('hello');

test('a message comes back, however it is cut, and whatever compressed it', async (t) => {
  const { address } = await startServer(t, options);
  const client = session(t, address);
  const plain = await send(client, '/t/Echo', frame(hello));
  assert.deepEqual([plain.status, plain.code, plain.message], [200, 0, '']);
  assert.deepEqual(plain.body, frame(hello));
  assert.equal(plain.headers['content-type'], 'application/grpc');
  assert.equal(plain.headers['grpc-accept-encoding'], 'identity,deflate,gzip');

  for (const [encoding, bytes] of [
    ['gzip', gzipSync(hello)],
    ['deflate', deflateSync(hello)],
  ] as const) {
    const answer = await send(client, '/t/Echo', compressed(bytes), { 'grpc-encoding': encoding });
    assert.deepEqual([answer.code, answer.body], [0, frame(hello)], encoding);
  }
  const empty = await send(client, '/t/Echo', frame(Buffer.alloc(0)));
  assert.deepEqual([empty.code, empty.body], [0, frame(Buffer.alloc(0))]);

  const big = Buffer.alloc(limit, 7);
  const stream = open(client, '/t/Echo');
  const answer = ended(stream);
  for (const byte of frame(big)) stream.write(Buffer.of(byte));
  stream.end();
  assert.deepEqual((await answer).body, frame(big));
});

test('messages of a stream keep their order, compressed or not', async (t) => {
  const { address } = await startServer(t, options);
  const client = session(t, address);
  const texts = Array.from({ length: 50 }, (_, index) => Buffer.from(`message ${index}`));
  const body = Buffer.concat(
    texts.map((text, index) => (index % 3 === 0 ? compressed(gzipSync(text)) : frame(text))),
  );
  const { code, body: answer } = await send(client, '/t/EchoStream', body, { 'grpc-encoding': 'gzip' });
  assert.equal(code, 0);
  assert.deepEqual(answer, Buffer.concat(texts.map(frame)));
});

test('thousands of empty messages in one chunk are no deep recursion', async (t) => {
  const { address } = await startServer(t, options);
  const client = session(t, address);
  const { code, body } = await send(client, '/t/EchoStream', Buffer.alloc(5 * 20_000));
  assert.deepEqual([code, body.length], [0, 5 * 20_000]);
});

const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
const refused: [
  what: string,
  path: string,
  body: Uint8Array,
  headers: Record<string, string>,
  code: number,
  message: RegExp,
][] = [
  ['unknown method', '/t/Nothing', frame(hello), {}, 12, /no method \/t\/Nothing/],
  [
    'unknown encoding',
    '/t/Echo',
    frame(hello),
    { 'grpc-encoding': 'snappy' },
    12,
    /"snappy".*identity,deflate,gzip/,
  ],
  [
    'an encoding of the prototype',
    '/t/Echo',
    frame(hello),
    { 'grpc-encoding': 'constructor' },
    12,
    /constructor/,
  ],
  ['compressed without an encoding', '/t/Echo', compressed(hello), {}, 13, /no grpc-encoding/],
  [
    'not gzip',
    '/t/Echo',
    compressed(hello),
    { 'grpc-encoding': 'gzip' },
    13,
    /cannot be decompressed as gzip/,
  ],
  [
    'cut gzip',
    '/t/Echo',
    compressed(gzipSync(hello).subarray(0, -4)),
    { 'grpc-encoding': 'gzip' },
    13,
    /gzip/,
  ],
  ['no message', '/t/Echo', Buffer.alloc(0), {}, 12, /takes one message, and none came/],
  ['two messages', '/t/Echo', Buffer.concat([frame(hello), frame(hello)]), {}, 12, /more than one came/],
  ['half a message', '/t/Echo', frame(hello).subarray(0, 8), {}, 3, /incomplete/],
  ['half a prefix', '/t/Echo', frame(hello).subarray(0, 3), {}, 3, /incomplete/],
  ['an unknown flag', '/t/Echo', Buffer.from([7, 0, 0, 0, 0]), {}, 13, /begins with the byte 7/],
  [
    'above the limit',
    '/t/Echo',
    frame(Buffer.alloc(limit + 1)),
    {},
    8,
    /1001 bytes is larger than the limit of 1000/,
  ],
  ['the largest length', '/t/Echo', Buffer.from([0, 255, 255, 255, 255, 1]), {}, 8, /4294967295 bytes/],
  [
    'above the limit inside',
    '/t/Echo',
    compressed(gzipSync(Buffer.alloc(limit + 1))),
    { 'grpc-encoding': 'gzip' },
    8,
    /decompressed.*1000/,
  ],
  ['an error of the method', '/t/Fail', frame(hello), {}, 8, /^full: "é" 100%\n$/],
  ['a bug', '/t/Bug', frame(hello), {}, 13, /^internal error of the server$/],
];

test('what cannot be answered gets its status, and the connection goes on', async (t) => {
  const { address } = await startServer(t, options);
  const client = session(t, address);
  for (const [what, path, body, headers, code, message] of refused) {
    const answer = await send(client, path, body, headers);
    assert.deepEqual([answer.status, answer.code], [200, code], what);
    assert.match(answer.message, message, what);
    assert.equal((await send(client, '/t/Echo', frame(hello))).code, 0, what);
  }
  const { headers } = await send(client, '/t/Fail', frame(hello));
  assert.equal(headers['grpc-retry-pushback-ms'], '1501');
  for (const [headersOfIt, status] of [
    [{ ':method': 'GET' }, 405],
    [{ 'content-type': 'application/json' }, 415],
    [{ 'content-type': 'application/grpc-web' }, 415],
  ] as const)
    assert.equal((await send(client, '/t/Echo', Buffer.alloc(0), headersOfIt)).status, status);
});

test('a bomb is not unpacked beyond the limit', async (t) => {
  const { address } = await startServer(t, { methods, maxMessageBytes: 1024 * 1024 });
  const client = session(t, address);
  const { code } = await send(client, '/t/Echo', compressed(bomb), { 'grpc-encoding': 'gzip' });
  assert.equal(code, 8);
});

test('what is refused is refused before its body', async (t) => {
  const { address } = await startServer(t, {
    ...options,
    admit: (path, headers) => {
      if (headers['authorization'] !== 'Bearer t')
        throw new GrpcError('UNAUTHENTICATED', `${path} needs a token`);
      return 'ci';
    },
  });
  const client = session(t, address);
  // Neither end of the body has come; the answer is there all the same.
  const stream = open(client, '/t/Echo');
  assert.equal((await answered(stream))['grpc-status'], '16');
  const allowed = await send(client, '/t/Echo', frame(hello), { authorization: 'Bearer t' });
  assert.equal(allowed.code, 0);
  const long = open(client, '/t/Echo', { authorization: 'Bearer t' });
  long.write(Buffer.from([0, 255, 255, 255, 255]));
  assert.equal((await answered(long))['grpc-status'], '8');
  const elsewhere = open(client, '/t/Echo', { ':method': 'PUT' });
  assert.equal((await answered(elsewhere))[':status'], 405);
});

async function answered(stream: ClientHttp2Stream): Promise<Record<string, unknown>> {
  stream.on('error', () => undefined);
  return ((await once(stream, 'response')) as [Record<string, unknown>])[0];
}

test('a client that leaves ends its call, whatever the server does then', async (t) => {
  const left = Promise.withResolvers<Call>();
  const pending: Call[] = [];
  const { address, grpc } = await startServer(t, {
    methods: new Map([
      [
        '/t/Wait',
        unary((_request, call) => {
          pending.push(call);
          return { onCancel: () => left.resolve(call) };
        }),
      ],
      ['/t/Echo', echo],
    ]),
  });
  const client = session(t, address);
  const stream = open(client, '/t/Wait');
  const over = ended(stream);
  stream.end(frame(hello));
  while (pending.length === 0) await new Promise(setImmediate);
  stream.close(8);
  const call = await left.promise;
  assert.equal(call.ended, true);
  // Each of these throws on a stream of Node's that is closed.
  call.send(frame(hello));
  call.finish(frame(hello));
  call.fail(new Error('late'));
  await over;
  assert.equal(grpc.calls(), 0);
  assert.equal((await send(client, '/t/Echo', frame(hello))).code, 0);
});

test('an answer that meets the reset of its stream harms nobody', async (t) => {
  const answers: (() => void)[] = [];
  const { address } = await startServer(t, {
    methods: new Map([
      [
        '/t/Wait',
        unary((_request, call) => void answers.push(() => call.finish(frame(Buffer.alloc(100_000))))),
      ],
      ['/t/Echo', echo],
    ]),
  });
  const client = session(t, address);
  for (let round = 0; round < 50; round++) {
    const streams = Array.from({ length: 4 }, () => open(client, '/t/Wait'));
    const all = Promise.all(streams.map(ended));
    for (const stream of streams) stream.end(frame(hello));
    while (answers.length < 4) await new Promise(setImmediate);
    for (const stream of streams.slice(round % 2)) stream.close(8);
    for (const answer of answers.splice(0)) answer();
    await all;
  }
  client.destroy();
  const again = session(t, address);
  assert.equal((await send(again, '/t/Echo', frame(hello))).code, 0);
});

test('a connection that breaks or speaks something else harms nobody', async (t) => {
  const { address } = await startServer(t, options);
  const port = Number(address.split(':')[1]);
  for (const bytes of [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\x16\x03\x01',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '',
  ]) {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    socket.end();
    socket.resume();
    await once(socket, 'close');
  }
  const breaking = session(t, address);
  const stream = open(breaking, '/t/Echo');
  const over = ended(stream);
  stream.write(frame(hello).subarray(0, 7));
  await new Promise(setImmediate);
  breaking.destroy();
  await over;
  assert.equal((await send(session(t, address), '/t/Echo', frame(hello))).code, 0);
});

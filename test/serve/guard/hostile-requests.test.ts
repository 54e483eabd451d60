import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import type { RunningServer } from '../../../src/serve/running-server.ts';
import { sendRaw, type Sending } from '../../support/raw-http.ts';
import { post, registryWith, serving } from '../../support/served.ts';

const cleanups: (() => void | Promise<void>)[] = [];
let server: RunningServer;

before(async () => {
  const test = { after: (action: () => void | Promise<void>) => void cleanups.push(action) };
  const registry = await registryWith(test, { digits: 'digits_mlp' });
  server = await serving(test, registry, ['digits'], {
    maxBodyBytes: 1_000_000,
    connections: { headerMs: 1000, requestMs: 2000 },
  });
});
after(async () => {
  for (const action of cleanups.toReversed()) await action();
});

const good = { inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 64], data: Array<number>(64).fill(0.5) }] };
const body = JSON.stringify(good);
const get = 'GET /v2 HTTP/1.1\r\nHost: localhost\r\n';
const infer = 'POST /v2/models/digits/infer HTTP/1.1\r\nHost: localhost\r\n';
const chunked = `${infer}Transfer-Encoding: chunked\r\n\r\n`;

function withBody(content: string | Uint8Array, headers = ''): (string | Uint8Array)[] {
  return [`${infer}${headers}Content-Length: ${content.length}\r\n\r\n`, content];
}
function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
const broken = (why: string): RegExp => new RegExp(`this is not a request of HTTP/1.1: ${why}`);
const slowly = { pauseMs: 50 };

/** What is sent, the statuses of the answers, and what the last one says. */
type Case = [name: string, parts: (string | Uint8Array)[], statuses: number[], says: RegExp, how?: Sending];

const cases: Case[] = [
  ['a good request', withBody(body), [200], /"probabilities"/],
  ['a good request in chunks', [chunked, chunk(body), '0\r\n\r\n'], [200], /"probabilities"/],
  ['gzip', withBody(gzipSync(body), 'Content-Encoding: gzip\r\n'), [200], /"probabilities"/],
  ['deflate', withBody(deflateSync(body), 'Content-Encoding: deflate\r\n'), [200], /"probabilities"/],
  ['HTTP/1.0', ['GET /v2 HTTP/1.0\r\n\r\n'], [200], /"extensions"/],
  ['HEAD', [`HEAD /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`], [200], /\r\n\r\n$/],
  // Methods and protocols.
  ['an unknown method', ['BREW / HTTP/1.1\r\n\r\n'], [400], broken('Invalid method')],
  ['a method for other servers', ['PROPFIND /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'], [405], /use GET/],
  ['OPTIONS of everything', ['OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n'], [404], /no such path/],
  ['CONNECT', ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'], [405], /no proxy/],
  ['an upgrade', [`${get}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`], [200], /"extensions"/],
  ['HTTP/2', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], [400], broken('')],
  ['TLS', [Buffer.from('160301020001000001fc0303', 'hex')], [400], broken('Invalid method')],
  ['HTTP/3.7', ['GET /v2 HTTP/3.7\r\n\r\n'], [400], broken('Invalid HTTP version')],
  // Targets with a host in them.
  [
    'a target for proxies',
    ['GET http://localhost/v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [200],
    /"extensions"/,
  ],
  [
    'one in capitals and with a query',
    ['GET HTTP://LOCALHOST/v2?a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [200],
    /"extensions"/,
  ],
  [
    'one with the name of a stranger',
    ['GET http://evil.example/v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [403],
    /does not answer to the host "evil.example"/,
  ],
  [
    'one with a user',
    ['GET http://a:b@localhost/v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [400],
    /must be a path/,
  ],
  ['one without a host', ['GET http:///v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'], [400], /must be a path/],
  ['one and no Host', ['GET http://localhost/v2 HTTP/1.1\r\n\r\n'], [400], /no header Host/],
  ['another scheme', ['GET ftp://localhost/v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'], [404], /no such path/],
  // What two programs could read in two ways.
  ['no Host', ['GET /v2 HTTP/1.1\r\n\r\n'], [400], /no header Host/],
  ['two Hosts', [`${get}Host: localhost\r\n\r\n`], [400], /more than one header Host/],
  ['two lengths', [`${infer}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`], [400], broken('Duplicate')],
  ['a list of lengths', [`${infer}Content-Length: 5, 5\r\n\r\n`], [400], broken('Invalid character')],
  [
    'a length and chunks',
    [`${infer}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    [400],
    broken('Transfer-Encoding'),
  ],
  [
    'chunks and a length',
    [`${infer}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    [400],
    broken('Content-Length'),
  ],
  ['almost chunked', [`${infer}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`], [501], /is chunked/],
  ['chunked within', [`${infer}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`], [501], /is chunked/],
  [
    'chunked first',
    [`${infer}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    [400],
    broken('Invalid .Transfer-Encoding'),
  ],
  ['a blank before the colon', [`${infer}Content-Length : 5\r\n\r\nabcde`], [400], broken('Invalid header')],
  ['a folded header', [`${get}A: b\r\n c\r\n\r\n`], [400], broken('Unexpected whitespace')],
  ['lines that end with LF', ['GET /v2 HTTP/1.1\nHost: localhost\n\n'], [400], broken('Expected CRLF')],
  ['NUL in a header', [`${get}A: b\0c\r\n\r\n`], [400], broken('Invalid header value')],
  ['CR in a header', [`${get}A: b\rc\r\n\r\n`], [400], broken('Missing expected LF')],
  // Lengths.
  ['a negative length', [`${infer}Content-Length: -5\r\n\r\n`], [400], broken('Invalid character')],
  ['a hexadecimal length', [`${infer}Content-Length: 0x5\r\n\r\n`], [400], broken('Invalid character')],
  [
    'a length of 80 bits',
    [`${infer}Content-Length: ${'9'.repeat(24)}\r\n\r\n`],
    [400],
    broken('Content-Length overflow'),
  ],
  [
    '1 GB',
    [`${infer}Content-Length: 1000000000\r\n\r\n`, ...Array<string>(64).fill(' '.repeat(65_536))],
    [413],
    /larger than 1000000 bytes/,
  ],
  [
    'chunks without end',
    [chunked, ...Array<string>(64).fill(chunk(' '.repeat(65_536)))],
    [413],
    /larger than 1000000 bytes/,
  ],
  [
    'a bomb',
    withBody(gzipSync(Buffer.alloc(50_000_000, 32)), 'Content-Encoding: gzip\r\n'),
    [413],
    /larger than 1000000 bytes/,
  ],
  ['a bad chunk', [chunked, 'zz\r\nabc\r\n'], [400], broken('Invalid character in chunk size')],
  [
    'a chunk that is longer than it says',
    [chunked, '2\r\nabcdef\r\n'],
    [400],
    broken('Expected LF after chunk data'),
  ],
  [
    'a chunk with long extensions',
    [chunked, `2;${'a'.repeat(20_000)}\r\nab\r\n`],
    [413],
    /extensions of a chunk/,
  ],
  [
    'a body that is shorter than it says',
    [`${infer}Content-Length: ${body.length + 1}\r\n\r\n`, body],
    [408],
    /did not arrive in time/,
  ],
  [
    'a body that is longer than it says',
    [`${infer}Content-Length: ${body.length - 9}\r\n\r\n`, body],
    [400],
    /is not JSON/,
    { answers: Infinity },
  ],
  // Bodies.
  ['damaged gzip', withBody(body, 'Content-Encoding: gzip\r\n'), [400], /cannot be unpacked/],
  [
    'half of gzip',
    withBody(gzipSync(body).subarray(0, 40), 'Content-Encoding: gzip\r\n'),
    [400],
    /cannot be unpacked/,
  ],
  ['another encoding', withBody(body, 'Content-Encoding: br\r\n'), [415], /use gzip, deflate or none/],
  ['deep JSON', withBody('['.repeat(900_000)), [400], /is not JSON/],
  [
    'deep data',
    withBody(
      `{"inputs":[{"name":"X","datatype":"FP32","shape":[1,64],"data":${'['.repeat(400_000)}${']'.repeat(400_000)}}]}`,
    ),
    [400],
    /does not have the shape/,
  ],
  [
    'an input with a name of objects',
    withBody(body.replace('"X"', '"__proto__"')),
    [400],
    /unknown input "__proto__"/,
  ],
  [
    '50,000 inputs',
    withBody(`{"inputs":[${Array<string>(50_000).fill('{"name":"X"}').join()}]}`),
    [400],
    /input "X"/,
  ],
  [
    '50,000 outputs',
    withBody(body.replace(/}$/, `,"outputs":[${Array<string>(50_000).fill('{"name":"label"}').join()}]}`)),
    [400],
    /output/,
  ],
  [
    '200,000 dimensions',
    withBody(body.replace('[1,64]', `[${Array<number>(200_000).fill(1).join()}]`)),
    [400],
    /has shape \[1,1/,
  ],
  [
    'JSON that ends behind the body',
    withBody(body, 'Inference-Header-Content-Length: 999999\r\n'),
    [400],
    /but the body has \d+ bytes/,
  ],
  [
    'a negative length of JSON',
    withBody(body, 'Inference-Header-Content-Length: -1\r\n'),
    [400],
    /must be a number of bytes/,
  ],
  ['no UTF-8', withBody('{"inputs":"\xff\xfe"}'), [400], /"inputs"/],
  // Heads.
  ['a long path', [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`], [431], /more than 16384 bytes/],
  [
    'a path of slashes',
    [`GET ${'/'.repeat(15_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    [404],
    /no such path/,
  ],
  [
    'a path that is no text',
    ['GET /v2/models/%ff%zz HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [404],
    /no such path/,
  ],
  [
    'the path of a file',
    ['GET /v2/models/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [404],
    /no model "\.\.\/\.\.\/\.\.\/etc\/passwd" is served here/,
  ],
  [
    'the path of a file, in disguise',
    ['GET /v2/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [404],
    /is served here/,
  ],
  ['many headers', [`${get}${'a: b\r\n'.repeat(200)}\r\n`], [431], /128 headers/],
  ['a long header', [`${get}a: ${'b'.repeat(20_000)}\r\n\r\n`], [431], /more than 16384 bytes/],
  // Slow and half.
  ['nothing', [], [408], /did not arrive in time/],
  [
    'headers, one by one',
    [get, ...Array<string>(40).fill('a: b\r\n')],
    [408],
    /did not arrive in time/,
    slowly,
  ],
  [
    'a body, byte by byte',
    [`${infer}Content-Length: 1000\r\n\r\n`, ...Array<string>(80).fill('{')],
    [408],
    /did not arrive in time/,
    slowly,
  ],
  ['half a head', ['GET /v2 HT'], [400], broken(''), { half: true }],
  ['half a body', [`${infer}Content-Length: 1000\r\n\r\n{"inputs`], [400], broken(''), { half: true }],
  // Leave to send a body.
  [
    'a body that waits for leave',
    withBody(body, 'Expect: 100-continue\r\n'),
    [100, 200],
    /"probabilities"/,
    { ...slowly, answers: 2 },
  ],
  [
    'a large one that waits',
    [`${infer}Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n`],
    [413],
    /larger than/,
    { answers: Infinity },
  ],
  [
    'one for nothing that waits',
    ['POST /no HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n'],
    [404],
    /no such path/,
    { answers: Infinity },
  ],
  // Order.
  [
    'requests that do not wait for answers',
    [
      `${withBody(body).join('')}${get}\r\n${withBody(body.replace('{', '{"id":"3",')).join('')}GET /no HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ],
    [200, 200, 200, 404],
    /"probabilities"[^]*"extensions"[^]*"id":"3"[^]*no such path/,
    { answers: 4 },
  ],
  [
    'no request after a good one',
    [`${withBody(body).join('')}garbage\r\n\r\n`],
    [200],
    /"probabilities"/,
    { answers: Infinity },
  ],
  // Browsers.
  [
    'a name that was made to lead here',
    ['GET /v2 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    [403],
    /does not answer to the host/,
  ],
  [
    'a page of another site',
    withBody(body, 'Origin: http://evil.example\r\nContent-Type: text/plain\r\n'),
    [403],
    /may not use this server/,
  ],
];

for (const [name, parts, statuses, says, how] of cases) {
  test(`${name}: ${statuses.join()}`, async () => {
    const answer = await sendRaw(server.port, parts, { answers: 1, ...how });
    assert.deepEqual(answer.statuses, statuses, answer.text);
    assert.match(answer.text.replaceAll('\\"', '"'), says);
    assert.doesNotMatch(answer.text, /\bat .*:\d+:\d+|node:|\/tmp\/|\.ts\b/);
    if (how?.answers === Infinity) assert.equal(answer.closed, true);
    const next = await post(server, '/v2/models/digits/infer', good);
    assert.equal(next.status, 200);
  });
}

test('connections above the limit are refused with a reason, and others are not', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const small = await serving(t, registry, ['digits'], { connections: { maxConnections: 3 } });
  const idle = [1, 2, 3].map(() => sendRaw(small.port, [`${get}\r\n`], { mostMs: 1500 }));
  for (;;) {
    const { statuses, text, closed } = await sendRaw(small.port, [`${get}\r\n`], { answers: 1 });
    if (statuses[0] === 200) continue;
    assert.deepEqual([statuses, closed], [[503], false], text);
    assert.match(text, /Retry-After: 1[^]*3 connections are open, which is the most/);
    break;
  }
  for (const one of await Promise.all(idle)) assert.deepEqual(one.statuses.slice(0, 1), [200]);
  while ((await sendRaw(small.port, [`${get}\r\n`], { answers: 1 })).statuses[0] !== 200);
});

test('many connections on which nothing happens keep nobody from being answered', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const patient = await serving(t, registry, ['digits'], {
    connections: { headerMs: 600_000, requestMs: 600_000 },
  });
  const idle = await Promise.all(
    Array.from({ length: 500 }, async () => {
      const socket = connect({ port: patient.port, host: '127.0.0.1' });
      t.after(() => void socket.destroy());
      await once(socket.setNoDelay(), 'connect');
      return socket;
    }),
  );
  assert.equal((await post(patient, '/v2/models/digits/infer', good)).status, 200);
  // Those that do have something to say then are still there.
  const last = idle.at(-1) ?? assert.fail();
  last.write(`${get}\r\n`);
  assert.match(String(await once(last, 'data')), /^HTTP\/1\.1 200 /);
});

test('bodies together take no more memory than they may, and give it back', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const small = await serving(t, registry, ['digits'], { connections: { allBodiesBytes: 200_000 } });
  const waiting = sendRaw(small.port, [`${infer}Content-Length: 150000\r\n\r\n${' '.repeat(140_000)}`], {
    mostMs: 1500,
  });
  const large = `${body}${' '.repeat(100_000)}`;
  const ask = async (): Promise<number | undefined> =>
    (await sendRaw(small.port, withBody(large), { answers: 1 })).statuses[0];
  while ((await ask()) === 200);
  assert.equal(await ask(), 503);
  assert.equal((await post(small, '/v2/models/digits/infer', good)).status, 200);
  await waiting;
  while ((await ask()) !== 200);
  for (let count = 0; count < 5; count++) assert.equal(await ask(), 200);
});

import { connect as connectHttp2, type ClientHttp2Session, constants } from 'node:http2';
import { connect, createServer, type AddressInfo } from 'node:net';
import { nextBelow, seededRandom } from '../../src/core/seeded-random.ts';
import { frame } from '../../src/serve/grpc/message-frames.ts';
import { mutate } from './mutate.ts';
import { grpcSeeds } from './seeds.ts';

export interface GrpcCase {
  path: string;
  headers: Record<string, string>;
  /** What is sent in turn. */
  parts: Buffer[];
  /** Resets the stream instead of ending it. */
  reset: boolean;
}

const oddHeaders: readonly Record<string, string>[] = [
  { 'grpc-encoding': 'gzip' },
  { 'grpc-encoding': 'deflate' },
  { 'grpc-encoding': 'br' },
  { 'grpc-timeout': '1m' },
  { 'grpc-timeout': '99999999H' },
  { 'grpc-timeout': 'x' },
  { 'content-type': 'application/json' },
  { 'content-type': 'application/grpc+proto' },
  { 'content-length': '7' },
  { triton_grpc_error: 'true' },
  { traceparent: '00-0-0-1' },
  { 'x-request-id': 'a"b' },
];

/** The same for a seed and a number. */
export function grpcCase(seed: number, number: number): GrpcCase {
  const random = seededRandom(seed, `grpc ${number}`);
  const one = grpcSeeds[nextBelow(random, grpcSeeds.length)]!;
  const other = grpcSeeds[nextBelow(random, grpcSeeds.length)]!;
  let body = frame(mutate(one.body, other.body, random));
  if (nextBelow(random, 6) === 0) body = mutate(body, frame(other.body), random);
  if (nextBelow(random, 12) === 0) body[0] = 1;
  if (nextBelow(random, 6) === 0) body = Buffer.concat([body, frame(other.body)]);
  const cut = nextBelow(random, 3) === 0 ? nextBelow(random, body.length + 1) : body.length;
  return {
    path: nextBelow(random, 20) === 0 ? `${one.path}x` : one.path,
    headers: nextBelow(random, 4) === 0 ? oddHeaders[nextBelow(random, oddHeaders.length)]! : {},
    parts: [body.subarray(0, cut), body.subarray(cut)].filter(({ length }) => length > 0),
    reset: nextBelow(random, 10) === 0,
  };
}

const mostMs = 10_000;

/** Sends a case as a call. What is wrong with its end; undefined: nothing is. */
export function sendGrpc(
  client: ClientHttp2Session,
  { path, headers, parts, reset }: GrpcCase,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const stream = client.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let status: unknown;
    let said: unknown;
    const most = setTimeout(() => {
      stream.close();
      resolve(`the call to ${path} is open after ${mostMs} ms`);
    }, mostMs);
    const read = (found: Record<string, unknown>): void => {
      status = found['grpc-status'] ?? status;
      said = found['grpc-message'] ?? said;
    };
    stream
      .on('response', read)
      .on('trailers', read)
      .on('error', () => undefined)
      .resume();
    stream.on('close', () => {
      clearTimeout(most);
      resolve(
        isBug(status, said) ? `the call to ${path} ended with ${String(status)} ${String(said)}` : undefined,
      );
    });
    for (const part of parts) stream.write(part);
    if (reset) stream.close(constants.NGHTTP2_CANCEL);
    else stream.end();
  });
}

/** INTERNAL is also what a client gets whose frames are none. */
function isBug(status: unknown, said: unknown): boolean {
  return (
    (status === '13' && String(said).includes('internal%20error')) || String(said).includes('internal error')
  );
}

/** What a client of HTTP/2 sends for a good call: its bytes, from the first one on. */
export async function recordedCall(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', (chunk: Buffer) => void chunks.push(chunk));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('error', () => undefined);
  const { path, body } = grpcSeeds[0]!;
  const stream = client.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined).end(frame(body));
  while (Buffer.concat(chunks).length < body.length + 100)
    await new Promise((resolve) => setTimeout(resolve, 5));
  client.destroy();
  server.close();
  return Buffer.concat(chunks);
}

/** The bytes of a connection: the same for a seed and a number. */
export function wireCase(recorded: Buffer, seed: number, number: number): Buffer {
  const random = seededRandom(seed, `wire ${number}`);
  // Behind the preface: without it there is no connection.
  const preface = nextBelow(random, 10) === 0 ? 0 : 24;
  return Buffer.concat([recorded.subarray(0, preface), mutate(recorded.subarray(preface), recorded, random)]);
}

/** Sends bytes on a connection of their own, and leaves. */
export function sendWire(port: number, bytes: Buffer): Promise<undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const leave = setTimeout(() => socket.destroy(), 30);
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      clearTimeout(leave);
      resolve(undefined);
    });
    socket.write(bytes);
  });
}

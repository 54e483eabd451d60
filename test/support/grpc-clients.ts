import {
  type ChannelCredentials,
  type Client,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createGrpcServer, type GrpcServer, type GrpcServerOptions } from '../../src/serve/grpc/server.ts';
import { bytes, message } from './protobuf-writer.ts';

/** A server on a free port, which is closed after the test. */
export async function startServer(
  t: TestContext,
  options: Partial<GrpcServerOptions>,
): Promise<{ address: string; grpc: GrpcServer }> {
  const grpc = createGrpcServer({
    methods: new Map(),
    makeId: () => 'made-id',
    answered: () => undefined,
    admit: () => null,
    maxMessageBytes: 1024 * 1024,
    stallMs: 10_000,
    beginMs: 10_000,
    idleMs: 600_000,
    ...options,
  });
  t.after(() => grpc.close());
  await new Promise<void>((resolve) => grpc.server.listen(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${(grpc.server.address() as AddressInfo).port}`, grpc };
}

/** A connection of Node's own HTTP/2, for what no gRPC client would send. */
export function session(t: TestContext, address: string): ClientHttp2Session {
  const client = connect(`http://${address}`);
  client.on('error', () => undefined);
  t.after(() => client.destroy());
  return client;
}

export interface Ended {
  status: number | undefined;
  /** `grpc-status`, from the trailers or from headers without a body. */
  code: number | undefined;
  message: string;
  headers: Record<string, unknown>;
  body: Buffer;
  rstCode: number;
}

/** A stream for a call. Nothing was sent yet. */
export function open(
  client: ClientHttp2Session,
  path: string,
  more: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  return client.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  });
}

/** How a stream ends. */
export function ended(stream: ClientHttp2Stream): Promise<Ended> {
  const headers: Record<string, unknown> = {};
  const chunks: Buffer[] = [];
  stream.on('response', (more) => Object.assign(headers, more));
  stream.on('trailers', (more) => Object.assign(headers, more));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => undefined);
  return new Promise((resolve) =>
    stream.on('close', () => {
      const code = headers['grpc-status'];
      const text = headers['grpc-message'];
      resolve({
        status: headers[':status'] as number | undefined,
        code: typeof code === 'string' ? Number(code) : undefined,
        message: typeof text === 'string' ? decodeURIComponent(text) : '',
        headers,
        body: Buffer.concat(chunks),
        rstCode: stream.rstCode ?? 0,
      });
    }),
  );
}

/** Sends bytes as they are, and waits for the end. */
export function send(
  client: ClientHttp2Session,
  path: string,
  body: Uint8Array,
  more: OutgoingHttpHeaders = {},
): Promise<Ended> {
  const stream = open(client, path, more);
  stream.end(body);
  return ended(stream);
}

/** A service of these files, as a client of grpc-js. */
export function clientOf(
  t: TestContext,
  address: string,
  descriptors: readonly Uint8Array[],
  service: string,
  how: ChannelCredentials = credentials.createInsecure(),
): Client & Record<string, Function> {
  const set = Buffer.from(message(...descriptors.map((file) => bytes(1, file))));
  const definition = loadFileDescriptorSetFromBuffer(set, {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  let found: unknown = loadPackageDefinition(definition);
  for (const part of service.split('.')) found = (found as Record<string, unknown>)[part];
  const client = new (found as ServiceClientConstructor)(address, how);
  t.after(() => client.close());
  return client;
}

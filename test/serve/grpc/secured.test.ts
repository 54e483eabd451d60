import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type ClientHttp2Session } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { frame } from '../../../src/serve/grpc/message-frames.ts';
import { send } from '../../support/grpc-clients.ts';
import { registryWith, serving } from '../../support/served.ts';
import { failsWith, fixture, tempFolder } from '../../support/temp-folder.ts';

const empty = frame(Buffer.alloc(0));
const metadata = '/inference.GRPCInferenceService/ServerMetadata';
const live = '/inference.GRPCInferenceService/ServerLive';

function connected(t: TestContext, port: number, ca: string): ClientHttp2Session {
  const client = connect(`https://127.0.0.1:${port}`, { ca: readFileSync(fixture(`tls/${ca}.crt`)) });
  client.on('error', () => undefined);
  t.after(() => client.destroy());
  return client;
}

test('gRPC over TLS answers, and both its certificate and its tokens are read again', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const folder = tempFolder(t);
  const [cert, key, tokenFile] = ['server.crt', 'server.key', 'tokens'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const use = (name: string): void => {
    copyFileSync(fixture(`tls/${name}.crt`), cert);
    copyFileSync(fixture(`tls/${name}.key`), key);
    chmodSync(key, 0o600);
  };
  use('a');
  writeFileSync(tokenFile, 'ci first-0123456789abcdef\n', { mode: 0o600 });
  const server = await serving(t, registry, ['digits'], { tls: { cert, key }, tokenFile });
  assert.equal(server.grpcUrl, `grpcs://127.0.0.1:${server.grpcPort}`);
  const port = server.grpcPort ?? 0;
  const ask = async (client: ClientHttp2Session, token: string): Promise<number | undefined> =>
    (await send(client, metadata, empty, { authorization: `Bearer ${token}` })).code;

  const first = connected(t, port, 'a');
  await once(first, 'connect');
  assert.deepEqual(
    [(first.socket as TLSSocket).alpnProtocol, (first.socket as TLSSocket).getProtocol()],
    ['h2', 'TLSv1.3'],
  );
  assert.equal(await ask(first, 'first-0123456789abcdef'), 0);
  assert.equal(await ask(first, 'other-0123456789abcdef'), 16);
  // Probes have no tokens.
  assert.equal((await send(first, live, empty)).code, 0);

  writeFileSync(cert, 'no certificate');
  await assert.rejects(server.reload(), failsWith('INVALID_INPUT', /is no certificate in PEM/));
  await once(connected(t, port, 'a'), 'connect');

  use('b');
  writeFileSync(tokenFile, 'ci other-0123456789abcdef\n');
  await server.reload();
  const second = connected(t, port, 'b');
  assert.equal(await ask(second, 'other-0123456789abcdef'), 0);
  // A connection outlives its certificate, but not its token.
  assert.equal(await ask(first, 'first-0123456789abcdef'), 16);
  assert.equal(await ask(first, 'other-0123456789abcdef'), 0);
  const [distrusted] = (await once(connected(t, port, 'a'), 'error')) as [NodeJS.ErrnoException];
  assert.match(String(distrusted.code), /CERT|SIGNATURE|VERIFY/);
});

test('a port for gRPC that is taken is told as such, with what can be done', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  for (;;) {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const started = serving(t, registry, ['digits'], { port: port - 1 });
    const error = (await started.then(
      () => assert.fail('it listens'),
      (caught: unknown) => caught,
    )) as Error & { hint: string };
    taken.close();
    // Somebody may have the port before it.
    if (error.message.includes(`:${port - 1}`)) continue;
    assert.equal(
      error.message,
      `cannot listen on 127.0.0.1:${port} for gRPC: another program uses this port`,
    );
    assert.match(error.hint, /--grpc-port 0: any free one, off: no gRPC$/);
    break;
  }
});

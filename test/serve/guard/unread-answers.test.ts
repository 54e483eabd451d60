import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import test from 'node:test';
import { answerBytes } from '../../../src/serve/front/answer.ts';
import { openBudget } from '../../../src/serve/front/body-budget.ts';
import { countConnections } from '../../../src/serve/front/connection-count.ts';
import { openHttpServer, usualLimits } from '../../../src/serve/front/http-server.ts';
import { watchUnread } from '../../../src/serve/front/unread-answers.ts';
import type { Cleanup } from '../../support/temp-folder.ts';

/** More than the buffers of the system take. */
const large = Buffer.alloc(16_000_000, 32);

/** A server that answers everything with a large answer, and has memory for three of them. */
async function startServer(t: Cleanup, rates: { stallMs: number; bytesPerSecond: number }) {
  const budget = openBudget(50_000_000);
  const unread = watchUnread(budget, rates);
  const server = openHttpServer(usualLimits, countConnections(100), undefined, {
    handle: (request, response) => {
      request.budget = budget;
      response.unread = unread;
      answerBytes(response, 200, large, 'text/plain');
    },
    refused: () => undefined,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    unread.close();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}/` };
}

/** A client that asks and reads nothing. */
async function silent(t: Cleanup, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.pause();
  t.after(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return socket;
}

test('answers that nobody reads take bounded memory, and are cut off', async (t) => {
  const { server, port, url } = await startServer(t, { stallMs: 1000, bytesPerSecond: 1e9 });
  const open = async (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  for (let count = 0; count < 3; count++) await silent(t, port);
  while ((await open()) < 3);
  const refused = await fetch(url);
  const { error } = (await refused.json()) as { error: string };
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  assert.match(error, /^answers that other clients do not read take all the memory/);
  // Only that of `fetch` may be left.
  while ((await open()) > 1) await new Promise((resolve) => setTimeout(resolve, 20));
  const answered = await fetch(url);
  assert.equal(answered.status, 200);
  assert.equal((await answered.arrayBuffer()).byteLength, large.length);
});

test('a client that reads too slowly is cut off, although it reads', async (t) => {
  const { server, port } = await startServer(t, { stallMs: 200, bytesPerSecond: 1e9 });
  const socket = await silent(t, port);
  // More often than a stall would be noticed.
  const sips = setInterval(() => socket.read(1000), 20);
  t.after(() => clearInterval(sips));
  let open = 1;
  while (open > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    server.getConnections((_error, count) => (open = count));
  }
});

test('clients that read get all of it, again and again', async (t) => {
  const { url } = await startServer(t, { stallMs: 10_000, bytesPerSecond: 1e9 });
  for (let count = 0; count < 8; count++)
    assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, large.length);
});

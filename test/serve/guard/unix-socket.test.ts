import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { listenOnSocket } from '../../../src/serve/front/unix-socket.ts';
import { registryWith, serving } from '../../support/served.ts';
import { failsWith, tempFolder } from '../../support/temp-folder.ts';

function get(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/v2', headers: { Host: 'anything' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('a socket is for this user alone, replaces one that was left, and goes with the server', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const socket = join(tempFolder(t), 'mlreg.sock');
  // A process that ends without closing leaves its socket.
  const leave = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', leave]);
  assert.ok(statSync(socket).isSocket());
  const server = await serving(t, registry, ['digits'], { socket });
  assert.deepEqual([server.url, server.port], [`unix:${socket}`, 0]);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.equal(await get(socket), 200);
  await assert.rejects(
    serving(t, registry, ['digits'], { socket }),
    failsWith('STORAGE', /another program listens there/),
  );
  assert.equal(await get(socket), 200);
  await server.stop();
  assert.ok(!existsSync(socket));
});

test('what is no socket, or cannot be one, is left alone', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  mkdirSync(join(folder, 'folder'));
  for (const [socket, code, message] of [
    [file, 'USAGE', /file" exists and is not a socket/],
    [join(folder, 'folder'), 'USAGE', /folder" exists and is not a socket/],
    [join(folder, 'nowhere/a.sock'), 'STORAGE', /cannot listen on the socket/],
    [join(folder, 'a'.repeat(120)), 'USAGE', /at most 107 bytes/],
  ] as const)
    await assert.rejects(listenOnSocket(createServer(), socket), failsWith(code, message));
  assert.equal(statSync(file).size, 4);
  // One whose server is busy is not taken away.
  const busy = join(folder, 'busy.sock');
  const other = createServer().listen(busy);
  t.after(() => void other.close());
  await assert.rejects(listenOnSocket(createServer(), busy), failsWith('STORAGE'));
  assert.ok(existsSync(busy));
});

import { lstat, rm } from 'node:fs/promises';
import { chmodSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';

/** Bytes of a path that a socket can have: `sun_path` without its end. */
const longestPath = 107;

/**
 * Listens on a socket that only this user may use. One that a server left behind is replaced. USAGE
 * for a path that is too long, or something else than a socket; STORAGE if another program listens
 * there, or the folder cannot be written to.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath)
    throw bad(
      'USAGE',
      `the path of a socket has at most ${longestPath} bytes, but this one has ${Buffer.byteLength(path)}: ${quote(path)}`,
      'use a shorter one, for example in /run',
    );
  await removeStale(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        bad(
          'STORAGE',
          `cannot listen on the socket ${quote(path)}: ${cause.message}`,
          'name a path in a folder that exists and that you may write to',
          cause,
        ),
      ),
    );
    // It is made before `listen` returns, so that it is never there for others.
    const before = process.umask(0o177);
    try {
      server.listen({ path, backlog: 1024 }, resolve);
    } finally {
      process.umask(before);
    }
  });
  chmodSync(path, 0o600);
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw bad('USAGE', `${quote(path)} exists and is not a socket`, 'name another path, or remove it');
  if (await isListenedOn(path))
    throw bad(
      'STORAGE',
      `cannot listen on ${quote(path)}: another program listens there`,
      'stop it, or name another path',
    );
  await rm(path, { force: true });
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // A socket of another user may have a listener: only a refusal says that there is none.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
}

function bad(code: 'USAGE' | 'STORAGE', message: string, hint: string, cause?: unknown): MlregError {
  return new MlregError(code, message, { hint, cause });
}

import { connect } from 'node:net';
import { nextBelow, seededRandom } from '../../src/core/seeded-random.ts';
import { mutate } from './mutate.ts';
import { restSeeds } from './seeds.ts';

/** The bytes of a case: the same for a seed and a number. */
export function restCase(seed: number, number: number): Buffer {
  const random = seededRandom(seed, `rest ${number}`);
  const one = restSeeds[nextBelow(random, restSeeds.length)]!;
  const other = restSeeds[nextBelow(random, restSeeds.length)]!;
  const body = nextBelow(random, 3) === 0 ? one.body : mutate(one.body, other.body, random);
  // Mostly with the right length, or else no parser but that of HTTP would see much.
  const length = nextBelow(random, 10) === 0 ? nextBelow(random, 2000) : body.length;
  const head = Buffer.from(`${one.head}Content-Length: ${length}\r\n\r\n`, 'latin1');
  const sent = nextBelow(random, 5) === 0 ? mutate(head, Buffer.from(other.head, 'latin1'), random) : head;
  return Buffer.concat([sent, body]);
}

/** Statuses that a server has for what clients do; 500 is a bug, or a model that failed. */
const known = new Set([
  100, 200, 304, 400, 403, 404, 405, 408, 411, 413, 415, 417, 422, 429, 431, 501, 503, 504,
]);
const quietMs = 100;
const mostMs = 10_000;

/** Sends a case on a connection of its own. What is wrong with the answer; undefined: nothing is. */
export function sendRest(port: number, bytes: Buffer): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    const done = (what: string | undefined): void => {
      clearTimeout(quiet);
      clearTimeout(most);
      socket.destroy();
      resolve(what);
    };
    // What is not complete stays without an answer until the rest is given up.
    const quiet = setTimeout(() => socket.end(), quietMs);
    const most = setTimeout(
      () => done(`the connection is open after ${mostMs} ms: ${text.slice(0, 200)}`),
      mostMs,
    );
    socket.on('error', () => done(judge(text)));
    socket.on('close', () => done(judge(text)));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (isWhole(text)) done(judge(text));
    });
    socket.write(bytes);
  });
}

function judge(text: string): string | undefined {
  // A connection may be closed without a word where nothing came, or the client was gone.
  if (text === '') return undefined;
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  if (known.has(status)) return undefined;
  return `answered with ${text.slice(0, 600)}`;
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1 || text.startsWith('HTTP/1.1 100')) return false;
  return text.length >= head + 4 + Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
}

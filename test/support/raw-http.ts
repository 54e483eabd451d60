/** Requests as bytes, for what no client would send. */
import { connect, type Socket } from 'node:net';

/** What a server sent on one connection. */
export interface RawAnswer {
  /** The statuses, in order. */
  statuses: number[];
  text: string;
  /** Whether the server closed the connection. */
  closed: boolean;
}

/** How the parts of a request are sent. */
export interface Sending {
  /** Milliseconds between two parts. */
  pauseMs?: number;
  /** Closes this half when all is sent. */
  half?: boolean;
  /** Stop as soon as this many answers are there. Default: until the server closes. */
  answers?: number;
  /** Stop waiting then. */
  mostMs?: number;
}

/** Sends bytes on a connection of their own, and collects what comes back. */
export function sendRaw(
  port: number,
  parts: readonly (string | Uint8Array)[],
  { pauseMs = 0, half = false, answers = Infinity, mostMs = 20_000 }: Sending = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    let text = '';
    let closed = false;
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ statuses: statusesOf(text), text, closed });
    };
    const timer = setTimeout(finish, mostMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (statusesOf(text).length >= answers && isWhole(text)) finish();
    });
    socket.on('end', () => {
      closed = true;
      finish();
    });
    // A server may reset a connection while this side still sends.
    socket.on('error', () => {
      closed = true;
      finish();
    });
    void send(socket, parts, pauseMs).then(() => half && socket.end());
  });
}

async function send(socket: Socket, parts: readonly (string | Uint8Array)[], pauseMs: number): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed || !socket.writable) return;
    if (!socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part))
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', resolve);
      });
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** Whether the last answer has all of its body. */
function isWhole(text: string): boolean {
  const start = text.lastIndexOf('HTTP/1.1 ');
  const head = text.indexOf('\r\n\r\n', start);
  if (head === -1) return false;
  const [, length] = /content-length: (\d+)/i.exec(text.slice(start, head)) ?? [];
  return text.length >= head + 4 + Number(length ?? 0);
}

import type { Socket } from 'node:net';
import type { BodyRequest } from './body-request.ts';
import type { FrontResponse } from './front-response.ts';

/** A body up to this size is read to its end, so that the connection can be used again. */
const readBytes = 65_536;
/** How long the rest of a body is read after its refusal. */
const lingerMs = 2000;

/**
 * Before a request is refused whose body was not read: ends the connection after the answer unless
 * the rest is small. It reads on for a moment, because a connection that is closed with unread bytes
 * is reset, and the client would not see the answer.
 */
export function leaveUnread(request: BodyRequest, response: FrontResponse): void {
  if (request.complete) return;
  const { headers, socket } = request;
  const length = headers['content-length'];
  const isSmall =
    headers['transfer-encoding'] === undefined && (length === undefined || Number(length) <= readBytes);
  if (isSmall && request.sayContinue === undefined) return;
  response.shouldKeepAlive = false;
  // Node calls it when the answer is sent.
  socket.destroySoon = () => {
    socket.end();
    readSlowly(socket);
  };
}

/** Drops what still comes, and then the connection. */
export function readSlowly(socket: Socket): void {
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

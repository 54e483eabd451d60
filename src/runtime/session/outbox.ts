import type { Socket } from 'node:net';
import { headerBytes, type RequestFrame, writeRequestHeader } from './frames.ts';

const slabBytes = 1 << 16;

/** What is added in one turn of the event loop leaves in one write. */
export interface Outbox {
  add(request: RequestFrame): void;
}

/**
 * Collects the frames of a turn of the event loop: the requests of many connections then reach the
 * child together, which takes them as one batch. Small bodies are copied into one buffer, which
 * costs less than writing many.
 */
export function outbox(socket: Socket): Outbox {
  let slab = Buffer.allocUnsafeSlow(slabBytes);
  let at = 0;
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    write();
  };
  const write = (): void => {
    if (at === 0) return;
    socket.write(slab.subarray(0, at));
    at = 0;
    // What is not written yet still needs the buffer.
    if (socket.writableLength > 0) slab = Buffer.allocUnsafeSlow(slabBytes);
  };
  return {
    add(request) {
      const { body } = request;
      const whole = headerBytes + body.length;
      if (at + (whole <= slabBytes ? whole : headerBytes) > slabBytes) write();
      writeRequestHeader(slab, at, request);
      at += headerBytes;
      if (whole <= slabBytes) {
        slab.set(body, at);
        at += body.length;
      } else {
        write();
        socket.write(body);
      }
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
  };
}

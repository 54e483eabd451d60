import { readFileSync } from 'node:fs';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** The connections of all protocols, of which there may be so many. */
export interface ConnectionCount {
  /** A sentence about the limit. */
  readonly reached: string;
  /** Counts a connection until it is closed. False: there are too many. */
  add(socket: Socket): boolean;
}

/** Descriptors that connections leave for files, processes and the registry. */
const keptDescriptors = 200;

export function countConnections(wanted: number): ConnectionCount {
  const most = Math.max(1, Math.min(wanted, openFiles() - keptDescriptors));
  let open = 0;
  return {
    reached: `${most} connections are open, which is the most that this server takes`,
    add(socket) {
      if (open >= most) return false;
      open++;
      socket.once('close', () => open--);
      return true;
    },
  };
}

/** Hands the connections of a server that are too many to `refuse` instead of to the server. */
export function limitConnections(
  server: EventEmitter,
  count: ConnectionCount,
  refuse: (socket: Socket) => void,
): void {
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (!count.add(socket)) {
      socket.on('error', () => undefined);
      return refuse(socket);
    }
    for (const listener of listeners) listener.call(server, socket);
  });
}

/** How many descriptors this process may have; Node has raised it as far as it may. */
function openFiles(): number {
  try {
    const [, most] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return most === undefined ? Infinity : Number(most);
  } catch {
    return Infinity;
  }
}

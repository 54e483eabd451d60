import type { Server } from 'node:net';
import { MlregError } from '../../core/errors.ts';

export type PortFlag = '--port' | '--grpc-port';

/**
 * Starts to listen. `flag` is the option that says the port. Rejects STORAGE if the address cannot be
 * listened on, and USAGE for a host that is none.
 */
export function listenOn(server: Server, host: string, port: number, flag: PortFlag): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(notListening(cause, host, port, flag)));
    server.listen({ host, port, backlog: 1024 }, resolve);
  });
}

function notListening(cause: NodeJS.ErrnoException, host: string, port: number, flag: PortFlag): MlregError {
  const at = `${host}:${port}${flag === '--grpc-port' ? ' for gRPC' : ''}`;
  if (cause.code === 'EADDRINUSE')
    return new MlregError('STORAGE', `cannot listen on ${at}: another program uses this port`, {
      hint:
        flag === '--port'
          ? `choose another port with --port, or --port 0 for any free one`
          : 'it is the port after that of HTTP unless --grpc-port says another; --grpc-port 0: any free one, off: no gRPC',
      cause,
    });
  if (cause.code === 'EACCES')
    return new MlregError('STORAGE', `cannot listen on ${at}: only root may use this port`, {
      hint: `use a port above 1023, for example ${flag} 8080`,
      cause,
    });
  return new MlregError('USAGE', `cannot listen on ${at}: ${cause.message}`, {
    hint: 'use an address of this machine, for example --host 127.0.0.1',
    cause,
  });
}

import type { AddressInfo } from 'node:net';
import type { FrontContext } from '../front/route.ts';
import { listenOn } from '../front/listen-on.ts';
import type { Tls } from '../guard/tls.ts';
import { observeCall, observeRefused } from './observe-call.ts';
import { healthMethods, healthPaths } from './health.ts';
import { inferenceMethods, livePaths } from './inference-service.ts';
import { reflectionMethods } from './reflection.ts';
import { createGrpcServer } from './server.ts';

/** The listening server for gRPC. */
export interface ListeningGrpc {
  /** The port that was chosen, if 0 was asked for. */
  port: number;
  /**
   * Takes no new calls, and resolves when those that are open have ended and their connections are
   * closed, or after `mostMs`.
   */
  drain(mostMs: number): Promise<void>;
  /** Ends every connection. */
  close(): void;
}

/** What everybody may ask, without a token: probes have none. */
const openPaths = new Set([...healthPaths, ...livePaths]);

const stallMs = 60_000;
/** Longer than for REST: clients keep a connection where they would open many there. */
const idleMs = 600_000;

/** Rejects as `listenOn`. */
export async function listenGrpc(
  front: FrontContext,
  host: string,
  port: number,
  tls: Tls | undefined,
): Promise<ListeningGrpc> {
  const grpc = createGrpcServer({
    methods: new Map([
      ...inferenceMethods(front),
      ...healthMethods(() => front.isReady()),
      ...reflectionMethods(),
    ]),
    tls,
    makeId: front.observer.makeId,
    answered: (call, code) => observeCall(front.observer, call, code),
    admit: (path, { authorization, host, origin, ':authority': authority = host }) =>
      openPaths.has(path) ? null : front.guard.admit({ authorization, host: authority, origin }),
    maxMessageBytes: front.limits.maxBodyBytes,
    budget: front.limits.bodies,
    connections: front.limits.connectionCount,
    refused: (remote) => observeRefused(front.observer, remote),
    beginMs: front.limits.connections.headerMs,
    idleMs,
    stallMs,
  });
  await listenOn(grpc.server, host, port, '--grpc-port');
  return {
    port: (grpc.server.address() as AddressInfo).port,
    drain: async (mostMs) => {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([grpc.drain(), new Promise((resolve) => (timer = setTimeout(resolve, mostMs)))]);
      clearTimeout(timer);
    },
    close: () => grpc.close(),
  };
}

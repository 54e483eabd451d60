import { decodeMessage, encodeMessage } from '../protobuf/described-message.ts';
import { frame } from './message-frames.ts';
import { healthProtocol, inferenceProtocol } from './protocols.ts';
import type { Method } from './server.ts';
import { GrpcError } from './status.ts';
import { answering, unary } from './unary.ts';

/** Numbers of `ServingStatus`. */
const serving = 1;
const notServing = 2;
const serviceUnknown = 3;

/** All methods, which are open to everybody. */
export const healthPaths = ['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch'] as const;

const watchMs = 250;

/**
 * `grpc.health.v1.Health`, which load balancers and Kubernetes ask. The empty name is the server;
 * the inference service has the same state.
 */
export function healthMethods(isReady: () => boolean): [path: string, method: Method][] {
  const services = new Set(['', ...healthProtocol.services.keys(), ...inferenceProtocol.services.keys()]);
  const statusOf = (service: string): number | undefined => {
    if (!services.has(service)) return undefined;
    return isReady() ? serving : notServing;
  };
  return [
    [
      healthPaths[0],
      answering((request) => {
        const service = serviceOf(request);
        const status = statusOf(service);
        if (status === undefined) throw new GrpcError('NOT_FOUND', `no service ${JSON.stringify(service)}`);
        return encodeStatus(status);
      }),
    ],
    [healthPaths[1], watching((service) => statusOf(service) ?? serviceUnknown)],
  ];
}

/** Sends the state, and each change of it, until the client leaves. */
function watching(statusOf: (service: string) => number): Method {
  return unary((request, call) => {
    const service = serviceOf(request);
    let last: number | undefined;
    const look = (): void => {
      const status = statusOf(service);
      if (status === last) return;
      last = status;
      call.send(frame(encodeStatus(status)));
    };
    look();
    const timer = setInterval(look, watchMs).unref();
    return {
      onCancel: () => clearInterval(timer),
      onDrain: () => call.fail(new GrpcError('UNAVAILABLE', 'the server is shutting down')),
    };
  });
}

function serviceOf(request: Buffer): string {
  const { service } = decodeMessage(healthProtocol, 'grpc.health.v1.HealthCheckRequest', request);
  return typeof service === 'string' ? service : '';
}

function encodeStatus(status: number): Buffer {
  return encodeMessage(healthProtocol, 'grpc.health.v1.HealthCheckResponse', { status });
}

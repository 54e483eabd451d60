import type { Call } from './call.ts';
import { frame } from './message-frames.ts';
import type { Method } from './server.ts';
import { GrpcError } from './status.ts';

/** What a method does when a call that it has not answered ends, or should end. */
export interface Pending {
  /** The client left. */
  onCancel: () => void;
  /** The server stops. */
  onDrain?: () => void;
}

/**
 * A method that takes one message. `handle` gets it when the request is complete; it calls
 * `call.finish` or `call.fail`, then or later, and throws what the call ends with.
 */
export function unary(handle: (request: Buffer, call: Call) => Pending | void): Method {
  return (call) => {
    let request: Buffer | undefined;
    let pending: Pending | void;
    call.listen({
      onMessage: (message) => {
        if (request !== undefined) throw cardinality('more than one');
        request = message;
      },
      onEnd: () => {
        if (request === undefined) throw cardinality('none');
        pending = handle(request, call);
      },
      onCancel: () => pending?.onCancel(),
      onDrain: () => pending?.onDrain?.(),
    });
  };
}

/** As gRPC's own libraries call it. */
function cardinality(sent: string): GrpcError {
  return new GrpcError('UNIMPLEMENTED', `this method takes one message, and ${sent} came`);
}

/** A method that answers at once. */
export function answering(answer: (request: Buffer) => Uint8Array): Method {
  return unary((request, call) => call.finish(frame(answer(request))));
}

import { nothingNoted } from '../front/note.ts';
import type { Observer } from '../observe/observer.ts';
import type { Call } from './call.ts';

/** Tells of a call that has its answer. A stream is told as one, and each of its requests, too. */
export function observeCall(observer: Observer, { exchange, infers }: Call, code: number): void {
  observer.observe({
    protocol: 'grpc',
    infers: infers !== undefined,
    ...(infers ?? nothingNoted),
    code,
    totalMs: performance.now() - exchange.since,
    exchange,
  });
}

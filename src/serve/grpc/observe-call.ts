import { nothingNoted } from '../front/note.ts';
import { beginExchange } from '../observe/exchange.ts';
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

/** Tells of a connection that was one too many. It counts as a call that named no model. */
export function observeRefused({ observe, makeId }: Observer, remote: string): void {
  const exchange = beginExchange({ method: '', url: '', headers: {}, remote }, makeId);
  observe({ protocol: 'grpc', infers: true, ...nothingNoted, code: 503, totalMs: 0, exchange });
}

import { beginExchange, type RequestHead } from '../../src/serve/observe/exchange.ts';
import type { RequestEvent } from '../../src/serve/observe/request-event.ts';

/** The event of a request that digits@1.0.0 answered, except for `other`. */
export function answered(
  other: Partial<RequestEvent> = {},
  headers: RequestHead['headers'] = {},
): RequestEvent {
  return {
    protocol: 'rest',
    infers: true,
    model: 'digits',
    version: '1.0.0',
    code: 200,
    totalMs: 0.31,
    queueMs: 0.05,
    computeMs: 0.2,
    batch: 1,
    exchange: beginExchange(
      { method: 'POST', url: '/v2/models/digits/infer', remote: '127.0.0.1', headers },
      () => 'id-1',
    ),
    ...other,
  };
}

import type { CachedReply } from '../cache/cached-infer.ts';
import type { RequestEvent } from '../observe/request-event.ts';
import type { ServedVersion } from '../served.ts';
import type { Call } from './route.ts';

/** What a call's event will say of its inference. */
export type Noted = Pick<RequestEvent, 'model' | 'version' | 'queueMs' | 'computeMs' | 'batch' | 'cache'>;

/** Keeps what the event of this call is to say, and its answer if the client wants the times. */
export function noteReply({ response }: Call, { name, version }: ServedVersion, reply: CachedReply): void {
  const ran = reply.batch > 0;
  const computeMs = reply.computeMicros / 1000;
  response.noted = {
    model: name,
    version,
    queueMs: ran ? Math.max(0, reply.totalMs - computeMs) : null,
    computeMs: ran ? computeMs : null,
    batch: ran ? reply.batch : null,
    cache: reply.cache === 'bypass' ? undefined : reply.cache,
  };
}

/** What is known of a call when it was answered. */
export function notedOf({ response, front, model, version }: Call): Noted {
  if (response.noted !== undefined) return response.noted;
  const served = front.models.find(model, version);
  return {
    model: served?.name ?? null,
    version: served?.version ?? null,
    queueMs: null,
    computeMs: null,
    batch: null,
  };
}

import type { CachedReply } from '../cache/cached-infer.ts';
import type { RequestEvent } from '../observe/request-event.ts';
import type { ServedVersion } from '../served.ts';
import type { Call, Named } from './route.ts';

/** What a call's event will say of its inference. */
export type Noted = Pick<RequestEvent, 'model' | 'version' | 'queueMs' | 'computeMs' | 'batch' | 'cache'>;

/** Of a request that is about no model. */
export const nothingNoted: Noted = {
  model: null,
  version: null,
  queueMs: null,
  computeMs: null,
  batch: null,
};

/** Keeps what the event of this call is to say, and its answer if the client wants the times. */
export function noteReply({ response }: Call, served: ServedVersion, reply: CachedReply): void {
  response.noted = noteOf(served, reply);
}

/** What a reply says of an inference. */
export function noteOf({ name, version }: ServedVersion, reply: CachedReply): Noted {
  const ran = reply.batch > 0;
  const computeMs = reply.computeMicros / 1000;
  return {
    model: name,
    version,
    queueMs: ran ? Math.max(0, reply.totalMs - computeMs) : null,
    computeMs: ran ? computeMs : null,
    batch: ran ? reply.batch : null,
    cache: reply.cache === 'bypass' ? undefined : reply.cache,
  };
}

/** What is known of a call when it was answered. */
export function notedOf(call: Call): Noted {
  return call.response.noted ?? notReached(call);
}

/** Of a request that no model answered. */
export function notReached({ front, model, version }: Named): Noted {
  const served = front.models.find(model, version);
  return {
    model: served?.name ?? null,
    version: served?.version ?? null,
    queueMs: null,
    computeMs: null,
    batch: null,
  };
}

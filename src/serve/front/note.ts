import type { PartEvent, RequestEvent } from '../observe/request-event.ts';
import type { PartReply, Reply, ServedVersion } from '../served.ts';
import type { Call, Named } from './route.ts';

/** What a call's event will say of its inference. */
export type Noted = Pick<
  RequestEvent,
  'model' | 'version' | 'queueMs' | 'computeMs' | 'batch' | 'cache' | 'parts' | 'inputMs' | 'outputMs'
>;

/** Of a request that is about no model. */
export const nothingNoted: Noted = {
  model: null,
  version: null,
  queueMs: null,
  computeMs: null,
  batch: null,
};

/** Keeps what the event of this call is to say, and its answer if the client wants the times. */
export function noteReply({ response }: Call, served: ServedVersion, reply: Reply): void {
  response.noted = noteOf(served, reply);
}

/** What a reply says of an inference. */
export function noteOf({ name, version }: ServedVersion, reply: Reply): Noted {
  const ran = reply.batch > 0;
  const computeMs = reply.computeMicros / 1000;
  const [inputMs, outputMs] = [reply.inputMicros / 1000, reply.outputMicros / 1000];
  return {
    model: name,
    version,
    queueMs: ran ? Math.max(0, reply.totalMs - inputMs - computeMs - outputMs) : null,
    computeMs: ran ? computeMs : null,
    batch: ran ? reply.batch : null,
    ...(ran ? { inputMs, outputMs } : {}),
    cache: reply.cache === 'bypass' ? undefined : reply.cache,
    parts: reply.parts?.map(partEvent),
  };
}

function partEvent({ served, reply }: PartReply): PartEvent {
  return { ...noteOf(served, reply), code: reply.status, totalMs: reply.totalMs };
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

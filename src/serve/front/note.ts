import type { ModelReply } from '../../runtime/session/supervise.ts';
import type { RequestEvent } from '../observe.ts';
import type { ServedVersion } from '../served.ts';
import type { Call } from './route.ts';

/** What a call's event will say of its inference. */
export type Noted = Pick<RequestEvent, 'model' | 'version' | 'queueMs' | 'computeMs' | 'batch'>;

const notes = new WeakMap<Call, Noted>();

/** Keeps what the event of this call is to say. */
export function noteReply(call: Call, { name, version }: ServedVersion, reply: ModelReply): void {
  const ran = reply.batch > 0;
  const computeMs = reply.computeMicros / 1000;
  notes.set(call, {
    model: name,
    version,
    queueMs: ran ? Math.max(0, reply.totalMs - computeMs) : null,
    computeMs: ran ? computeMs : null,
    batch: ran ? reply.batch : null,
  });
}

/** What is known of a call when it was answered. */
export function notedOf(call: Call): Noted {
  const known = notes.get(call);
  if (known !== undefined) return known;
  const { models } = call.front;
  const served = models.find(call.model, call.version);
  return {
    model: served?.name ?? null,
    version: served?.version ?? null,
    queueMs: null,
    computeMs: null,
    batch: null,
  };
}

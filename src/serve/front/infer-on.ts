import type { ModelReply, ModelRequest } from '../../runtime/session/supervise.ts';
import { Refusal } from '../engine/refusal.ts';
import type { Reply, ServedVersion } from '../served.ts';
import { noteReply } from './note.ts';
import { requireVersion } from './require-version.ts';
import type { Call, FrontContext, Target } from './route.ts';

/** A reply, and which version gave it. */
export interface Inferred {
  served: ServedVersion;
  reply: Reply;
  /** Undefined, unless a fallback answered: `digits@1.0.0 for digits@1.1.0`. */
  fallback: string | undefined;
}

/**
 * Sends a request to the version that answers now for what it names. The reply may be a failure; see
 * `orRefusal`. Rejects a `Refusal` if no version takes it. Everything that infers goes through here,
 * over REST and gRPC: what is to happen to every inference belongs here.
 */
export async function infer(target: Target, request: ModelRequest): Promise<Inferred> {
  const { front, since } = target;
  if (since >= front.drainingSince()) throw new Refusal(503, 'the server is shutting down');
  // The version may have been swapped while the body came.
  const wanted = requireVersion(target);
  if (wanted.broken() === null) {
    const reply = await wanted.infer(request);
    // It may have broken while the request waited.
    if (reply.status !== 503 || wanted.broken() === null)
      return { served: wanted, reply, fallback: undefined };
  }
  return fallBack(front, wanted, request);
}

async function fallBack(
  front: FrontContext,
  wanted: ServedVersion,
  request: ModelRequest,
): Promise<Inferred> {
  const served = front.fallback(wanted.name) ?? wanted;
  const fallback = served === wanted ? undefined : `${served.ref} for ${wanted.ref}`;
  return { served, reply: await served.infer(request), fallback };
}

/** Throws the `Refusal` that a failed reply stands for. */
export function orRefusal(reply: ModelReply): ModelReply {
  if (reply.status === 200) return reply;
  throw new Refusal(reply.status, Buffer.from(reply.body).toString('utf8'));
}

/** The header, also in gRPC, of an answer that a fallback gave. */
export const fallbackHeader = 'Mlreg-Fallback';

/** The header that says whether the response cache answered. */
export const cacheHeader = 'Mlreg-Cache';

/** As `infer`, for a call of REST. Rejects a `Refusal` with the status of a failure. */
export async function inferOn(call: Call, request: Omit<ModelRequest, 'isGone'>): Promise<ModelReply> {
  const { response } = call;
  const { kind, head, body } = request;
  const isGone = (): boolean => response.destroyed;
  const { served, reply, fallback } = await infer(call, { kind, head, body, isGone });
  if (fallback !== undefined) response.setHeader(fallbackHeader, fallback);
  if (reply.cache !== undefined) response.setHeader(cacheHeader, reply.cache);
  noteReply(call, served, reply);
  return orRefusal(reply);
}

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
export async function infer(target: Target, request: ModelRequest, make?: MakeRequest): Promise<Inferred> {
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
  return fallBack(front, wanted, request, make);
}

/** Makes the request to a version, where that depends on the version. */
export type MakeRequest = (served: ServedVersion) => Promise<ModelRequest>;

/**
 * As `infer`, with a request that is made for the version that answers. If another one answers once
 * the request is made, it is made again, so that no version gets what was meant for another.
 */
export async function inferMade(target: Target, make: MakeRequest): Promise<Inferred> {
  for (;;) {
    const wanted = requireVersion(target);
    const request = await make(wanted);
    if (requireVersion(target) === wanted) return infer(target, request, make);
  }
}

async function fallBack(
  front: FrontContext,
  wanted: ServedVersion,
  given: ModelRequest,
  make: MakeRequest | undefined,
): Promise<Inferred> {
  const served = front.fallback(wanted.name) ?? wanted;
  const request = served === wanted || make === undefined ? given : await make(served);
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

import type { ModelReply, ModelRequest } from '../../runtime/session/supervise.ts';
import type { CachedReply } from '../cache/cached-infer.ts';
import { Refusal } from '../engine/refusal.ts';
import type { ServedVersion } from '../served.ts';
import { noteReply } from './note.ts';
import { requireVersion } from './require-version.ts';
import type { Call, FrontContext } from './route.ts';

/**
 * Sends a request to the version that answers now for what the path names, and resolves with its
 * answer. Rejects a `Refusal` with the status of a failure.
 * Everything that infers goes through here: what is to happen to every inference belongs here.
 */
export async function inferOn(call: Call, request: Omit<ModelRequest, 'isGone'>): Promise<ModelReply> {
  const { front, response } = call;
  if (call.since >= front.drainingSince()) throw new Refusal(503, 'the server is shutting down');
  // The version may have been swapped while the body came.
  const wanted = requireVersion(call);
  const { kind, head, body } = request;
  const isGone = (): boolean => response.destroyed;
  const { served, reply } = await answered(front, wanted, { kind, head, body, isGone });
  if (served !== wanted) response.setHeader('Mlreg-Fallback', `${served.ref} for ${wanted.ref}`);
  if (reply.cache !== undefined) response.setHeader('Mlreg-Cache', reply.cache);
  noteReply(call, served, reply);
  if (reply.status === 200) return reply;
  throw new Refusal(reply.status, Buffer.from(reply.body).toString('utf8'));
}

/** By the version that was asked for; by its fallback while its processes die. */
async function answered(
  front: FrontContext,
  wanted: ServedVersion,
  request: ModelRequest,
): Promise<{ served: ServedVersion; reply: CachedReply }> {
  if (wanted.broken() === null) {
    const reply = await wanted.infer(request);
    // It may have broken while the request waited.
    if (reply.status !== 503 || wanted.broken() === null) return { served: wanted, reply };
  }
  const served = front.fallback(wanted.name) ?? wanted;
  return { served, reply: await served.infer(request) };
}

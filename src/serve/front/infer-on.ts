import type { ModelReply, ModelRequest } from '../../runtime/session/supervise.ts';
import { Refusal } from '../engine/refusal.ts';
import { noteReply } from './note.ts';
import { requireVersion } from './require-version.ts';
import type { Call } from './route.ts';

/**
 * Sends a request to the version that answers now for what the path names, and resolves with its
 * answer. Rejects a `Refusal` with the status of a failure. The wait ends when the client leaves.
 * Everything that infers goes through here: what is to happen to every inference belongs here.
 */
export async function inferOn(call: Call, request: Omit<ModelRequest, 'signal'>): Promise<ModelReply> {
  const { front, response } = call;
  if (call.since >= front.drainingSince()) throw new Refusal(503, 'the server is shutting down');
  // The version may have been swapped while the body came.
  const served = requireVersion(call);
  const left = new AbortController();
  const onClose = (): void => left.abort();
  response.once('close', onClose);
  const reply = await served.infer({ ...request, signal: left.signal });
  response.off('close', onClose);
  noteReply(call, served, reply);
  if (reply.status === 200) return reply;
  throw new Refusal(reply.status, Buffer.from(reply.body).toString('utf8'));
}

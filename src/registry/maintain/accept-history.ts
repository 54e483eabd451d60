import { MlregError } from '../../core/errors.ts';
import { authorship, type Registry } from '../registry.ts';

/**
 * The event that gives up what an older database lacks; null: the newest one stands here, and
 * nothing was changed.
 */
export type Accepted = { event: number; lost: { seq: number; hash: string } } | null;

/**
 * Goes on with the chain of events that is here, though one was written before that it lacks; an
 * event says why.
 */
export async function acceptHistory(registry: Registry, { message }: { message: string }): Promise<Accepted> {
  if (message.trim() === '') {
    throw new MlregError('USAGE', '--accept-history needs a reason', {
      hint: 'mlreg doctor --accept-history -m WHY',
    });
  }
  const { event } = await registry.metadata.acceptHistory(authorship(registry, message));
  if (event === undefined) return null;
  return { event: event.seq, lost: event.details['lost'] as { seq: number; hash: string } };
}

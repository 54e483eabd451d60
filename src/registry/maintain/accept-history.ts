import { MlregError } from '../../core/errors.ts';
import { authorship, type Registry } from '../registry.ts';

/**
 * The event that gives up the events an older database lacks; null: the newest database is in
 * place, and nothing was changed.
 */
export type Accepted = { event: number; lost: { seq: number; hash: string } } | null;

/**
 * Continues the chain of events that is here, although later events were once written that it
 * lacks. A new event records why.
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

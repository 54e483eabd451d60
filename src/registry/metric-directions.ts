import { isMlregError } from '../core/errors.ts';
import type { Directions } from '../core/metadata/metric-direction.ts';
import { readStoredPolicy } from '../gates/stored-policy.ts';
import type { Registry } from './registry.ts';

/**
 * Which direction is better for each metric, by the policy in force. A policy that cannot be read
 * gives no directions: nothing is decided by them here. The policy's gates are not parsed, whatever
 * their grammar: the callers would have to load all gate kinds for that.
 */
export async function metricDirections({ metadata }: Registry): Promise<Directions> {
  const [event] = await metadata.events({ model: null, actions: ['policy'], limit: 1 });
  if (event === undefined) return {};
  try {
    return (await readStoredPolicy(event, Infinity)).policy.metrics ?? {};
  } catch (error) {
    if (!isMlregError(error)) throw error;
    return {};
  }
}

import { isMlregError } from '../core/errors.ts';
import type { Directions } from '../core/metadata/metric-direction.ts';
import { readStoredPolicy } from '../gates/stored-policy.ts';
import type { Registry } from './registry.ts';

/**
 * What the policy in force says of metrics. A policy that cannot be read says nothing: it only
 * names what is better here. Its gates are not read, whatever their grammar: the commands that ask
 * would load all kinds of gates for it.
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

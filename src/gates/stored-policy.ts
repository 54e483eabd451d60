import { MlregError } from '../core/errors.ts';
import type { RegistryEvent } from '../core/events/event.ts';
import type { Policy } from '../core/events/policy.ts';
import { isStageName, type StageName } from '../core/versions/reference.ts';
import { isIntact } from '../storage/hash-chain.ts';

/** A registry's policy, as recorded in the event that applied it. */
export interface StoredPolicy {
  policy: Policy;
  /** The stages that were declared then; its gates are parsed with them. */
  declared: StageName[];
  /** The version of the grammar that its gates are parsed with. */
  grammar: number;
  event: RegistryEvent;
}

/**
 * Checked like a policy file: a later mlreg may have applied something that this one does not know,
 * and it must not be ignored. INTEGRITY if the event was tampered with: under a policy that cannot
 * be trusted, nothing may pass. INVALID_INPUT for a grammar later than `newest`.
 */
export async function readStoredPolicy(event: RegistryEvent, newest: number): Promise<StoredPolicy> {
  const { policy, stages, grammar = 1 } = event.details;
  if (!isIntact(event) || !Array.isArray(stages)) {
    throw new MlregError(
      'INTEGRITY',
      `the policy in event ${event.seq} was changed after it was applied and cannot be used`,
      { hint: 'run mlreg verify to list all damage; replace the policy with mlreg policy apply FILE' },
    );
  }
  if (typeof grammar !== 'number' || grammar > newest) {
    const what = `the policy in event ${event.seq} has gates that this mlreg does not know`;
    throw new MlregError('INVALID_INPUT', what, { hint: 'upgrade mlreg' });
  }
  // Loaded only if there is a policy.
  const { checkPolicy } = await import('../core/events/policy.ts');
  const declared = stages.filter((name): name is StageName => typeof name === 'string' && isStageName(name));
  return { policy: checkPolicy(policy, `the policy of event ${event.seq}`), declared, grammar, event };
}

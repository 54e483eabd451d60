import { MlregError } from '../core/errors.ts';
import type { RegistryEvent } from '../core/events/event.ts';
import type { Policy } from '../core/events/policy.ts';
import { isStageName, type StageName } from '../core/events/stage.ts';
import { isIntact } from '../storage/hash-chain.ts';

/** The policy of a registry, as the event says that applied it. */
export interface StoredPolicy {
  policy: Policy;
  /** The stages that were declared then: its gates were read by them. */
  declared: StageName[];
  /** The version of the grammar by which its gates are read. */
  grammar: number;
  event: RegistryEvent;
}

/**
 * Checked as a file is: what a later mlreg applied may ask for what this one does not know, and
 * must not be passed over. INTEGRITY for an event that was tampered with: by a policy that cannot
 * be trusted nothing is let through. INVALID_INPUT for a grammar later than `newest`.
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
  // Loaded only where there is a policy.
  const { checkPolicy } = await import('../core/events/policy.ts');
  const declared = stages.filter((name): name is StageName => typeof name === 'string' && isStageName(name));
  return { policy: checkPolicy(policy, `the policy of event ${event.seq}`), declared, grammar, event };
}

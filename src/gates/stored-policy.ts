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
  event: RegistryEvent;
}

/**
 * Checked as a file is: what a later mlreg applied may ask for what this one does not know, and must not be passed over. INTEGRITY for an
 * event that was tampered with: by a policy that cannot be trusted nothing is let through.
 */
export async function readStoredPolicy(event: RegistryEvent): Promise<StoredPolicy> {
  const { policy, stages } = event.details;
  if (!isIntact(event) || !Array.isArray(stages)) {
    throw new MlregError(
      'INTEGRITY',
      `the policy in event ${event.seq} was changed after it was applied and cannot be used`,
      { hint: 'run mlreg verify to list all damage; replace the policy with mlreg policy apply FILE' },
    );
  }
  // Loaded only where there is a policy.
  const { checkPolicy } = await import('../core/events/policy.ts');
  const declared = stages.filter((name): name is StageName => typeof name === 'string' && isStageName(name));
  return { policy: checkPolicy(policy, `the policy of event ${event.seq}`), declared, event };
}

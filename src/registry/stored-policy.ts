import { MlregError, isMlregError } from '../core/errors.ts';
import type { RegistryEvent } from '../core/events/event.ts';
import type { Policy, PolicyStage } from '../core/events/policy.ts';
import type { Directions } from '../core/metadata/metric-direction.ts';
import { isStageName, type StageName } from '../core/versions/reference.ts';
import { isIntact } from '../storage/hash-chain.ts';
import type { Registry } from './registry.ts';

/** A registry's policy, as recorded in the event that applied it. */
export interface StoredPolicy {
  policy: Policy;
  /** The stages that were declared then; its gates are parsed with them. */
  declared: StageName[];
  /** The version of the grammar that its gates are parsed with. */
  grammar: number;
  event: RegistryEvent;
}

/** The event that applied the policy in force; undefined: no policy was ever applied. */
async function policyEvent({ metadata }: Registry): Promise<RegistryEvent | undefined> {
  const [event] = await metadata.events({ model: null, actions: ['policy'], limit: 1 });
  return event;
}

/** The policy in force, if one was ever applied. `newest`: see `readStoredPolicy`. */
export async function policyInForce(registry: Registry, newest: number): Promise<StoredPolicy | null> {
  const event = await policyEvent(registry);
  return event === undefined ? null : readStoredPolicy(event, newest);
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

/**
 * What the policy in force says of a stage; undefined: nothing. Its gates are not parsed, whatever
 * their grammar.
 */
export async function stagePolicy(registry: Registry, stage: StageName): Promise<PolicyStage | undefined> {
  return (await policyInForce(registry, Infinity))?.policy.stages?.[stage];
}

/**
 * Which direction is better for each metric, by the policy in force. A policy that cannot be read
 * gives no directions: nothing is decided by them here. The policy's gates are not parsed, whatever
 * their grammar: the callers would have to load all gate kinds for that.
 */
export async function metricDirections(registry: Registry): Promise<Directions> {
  const event = await policyEvent(registry);
  if (event === undefined) return {};
  try {
    return (await readStoredPolicy(event, Infinity)).policy.metrics ?? {};
  } catch (error) {
    if (!isMlregError(error)) throw error;
    return {};
  }
}

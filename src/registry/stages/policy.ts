import { MlregError } from '../../core/errors.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import { metricDirection } from '../../core/metadata/metric-direction.ts';
import { refuseRelativePrograms, type Policy } from '../../core/events/policy.ts';
import { quote } from '../../core/text/quote.ts';
import type { StageName } from '../../core/versions/reference.ts';
import { today } from '../../gates/gate-kinds.ts';
import type { Gate } from '../../gates/gate-kind.ts';
import { comparison, refuseVainMargin } from '../../gates/kinds/comparison.ts';
import { evaluation } from '../../gates/kinds/evaluation.ts';
import { golden } from '../../gates/kinds/golden.ts';
import { metric, type MetricTerms } from '../../gates/kinds/metric.ts';
import { oldestGrammar, policyRequirements } from '../../gates/requirement.ts';
import { authorship, type Registry } from '../registry.ts';
import { requireStage } from '../resolve.ts';
import { storedPolicy } from './policy-settings.ts';

export interface PolicyResult {
  /** If a stage was given, only that stage's part. Null: no policy. */
  policy: Policy | null;
  /** The event that applied it; null: no policy was ever applied. */
  event: RegistryEvent | null;
  changed: boolean;
  warnings: string[];
}

/** The policy in force, of the registry or of one stage. */
export async function showPolicy(registry: Registry, stage?: StageName): Promise<PolicyResult> {
  if (stage !== undefined) await requireStage(registry, stage);
  const stored = await storedPolicy(registry);
  const event = stored?.event ?? null;
  const answer = { event, changed: false, warnings: [] };
  if (stored === null || stage === undefined) return { policy: stored?.policy ?? null, ...answer };
  const section = stored.policy.stages?.[stage];
  return { policy: section === undefined ? null : { stages: { [stage]: section } }, ...answer };
}

/**
 * Replaces the policy. Every stage that it names must be declared (NOT_FOUND), and every gate must
 * parse (INVALID_INPUT). It applies to all later promotions, and to those being judged now.
 */
export async function applyPolicy(
  registry: Registry,
  { policy, what, message }: { policy: Policy; what: string; message?: string | undefined },
): Promise<PolicyResult> {
  const declared = await registry.metadata.stages();
  const { warnings, grammar } = checkAgainst(policy, declared, what);
  const input = {
    policy,
    stages: declared,
    // An event without this key means version 1.
    ...(grammar === 1 ? {} : { grammar }),
    ...authorship(registry, message),
  };
  const { changed, event } = await registry.metadata.applyPolicy(input);
  return { policy, event, changed, warnings };
}

export interface RemovePolicyResult extends PolicyResult {
  stage: StageName;
}

/**
 * Removes the requirements of one stage from the policy. The rest stays as it was applied, and is
 * not checked again: what it names may be gone by now. NOT_FOUND for an unknown stage without
 * requirements.
 */
export async function removePolicy(
  registry: Registry,
  { stage, message }: { stage: StageName; message?: string | undefined },
): Promise<RemovePolicyResult> {
  for (;;) {
    registry.signal?.throwIfAborted();
    const stored = await storedPolicy(registry);
    const { [stage]: section, ...others } = stored?.policy.stages ?? {};
    if (stored === null || section === undefined) {
      await requireStage(registry, stage);
      const { policy = null, event = null } = stored ?? {};
      return { stage, policy, event, changed: false, warnings: [] };
    }
    const { stages: _stages, ...rest } = stored.policy;
    const policy = Object.keys(others).length === 0 ? rest : { ...rest, stages: others };
    const event = await registry.metadata.removePolicy({
      policy,
      stages: stored.declared,
      ...(stored.grammar === 1 ? {} : { grammar: stored.grammar }),
      replaces: stored.event.seq,
      removed: stage,
      ...authorship(registry, message),
    });
    // Otherwise another policy was applied in the meantime, and is looked at next.
    if (event !== undefined) return { stage, policy, event, changed: true, warnings: [] };
  }
}

interface Checked {
  /** About gates that require a worse value. */
  warnings: string[];
  /** See `oldestGrammar`. */
  grammar: number;
}

const wanted = { '>=': 'higher', '>': 'higher', '<=': 'lower', '<': 'lower', '=': null, '!=': null } as const;

/** Parses its gates, with the declared stages. */
function checkAgainst(policy: Policy, declared: readonly StageName[], what: string): Checked {
  refuseRelativePrograms(policy, what);
  const checked: Checked = { warnings: [], grammar: 1 };
  for (const [stage, section] of Object.entries(policy.stages ?? {})) {
    for (const name of [stage, ...(section.from ?? [])]) {
      if (declared.includes(name as StageName)) continue;
      throw new MlregError('NOT_FOUND', `${what}: unknown stage ${quote(name)}`, {
        hint: `declared stages: ${declared.join(', ')}; to add it: mlreg stage add ${name}`,
      });
    }
    const text = { what: `${what}: stages.${stage}`, declared, grammar: today };
    const requirements = policyRequirements(section, text, 'block');
    checked.grammar = Math.max(checked.grammar, oldestGrammar(requirements));
    if (section.golden !== undefined && requirements.every(({ gate }) => golden.of(gate) === undefined))
      checked.warnings.push(`stages.${stage} sets "golden", but does not require the golden gate`);
    if (section.maxAge !== undefined && requirements.every(({ gate }) => comparison.of(gate) === undefined))
      checked.warnings.push(`stages.${stage} sets "maxAge", but requires neither better(…) nor notworse(…)`);
    for (const { gate } of requirements) {
      refuseVainMargin(gate, `${what}: stages.${stage}`);
      const terms = metric.of(gate) ?? ofEvaluation(gate);
      if (terms === undefined) continue;
      const direction = metricDirection(terms.name, policy.metrics);
      const asked = wanted[terms.comparator];
      if (direction !== null && asked !== null && asked !== direction)
        checked.warnings.push(
          `${gate.text} requires a ${asked} value, but ${direction} is better for this metric`,
        );
    }
  }
  return checked;
}

function ofEvaluation(gate: Pick<Gate<never>, 'kind' | 'terms'>): MetricTerms | undefined {
  const terms = evaluation.of(gate);
  return terms && { ...terms, name: terms.metric };
}

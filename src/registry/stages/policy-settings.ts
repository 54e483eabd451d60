/**
 * Settings of a stage that make gates easier or harder to pass. The registry's policy and one that
 * is given for a single promotion can both have them, and only the registry's can loosen.
 */
import type { BenchSettings, GivenPolicy, Policy } from '../../core/events/policy.ts';
import { quote } from '../../core/text/quote.ts';
import { parseDuration } from '../../core/text/units.ts';
import type { StageName } from '../../core/versions/reference.ts';
import { latestGrammar } from '../../gates/gate-kind.ts';
import { gateKinds } from '../../gates/gate-kinds.ts';
import type { Registry } from '../registry.ts';
import { policyInForce, type StoredPolicy } from '../stored-policy.ts';
import type { Measuring, SelfMadeSets } from './evidence/round.ts';

/** The registry's policy, if one was ever applied. */
export function storedPolicy(registry: Registry): Promise<StoredPolicy | null> {
  return policyInForce(registry, latestGrammar(gateKinds));
}

/**
 * How latency is measured. If the registry's policy has latency gates for the stage (`measures`),
 * it alone says how, because other inputs or threads would let slower versions pass. What it leaves
 * open, the other policy can set if there are no such gates, and always the limits of the child,
 * which no version passes by. The lowest age of a stored bench counts.
 */
export function howToMeasure(
  stage: StageName,
  { stored, measures }: { stored: Policy | undefined; measures: boolean },
  { policy: given, reuseBench }: { policy?: GivenPolicy | undefined; reuseBench?: string | undefined },
): Measuring {
  const own = stored?.stages?.[stage]?.bench ?? {};
  const { reuse: other, ...rest } = given?.policy.stages?.[stage]?.bench ?? {};
  const ages = [own.reuse, other, reuseBench].filter((age) => age !== undefined);
  const [reuse] = ages.toSorted((a, b) => parseDuration(a) - parseDuration(b));
  const { timeout, memoryLimit } = rest;
  const limits = { ...(timeout && { timeout }), ...(memoryLimit && { memoryLimit }) };
  const settings = { ...(measures ? limits : rest), ...own, ...(reuse === undefined ? {} : { reuse }) };
  const unused = (Object.keys(rest) as (keyof typeof rest)[]).filter(
    (key) => JSON.stringify(rest[key]) !== JSON.stringify(settings[key]),
  );
  return { settings, note: given === undefined ? null : noteOn(unused, given.what) };
}

function noteOn(unused: (keyof BenchSettings)[], what: string): string | null {
  if (unused.length === 0) return null;
  const named = unused.map((key) => quote(key)).join(', ');
  const verb = unused.length === 1 ? 'does' : 'do';
  return `only the registry's policy can set how this stage's latency gates measure, so ${named} in ${what} ${verb} not count`;
}

/**
 * Only the registry's policy allows self-made sets; another one can forbid them, never allow them.
 */
export function selfMadeSets(
  stage: StageName,
  stored: Policy | undefined,
  given: GivenPolicy | undefined,
): SelfMadeSets {
  const own = stored?.stages?.[stage]?.golden?.allowSelf === true;
  const other = given?.policy.stages?.[stage]?.golden?.allowSelf;
  return { allowed: own && other !== false, askedBy: !own && other === true ? (given?.what ?? null) : null };
}

const defaultMaxAge = '7d';

/**
 * The greatest age of a saved comparison that counts, in milliseconds: of each policy that names
 * the stage, what it says or the default; the lowest of these.
 */
export function maxComparisonAgeMs(
  stage: StageName,
  stored: Policy | undefined,
  given: GivenPolicy | undefined,
): number {
  const sections = [stored, given?.policy].map((policy) => policy?.stages?.[stage]);
  const named = sections.filter((section) => section !== undefined);
  const ages = named.length === 0 ? [defaultMaxAge] : named.map(({ maxAge = defaultMaxAge }) => maxAge);
  return Math.min(...ages.map(parseDuration));
}

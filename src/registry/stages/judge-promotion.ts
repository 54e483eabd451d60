import { MlregError } from '../../core/errors.ts';
import { refuseRelativePrograms, type GivenPolicy, type WhenEmpty } from '../../core/events/policy.ts';
import { formatReference, type StageName } from '../../core/versions/reference.ts';
import type { GateResult } from '../../core/events/gate-result.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import { gateKinds, today, type Evidence } from '../../gates/gate-kinds.ts';
import { refuseVainMargin } from '../../gates/kinds/comparison.ts';
import { grammarOf } from '../../gates/gate-kind.ts';
import { latency } from '../../gates/kinds/latency.ts';
import {
  judgeRequirement,
  parseGates,
  policyRequirements,
  withoutRepeats,
  type Requirement,
} from '../../gates/requirement.ts';
import type { StoredPolicy } from '../stored-policy.ts';
import type { Move } from '../../storage/stages.ts';
import { lastJudgedEvent, readAsJudged, rememberNothing } from './evidence/round.ts';
import { gatherEvidence } from './evidence/gather-evidence.ts';
import { howToMeasure, maxComparisonAgeMs, selfMadeSets, storedPolicy } from './policy-settings.ts';
import type { Registry } from '../registry.ts';
import type { VerifiedCopies } from '../verified-copies.ts';

/** Requirements on top of the registry's policy. They can only add to it. */
export interface GateInput {
  /** Gate expressions, each with one or more gates. */
  require?: readonly string[] | undefined;
  /** A second policy that must also be met. */
  policy?: GivenPolicy | undefined;
  /**
   * The result of a gate that compares with an empty stage, unless its policy sets one. Default:
   * block.
   */
  whenEmpty?: WhenEmpty | undefined;
  /**
   * The greatest age, a duration, of a stored bench that latency gates may use. A policy's
   * `bench.reuse` is the upper limit.
   */
  reuseBench?: string | undefined;
  /** A dry run: no measurement is stored. */
  dryRun?: boolean | undefined;
}

export interface Judged {
  gates: GateResult[];
  /** The gates that do not pass. */
  failing: GateResult[];
  /** The command to run next; null if all pass, or if no command is known to help. */
  hint: string | null;
  judgedOn: NonNullable<Move['judgedOn']>;
  /** The programs that the policies run after the promotion. */
  onPromote: string[][];
}

/**
 * Judges a candidate each time it is called, by the policy and the stage holders at that time.
 * Evidence that does not depend on them is gathered once. Rejects with INTEGRITY unless every
 * stored byte of the candidate is what was registered.
 */
export type Judge = (pointer: StagePointer) => Promise<Judged>;

/**
 * INVALID_INPUT for expressions that cannot be parsed, before anything is judged. Gates that run a
 * model use its copy in `copies`.
 */
export async function judgeOf(
  registry: Registry,
  candidate: VersionRecord,
  stage: StageName,
  input: GateInput,
  copies: VerifiedCopies,
): Promise<Judge> {
  const memory = rememberNothing();
  const asked = await askedFor(registry, stage, input);
  const { name, version } = candidate;
  const judgeOnce = async (pointer: StagePointer): Promise<Judged> => {
    const asNow = await readAsJudged(registry, name, version);
    if (asNow === undefined) throw rowGone(candidate);
    const stored = await storedPolicy(registry);
    const required = ofPolicy(stored, stage, input);
    const requirements = withoutRepeats([...required, ...asked]);
    const measures = required.some(({ gate }) => latency.of(gate) !== undefined);
    const { evidence, others, touched } = gatherEvidence(pointer, {
      registry,
      candidate: asNow,
      gates: requirements.map(({ gate }) => gate),
      memory,
      measuring: howToMeasure(stage, { stored: stored?.policy, measures }, input),
      self: selfMadeSets(stage, stored?.policy, input.policy),
      maxComparisonAgeMs: maxComparisonAgeMs(stage, stored?.policy, input.policy),
      dryRun: input.dryRun === true,
      copies,
    });
    const judgements = [];
    for (const requirement of requirements) judgements.push(await judgeRequirement(requirement, evidence));
    // Reads the files that no gate has read.
    await copies.verify(asNow.record);
    const failing = judgements.filter(({ result }) => result.verdict !== 'pass');
    return {
      gates: judgements.map(({ result }) => result),
      failing: failing.map(({ result }) => result),
      hint: failing.find(({ hint }) => hint !== undefined)?.hint ?? null,
      judgedOn: {
        policy: stored?.event.seq ?? null,
        generations: [...others.values()].map(({ stage: other, generation }) => ({
          stage: other,
          generation,
        })),
        versions: [...touched].map(([judged, event]) => ({ version: judged, event })),
      },
      onPromote: [stored?.policy, input.policy?.policy]
        .map((policy) => policy?.stages?.[stage]?.onPromote)
        .filter((command) => command !== undefined),
    };
  };
  return async (pointer) => {
    await copies.verifyListing(candidate);
    for (let round = 1; ; round += 1) {
      const judged = await judgeOnce(pointer);
      // Measurements are remembered, so another round takes no time. Storing a bench counts as a
      // change of the version, so it causes another round too.
      if (round === mostRounds || (await isUntouched(registry, candidate, judged))) return judged;
    }
  };
}

/** If versions keep changing, the transaction that moves the stage decides. */
const mostRounds = 5;

/**
 * Whether the versions are unchanged since they were read. Otherwise a refusal could be based on
 * outdated facts.
 */
async function isUntouched(
  registry: Registry,
  { name }: VersionRecord,
  { judgedOn }: Judged,
): Promise<boolean> {
  for (const { version, event } of judgedOn.versions)
    if ((await lastJudgedEvent(registry, name, version)) !== event) return false;
  return true;
}

function rowGone({ name, version }: VersionRecord): MlregError {
  return new MlregError('INTEGRITY', `the row of ${formatReference(name, version)} is missing`, {
    hint: 'run mlreg verify to list all damage',
  });
}

function ofPolicy(
  stored: StoredPolicy | null,
  stage: StageName,
  { whenEmpty = 'block' }: GateInput,
): Requirement<Evidence>[] {
  const section = stored?.policy.stages?.[stage];
  if (stored === null || section === undefined) return [];
  const { declared } = stored;
  // Parsed by the grammar that was in use when the policy was stored.
  const grammar = grammarOf(gateKinds, stored.grammar);
  return policyRequirements(section, { what: `the policy: stages.${stage}`, declared, grammar }, whenEmpty);
}

async function askedFor(
  registry: Registry,
  stage: StageName,
  { require = [], policy, whenEmpty = 'block' }: GateInput,
): Promise<Requirement<Evidence>[]> {
  if (require.length === 0 && policy === undefined) return [];
  if (policy !== undefined) refuseRelativePrograms(policy.policy, policy.what);
  const declared = await registry.metadata.stages();
  const section = policy?.policy.stages?.[stage];
  const ofFile =
    policy === undefined || section === undefined
      ? []
      : policyRequirements(
          section,
          { what: `${policy.what}: stages.${stage}`, declared, grammar: today },
          whenEmpty,
        );
  const gates = require.flatMap((text) => parseGates(text, { what: '--require', declared, grammar: today }));
  for (const gate of gates) refuseVainMargin(gate, '--require');
  for (const { gate } of ofFile) refuseVainMargin(gate, `${policy?.what ?? ''}: stages.${stage}`);
  return [...ofFile, ...gates.map((gate) => ({ gate, whenEmpty }))];
}

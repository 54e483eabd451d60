import { withScratchFolder } from '../../files/scratch-folder.ts';
import type { SessionChoices } from '../../runtime/child/session-options.ts';
import { type JobOutcome, runJob } from '../../runtime/run-job.ts';
import { type ProfileAnswer, profileJob } from '../child/profile-job.ts';
import type { TimedModel } from '../child/timed-model.ts';
import { launchLimits } from '../plan/choose-model.ts';
import type { ResolvedPlan } from '../plan/plan.ts';
import { type OperatorProfile, domainsOf } from '../report/operator-profile.ts';
import type { BenchProgress, BenchReport } from '../report/result.ts';

export interface ProfileInput {
  plan: ResolvedPlan;
  model: TimedModel;
  session: SessionChoices;
  /** Of the model, as `OnnxModel` counts them. */
  operators?: Readonly<Record<string, number>> | undefined;
  /** On the clock of `performance.now()`. */
  deadline: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/** Nodes that take so little that the half microsecond which rounding takes from each is a good part of the whole. */
const shortNodeMs = 5e-3;

/**
 * The report with its profile, where the plan asks for one and the model could be measured. A child of its own makes it, after all timed
 * launches: it can neither slow them down nor, when it fails, take with it what they found. A failure is a note.
 */
export async function addProfile(report: BenchReport, input: ProfileInput): Promise<BenchReport> {
  if (!input.plan.profile || report.phases === null) return report;
  const { onProgress, plan } = input;
  const tell = (fraction: number): void =>
    onProgress?.({ phase: 'profile', launch: plan.launches, launches: plan.launches, runs: 0, fraction });
  tell(beforeProfile);
  const outcome = await withScratchFolder('profile', (folder) =>
    runIn(folder, input, () => tell(beforeProfile)),
  );
  tell(1);
  if (outcome.status !== 'ok') {
    const advice =
      outcome.status === 'oom'
        ? '; profiling needs memory for every node of every run: raise --memory-limit'
        : '';
    const note = `no profile (${outcome.status}): ${outcome.message}${advice}`;
    return { ...report, notes: [...report.notes, note] };
  }
  const profile = profileOf(report, report.phases, outcome.value);
  return { ...report, profile, notes: [...report.notes, ...reliabilityNotes(profile)] };
}

function runIn(
  folder: string,
  { plan, model, session, operators, deadline, signal }: ProfileInput,
  onProgress: () => void,
): Promise<JobOutcome<ProfileAnswer>> {
  const domains = domainsOf(operators ?? {});
  return runJob(
    profileJob,
    { ...model, session, folder, domains },
    {
      limits: launchLimits(plan, deadline),
      signal,
      onProgress,
    },
  );
}

function profileOf(
  { latencyMs }: BenchReport,
  { createMs, firstRunMs }: NonNullable<BenchReport['phases']>,
  { runs, runMs, nodesMs, feedsMs, callMs, medianCallMs, operators, nodes }: ProfileAnswer,
): OperatorProfile {
  const timed = latencyMs?.p50?.value ?? null;
  return {
    runs,
    slowdown: timed === null ? null : medianCallMs / timed,
    // The runtime's clock and ours do not tick together: a call takes no less than what is in it.
    phases: { createMs, firstRunMs, feedsMs, callMs, runMs, nodesMs, fetchMs: Math.max(0, callMs - runMs) },
    operators,
    nodes,
  };
}

function reliabilityNotes({ operators, phases, slowdown }: OperatorProfile): string[] {
  const nodes = operators.reduce((sum, { countPerRun }) => sum + countPerRun, 0);
  if (phases.nodesMs >= shortNodeMs * nodes && (slowdown ?? 1) < 2) return [];
  return [
    'the shares in the profile are rough: recording a node takes about as long as running it, and times are whole microseconds',
  ];
}

type Told = { onProgress?: ((progress: BenchProgress) => void) | undefined };

/** How much of the whole is over when the profile begins. */
export const beforeProfile = 0.9;

/** `input`, telling that much less where a profile is still to come: 1 is said once, at the end of all. */
export function leaveRoomForProfile<Input extends Told>(input: Input, profile: boolean): Input {
  const { onProgress } = input;
  if (!profile || onProgress === undefined) return input;
  return {
    ...input,
    onProgress: (progress: BenchProgress) =>
      onProgress({ ...progress, fraction: beforeProfile * progress.fraction }),
  };
}

/**
 * How much of a comparison is done in look `look`, from 1, of `looks`, when `done` of that one is. The second look makes as many runs as
 * the first, the third as many as both.
 */
export function shareOfLooks(look: number, looks: number, done: number): number {
  const runs = (upTo: number): number => (upTo === 0 ? 0 : 2 ** (upTo - 1));
  return (runs(look - 1) + done * (runs(look) - runs(look - 1))) / runs(looks);
}

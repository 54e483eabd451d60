import { withScratchFolder } from '../../files/scratch.ts';
import type { SessionChoices } from '../../runtime/child/session.ts';
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
  /** Operators of the model, as `OnnxModel` counts them. */
  operators?: Readonly<Record<string, number>> | undefined;
  /** On the clock of `performance.now()`. */
  deadline: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/**
 * Nodes so short that rounding down, which takes half a microsecond from each on average, is a
 * large share of the total.
 */
const shortNodeMs = 5e-3;

/**
 * Adds a profile to the report, if the model could be measured. A
 * separate child makes it after all timed launches, so that it cannot slow them down, and its
 * failure cannot lose their results. A failure becomes a note.
 */
export async function addProfile(report: BenchReport, input: ProfileInput): Promise<BenchReport> {
  if (report.phases === null) return report;
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
    // The runtime's clock and ours differ slightly, but a call cannot take less time than its
    // parts.
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

/** The share of progress that is done when the profile begins. */
export const beforeProfile = 0.9;

/**
 * Scales the progress of `input` down, because a profile follows: 1 is reported only once, at the
 * very end.
 */
export function leaveRoomForProfile<Input extends Told>(input: Input): Input {
  const { onProgress } = input;
  if (onProgress === undefined) return input;
  return {
    ...input,
    onProgress: (progress: BenchProgress) =>
      onProgress({ ...progress, fraction: beforeProfile * progress.fraction }),
  };
}

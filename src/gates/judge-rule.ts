import { formatDuration } from '../core/text/duration.ts';
import { formatReference } from '../core/versions/reference.ts';
import type { StageName } from '../core/events/stage.ts';
import type { EventTime } from '../storage/events.ts';
import type { Evidence, Finding } from './evidence.ts';
import type { Rule } from './requirement.ts';

/** What a policy asks of the way that the candidate has come, and of who promotes it. */
export async function judgeRule(rule: Rule, evidence: Evidence): Promise<Finding> {
  switch (rule.kind) {
    case 'from':
      return judgeFrom(rule.stages, evidence);
    case 'soak':
      return judgeSoak(rule, evidence);
    case 'protected': {
      const passed = rule.actors.includes(evidence.actor);
      return {
        verdict: passed ? 'pass' : 'fail',
        observed: evidence.actor,
        threshold: rule.actors.join(', ') || 'no one',
        reason: passed
          ? `${evidence.actor} may promote to ${evidence.stage}`
          : `${evidence.actor} may not promote to ${evidence.stage}; allowed: ${rule.actors.join(', ') || 'no one'}`,
      };
    }
  }
}

async function judgeFrom(stages: readonly StageName[], evidence: Evidence): Promise<Finding> {
  const { candidate } = evidence;
  const held = await heldSince(stages, evidence);
  const ref = formatReference(candidate.name, candidate.version);
  const wanted = stages.join(' or ');
  return {
    verdict: held.length > 0 ? 'pass' : 'fail',
    observed: held.length > 0 ? held.map(({ stage }) => stage).join(', ') : 'none',
    threshold: wanted,
    reason: held.length > 0 ? `it holds ${held[0]?.stage}` : `it must hold ${wanted} first`,
    hint: `promote it there first: mlreg promote ${ref} --to ${stages[0]}`,
  };
}

async function judgeSoak(
  { ms, written, stages }: Extract<Rule, { kind: 'soak' }>,
  evidence: Evidence,
): Promise<Finding> {
  const held = await heldSince(stages, evidence);
  const longest = held.toSorted((a, b) => a.since.at - b.since.at)[0];
  const wanted = stages.join(' or ');
  if (longest === undefined) {
    return { verdict: 'fail', observed: '0s', threshold: written, reason: `it does not hold ${wanted}` };
  }
  const time = Math.max(0, evidence.now - longest.since.at);
  const passed = time >= ms;
  const left = passed ? '' : `; ${formatDuration(ms - time)} to go`;
  return {
    verdict: passed ? 'pass' : 'fail',
    observed: formatDuration(time),
    threshold: written,
    reason: `it has held ${longest.stage} for ${formatDuration(time)}${left}${longest.since.trusted ? '' : wrongClock(`it was promoted to ${longest.stage}`)}`,
    ...(longest.since.trusted || passed ? {} : hintAtClock(time)),
  };
}

/** Those of the stages that the candidate holds now, and since when. */
async function heldSince(
  stages: readonly StageName[],
  evidence: Evidence,
): Promise<{ stage: StageName; since: EventTime }[]> {
  const pointers = await Promise.all(stages.map((stage) => evidence.pointer(stage)));
  const holding = pointers.filter(({ version }) => version === evidence.candidate.version);
  return Promise.all(
    holding.map(async (pointer) => ({ stage: pointer.stage, since: await evidence.movedAt(pointer) })),
  );
}

/** Why so little time is counted. */
export function wrongClock(event: string): string {
  return `; the clock was wrong when ${event}, so only the time since its correction counts`;
}

/** What to type where a wrong clock is why nothing counts; once it was corrected, time counts, and only waiting helps. */
export function hintAtClock(time: number): { hint?: string } {
  return time > 0 ? {} : { hint: 'when the clock is right, run mlreg doctor --fix-clock -m "why"' };
}

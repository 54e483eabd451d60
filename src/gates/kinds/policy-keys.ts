import { formatDuration, parseDuration } from '../../core/text/units.ts';
import { parseStageName, type StageName, formatReference } from '../../core/versions/reference.ts';
import type { StagePointer } from '../../core/versions/version-record.ts';
import type { EventTime } from '../../storage/events.ts';
import { hintAtClock, wrongClock, type Facts } from '../evidence.ts';
import { policyKind } from '../gate-kind.ts';

/** `"from": ["staging"]`: the candidate holds one of these stages now. */
export const from = policyKind<{ stages: StageName[] }, Facts>({
  kind: 'from',
  ofPolicy: ({ from: names = [] }) =>
    names.length === 0 ? undefined : { stages: names.map(parseStageName) },
  format: ({ stages }) => `from ${stages.join(' or ')}`,
  async judge({ stages }, evidence) {
    const { candidate } = evidence;
    const held = await heldStages(stages, evidence);
    const ref = formatReference(candidate.name, candidate.version);
    const threshold = stages.join(' or ');
    const hint = `promote it there first: mlreg promote ${ref} --to ${stages[0]}`;
    const [first] = held;
    return first === undefined
      ? { verdict: 'fail', observed: 'none', threshold, reason: `it must hold ${threshold} first`, hint }
      : {
          verdict: 'pass',
          observed: held.map(({ stage }) => stage).join(', '),
          threshold,
          reason: `it holds ${first.stage}`,
          hint,
        };
  },
});

export interface MoveEvidence {
  /** When the pointer was last moved to its version. */
  movedAt: (pointer: StagePointer) => Promise<EventTime>;
}

/** `"soak": "24h"`: the candidate has held one of the stages in `from` for this long. */
export const soak = policyKind<{ written: string; ms: number; stages: StageName[] }, Facts & MoveEvidence>({
  kind: 'soak',
  ofPolicy: ({ soak: written, from = [] }) =>
    written === undefined
      ? undefined
      : { written, ms: parseDuration(written), stages: from.map(parseStageName) },
  format: ({ written }) => `soak>=${written}`,
  async judge({ ms, written, stages }, evidence) {
    const held = await Promise.all(
      (await heldStages(stages, evidence)).map(async (pointer) => ({
        stage: pointer.stage,
        since: await evidence.movedAt(pointer),
      })),
    );
    const longest = held.toSorted((a, b) => a.since.at - b.since.at)[0];
    if (longest === undefined) {
      const reason = `it does not hold ${stages.join(' or ')}`;
      return { verdict: 'fail', observed: '0s', threshold: written, reason };
    }
    const { stage, since } = longest;
    const time = Math.max(0, evidence.now - since.at);
    const passed = time >= ms;
    const left = passed ? '' : `; ${formatDuration(ms - time)} to go`;
    const why = since.trusted ? '' : wrongClock(`it was promoted to ${stage}`);
    return {
      verdict: passed ? 'pass' : 'fail',
      observed: formatDuration(time),
      threshold: written,
      reason: `it has held ${stage} for ${formatDuration(time)}${left}${why}`,
      ...(since.trusted || passed ? {} : hintAtClock(time)),
    };
  },
});

/** `"protected": ["ada"]`: only these actors may promote. An actor is a claim, not a proof. */
export const protectedStage = policyKind<{ actors: string[] }, Facts>({
  kind: 'protected',
  ofPolicy: ({ protected: actors }) => (actors === undefined ? undefined : { actors }),
  format: () => 'protected',
  judge({ actors }, { actor, stage }) {
    const passed = actors.includes(actor);
    const allowed = actors.join(', ') || 'no one';
    return {
      verdict: passed ? 'pass' : 'fail',
      observed: actor,
      threshold: allowed,
      reason: passed
        ? `${actor} may promote to ${stage}`
        : `${actor} may not promote to ${stage}; allowed: ${allowed}`,
    };
  },
});

/** The pointers of those of the given stages that the candidate holds now. */
async function heldStages(
  stages: readonly StageName[],
  { candidate, pointer }: Facts,
): Promise<StagePointer[]> {
  const pointers = await Promise.all(stages.map((stage) => pointer(stage)));
  return pointers.filter(({ version }) => version === candidate.version);
}

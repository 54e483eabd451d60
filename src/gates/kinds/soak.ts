import { type StageName, parseStageName } from '../../core/events/stage.ts';
import { formatDuration, parseDuration } from '../../core/text/duration.ts';
import type { StagePointer } from '../../core/versions/version-record.ts';
import type { EventTime } from '../../storage/events.ts';
import type { Facts } from '../evidence.ts';
import { policyKind } from '../gate-kind.ts';
import { heldStages, hintAtClock, wrongClock } from '../holding.ts';

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

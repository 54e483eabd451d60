import { describeAmendment, type MetricAmendment } from '../../core/versions/amendments.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { Facts } from '../evidence.ts';
import { wordKind } from '../gate-kind.ts';
import { skipBlanks, take, takeComparator, unexpected, type Scanner } from '../scanner.ts';
import { shownMetric } from './metric.ts';

export interface Approvals {
  /** The approvers that count. */
  actors: string[];
  /** Actors who approved before `amended` and not again since, with their events. */
  outdated: { actor: string; event: number }[];
  /** The last change of a metric; null: no metric was changed. */
  amended: MetricAmendment | null;
}

export interface ApprovalEvidence {
  /** The approvals of the candidate for the stage. */
  approvals: () => Promise<Approvals>;
}

/**
 * `approvals>=2`: actors who approved the version for the stage, without the one who registered it.
 */
export const approvals = wordKind<{ count: number }, Facts & ApprovalEvidence>({
  kind: 'approvals',
  words: ['approvals'],
  since: 1,
  parse(scanner) {
    takeComparator(scanner, ['>=']);
    return { count: takeCount(scanner) };
  },
  format: ({ count }) => `approvals>=${count}`,
  async judge({ count }, evidence) {
    const { candidate, stage } = evidence;
    const { actors, outdated, amended } = await evidence.approvals();
    const ref = formatReference(candidate.name, candidate.version);
    const approved =
      actors.length === 0 ? `no approvals for ${stage}` : `approved for ${stage} by ${actors.join(', ')}`;
    const passed = actors.length >= count;
    const before = outdated.map(({ actor, event }) => `by ${actor} in event ${event}`);
    const since =
      amended === null || outdated.length === 0
        ? ''
        : `; outdated: ${before.join(', ')} (${shownMetric(amended.metric)} was ${describeAmendment(amended)})`;
    return {
      verdict: passed ? 'pass' : 'fail',
      observed: String(actors.length),
      threshold: String(count),
      reason: passed
        ? `${approved}${since}`
        : `${approved}${since}; ${candidate.actor}, who registered it, does not count`,
      hint: `ask someone ${outdated.length > 0 ? 'to approve it again' : 'else to approve it'}: mlreg approve ${ref} --to ${stage}`,
    };
  },
});

function takeCount(scanner: Scanner): number {
  skipBlanks(scanner);
  const start = scanner.at;
  const count = Number(take(scanner, /\d{1,4}(?![\w.%])/y) ?? Number.NaN);
  if (count >= 1) return count;
  scanner.at = start;
  throw unexpected(scanner, 'an integer of at least 1');
}

import { formatDuration } from '../../core/text/duration.ts';
import type { EventTime } from '../../storage/events.ts';
import { type Amount, type Ordering, orderings } from '../bound.ts';
import { type Facts, cannotTell } from '../evidence.ts';
import { formatAmount } from '../format-bound.ts';
import { wordKind } from '../gate-kind.ts';
import { hintAtClock, wrongClock } from '../holding.ts';
import { holds, valueOf } from '../numbers.ts';
import { parseAmount, requireTime } from '../parse-bound.ts';
import { takeComparator } from '../scanner.ts';

export interface RegistrationEvidence {
  /** When the candidate was registered. */
  registeredAt: () => Promise<EventTime>;
}

/** `age<30d`: the time since its registration. */
export const age = wordKind<{ comparator: Ordering; amount: Amount }, Facts & RegistrationEvidence>({
  kind: 'age',
  words: ['age'],
  since: 1,
  parse: (scanner) => ({
    comparator: takeComparator(scanner, orderings),
    amount: parseAmount(scanner, requireTime, false),
  }),
  format: ({ comparator, amount }) => `age${comparator}${formatAmount(amount)}`,
  async judge({ comparator, amount }, evidence) {
    const { at, trusted } = await evidence.registeredAt();
    const time = Math.max(0, evidence.now - at);
    const passed = holds(time, comparator, valueOf(amount), false);
    const [observed, threshold] = [formatDuration(time), formatAmount(amount)];
    const why = trusted ? '' : wrongClock('it was registered');
    // It is at least that old: too young can be said of it, young enough cannot.
    if (!trusted && (comparator === '<' || comparator === '<='))
      return { ...cannotTell(threshold, `age is at least ${observed}${why}`), ...hintAtClock(time) };
    return {
      verdict: passed ? 'pass' : 'fail',
      observed,
      threshold,
      reason: `age is ${observed}, ${passed ? 'which is' : 'not'} ${comparator} ${threshold}${why}`,
      ...(trusted || passed ? {} : hintAtClock(time)),
    };
  },
});
